//! The rows of a sheet.

use crate::Column;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    Template,
    /// A message within the 24-hour window.
    Message,
}

/// What was decided about the text of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Undecided,
    Approved,
    Rejected,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Undecided, Self::Approved, Self::Rejected].into_iter().find(|it| it.name() == name)
    }
}

/// A template or a message, as the sheet shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// Names the row; no other row has this id.
    pub id: String,
    /// The version of the text, without spaces. For a template `3`, or `3+5` if version 5 is proposed beside version 3.
    pub version: String,
    pub kind: RowKind,
    pub state: State,
    cells: Vec<String>,
}

impl SheetRow {
    /// A row with empty cells.
    pub fn new(kind: RowKind, id: impl Into<String>, version: impl Into<String>, state: State) -> Self {
        let cells = vec![String::new(); Column::COUNT];
        Self { id: id.into(), version: version.into(), kind, state, cells }
    }

    /// Sets a cell. The id, the version, the state and the decision are no cells: the decision of a new sheet is empty.
    pub fn with(mut self, column: Column, text: impl Into<String>) -> Self {
        self.cells[column as usize] = text.into();
        self
    }

    /// The text of a cell.
    pub fn cell(&self, column: Column) -> &str {
        match column {
            Column::RowId => &self.id,
            Column::State => self.state.name(),
            Column::Version => &self.version,
            Column::Decision => "",
            other => &self.cells[other as usize],
        }
    }

    /// Whether a later text of the source is proposed.
    pub fn has_proposal(&self) -> bool {
        !self.cell(Column::Proposed).is_empty()
    }
}
