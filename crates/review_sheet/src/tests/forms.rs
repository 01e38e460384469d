//! What is not edited is unchanged, in every form of the sheet.

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use super::*;

#[test]
fn a_workbook_that_nobody_edited_is_unchanged() {
    let rows = awkward_rows();
    let reading = read(&write(&rows, SheetForm::Workbook).unwrap(), &rows).unwrap();
    assert!(is_unchanged(&reading, rows.len()), "{}", shown(&reading));
}

#[test]
fn csv_that_nobody_edited_is_unchanged_with_any_delimiter_mark_line_end_and_encoding() {
    let rows = awkward_rows();
    let written = cells(&write(&rows, SheetForm::Csv).unwrap());
    for delimiter in [b',', b';', b'\t'] {
        let text = String::from_utf8(csv(&written, delimiter)).unwrap();
        let named = format!("sep={}\r\n{text}", delimiter as char);
        let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16_be: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = format!("\u{feff}{text}");
        for bytes in [text.clone().into_bytes(), marked.into_bytes(), named.into_bytes(), utf16, utf16_be] {
            let reading = read(&bytes, &rows).unwrap();
            assert!(is_unchanged(&reading, rows.len()), "{}", shown(&reading));
        }
    }
}

#[test]
fn a_program_that_ends_all_lines_as_windows_does_changes_nothing() {
    let rows = awkward_rows();
    let text = String::from_utf8(write(&rows, SheetForm::Csv).unwrap()).unwrap();
    let windows = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let reading = read(windows.as_bytes(), &rows).unwrap();
    assert!(is_unchanged(&reading, rows.len()), "{}", shown(&reading));
}

#[test]
fn csv_that_was_saved_as_a_workbook_and_a_workbook_that_was_saved_as_csv_are_unchanged() {
    let rows = awkward_rows();
    // The last text is too long for a workbook.
    let (rows, _) = rows.split_at(rows.len() - 1);
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (line, row) in (0..).zip(cells(&write(rows, SheetForm::Csv).unwrap())) {
        for (column, text) in (0..).zip(row) {
            sheet.write_string(line, column, text).unwrap();
        }
    }
    let reading = read(&workbook.save_to_buffer().unwrap(), rows).unwrap();
    assert!(is_unchanged(&reading, rows.len()), "{}", shown(&reading));

    let mut saved: Cells = vec![Column::all().map(|it| it.header().to_owned()).collect()];
    for row in rows {
        let token = crate::token::Token::of(row, SheetForm::Workbook).to_string();
        let cell = |it| if it == Column::Version { token.clone() } else { row.cell(it).to_owned() };
        saved.push(Column::all().map(cell).collect());
    }
    let reading = read(&csv(&saved, b';'), rows).unwrap();
    assert!(is_unchanged(&reading, rows.len()), "{}", shown(&reading));
}

#[test]
fn no_cell_of_csv_is_a_formula() {
    let rows = awkward_rows();
    for row in cells(&write(&rows, SheetForm::Csv).unwrap()) {
        for cell in row {
            let first = cell.trim_start().chars().next().unwrap_or(' ');
            assert!(!"=+-@＝＋－＠".contains(first), "{cell:?}");
        }
    }
}

#[test]
fn sorted_rows_moved_and_hidden_columns_and_rows_that_are_gone_are_no_edits() {
    let rows = rows();
    let reading = after(&rows, &rows, |cells| {
        cells[1..].reverse();
        cells.remove(2);
        cells.iter_mut().for_each(|it| it.rotate_left(5));
        // A column of one's own, a title above, an empty row.
        cells.iter_mut().for_each(|it| it.push("mine".to_owned()));
        cells.insert(0, vec!["Review of November".to_owned()]);
        cells.insert(3, vec![String::new(); 4]);
    });
    assert_eq!(shown(&reading), "unchanged 3, old 0, absent 1\n");
}

#[test]
fn columns_that_are_only_for_reading_may_be_deleted() {
    let rows = rows();
    let reading = after(&rows, &rows, |cells| {
        set(cells, 1, Column::Text, "Bonjour {{1}} !");
        for column in [Column::Findings, Column::SourceText, Column::Owner] {
            cells.iter_mut().for_each(|it| drop(it.remove(column as usize)));
        }
    });
    let expected = "2 template plain fr v3: text \"Bonjour {{1}} !\"\nunchanged 3, old 0, absent 0\n";
    assert_eq!(shown(&reading), expected);
}

#[test]
fn a_text_that_is_too_long_for_a_cell_says_so_and_can_be_edited_in_csv() {
    let row = template("long").with(Column::Text, "x".repeat(40_000));
    let workbook = write(std::slice::from_ref(&row), SheetForm::Workbook).unwrap();
    assert_eq!(read(&workbook, std::slice::from_ref(&row)).unwrap().n_unchanged, 1);
    let now = [row];
    let reading = after(&now, &now, |cells| set(cells, 1, Column::Text, "short"));
    assert_eq!(shown(&reading), "2 template long fr v3: text \"short\"\nunchanged 0, old 0, absent 0\n");
}

#[test]
fn the_same_rows_make_the_same_bytes() {
    let rows = rows();
    for form in [SheetForm::Workbook, SheetForm::Csv] {
        assert!(write(&rows, form).unwrap() == write(&rows, form).unwrap());
    }
}

#[test]
fn a_file_name_says_the_form() {
    let forms = ["a/review.XLSX", "review.csv", "review.ods", "xlsx"].map(SheetForm::of_name);
    assert_eq!(forms, [Some(SheetForm::Workbook), Some(SheetForm::Csv), None, None]);
}

proptest! {
    #[test]
    fn any_text_comes_back_unchanged(text in "\\PC*|[\\s\\S]{0,40}|['=+\\-@ 0-9\\r\\n\t_xA-F]{0,20}") {
        let rows = [template("any").with(Column::Text, text.clone()).with(Column::SourceText, text)];
        for form in [SheetForm::Workbook, SheetForm::Csv] {
            let reading = read(&write(&rows, form).unwrap(), &rows).unwrap();
            prop_assert!(is_unchanged(&reading, 1), "{form:?}: {}", shown(&reading));
        }
    }

    #[test]
    fn any_edit_in_csv_is_read_as_it_was_typed(text in "[^\\r\\x00-\\x08\\x0b-\\x1f\\u{fffe}\\u{ffff}]{1,40}") {
        let rows = [template("any")];
        let edited = [template("any").with(Column::Text, text.clone())];
        let typed = cells(&write(&edited, SheetForm::Csv).unwrap())[1][Column::Text as usize].clone();
        let reading = after(&rows, &rows, |cells| set(cells, 1, Column::Text, &typed));
        prop_assert_eq!(&reading.changes[0].fields, &[(Column::Text, text)]);
    }
}
