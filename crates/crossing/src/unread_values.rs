//! Lists all values of a run that were not understood.

use anyhow::{Context, Result};
use clean::{Cleaner, UnreadValues};
use model::RowId;
use plan::contact_key;
use run::formats::extracted::{self, Extracted};
use run::{SourceRecord, TableReader};

use crate::corrections::Corrections;
use crate::find_run::FoundRun;
use crate::open_run::rules;

/// Reads all rows of a run again, and counts the values that were not understood, by source.
pub fn unread_values(found: &FoundRun) -> Result<Vec<(String, UnreadValues)>> {
    let records: Vec<SourceRecord> = found.folder.manifest.sources.clone();
    let readings: Vec<_> = records.iter().map(|it| it.reading.clone()).collect();
    let key = contact_key(&found.plan)?;
    let cleaner = Cleaner::new(rules(&found.plan, &key, found.folder.manifest.run_mark(), &readings, &[])?);
    let corrections = Corrections::read(&found.folder, &records)?;
    let mut all = Vec::new();
    for (number, (planned, record)) in found.plan.sources.iter().zip(&records).enumerate() {
        let layout = planned.layout_of(record)?;
        let table = TableReader::open(&found.folder.path(&extracted::artifact(&record.name)))
            .context("nothing is extracted yet: run `ferry run` first")?;
        let mut unread = UnreadValues::default();
        for group in table.groups() {
            let group = group?;
            let mut chunk = cleaner.chunk_writer();
            for row in 0..group.n_rows {
                let row = Extracted::new(&group, row);
                let id = RowId { source: u16::try_from(number)?, record: row.record() };
                let row = corrections.row(id, row);
                if row.reason().is_none()
                    && let Ok(raw) = layout.contact(|column| row.cell(column))
                {
                    chunk.add(id, &raw);
                }
            }
            unread += chunk.into_unread();
        }
        all.push((record.name.clone(), unread));
    }
    Ok(all)
}
