//! What a row of a sheet says, compared with the row of today.

use crate::guard::unguarded;
use crate::normal::{comparable, has_lost_characters, is_too_long, normal};
use crate::table::{Cell, ReadRow};
use crate::token::{self, Token};
use crate::{Column, RowKind, SheetForm, SheetRow, State};

/// A row that says something new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// The number of the row in a program that shows the sheet.
    pub row: u64,
    pub id: String,
    /// The version that the reviewer saw, which is the one of today.
    pub seen: String,
    /// The cells that were edited, from the left, with their new texts.
    pub fields: Vec<(Column, String)>,
    pub decision: Option<NewDecision>,
    /// The new comment.
    pub comment: Option<String>,
}

/// A decision that a reviewer chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewDecision {
    /// The text of the row, with the edits of the row, may be used. A proposed text is put aside.
    Approve,
    /// The proposed text takes the place of the text, and may be used.
    ApproveProposed,
    /// The text must not be used.
    Reject,
    /// The decision before is taken back.
    Undecide,
}

impl NewDecision {
    pub const ALL: [Self; 4] = [Self::Approve, Self::ApproveProposed, Self::Reject, Self::Undecide];

    /// The word in the list of the column.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::ApproveProposed => "approve proposed",
            Self::Reject => "reject",
            Self::Undecide => "undecide",
        }
    }

    fn state(self) -> State {
        match self {
            Self::Approve | Self::ApproveProposed => State::Approved,
            Self::Reject => State::Rejected,
            Self::Undecide => State::Undecided,
        }
    }

    /// Whether it holds already, seen from a row that showed `seen`.
    fn holds(self, seen: &Token, present: &SheetRow) -> bool {
        let is_settled = match self {
            Self::Approve => !present.has_proposal(),
            Self::ApproveProposed => seen.version.split_once('+').is_some_and(|it| it.1 == present.version),
            Self::Reject | Self::Undecide => true,
        };
        is_settled && self.state() == present.state
    }
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowRefused {
    /// The number of the row in a program that shows the sheet.
    pub row: u64,
    /// As the sheet has it; empty if it is missing.
    pub id: String,
    /// A clause that says what to do.
    pub why: String,
}

pub(crate) enum Judged {
    Changed(RowChange),
    Unchanged,
    Old,
    Refused(String),
}

/// Judges a row by what it showed and by the row of today.
pub(crate) fn judge(row: &ReadRow<'_>, present: &SheetRow) -> Judged {
    judged(row, present).unwrap_or_else(Judged::Refused)
}

fn judged(row: &ReadRow<'_>, present: &SheetRow) -> Result<Judged, String> {
    let Some(seen) = Token::parse(row.text(Column::Version)) else {
        return Err("its version was changed: copy it back from the sheet that Ferry wrote".to_owned());
    };
    let form = seen.form;
    let now = Token::of(present, form);
    let decision = decision(row)?;
    let is_edited = token::editable(present.kind, form, |it| written(row, it, form)) != seen.editable;
    if !is_edited && decision.is_none() {
        return Ok(if seen.is_as_new_as(&now) { Judged::Unchanged } else { Judged::Old });
    }
    let mut fields = if is_edited { edits(row, present, form)? } else { Vec::new() };
    let decision = decision.filter(|it| !it.holds(&seen, present) || !fields.is_empty());
    if fields.is_empty() && decision.is_none() {
        return Ok(Judged::Unchanged);
    }
    if !seen.is_as_new_as(&now) {
        return Err(outdated(&seen, &now, present.kind));
    }
    check_shown(row, present, &seen)?;
    let comment = fields.pop_if(|it| it.0 == Column::Comment).map(|it| it.1);
    check_proposal(decision, !fields.is_empty(), present)?;
    let (number, id, seen) = (row.number, present.id.clone(), present.version.clone());
    Ok(Judged::Changed(RowChange { row: number, id, seen, fields, decision, comment }))
}

/// The text of a cell, as the reviewer means it.
fn written<'a>(row: &ReadRow<'a>, column: Column, form: SheetForm) -> &'a str {
    match form {
        SheetForm::Workbook => row.text(column),
        SheetForm::Csv => unguarded(row.text(column)),
    }
}

