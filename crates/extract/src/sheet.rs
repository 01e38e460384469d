//! Spreadsheets: XLSX and ODS, row by row.

mod ods;
mod xlsx;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::StringRecord;
use model::Reason;
use zip::ZipArchive;

use crate::ExtractError;
use crate::packing::{Limited, Limits, unzip_error};
use crate::read::{Seen, Unreadable, unreadable};

/// Texts of an XLSX workbook stand in one table that is held in memory as a whole.
const MOST_SHARED_TEXT_BYTES: u64 = 512 << 20;
/// More columns than this are no list of people.
pub(crate) const MOST_COLUMNS: usize = 1000;

/// Which kind of spreadsheet a zip archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetKind {
    Xlsx,
    Ods,
}

/// A spreadsheet file: the original, or a copy if the original is packed.
pub(crate) type SheetFile = BufReader<File>;

/// What stands in one sheet.
pub(crate) struct Sheet {
    pub(crate) name: String,
    /// The first row that is not empty.
    pub(crate) header: Vec<String>,
    /// Sheets beside it that hold something too.
    pub(crate) others: Vec<String>,
}

/// Tells by the names in an archive whether it is a spreadsheet; fails for other office documents.
pub(crate) fn kind(path: &Path, members: &[String]) -> Result<Option<SheetKind>, ExtractError> {
    let has = |name: &str| members.iter().any(|it| it == name);
    let other = |kind| Err(ExtractError::NotText { path: path.to_owned(), kind });
    match () {
        () if has("xl/workbook.xml") => Ok(Some(SheetKind::Xlsx)),
        () if has("xl/workbook.bin") => other("a binary Excel workbook (XLSB)"),
        () if has("word/document.xml") => other("a Word document"),
        () if has("content.xml") && has("mimetype") => Ok(Some(SheetKind::Ods)),
        () => Ok(None),
    }
}

/// Unpacks every part once, to nowhere, and fails where one is a bomb. What then reads the workbook
/// holds parts of it in memory, and trusts the sizes that the archive states.
pub(crate) fn check_size(path: &Path, file: SheetFile, limits: Limits) -> Result<(), ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let n_packed = file.get_ref().metadata().map_err(failed)?.len();
    let mut archive = ZipArchive::new(file).map_err(|error| unzip_error(path, &error))?;
    let mut left = limits.unpacked_bytes;
    for number in 0..archive.len() {
        let member = archive.by_index(number).map_err(|error| unzip_error(path, &error))?;
        let is_shared = member.name().is_ok_and(|it| it == "xl/sharedStrings.xml");
        let most = if is_shared { left.min(MOST_SHARED_TEXT_BYTES) } else { left };
        let mut member = Limited::new(member, Limits { unpacked_bytes: most, ..limits }, n_packed);
        let n_bytes = std::io::copy(&mut member, &mut std::io::sink()).map_err(failed)?;
        left -= n_bytes;
    }
    Ok(())
}

/// Finds a sheet, the first that is not empty unless one is named, and its header.
pub(crate) fn look(path: &Path, file: SheetFile, kind: SheetKind, name: Option<&str>) -> Result<Sheet, ExtractError> {
    let mut found: Option<Sheet> = None;
    let mut others = Vec::new();
    let names = match kind {
        SheetKind::Xlsx => xlsx::names(path, reopened(path, &file)?)?,
        SheetKind::Ods => ods::names(path, reopened(path, &file)?)?,
    };
    for sheet in &names {
        let header = first_row(path, reopened(path, &file)?, kind, sheet)?;
        let is_wanted = name.map_or(found.is_none() && !header.is_empty(), |it| it == sheet);
        match is_wanted {
            true => found = Some(Sheet { name: sheet.clone(), header, others: Vec::new() }),
            false if !header.is_empty() => others.push(sheet.clone()),
            false => {}
        }
    }
    match (found, name) {
        (Some(found), _) => Ok(Sheet { others, ..found }),
        (None, None) => Ok(Sheet { name: names.into_iter().next().unwrap_or_default(), header: Vec::new(), others }),
        (None, Some(name)) => Err(ExtractError::Sheet {
            path: path.to_owned(),
            what: format!("has no sheet \"{name}\": it has {}", names.join(", ")),
        }),
    }
}

/// Gives the line and the cells of every row below the header to `each`.
pub(crate) fn read_sheet<E: From<ExtractError>>(
    path: &Path,
    file: SheetFile,
    kind: SheetKind,
    sheet: &str,
    n_columns: usize,
    mut each: impl FnMut(u64, Result<&StringRecord, Unreadable>) -> Result<(), E>,
) -> Result<Seen, E> {
    let mut is_past_header = false;
    let mut row = StringRecord::new();
    each_row(path, file, kind, sheet, |line, cells| {
        if !std::mem::replace(&mut is_past_header, true) {
            return Ok(true);
        }
        if cells.len() > n_columns && cells[n_columns..].iter().any(|it| !it.is_empty()) {
            each(line, Err(unreadable(Reason::Fields, cells.join(" | ").as_bytes())))?;
            return Ok(true);
        }
        row.clear();
        cells.iter().map(String::as_str).chain(std::iter::repeat("")).take(n_columns).for_each(|it| row.push_field(it));
        each(line, Ok(&row))?;
        Ok::<bool, E>(true)
    })?;
    Ok(Seen::default())
}

fn first_row(path: &Path, file: SheetFile, kind: SheetKind, sheet: &str) -> Result<Vec<String>, ExtractError> {
    let mut header = Vec::new();
    each_row(path, file, kind, sheet, |_, cells| {
        header = cells.iter().map(|it| it.trim().to_owned()).collect();
        Ok::<bool, ExtractError>(false)
    })?;
    Ok(header)
}

/// Gives every row that is not empty, with its number from 1, until `each` wants no more.
fn each_row<E: From<ExtractError>>(
    path: &Path,
    file: SheetFile,
    kind: SheetKind,
    sheet: &str,
    each: impl FnMut(u64, &[String]) -> Result<bool, E>,
) -> Result<(), E> {
    match kind {
        SheetKind::Xlsx => xlsx::rows(path, file, sheet, each),
        SheetKind::Ods => ods::rows(path, file, sheet, each),
    }
}

/// The same file again, at its start.
pub(crate) fn reopened(path: &Path, file: &SheetFile) -> Result<SheetFile, ExtractError> {
    use std::io::{Seek, SeekFrom};
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let mut again = file.get_ref().try_clone().map_err(failed)?;
    again.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(BufReader::new(again))
}

/// A copy of what is packed, without a name, gone when it is closed.
pub(crate) fn copied(path: &Path, packed: &mut dyn Read) -> Result<SheetFile, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let mut copy = tempfile::tempfile().map_err(failed)?;
    std::io::copy(packed, &mut copy).map_err(failed)?;
    reopened(path, &BufReader::new(copy))
}

/// Cells of a row as they come, at their columns.
#[derive(Default)]
struct RowCells(Vec<String>);

impl RowCells {
    /// False if the column is beyond what is read.
    fn put(&mut self, column: usize, text: String) -> bool {
        if column >= MOST_COLUMNS {
            return text.is_empty();
        }
        if self.0.len() <= column {
            self.0.resize(column + 1, String::new());
        }
        self.0[column] = text;
        true
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|it| it.trim().is_empty())
    }
}
