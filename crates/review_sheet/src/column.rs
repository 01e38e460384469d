//! The columns of a sheet.

use crate::RowKind;

/// A column of a sheet, in the order of [`Column::all`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    RowId,
    Version,
    Owner,
    Section,
    Scenario,
    Criticality,
    Step,
    Kind,
    Name,
    Language,
    Category,
    Header,
    Text,
    Proposed,
    Footer,
    Buttons,
    ButtonDoes,
    Cards,
    Examples,
    SourceText,
    Findings,
    State,
    Decision,
    Comment,
    DecidedBy,
    DecidedAt,
}

/// What a column holds.
pub(crate) struct ColumnInfo {
    pub(crate) column: Column,
    pub(crate) header: &'static str,
    /// In characters.
    pub(crate) width: f64,
    /// Whether reviewers may edit it in the row of a template, and of a message.
    edits: Edits,
    /// Who fills it.
    pub(crate) filled_by: &'static str,
    pub(crate) about: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edits {
    Never,
    Templates,
    Always,
}

use Edits::{Always, Never, Templates};

/// Who fills a column.
const FERRY: &str = "Ferry";
const PLAN: &str = "the plan";
const SOURCE: &str = "the source file";
const REVIEWER: &str = "you, the reviewer";

const fn info(
    column: Column,
    header: &'static str,
    width: f64,
    edits: Edits,
    filled_by: &'static str,
    about: &'static str,
) -> ColumnInfo {
    ColumnInfo { column, header, width, edits, filled_by, about }
}

#[rustfmt::skip]
const COLUMNS: [ColumnInfo; 26] = [
    info(Column::RowId, "row id", 24.0, Never, FERRY, "Names the template or the message. The row is found by it."),
    info(Column::Version, "version", 22.0, Never, FERRY, "The text that this row shows. If somebody changes the text in the meantime, the row is refused."),
    info(Column::Owner, "owner", 12.0, Never, PLAN, "Who is responsible for the scenario."),
    info(Column::Section, "section", 13.0, Never, PLAN, "The [[scenario]] section that the scenario is in."),
    info(Column::Scenario, "scenario", 18.0, Never, SOURCE, "The scenario that the text is part of."),
    info(Column::Criticality, "criticality", 11.0, Never, PLAN, "How much depends on the scenario."),
    info(Column::Step, "step", 14.0, Never, SOURCE, "The step of the scenario that sends the text."),
    info(Column::Kind, "kind", 12.0, Never, FERRY, "A template may be sent at any time; a message only within 24 hours after the customer has written."),
    info(Column::Name, "name", 22.0, Templates, REVIEWER, "The name of the template on WhatsApp: small letters, digits and underscores."),
    info(Column::Language, "language", 10.0, Templates, REVIEWER, "The language code of WhatsApp, such as en_US."),
    info(Column::Category, "category", 16.0, Templates, REVIEWER, "UTILITY, MARKETING or AUTHENTICATION."),
    info(Column::Header, "header", 22.0, Templates, REVIEWER, "The line above the text; empty if there is none."),
    info(Column::Text, "text", 52.0, Always, REVIEWER, "What is sent. Keep each variable, such as {{1}}: the flow fills them."),
    info(Column::Proposed, "proposed text", 42.0, Never, SOURCE, "A later text of the source, beside a text that a person has edited."),
    info(Column::Footer, "footer", 22.0, Templates, REVIEWER, "The line below the text; empty if there is none."),
    info(Column::Buttons, "buttons", 22.0, Templates, REVIEWER, "The titles of the buttons, one per line. Keep the number of lines and their order."),
    info(Column::ButtonDoes, "button does", 26.0, Never, SOURCE, "What each button does, in the same order."),
    info(Column::Cards, "cards", 30.0, Never, SOURCE, "The cards below the text that customers scroll."),
    info(Column::Examples, "examples", 24.0, Templates, REVIEWER, "A value for each variable, one per line: 1 = Ana."),
    info(Column::SourceText, "source text", 42.0, Never, SOURCE, "The text as the source has it."),
    info(Column::Findings, "findings", 60.0, Never, FERRY, "What is wrong, or was lost on the way to WhatsApp; one per line."),
    info(Column::State, "state", 11.0, Never, FERRY, "What was decided before: approved, rejected or undecided."),
    info(Column::Decision, "decision", 18.0, Always, REVIEWER, "Choose from the list; leave it empty to decide nothing."),
    info(Column::Comment, "comment", 32.0, Always, REVIEWER, "For your colleagues. Customers never see it."),
    info(Column::DecidedBy, "decided by", 16.0, Never, FERRY, "Who decided last."),
    info(Column::DecidedAt, "decided at", 20.0, Never, FERRY, "When that was."),
];

impl Column {
    /// How many columns a sheet has.
    pub const COUNT: usize = COLUMNS.len();

    /// All columns, from the left.
    pub fn all() -> impl Iterator<Item = Self> {
        COLUMNS.iter().map(|it| it.column)
    }

    /// The columns that reviewers may edit in a row of this kind, without [`Column::Decision`].
    pub fn editable(kind: RowKind) -> impl Iterator<Item = Self> {
        Self::all().filter(move |it| it.is_editable(kind) && *it != Self::Decision)
    }

    /// The title in the first row.
    pub fn header(self) -> &'static str {
        self.info().header
    }

    /// Whether reviewers may edit the column in a row of this kind.
    pub fn is_editable(self, kind: RowKind) -> bool {
        match self.info().edits {
            Never => false,
            Templates => kind == RowKind::Template,
            Always => true,
        }
    }

    /// Whether a sheet without the column cannot be read.
    pub(crate) fn is_needed(self) -> bool {
        self.info().edits != Never || matches!(self, Self::RowId | Self::Version)
    }

    pub(crate) fn info(self) -> &'static ColumnInfo {
        &COLUMNS[self as usize]
    }
}
