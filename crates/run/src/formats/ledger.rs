//! `clean/ledger.parquet`: one row per source row, with its outcome.

use model::{ContactId, LedgerRow, Outcome, Reason};

use crate::formats::{RowReader, RowWriter};
use crate::{Column, Group, RunError, RunFolder, TableReader};

pub const ARTIFACT: &str = "clean/ledger.parquet";

pub fn columns() -> Vec<Column> {
    vec![
        Column::text("source"),
        Column::int("record"),
        Column::text("outcome"),
        Column::text("reason"),
        Column::text("contact_id"),
        Column::text("findings"),
    ]
}

/// Writes one row; `sources` are the source names in the order of the plan.
pub fn write(rows: &mut Group, sources: &[String], row: &LedgerRow) {
    let mut id = [0; 32];
    let id = row
        .contact_id
        .and_then(|it| hex::encode_to_slice(it.0, &mut id).ok())
        .and_then(|()| std::str::from_utf8(&id).ok());
    let findings = (row.findings.0 != 0).then(|| row.findings.names());
    RowWriter::new(rows)
        .text(sources.get(usize::from(row.row.source)).map(String::as_str))
        .int(i64::try_from(row.row.record).ok())
        .text(Some(row.outcome.name()))
        .text(row.reason.map(Reason::code))
        .text(id)
        .text(findings.as_deref())
        .end();
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read<'a> {
    pub source: &'a str,
    pub record: u64,
    pub outcome: Outcome,
    pub reason: Option<Reason>,
    pub contact_id: Option<ContactId>,
    pub findings: &'a str,
}

/// Opens the ledger of a run.
pub fn open(folder: &RunFolder) -> Result<TableReader, RunError> {
    TableReader::open_with(&folder.path(ARTIFACT), &columns())
}

/// Passes every row of the ledger to `each`.
pub fn read<E: From<RunError>>(table: &TableReader, mut each: impl FnMut(Read) -> Result<(), E>) -> Result<(), E> {
    for group in table.groups() {
        let group = group?;
        for row in 0..group.n_rows {
            each(read_row(&group, row).ok_or_else(|| RunError::unknown_row(table.path()))?)?;
        }
    }
    Ok(())
}

fn read_row(group: &Group, row: usize) -> Option<Read<'_>> {
    let mut cells = RowReader::new(group, row);
    let (source, record) = (cells.text()?, u64::try_from(cells.int()?).ok()?);
    let outcome = cells.text()?;
    let outcome = Outcome::ALL.into_iter().find(|it| it.name() == outcome)?;
    let reason = cells.text().and_then(Reason::from_code);
    let contact_id = cells.text().and_then(ContactId::from_hex);
    Some(Read { source, record, outcome, reason, contact_id, findings: cells.text().unwrap_or("") })
}
