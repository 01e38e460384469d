//! A chunk of rows, taken in.

use anyhow::{Context, Result};
use clean::{Cleaner, Hygiene};
use extract::Layout;
use model::{Reject, RowId};
use run::{SourceRecord, TableReader};

use crate::formats::corrections::Corrections;
use crate::formats::extracted::{self, Extracted};
use crate::plan::SourceSection;
use crate::progress::Work;
use crate::session::Session;
use crate::stages::clean::spill_failed;
use crate::stages::rejects::RejectColumns;

/// An extracted source and what its columns say.
pub(crate) struct Source {
    number: u16,
    pub(crate) table: TableReader,
    layout: Layout,
}

pub(crate) fn open_sources(session: &Session, records: &[SourceRecord]) -> Result<Vec<Source>> {
    let open = |(number, (planned, record)): (u16, (&SourceSection, &SourceRecord))| {
        let table = TableReader::open(&session.folder.path(&extracted::artifact(&record.name)))?;
        let layout = planned.layout_of(record)?;
        Ok(Source { number, table, layout })
    };
    (0..).zip(session.plan.sources.iter().zip(records)).map(open).collect()
}

/// What a chunk of rows left behind: its rejects, and their lines for the file of rejects.
pub(crate) struct Chunk {
    pub(crate) source: u16,
    pub(crate) hygiene: Hygiene,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) lines: Vec<u8>,
}

/// Gives a chunk of rows to the cleaner.
pub(crate) fn take_chunk(
    source: &Source,
    group: usize,
    cleaner: &Cleaner,
    columns: &RejectColumns,
    corrections: &Corrections,
    work: &Work,
) -> Result<Chunk> {
    let group = source.table.group(group)?;
    let first = if group.n_rows > 0 { Extracted::new(&group, 0).record() } else { 1 };
    let mut rejects = Vec::new();
    let mut taking = cleaner.chunk();
    for number in 0..group.n_rows {
        let row = Extracted::new(&group, number);
        let id = RowId { source: source.number, record: row.record() };
        let row = corrections.row(id, row);
        let contact = match row.reason() {
            Some(reason) => Err(reason),
            None => source.layout.contact(|column| row.cell(column)),
        };
        match contact {
            Ok(contact) => taking.add(id, &contact),
            Err(reason) => rejects.push(Reject { row: id, reason, field: "" }),
        }
    }
    let taken = taking.end().with_context(spill_failed)?;
    rejects.extend(taken.rejects);
    rejects.sort_unstable_by_key(|it| it.row);

    let row_of = |reject: &Reject| {
        let received = Extracted::new(&group, usize::try_from(reject.row.record - first).unwrap_or(0));
        corrections.row(reject.row, received)
    };
    let lines = columns.lines(&rejects, row_of)?;
    work.advance(group.n_rows as u64);
    Ok(Chunk { source: source.number, hygiene: taken.hygiene, rejects, lines })
}
