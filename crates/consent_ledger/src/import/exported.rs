//! Rows of an exported ledger that the database has.

use extract::Cells;
use model::{ContactId, Statement};

use crate::export::said_at;
use crate::import::columns::{Columns, StatementField};

/// A row of an exported ledger: the id of its statement, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExportedRow {
    pub(crate) contact: ContactId,
    pub(crate) statement: i64,
    said: [String; FIELDS.len()],
}

/// What must be the same. A row that somebody has changed is another statement.
const FIELDS: [StatementField; 10] = [
    StatementField::Channel,
    StatementField::Purpose,
    StatementField::State,
    StatementField::SaidAt,
    StatementField::Words,
    StatementField::Wording,
    StatementField::Place,
    StatementField::Proof,
    StatementField::ProofDigest,
    StatementField::Basis,
];

impl ExportedRow {
    /// Reads a row; none if it has no ids of an export.
    pub(crate) fn read(columns: &Columns, cells: Cells) -> Option<Self> {
        let statement = u64::from_str_radix(columns.cell(cells, StatementField::StatementId), 16).ok()?;
        let contact = ContactId::from_hex(columns.cell(cells, StatementField::ContactId))?;
        let said = FIELDS.map(|it| run::unguarded(columns.cell(cells, it)).into_owned());
        Some(Self { contact, statement: statement.cast_signed(), said })
    }

    /// Whether the row says what a statement of the database says.
    pub(crate) fn is(&self, statement: &Statement) -> bool {
        let none = model::ConsentRecord::default();
        let record = statement.record.as_deref().unwrap_or(&none);
        let proof = record.proof.as_ref();
        let said = [
            statement.channel.name().to_owned(),
            statement.purpose.name().to_owned(),
            statement.state.name().to_owned(),
            statement.at.map(said_at).unwrap_or_default(),
            statement.words.0.trim().to_owned(),
            record.wording.as_ref().map(ToString::to_string).unwrap_or_default(),
            record.place.as_deref().unwrap_or_default().trim().to_owned(),
            proof.map(ToString::to_string).unwrap_or_default(),
            proof.and_then(|it| it.digest.clone()).unwrap_or_default(),
            statement.basis.name().to_owned(),
        ];
        said == self.said
    }
}
