//! Reads the rows of a JSON text.

use std::io::Read;
use std::path::Path;

use csv::StringRecord;
use model::Reason;

use crate::error::ExtractError;
use crate::formats::json::flatten::{Flattener, UnreadableRecord};
use crate::formats::json::layout::JsonLayout;
use crate::formats::json::records::{RecordScanner, Scanned};
use crate::row::{ReadSummary, Unreadable};

/// Gives the line and the cells of every row to `each`, in constant memory. The columns are those that `flattener` has
/// learned.
pub(crate) fn read_json<E: From<ExtractError>>(
    text: impl Read,
    path: &Path,
    layout: JsonLayout,
    mut flattener: Flattener,
    mut each: impl FnMut(u64, Result<&StringRecord, Unreadable>) -> Result<(), E>,
) -> Result<ReadSummary, E> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let mut scanner = RecordScanner::new(text, layout);
    let mut summary = ReadSummary::default();
    flattener.stop_learning();
    while let Some(scanned) = scanner.next_record().map_err(failed)? {
        summary.n_records += u64::from(!matches!(scanned, Scanned::Fact { .. }));
        match scanned {
            Scanned::Record { line, bytes } => {
                let Ok(record) = std::str::from_utf8(bytes) else {
                    each(line, Err(Unreadable::new(Reason::Encoding, bytes)))?;
                    continue;
                };
                let found = flattener.rows_of(record, |row| each(line, Ok(row)))?;
                let reason = match found {
                    Ok(()) => continue,
                    Err(UnreadableRecord::NotJson) => Reason::Json,
                    Err(UnreadableRecord::DuplicateKey) => Reason::KeyTwice,
                    Err(UnreadableRecord::NewColumn) => {
                        return Err(ExtractError::Changed { path: path.to_owned() }.into());
                    }
                };
                each(line, Err(Unreadable::new(reason, bytes)))?;
            }
            Scanned::TooLong { line, start, n_bytes } => each(line, Err(Unreadable::too_long(start, n_bytes)))?,
            Scanned::Unended { line, start } => each(line, Err(Unreadable::new(Reason::Truncated, start)))?,
            Scanned::Fact { key, bytes } => add_fact(&mut summary.facts, key, bytes),
            Scanned::Broken { line } => return Err(ExtractError::Json { path: path.to_owned(), line }.into()),
        }
    }
    Ok(summary)
}

/// Keeps the last value of each member.
fn add_fact(facts: &mut Vec<(String, String)>, key: String, bytes: &[u8]) {
    let value = String::from_utf8_lossy(bytes).into_owned();
    match facts.iter_mut().find(|it| it.0 == key) {
        Some(fact) => fact.1 = value,
        None => facts.push((key, value)),
    }
}
