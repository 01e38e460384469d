//! Which column of a file holds what.

use std::path::Path;

use extract::{Cells, FileFormat, Probe, SourcePart};

use crate::ConsentError;

/// The fields that a row can have, by the names of their columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatementField {
    Phone,
    ContactId,
    ViberId,
    /// The scope of the Viber id.
    Scope,
    Channel,
    State,
    SaidAt,
    /// The first instant of the time in an exported ledger.
    SaidFrom,
    /// The last one.
    SaidUntil,
    Purpose,
    Wording,
    Place,
    Proof,
    ProofDigest,
    Identity,
    Words,
    /// Where an exported ledger has the statement from.
    Basis,
    /// Whether an exported ledger has retracted the statement.
    Retracted,
    /// The id of the statement in an exported ledger.
    StatementId,
}

impl StatementField {
    pub const ALL: [Self; 19] = [
        Self::Phone,
        Self::ContactId,
        Self::ViberId,
        Self::Scope,
        Self::Channel,
        Self::State,
        Self::SaidAt,
        Self::SaidFrom,
        Self::SaidUntil,
        Self::Purpose,
        Self::Wording,
        Self::Place,
        Self::Proof,
        Self::ProofDigest,
        Self::Identity,
        Self::Words,
        Self::Basis,
        Self::Retracted,
        Self::StatementId,
    ];

    /// The name of the column, and the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::ContactId => "contact_id",
            Self::ViberId => "viber_id",
            Self::Scope => "scope",
            Self::Channel => "channel",
            Self::State => "state",
            Self::SaidAt => "said_at",
            Self::SaidFrom => "said_from",
            Self::SaidUntil => "said_until",
            Self::Purpose => "purpose",
            Self::Wording => "wording",
            Self::Place => "place",
            Self::Proof => "proof",
            Self::ProofDigest => "proof_digest",
            Self::Identity => "identity",
            Self::Words => "words",
            Self::Basis => "basis",
            Self::Retracted => "retracted",
            Self::StatementId => "statement_id",
        }
    }

    /// Reads back what [`StatementField::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// The column of each field of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    places: [Option<usize>; StatementField::ALL.len()],
    /// The columns that nothing is read from.
    pub(crate) unread: Vec<String>,
}

impl Columns {
    /// Finds the columns: those that are named, then those whose name is that of a field. A list with one column holds
    /// people, by their phones.
    pub(crate) fn find(
        path: &Path,
        probe: &Probe,
        named: &[(StatementField, String)],
        is_list: bool,
    ) -> Result<Self, ConsentError> {
        let header = &probe.columns;
        let mut columns = Self::default();
        for (place, (field, name)) in named.iter().enumerate() {
            if named[..place].iter().any(|it| it.0 == *field) {
                return Err(ConsentError::ColumnTwice { field: field.name() });
            }
            let found = header.iter().position(|it| it.trim() == name.trim());
            let found = found.or_else(|| header.iter().position(|it| is_same_name(it, name)));
            let missing =
                || ConsentError::NoColumn { path: path.to_owned(), column: name.clone(), columns: listed(probe) };
            columns.places[*field as usize] = Some(found.ok_or_else(missing)?);
        }
        for field in StatementField::ALL {
            let found = || header.iter().position(|it| is_named(field, it));
            if columns.places[field as usize].is_none() {
                columns.places[field as usize] = found();
            }
        }
        if is_list && header.len() == 1 && !columns.has_people() {
            columns.places[StatementField::Phone as usize] = Some(0);
        }
        if !columns.has_people() {
            return Err(ConsentError::NoPeople { path: path.to_owned(), columns: listed(probe) });
        }
        let unread = (0..header.len()).filter(|it| !columns.places.contains(&Some(*it)));
        columns.unread = unread.map(|it| shown(&header[it], it)).collect();
        Ok(columns)
    }

    /// Whether the file has a column for the field.
    pub(crate) fn has(&self, field: StatementField) -> bool {
        self.places[field as usize].is_some()
    }

    /// The cell of a field without white space around it; empty if the file has no such column.
    pub(crate) fn cell<'a>(&self, cells: Cells<'a>, field: StatementField) -> &'a str {
        self.places[field as usize].map_or("", |it| cells.get(it).trim())
    }

    fn has_people(&self) -> bool {
        [StatementField::Phone, StatementField::ContactId, StatementField::ViberId].into_iter().any(|it| self.has(it))
    }
}

/// Whether a column has the name of a field.
pub(crate) fn is_named(field: StatementField, column: &str) -> bool {
    let name = plain(column);
    name == field.name() || (field == StatementField::Purpose && name == "purposes")
}

/// Whether a column has a name, however it is written.
pub(crate) fn is_same_name(column: &str, name: &str) -> bool {
    plain(column) == plain(name)
}

/// `Said at` as `said_at`.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// The columns of a file, for a message.
fn listed(probe: &Probe) -> String {
    let header = &probe.columns;
    if header.is_empty() {
        return "the file is empty".to_owned();
    }
    let names: Vec<String> = header.iter().enumerate().map(|(place, it)| shown(it, place)).collect();
    match is_numbered(probe) {
        true => format!("its first line names no column that Ferry knows, so its columns are {}", names.join(", ")),
        false => format!("its columns are {}", names.join(", ")),
    }
}

/// Whether the first line of a file is not its header, so that the columns are numbered.
fn is_numbered(probe: &Probe) -> bool {
    let is_table = |it: &SourcePart| !it.encoding_name().is_empty() || matches!(it.format, FileFormat::Sheet { .. });
    probe.columns.first().is_some_and(|it| it == "column_1")
        && probe.parts.iter().all(|it| is_table(it) && !it.has_header())
}

/// The name of a column. A key of JSON can hold a phone number, which is not shown.
fn shown(name: &str, place: usize) -> String {
    let n_digits = name.chars().filter(char::is_ascii_digit).count();
    if n_digits < 6 { format!("\"{name}\"") } else { format!("column {}", place + 1) }
}
