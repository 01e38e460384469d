//! From a source to its rows.

use std::borrow::Cow;

use csv::StringRecord;
use model::Reason;

use crate::ExtractError;
use crate::delimited::{Delimited, read_delimited};
use crate::encoding::text;
use crate::json::{Cut, Cutter, Flattener, Lists, Unfit};
use crate::layout::is_blank;
use crate::packing::{OnDisk, Packing, digest_of, unpacked};
use crate::part::{Form, Part, Probe};
use crate::sheet::{self, SheetFile};
use crate::vcard::read_vcards;

/// One row of a source.
#[derive(Debug)]
pub struct Row<'a> {
    /// Counts from 1 over all files of the source, headers not among them.
    pub record: u64,
    /// The line of its file on which the row starts, or the row of its sheet; the first is 1.
    pub line: u64,
    pub cells: Result<Cells<'a>, Unreadable<'a>>,
}

/// The cells of a row, one for each column of the source.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> {
    cells: &'a StringRecord,
    /// Where each column of the source stands in the file; none if they are the same.
    places: Option<&'a [Option<usize>]>,
}

/// A row without cells: why, and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable<'a> {
    pub reason: Reason,
    pub text: Cow<'a, str>,
}

/// What was noticed while a file was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub n_rows: u64,
    /// Records, before those that speak of several people were made several rows.
    pub n_records: u64,
    /// Lines above the header that were passed over, such as a title.
    pub n_title_lines: u64,
    pub n_repeated_headers: u64,
    /// Rows with a quote inside a cell that does not begin with one.
    pub n_stray_quotes: u64,
    pub is_last_line_open: bool,
    /// What stands beside the records of a page, such as a total; the last of each name.
    pub facts: Vec<(String, String)>,
}

impl<'a> Cells<'a> {
    pub fn get(self, column: usize) -> &'a str {
        let place = match self.places {
            None => Some(column),
            Some(places) => places.get(column).copied().flatten(),
        };
        place.and_then(|it| self.cells.get(it)).unwrap_or("")
    }
}

impl<'a> Unreadable<'a> {
    pub(crate) fn too_long(start: &'a [u8], n_bytes: u64) -> Self {
        Self { reason: Reason::Record, text: format!("{} … ({n_bytes} bytes)", start.escape_ascii()).into() }
    }
}

/// Text as it is where it can be shown, else with its odd bytes spelled out.
pub(crate) fn unreadable(reason: Reason, bytes: &[u8]) -> Unreadable<'static> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.escape_ascii().to_string(),
    };
    Unreadable { reason, text: text.into() }
}

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
                Ok(cells) if is_blank(cells.as_slice()) => Err(unreadable(Reason::NotAContact, b"")),
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
            let file = Delimited {
                path,
                delimiter: *delimiter,
                encoding: *encoding,
                header: &part.header,
                has_header: *has_header,
                first_line: part.first_line,
            };
            unpacked(path, &part.packing, probe.limits, |bytes| read_delimited(text(bytes, *encoding), file, each))?
        }
        Form::Json { form, encoding } => {
            let mut flattener = part.flattener.as_deref().cloned().unwrap_or_else(|| Flattener::new(Lists::default()));
            flattener.stop_learning();
            unpacked(path, &part.packing, probe.limits, |bytes| {
                let cutter = Cutter::new(text(bytes, *encoding), form.clone());
                read_json(part, cutter, flattener, each)
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
    mut cutter: Cutter<impl std::io::Read>,
    mut flattener: Flattener,
    mut each: impl FnMut(u64, Result<&StringRecord, Unreadable>) -> Result<(), E>,
) -> Result<Seen, E> {
    let failed = |source| ExtractError::Read { path: part.path.clone(), source };
    let mut seen = Seen::default();
    while let Some(cut) = cutter.next_cut().map_err(failed)? {
        seen.n_records += u64::from(!matches!(cut, Cut::Fact { .. }));
        match cut {
            Cut::Record { line, bytes } => {
                let Ok(record) = std::str::from_utf8(bytes) else {
                    each(line, Err(unreadable(Reason::Encoding, bytes)))?;
                    continue;
                };
                let reason = match flattener.rows(record, |row| each(line, Ok(row)))? {
                    Ok(()) => continue,
                    Err(Unfit::NotJson) => Reason::Json,
                    Err(Unfit::KeyTwice) => Reason::KeyTwice,
                    Err(Unfit::NewColumn) => return Err(ExtractError::Changed { path: part.path.clone() }.into()),
                };
                each(line, Err(unreadable(reason, bytes)))?;
            }
            Cut::TooLong { line, start, n_bytes } => each(line, Err(Unreadable::too_long(start, n_bytes)))?,
            Cut::Unended { line, start } => each(line, Err(unreadable(Reason::Truncated, start)))?,
            Cut::Fact { key, bytes } => seen.note(key, bytes),
            Cut::Broken { line } => return Err(ExtractError::Json { path: part.path.clone(), line }.into()),
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
