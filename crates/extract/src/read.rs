//! Reads the rows of a probed source.

use csv::StringRecord;
use model::Reason;

use crate::error::ExtractError;
use crate::formats::csv::{CsvFile, read_csv};
use crate::formats::json::{Flattener, Lists, RecordScanner, Scanned, UnreadableRecord};
use crate::formats::sheet::{self, SheetFile};
use crate::formats::vcard::read_vcards;
use crate::packing::{OnDisk, Packing, digest_of, unpacked};
use crate::row::{Cells, Row, Seen, Unreadable, is_blank};
use crate::source::{Form, Part, Probe};
use crate::text::encoding::text;

/// Gives every row of the source to `each`, file by file, in constant memory. What was noticed
/// comes back per file.
///
/// The files must still be what [`probe`](crate::probe()) saw.
pub fn read<E: From<ExtractError>>(probe: &Probe, mut each: impl FnMut(Row) -> Result<(), E>) -> Result<Vec<Seen>, E> {
    let mut n_records = 0;
    let mut all_seen = Vec::new();
    for part in &probe.parts {
        let first = n_records;
        let seen = read_part(probe, part, |line, cells| {
            n_records += 1;
            let cells = match cells {
                // A row of blank cells is no person, whatever its format.
                Ok(cells) if is_blank(cells.as_slice()) => Err(Unreadable::new(Reason::NotAContact, b"")),
                Ok(cells) => Ok(Cells { cells, places: part.places.as_deref() }),
                Err(unread) => Err(unread),
            };
            each(Row { record: n_records, line, cells })
        })?;
        let n_rows = n_records - first;
        all_seen.push(Seen { n_rows, n_records: if seen.n_records > 0 { seen.n_records } else { n_rows }, ..seen });
    }
    Ok(all_seen)
}

fn read_part<E: From<ExtractError>>(
    probe: &Probe,
    part: &Part,
    each: impl FnMut(u64, Result<&StringRecord, Unreadable>) -> Result<(), E>,
) -> Result<Seen, E> {
    let path = &part.path;
    let (seen, on_disk) = match &part.form {
        Form::Delimited { delimiter, encoding, has_header } => {
            let file = CsvFile {
                path,
                delimiter: *delimiter,
                encoding: *encoding,
                header: &part.header,
                has_header: *has_header,
                first_line: part.first_line,
            };
            unpacked(path, &part.packing, probe.limits, |bytes| read_csv(text(bytes, *encoding), file, each))?
        }
        Form::Json { form, encoding } => {
            let mut flattener = part.flattener.as_deref().cloned().unwrap_or_else(|| Flattener::new(Lists::default()));
            flattener.stop_learning();
            unpacked(path, &part.packing, probe.limits, |bytes| {
                let scanner = RecordScanner::new(text(bytes, *encoding), form.clone());
                read_json(part, scanner, flattener, each)
            })?
        }
        Form::VCard { encoding } => unpacked(path, &part.packing, probe.limits, |bytes| {
            read_vcards(text(bytes, *encoding), path, *encoding, each)
        })?,
        Form::Sheet { kind, sheet, .. } => {
            let read =
                |file: SheetFile| sheet::read_sheet(path, file, *kind, sheet, part.first_line, part.header.len(), each);
            match part.packing {
                Packing::Plain => {
                    let failed = |source| ExtractError::Read { path: path.clone(), source };
                    let on_disk = digest_of(path).map_err(failed)?;
                    let file = std::fs::File::open(path).map_err(failed)?;
                    (read(std::io::BufReader::new(file))?, on_disk)
                }
                _ => {
                    let (copy, on_disk) =
                        unpacked(path, &part.packing, probe.limits, |bytes| sheet::copied(path, bytes))?;
                    (read(copy)?, on_disk)
                }
            }
        }
    };
    match on_disk == (OnDisk { digest: part.digest, n_bytes: part.n_bytes }) {
        true => Ok(seen),
        false => Err(ExtractError::Changed { path: path.clone() }.into()),
    }
}

fn read_json<E: From<ExtractError>>(
    part: &Part,
    mut scanner: RecordScanner<impl std::io::Read>,
    mut flattener: Flattener,
    mut each: impl FnMut(u64, Result<&StringRecord, Unreadable>) -> Result<(), E>,
) -> Result<Seen, E> {
    let failed = |source| ExtractError::Read { path: part.path.clone(), source };
    let mut seen = Seen::default();
    while let Some(scanned) = scanner.next_record().map_err(failed)? {
        seen.n_records += u64::from(!matches!(scanned, Scanned::Fact { .. }));
        match scanned {
            Scanned::Record { line, bytes } => {
                let Ok(record) = std::str::from_utf8(bytes) else {
                    each(line, Err(Unreadable::new(Reason::Encoding, bytes)))?;
                    continue;
                };
                let reason = match flattener.rows(record, |row| each(line, Ok(row)))? {
                    Ok(()) => continue,
                    Err(UnreadableRecord::NotJson) => Reason::Json,
                    Err(UnreadableRecord::DuplicateKey) => Reason::KeyTwice,
                    Err(UnreadableRecord::NewColumn) => {
                        return Err(ExtractError::Changed { path: part.path.clone() }.into());
                    }
                };
                each(line, Err(Unreadable::new(reason, bytes)))?;
            }
            Scanned::TooLong { line, start, n_bytes } => each(line, Err(Unreadable::too_long(start, n_bytes)))?,
            Scanned::Unended { line, start } => each(line, Err(Unreadable::new(Reason::Truncated, start)))?,
            Scanned::Fact { key, bytes } => seen.note(key, bytes),
            Scanned::Broken { line } => return Err(ExtractError::Json { path: part.path.clone(), line }.into()),
        }
    }
    Ok(seen)
}

impl Seen {
    fn note(&mut self, key: String, bytes: &[u8]) {
        let value = String::from_utf8_lossy(bytes).into_owned();
        match self.facts.iter_mut().find(|it| it.0 == key) {
            Some(fact) => fact.1 = value,
            None => self.facts.push((key, value)),
        }
    }
}

/// Why reading ends before the end of the files.
enum End {
    Enough,
    Failed(ExtractError),
}

impl From<ExtractError> for End {
    fn from(error: ExtractError) -> Self {
        Self::Failed(error)
    }
}

/// Gives at most so many rows of a source to `each`, the first ones.
pub fn read_first(probe: &Probe, n_rows: u64, mut each: impl FnMut(&Row)) -> Result<(), ExtractError> {
    let give = |row: Row| {
        if row.record > n_rows {
            return Err(End::Enough);
        }
        each(&row);
        Ok(())
    };
    match read(probe, give) {
        Ok(_) | Err(End::Enough) => Ok(()),
        Err(End::Failed(error)) => Err(error),
    }
}
