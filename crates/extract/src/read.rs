//! Reads the rows of a probed source.

use std::io::BufReader;

use csv::StringRecord;
use model::Reason;

use crate::error::ExtractError;
use crate::files::open;
use crate::formats::csv::{CsvFile, read_csv};
use crate::formats::json::{Flattener, Lists, read_json};
use crate::formats::sheet::{self, SheetFile};
use crate::formats::vcard::read_vcards;
use crate::packing::{Archives, OnDisk, Packing, digest_of};
use crate::repeats::Repeats;
use crate::row::{Cells, ReadSummary, Row, Unreadable, is_blank};
use crate::source::{FileFormat, Probe, SourcePart};
use crate::text::encoding::decoded;

/// Gives every row of the source to `each`, file by file, in constant memory. Returns a summary for each file.
///
/// # Errors
///
/// Fails if a file has changed since [`probe`](crate::probe()) read it. Its rows were given before.
pub fn read<E: From<ExtractError>>(
    probe: &Probe,
    each: impl FnMut(Row) -> Result<(), E>,
) -> Result<Vec<ReadSummary>, E> {
    read_up_to(probe, u64::MAX, each)
}

/// Gives the first `most` rows of the source to `each`, as [`read`] does. Files after the last of these rows have no
/// summary.
pub fn read_up_to<E: From<ExtractError>>(
    probe: &Probe,
    most: u64,
    mut each: impl FnMut(Row) -> Result<(), E>,
) -> Result<Vec<ReadSummary>, E> {
    let mut archives = Archives::default();
    let mut n_rows = 0;
    let mut repeats = probe.drops_repeats.then(Repeats::default);
    let mut summaries = Vec::new();
    for part in &probe.parts {
        let n_before = n_rows;
        let mut n_repeats = 0;
        let read = read_part(&mut archives, probe, part, |line, cells| {
            if n_rows == most {
                return Err(Stop::HasEnough);
            }
            let cells = match cells {
                Ok(cells) if is_blank(cells.as_slice()) => Err(Unreadable::new(Reason::NotAContact, b"")),
                Ok(cells) => Ok(Cells { cells, column_map: part.column_map.as_deref() }),
                Err(unreadable) => Err(unreadable),
            };
            if let (Some(repeats), Ok(cells)) = (&mut repeats, &cells)
                && repeats.came_before(*cells, probe.columns.len())
            {
                n_repeats += 1;
                return Ok(());
            }
            n_rows += 1;
            each(Row { record: n_rows, line, cells }).map_err(Stop::Failed)
        });
        let (summary, has_enough) = match read {
            Ok(summary) => (summary, false),
            Err(Stop::HasEnough) => (ReadSummary::default(), true),
            Err(Stop::Failed(error)) => return Err(error),
        };
        let n_rows = n_rows - n_before;
        let n_records = if summary.n_records > 0 { summary.n_records } else { n_rows + n_repeats };
        summaries.push(ReadSummary { n_rows, n_records, n_repeats, ..summary });
        if has_enough {
            break;
        }
    }
    archives.finish()?;
    Ok(summaries)
}

fn read_part<E: From<ExtractError>>(
    archives: &mut Archives,
    probe: &Probe,
    part: &SourcePart,
    each: impl FnMut(u64, Result<&StringRecord, Unreadable>) -> Result<(), E>,
) -> Result<ReadSummary, E> {
    let (path, packing, limits) = (&part.path, &part.packing, probe.limits);
    let (summary, on_disk) = match &part.format {
        FileFormat::Csv { delimiter, encoding, has_header } => {
            let file = CsvFile {
                path,
                delimiter: *delimiter,
                encoding: *encoding,
                header: &part.header,
                has_header: *has_header,
                first_line: part.first_line,
            };
            archives.unpacked_in(path, packing, limits, |bytes| read_csv(decoded(bytes, *encoding), file, each))?
        }
        FileFormat::Json { layout, encoding } => {
            let flattener = part.flattener.as_deref().cloned().unwrap_or_else(|| Flattener::new(Lists::default()));
            archives.unpacked_in(path, packing, limits, |bytes| {
                read_json(decoded(bytes, *encoding), path, layout.clone(), flattener, each)
            })?
        }
        FileFormat::VCard { encoding } => archives.unpacked_in(path, packing, limits, |bytes| {
            read_vcards(decoded(bytes, *encoding), path, *encoding, each)
        })?,
        FileFormat::Sheet { kind, sheet, has_header, .. } => {
            let (file, on_disk) = sheet_file(archives, probe, part)?;
            let header_line = if *has_header { part.first_line } else { part.first_line.saturating_sub(1) };
            (sheet::read_sheet(path, file, *kind, sheet, header_line, part.header.len(), each)?, on_disk)
        }
    };
    match on_disk == (OnDisk { digest: part.digest, n_bytes: part.n_bytes }) {
        true => Ok(summary),
        false => Err(ExtractError::Changed { path: path.clone() }.into()),
    }
}

fn sheet_file(archives: &mut Archives, probe: &Probe, part: &SourcePart) -> Result<(SheetFile, OnDisk), ExtractError> {
    let path = &part.path;
    if part.packing != Packing::Plain {
        return archives.unpacked_in(path, &part.packing, probe.limits, |bytes| sheet::copied(path, bytes));
    }
    let failed = |source| ExtractError::Read { path: path.clone(), source };
    let on_disk = digest_of(path).map_err(failed)?;
    Ok((BufReader::new(open(path).map_err(failed)?), on_disk))
}

/// Why reading stops before the end of the files.
enum Stop<E> {
    HasEnough,
    Failed(E),
}

impl<E: From<ExtractError>> From<ExtractError> for Stop<E> {
    fn from(error: ExtractError) -> Self {
        Self::Failed(error.into())
    }
}

/// Gives the first `n_rows` rows of a source to `each`.
pub fn read_first(probe: &Probe, n_rows: u64, mut each: impl FnMut(&Row)) -> Result<(), ExtractError> {
    let give = |row: Row| {
        each(&row);
        Ok(())
    };
    read_up_to(probe, n_rows, give).map(drop)
}
