//! The version token of a row: what the reviewer saw.

use sha2::{Digest, Sha256};

use crate::normal::comparable;
use crate::{Column, RowKind, SheetForm, SheetRow, State};

/// Says what a row showed when it was written: `v3+5 approved 1a2b3c4d 99aabbcc`, in CSV with `csv` after it.
///
/// The version and the state are for people. The two digests tell an edit apart from a row that was written before
/// somebody else edited it, also for cells that have no version: a comment, a decision. CSV that was saved as a workbook
/// still has its apostrophes, and a workbook that was saved as CSV has none, so a row says how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) form: SheetForm,
    pub(crate) version: String,
    pub(crate) state: State,
    /// The digest of the cells that reviewers may edit.
    pub(crate) editable: String,
    /// The digest of the others, with the id.
    pub(crate) shown: String,
}

impl Token {
    pub(crate) fn of(row: &SheetRow, form: SheetForm) -> Self {
        let cell = |it| row.cell(it);
        Self {
            form,
            version: row.version.clone(),
            state: row.state,
            editable: editable(row.kind, form, cell),
            shown: shown(row.kind, form, cell),
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let (form, parts) = match parts.as_slice() {
            [parts @ .., "csv"] => (SheetForm::Csv, parts),
            parts => (SheetForm::Workbook, parts),
        };
        let [version, state, editable, shown] = parts else { return None };
        let is_digest = |it: &str| it.len() == 8 && it.bytes().all(|it| it.is_ascii_hexdigit());
        let is_whole = is_digest(editable) && is_digest(shown);
        let version = version.strip_prefix('v').filter(|it| !it.is_empty() && is_whole)?;
        Some(Self {
            form,
            version: version.to_owned(),
            state: State::from_name(state)?,
            editable: (*editable).to_owned(),
            shown: (*shown).to_owned(),
        })
    }

    /// Whether both are of the same text, the same decision and the same comment.
    pub(crate) fn is_as_new_as(&self, present: &Self) -> bool {
        (&self.version, self.state, &self.editable) == (&present.version, present.state, &present.editable)
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let form = if self.form == SheetForm::Csv { " csv" } else { "" };
        write!(out, "v{} {} {} {}{form}", self.version, self.state.name(), self.editable, self.shown)
    }
}

/// The digest of the cells that reviewers may edit.
pub(crate) fn editable<'a>(kind: RowKind, form: SheetForm, cell: impl Fn(Column) -> &'a str) -> String {
    digest(Column::editable(kind), form, cell)
}

/// The digest of the cells that they may not.
pub(crate) fn shown<'a>(kind: RowKind, form: SheetForm, cell: impl Fn(Column) -> &'a str) -> String {
    let is_shown = move |it: &Column| !it.is_editable(kind) && *it != Column::Version;
    digest(Column::all().filter(is_shown), form, cell)
}

fn digest<'a>(columns: impl Iterator<Item = Column>, form: SheetForm, cell: impl Fn(Column) -> &'a str) -> String {
    let mut hasher = Sha256::new();
    for column in columns {
        hasher.update(column.header());
        hasher.update([0]);
        hasher.update(comparable(cell(column), form).as_bytes());
        hasher.update([0]);
    }
    hex::encode(&hasher.finalize()[..4])
}
