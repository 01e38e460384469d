//! Decisions, and rows that somebody else changed since.

use expect_test::{Expect, expect};

use super::*;

fn check(now: &[SheetRow], edit: impl FnOnce(&mut Cells), expected: Expect) {
    expected.assert_eq(&shown(&after(&rows(), now, edit)));
}

#[test]
fn decisions_are_words_in_any_case() {
    check(
        &rows(),
        |cells| {
            set(cells, 1, Column::Decision, "Reject");
            set(cells, 2, Column::Decision, " undecide ");
            set(cells, 3, Column::Decision, "APPROVE PROPOSED");
            set(cells, 4, Column::Decision, "approve");
        },
        expect![[r#"
            2 template plain fr v3: reject
            3 template approved fr v3: undecide
            4 template proposed fr v3+5: approve proposed
            5 message help fr start 0 v0f3a99aa88bb: approve
            unchanged 0, old 0, absent 0
        "#]],
    );
}

#[test]
fn a_decision_that_holds_already_is_none_but_for_an_edit_or_a_proposal() {
    let mut now = rows();
    now[2].state = State::Approved;
    let before = now.clone();
    let reading = after(&before, &now, |cells| {
        set(cells, 1, Column::Decision, "undecide");
        set(cells, 2, Column::Decision, "approve");
        set(cells, 3, Column::Decision, "approve");
    });
    expect![[r#"
        4 template proposed fr v3+5: approve
        unchanged 3, old 0, absent 0
    "#]]
    .assert_eq(&shown(&reading));
    check(
        &rows(),
        |cells| {
            set(cells, 2, Column::Decision, "approve");
            set(cells, 2, Column::Footer, "Lune");
        },
        expect![[r#"
            3 template approved fr v3: footer "Lune", approve
            unchanged 3, old 0, absent 0
        "#]],
    );
}

#[test]
fn a_sheet_that_is_read_a_second_time_changes_nothing() {
    let edit = |cells: &mut Cells| {
        set(cells, 1, Column::Text, "Bonjour {{1}} !");
        set(cells, 1, Column::Decision, "approve");
        set(cells, 1, Column::Comment, "plus court");
        set(cells, 2, Column::Decision, "reject");
        set(cells, 3, Column::Decision, "approve proposed");
    };
    // As the database is after the first time.
    let mut now = rows();
    now[0] = now[0].clone().with(Column::Text, "Bonjour {{1}} !").with(Column::Comment, "plus court");
    now[0].version = "4".to_owned();
    now[0].state = State::Approved;
    now[1].state = State::Rejected;
    now[2] = template("proposed").with(Column::Text, "Bonjour {{1}}, tout est prêt.");
    now[2].version = "5".to_owned();
    now[2].state = State::Approved;
    check(
        &now,
        edit,
        expect![[r#"
        unchanged 4, old 0, absent 0
    "#]],
    );
}

#[test]
fn a_row_that_somebody_else_changed_is_refused_if_it_has_a_change_and_counted_if_not() {
    let mut now = rows();
    now[0].version = "4".to_owned();
    now[0] = now[0].clone().with(Column::Text, "Autre texte {{1}}");
    now[1].state = State::Rejected;
    now[2].version = "3+6".to_owned();
    now[3].version = "aaaaaaaaaaaa".to_owned();
    check(
        &now,
        |_| {},
        expect![[r#"
        unchanged 0, old 4, absent 0
    "#]],
    );
    check(
        &now,
        |cells| {
            set(cells, 1, Column::Footer, "Lune");
            set(cells, 2, Column::Comment, "mieux");
            set(cells, 3, Column::Decision, "approve proposed");
            set(cells, 4, Column::Text, "Autre");
        },
        expect![[r#"
            2 template plain fr refused: somebody changed the text since: now version 4; write a new sheet
            3 template approved fr refused: somebody decided since: now rejected; write a new sheet
            4 template proposed fr refused: somebody changed the text since: now version 3, with version 6 proposed; write a new sheet
            5 message help fr start 0 refused: somebody changed the text since; write a new sheet
            unchanged 0, old 0, absent 0
        "#]],
    );
}

#[test]
fn a_comment_that_somebody_else_wrote_is_not_overwritten() {
    let mut now = rows();
    now[0] = now[0].clone().with(Column::Comment, "à revoir");
    check(
        &now,
        |cells| set(cells, 1, Column::Decision, "approve"),
        expect![[r#"
            2 template plain fr refused: somebody changed a cell since; write a new sheet
            unchanged 3, old 0, absent 0
        "#]],
    );
}

#[test]
fn findings_that_changed_since_do_not_matter() {
    let mut now = rows();
    now[0] = now[0].clone().with(Column::Findings, "a new rule").with(Column::Owner, "Ben");
    check(
        &now,
        |cells| set(cells, 1, Column::Decision, "approve"),
        expect![[r#"
            2 template plain fr v3: approve
            unchanged 3, old 0, absent 0
        "#]],
    );
}