fn decision(row: &ReadRow<'_>) -> Result<Option<NewDecision>, String> {
    let word = row.text(Column::Decision).trim();
    let is_text = matches!(row.cell(Column::Decision), Some(Cell::Text(_)) | None);
    if word.is_empty() && is_text {
        return Ok(None);
    }
    let found = NewDecision::ALL.into_iter().find(|it| it.word().eq_ignore_ascii_case(word));
    let words = || NewDecision::ALL.map(|it| format!("“{}”", it.word())).join(", ");
    found.map(Some).ok_or_else(|| format!("“{word}” is no decision: choose one of {}, or leave it empty", words()))
}

/// The cells that differ from those of today. Comments are last.
fn edits(row: &ReadRow<'_>, present: &SheetRow, form: SheetForm) -> Result<Vec<(Column, String)>, String> {
    let mut edits = Vec::new();
    for column in Column::editable(present.kind) {
        let cell = written(row, column, form);
        if comparable(present.cell(column), form) == comparable(cell, form) {
            continue;
        }
        let (old, new) = (normal(present.cell(column), form), normal(cell, form));
        let header = column.header();
        if let Some(Cell::Other(what, _)) = row.cell(column) {
            return Err(format!("{header} is {what} and not a text: format the cell as text and write it again"));
        }
        if form == SheetForm::Workbook && is_too_long(present.cell(column)) {
            return Err(format!("{header} is too long for a cell of a workbook: edit it in a sheet that ends in .csv"));
        }
        if has_lost_characters(&old, &new) {
            return Err(format!(
                "{header} has lost characters, which became “?”: save as “CSV UTF-8”, or edit the .xlsx"
            ));
        }
        edits.push((column, new.into_owned()));
    }
    Ok(edits)
}

fn outdated(seen: &Token, now: &Token, kind: RowKind) -> String {
    let what = match (seen.version == now.version, seen.state == now.state, kind) {
        (false, _, RowKind::Template) => match now.version.split_once('+') {
            Some((current, proposed)) => {
                format!("changed the text since: now version {current}, with version {proposed} proposed")
            }
            None => format!("changed the text since: now version {}", now.version),
        },
        (false, _, RowKind::Message) => "changed the text since".to_owned(),
        (true, false, _) => format!("decided since: now {}", now.state.name()),
        (true, true, _) => "changed a cell since".to_owned(),
    };
    format!("somebody {what}; write a new sheet")
}

/// A cell that is not for editing was changed: the row could be mixed up with another.
fn check_shown(row: &ReadRow<'_>, present: &SheetRow, seen: &Token) -> Result<(), String> {
    let form = seen.form;
    let shown: Vec<Column> =
        Column::all().filter(|it| !it.is_editable(present.kind) && *it != Column::Version).collect();
    let has_all = shown.iter().all(|it| row.cell(*it).is_some());
    if has_all && token::shown(present.kind, form, |it| written(row, it, form)) == seen.shown {
        return Ok(());
    }
    let differs = |it: &&Column| {
        row.cell(**it).is_some() && comparable(written(row, **it, form), form) != comparable(present.cell(**it), form)
    };
    // A sheet without all columns has no digest to compare with; what cannot change without a new version still can.
    let is_fixed = |it: &&Column| has_all || !matches!(**it, Column::Findings | Column::Owner | Column::Criticality);
    match shown.iter().filter(is_fixed).find(differs) {
        None => Ok(()),
        Some(Column::Proposed) => Err("the proposed text was edited: edit the text instead".to_owned()),
        Some(it) => Err(format!("{} was changed, which is not for editing: bring it back", it.header())),
    }
}

fn check_proposal(decision: Option<NewDecision>, is_edited: bool, present: &SheetRow) -> Result<(), String> {
    match decision == Some(NewDecision::ApproveProposed) {
        true if !present.has_proposal() => Err("no text is proposed: choose “approve” or “reject”".to_owned()),
        true if is_edited => Err("it edits the text and approves the proposed one: do only one of the two".to_owned()),
        _ => Ok(()),
    }
}
