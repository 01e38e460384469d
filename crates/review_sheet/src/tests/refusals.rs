//! What is not clear is refused, and nothing is guessed.

use std::error::Error;

use expect_test::{Expect, expect};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

fn check(edit: impl FnOnce(&mut Cells), expected: Expect) {
    let rows = rows();
    expected.assert_eq(&shown(&after(&rows, &rows, edit)));
}

#[test]
fn ids_must_be_there_and_be_known_and_be_there_once() {
    check(
        |cells| {
            set(cells, 1, Column::RowId, "template other fr");
            set(cells, 2, Column::RowId, "");
            let copy = cells[3].clone();
            cells.push(copy);
        },
        expect![[r#"
            2 template other fr refused: no template and no message has this row id
            3  refused: the row id is missing: copy it back from the sheet that Ferry wrote
            4 template proposed fr refused: row 6 has the same row id: delete one of the two
            6 template proposed fr refused: row 4 has the same row id: delete one of the two
            unchanged 1, old 0, absent 2
        "#]],
    );
}

#[test]
fn ids_of_two_rows_that_were_exchanged_are_noticed() {
    check(
        |cells| {
            let (a, b) = (cells[1][0].clone(), cells[2][0].clone());
            set(cells, 1, Column::RowId, &b);
            set(cells, 2, Column::RowId, &a);
            set(cells, 1, Column::Decision, "reject");
        },
        expect![[r#"
            2 template approved fr refused: somebody decided since: now approved; write a new sheet
            unchanged 2, old 1, absent 0
        "#]],
    );
}

#[test]
fn versions_must_be_those_that_were_written() {
    check(
        |cells| {
            set(cells, 1, Column::Version, "4");
            set(cells, 2, Column::Version, "");
        },
        expect![[r#"
            2 template plain fr refused: its version was changed: copy it back from the sheet that Ferry wrote
            3 template approved fr refused: its version was changed: copy it back from the sheet that Ferry wrote
            unchanged 2, old 0, absent 0
        "#]],
    );
}

#[test]
fn a_decision_is_one_of_the_words() {
    check(
        |cells| {
            set(cells, 1, Column::Decision, "ok");
            set(cells, 2, Column::Decision, "approve proposed");
            set(cells, 3, Column::Decision, "approve proposed");
            set(cells, 3, Column::Text, "Bonjour {{1}}");
        },
        expect![[r#"
            2 template plain fr refused: “ok” is no decision: choose one of “approve”, “approve proposed”, “reject”, “undecide”, or leave it empty
            3 template approved fr refused: no text is proposed: choose “approve” or “reject”
            4 template proposed fr refused: it edits the text and approves the proposed one: do only one of the two
            unchanged 1, old 0, absent 0
        "#]],
    );
}

#[test]
fn a_grey_cell_that_was_edited_refuses_the_row() {
    check(
        |cells| {
            set(cells, 1, Column::SourceText, "Bonjour");
            set(cells, 1, Column::Decision, "approve");
            set(cells, 2, Column::SourceText, "Bonjour");
            set(cells, 3, Column::Proposed, "Mieux");
            set(cells, 3, Column::Decision, "approve proposed");
            set(cells, 4, Column::Footer, "Lune");
            set(cells, 4, Column::Text, "Bonjour");
        },
        expect![[r#"
            2 template plain fr refused: source text was changed, which is not for editing: bring it back
            4 template proposed fr refused: the proposed text was edited: edit the text instead
            5 message help fr start 0 refused: footer was changed, which is not for editing: bring it back
            unchanged 1, old 0, absent 0
        "#]],
    );
}

#[test]
fn one_column_that_was_sorted_alone_is_noticed() {
    check(
        |cells| {
            // The ids and versions stay, and the other columns move by one row.
            let last = cells[4].clone();
            for row in (2..=4).rev() {
                let above = cells[row - 1][2..].to_vec();
                cells[row][2..].clone_from_slice(&above);
            }
            cells[1][2..].clone_from_slice(&last[2..]);
        },
        expect![[r#"
            2 template plain fr refused: source text was changed, which is not for editing: bring it back
            3 template approved fr refused: state was changed, which is not for editing: bring it back
            4 template proposed fr refused: the proposed text was edited: edit the text instead
            5 message help fr start 0 refused: name was changed, which is not for editing: bring it back
            unchanged 0, old 0, absent 0
        "#]],
    );
}

#[test]
fn characters_that_became_question_marks_are_noticed() {
    check(
        |cells| set(cells, 1, Column::Text, "Bonjour {{1}}, votre commande est pr?te."),
        expect![[r#"
            2 template plain fr refused: text has lost characters, which became “?”: save as “CSV UTF-8”, or edit the .xlsx
            unchanged 3, old 0, absent 0
        "#]],
    );
}

#[test]
fn a_row_that_was_cut_off_is_refused() {
    check(
        |cells| cells[1].truncate(Column::Examples as usize),
        expect![[r#"
            2 template plain fr refused: source text was changed, which is not for editing: bring it back
            unchanged 3, old 0, absent 0
        "#]],
    );
}

#[test]
fn numbers_dates_and_formulas_are_no_texts() {
    let rows: Vec<SheetRow> = ["a", "b", "c", "d", "e"].map(template).to_vec();
    let cells = cells(&write(&rows, SheetForm::Csv).unwrap());
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (line, row) in (0..).zip(&cells) {
        for (column, text) in (0..).zip(row) {
            sheet.write_string(line, column, text).unwrap();
        }
    }
    let footer = Column::Footer as u16;
    sheet.write_number(1, footer, 12.5).unwrap();
    sheet.write_formula(2, footer, "=A1").unwrap();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_datetime_with_format(3, footer, ExcelDateTime::from_ymd(2026, 5, 1).unwrap(), &date).unwrap();
    sheet.write_boolean(4, footer, true).unwrap();
    sheet.write_formula(5, Column::Decision as u16, "=A1").unwrap();
    let reading = read(&workbook.save_to_buffer().unwrap(), &rows).unwrap();
    expect![[r#"
        2 template a fr refused: footer is a number and not a text: format the cell as text and write it again
        3 template b fr refused: footer is a formula and not a text: format the cell as text and write it again
        4 template c fr refused: footer is a date and not a text: format the cell as text and write it again
        5 template d fr refused: footer is a truth value and not a text: format the cell as text and write it again
        6 template e fr refused: “=A1” is no decision: choose one of “approve”, “approve proposed”, “reject”, “undecide”, or leave it empty
        unchanged 0, old 0, absent 0
    "#]]
    .assert_eq(&shown(&reading));
}

#[test]
fn a_text_that_was_too_long_for_its_cell_is_not_edited_in_a_workbook() {
    let row = template("long").with(Column::Text, "x".repeat(40_000));
    let short = template("long").with(Column::Text, "short");
    let token = crate::token::Token::of(&row, SheetForm::Workbook).to_string();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for column in Column::all() {
        let text = if column == Column::Version { &token } else { short.cell(column) };
        sheet.write_string(0, column as u16, column.header()).unwrap();
        sheet.write_string(1, column as u16, text).unwrap();
    }
    let reading = read(&workbook.save_to_buffer().unwrap(), &[row]).unwrap();
    expect![[r#"
        2 template long fr refused: text is too long for a cell of a workbook: edit it in a sheet that ends in .csv
        unchanged 0, old 0, absent 0
    "#]]
    .assert_eq(&shown(&reading));
}

#[test]
fn a_sheet_that_cannot_be_read_says_what_to_do() {
    let rows = rows();
    let written = cells(&write(&rows, SheetForm::Csv).unwrap());
    let without = |columns: &[Column]| {
        let kept = |row: &Vec<String>| {
            (0..).zip(row).filter(|it| !columns.iter().any(|c| *c as usize == it.0)).map(|it| it.1.clone()).collect()
        };
        csv(&written.iter().map(kept).collect(), b',')
    };
    let twice: Cells = written.iter().map(|it| it.iter().chain([&it[12]]).cloned().collect()).collect();
    let windows_1252 =
        encoding_rs::WINDOWS_1252.encode(&String::from_utf8(csv(&written, b';')).unwrap()).0.into_owned();
    let files: [(&str, Vec<u8>); 9] = [
        ("windows-1252", windows_1252),
        ("no id", without(&[Column::RowId])),
        ("no text", without(&[Column::Text])),
        ("no decision and comment", without(&[Column::Decision, Column::Comment])),
        ("two texts", csv(&twice, b',')),
        ("empty", Vec::new()),
        ("xls", vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1]),
        ("half a workbook", write(&rows, SheetForm::Workbook).unwrap()[..2000].to_vec()),
        ("ods", b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet".to_vec()),
    ];
    let said = files.map(|(name, bytes)| {
        let error = read(&bytes, &rows).unwrap_err();
        assert!(name != "half a workbook" || error.source().is_some());
        format!("{name}: {error}\n")
    });
    expect![[r#"
        windows-1252: the file is not in UTF-8: save it again as "CSV UTF-8", or edit the .xlsx
        no id: no row has the headers "row id" and "version"; they are in the first row of a sheet that Ferry wrote
        no text: the sheet has no column "text": bring back what was deleted or renamed, or write a new sheet
        no decision and comment: the sheet has no columns "decision", "comment": bring back what was deleted or renamed, or write a new sheet
        two texts: the sheet has two columns with the header "text": delete one of them
        empty: no row has the headers "row id" and "version"; they are in the first row of a sheet that Ferry wrote
        xls: the file is an old .xls, or it has a password; save it as .xlsx or as CSV in UTF-8
        half a workbook: could not read the workbook; open it and save it again as .xlsx
        ods: the file is an .ods; save it as .xlsx or as CSV in UTF-8
    "#]]
    .assert_eq(&said.concat());
}
