//! Sheets that Python has opened and saved.

use std::process::Command;

use expect_test::expect;
use test_needs::Need;

use super::*;

/// Runs a script of Python with openpyxl on the workbook of `rows`, which it finds as `book` and `sheet`.
fn saved_by_openpyxl(rows: &[SheetRow], script: &str) -> Option<Vec<u8>> {
    let python = Need::Python.find()?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("review.xlsx");
    std::fs::File::options().write(true).create_new(true).open(&path).unwrap();
    write_file(&path, &write(rows, SheetForm::Workbook).unwrap());
    let start = "import sys, openpyxl\nbook = openpyxl.load_workbook(sys.argv[1])\nsheet = book['Review']\n\
        head = {it.value: it.column for it in sheet[1]}\n\
        def cell(row, name): return sheet.cell(row, head[name])\n";
    let script = format!("{start}{script}\nbook.save(sys.argv[1])\n");
    let done = Command::new(python).arg("-c").arg(script).arg(&path).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(read_file(&path))
}

#[expect(clippy::disallowed_methods, reason = "another program works on the file")]
fn write_file(path: &std::path::Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "another program works on the file")]
fn read_file(path: &std::path::Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn a_workbook_that_openpyxl_saved_is_unchanged() {
    let rows = awkward_rows();
    let Some(bytes) = saved_by_openpyxl(&rows, "") else { return };
    let reading = read(&bytes, &rows).unwrap();
    assert!(is_unchanged(&reading, rows.len()), "{}", shown(&reading));
}

#[test]
fn edits_by_openpyxl_are_read() {
    let rows = rows();
    let script = "\
cell(2, 'text').value = 'Bonjour {{1}},\\nà bientôt 😀 '
cell(2, 'decision').value = 'approve'
cell(3, 'footer').value = None
cell(4, 'comment').value = '=1+1'
cell(5, 'comment').value = '  merci'
sheet.move_range('A2:Z5', rows=3)
sheet.insert_cols(3)";
    let Some(bytes) = saved_by_openpyxl(&rows, script) else { return };
    expect![[r#"
        5 template plain fr v3: text "Bonjour {{1}},\nà bientôt 😀 ", approve
        6 template approved fr v3: footer ""
        8 message help fr start 0 v0f3a99aa88bb: comment "  merci"
        7 template proposed fr refused: comment is a formula and not a text: format the cell as text and write it again
        unchanged 0, old 0, absent 0
    "#]]
    .assert_eq(&shown(&read(&bytes, &rows).unwrap()));
}

#[test]
fn the_workbook_has_lists_to_choose_from_a_frozen_header_and_a_sheet_that_explains() {
    let script = "\
lists = [(it.sqref, it.formula1) for it in sheet.data_validations.dataValidation]
assert [str(it[0]) for it in lists] == ['K2:K5', 'W2:W5'], lists
assert lists[1][1] == '\"approve,approve proposed,reject,undecide\"', lists
assert book.sheetnames == ['Review', 'How to'] and sheet.freeze_panes == 'B2' and sheet.auto_filter.ref == 'A1:Z5'
fill = lambda row, name: cell(row, name).fill.fgColor.rgb
assert fill(2, 'text') == fill(5, 'text') != fill(5, 'footer') == fill(2, 'source text')
assert all(it.data_type in 'sn' and it.number_format == '@' for row in sheet['A2:Z5'] for it in row)
assert cell(2, 'text').alignment.wrap_text";
    saved_by_openpyxl(&rows(), script);
}
