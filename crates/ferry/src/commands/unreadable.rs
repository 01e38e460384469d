use std::collections::BTreeMap;

use anyhow::{Context, Result};
use clean::{Cleaner, ReadField, UnreadValues};
use model::RowId;
use run::{SourceRecord, TableReader};
use serde_json::json;

use crate::cli::UnreadableArgs;
use crate::commands::Output;
use crate::corrections::Corrections;
use crate::exit::Exit;
use crate::key::contact_key;
use crate::progress::grouped;
use crate::session::{Looked, look, rules};
use run::formats::extracted::{self, Extracted};

/// Lists all values of a run that were not understood, whoever they are about.
pub(crate) fn unreadable(args: &UnreadableArgs, output: Output) -> Result<Exit> {
    let looked = look(&args.place)?;
    let mut values: BTreeMap<(String, &str), Vec<(String, u64)>> = BTreeMap::new();
    for (source, unread) in unread_values(&looked)? {
        for (field, all) in unread.fields() {
            let is_wanted = args.field.as_deref().is_none_or(|it| it == field.name());
            if is_wanted && all.unread > 0 {
                let all = all.commonest().into_iter().map(|(value, n)| (value.to_owned(), n)).collect();
                values.insert((source.clone(), field.name()), all);
            }
        }
    }
    let value: Vec<_> = values
        .iter()
        .map(|((source, field), values)| json!({ "source": source, "field": field, "values": values }))
        .collect();
    output.print(&value, || {
        let mut text = String::new();
        for ((source, field), values) in &values {
            text += &format!("{source} {field}\n");
            for (value, n) in values {
                text += &format!("{:>9}  {}\n", grouped(*n), value.escape_debug());
            }
        }
        if text.is_empty() { "every value was understood\n".to_owned() } else { text }
    })?;
    Ok(Exit::Done)
}

/// Reads all rows of the run again, and counts what is not understood.
fn unread_values(looked: &Looked) -> Result<Vec<(String, UnreadValues)>> {
    let records: Vec<SourceRecord> = looked.folder.manifest.sources.clone();
    let readings: Vec<_> = records.iter().map(|it| it.reading.clone()).collect();
    let key = contact_key(&looked.plan, true)?;
    let cleaner = Cleaner::new(rules(&looked.plan, &key, looked.folder.manifest.run_mark(), &readings, &[])?);
    let corrections = Corrections::read(&looked.folder.fixes(), &records)?;
    let mut all = Vec::new();
    for (number, (planned, record)) in looked.plan.sources.iter().zip(&records).enumerate() {
        let layout = planned.layout_of(record)?;
        let table = TableReader::open(&looked.folder.path(&extracted::artifact(&record.name)))
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

/// The names of fields whose values can be unreadable.
pub(crate) fn fields() -> [&'static str; 6] {
    ReadField::ALL.map(ReadField::name)
}
