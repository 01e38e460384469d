//! Edits, each of its cell alone.

use expect_test::{Expect, expect};

use super::*;

fn check(edit: impl FnOnce(&mut Cells), expected: Expect) {
    let rows = rows();
    expected.assert_eq(&shown(&after(&rows, &rows, edit)));
}

#[test]
fn each_column_for_editing_is_read_alone() {
    for column in Column::editable(RowKind::Template) {
        let rows = rows();
        let reading = after(&rows, &rows, |cells| set(cells, 1, column, "new"));
        let expected = format!("2 template plain fr v3: {} \"new\"\nunchanged 3, old 0, absent 0\n", column.header());
        assert_eq!(shown(&reading), expected);
    }
}

#[test]
fn several_cells_of_several_rows_are_edited_at_once() {
    check(
        |cells| {
            set(cells, 1, Column::Header, "");
            set(cells, 1, Column::Buttons, "Suivre\nRefuser");
            set(cells, 1, Column::Decision, "approve");
            set(cells, 2, Column::Comment, "");
            set(cells, 4, Column::Text, "Comment aider ?");
            set(cells, 4, Column::Comment, "plus court");
        },
        expect![[r#"
            2 template plain fr v3: header "", buttons "Suivre\nRefuser", approve
            3 template approved fr v3: comment ""
            5 message help fr start 0 v0f3a99aa88bb: text "Comment aider ?", comment "plus court"
            unchanged 1, old 0, absent 0
        "#]],
    );
}

#[test]
fn line_ends_of_windows_are_line_feeds() {
    check(
        |cells| set(cells, 1, Column::Text, "un\r\ndeux"),
        expect![[r#"
            2 template plain fr v3: text "un\ndeux"
            unchanged 3, old 0, absent 0
        "#]],
    );
}

#[test]
fn an_apostrophe_before_a_formula_is_not_part_of_the_text() {
    check(
        |cells| {
            set(cells, 1, Column::Text, "'=1");
            set(cells, 2, Column::Text, "'quoted'");
        },
        expect![[r#"
            2 template plain fr v3: text "=1"
            3 template approved fr v3: text "'quoted'"
            unchanged 2, old 0, absent 0
        "#]],
    );
}

#[test]
fn white_space_at_the_ends_is_an_edit() {
    check(
        |cells| set(cells, 1, Column::Footer, "Maison Lune "),
        expect![[r#"
            2 template plain fr v3: footer "Maison Lune "
            unchanged 3, old 0, absent 0
        "#]],
    );
}
