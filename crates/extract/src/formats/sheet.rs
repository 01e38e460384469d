//! Spreadsheets: XLSX and ODS, row by row.

mod cells;
mod file;
mod ods;
mod xlsx;

use std::path::Path;

use csv::StringRecord;
use model::Reason;
use zip::ZipArchive;

use crate::error::ExtractError;
use crate::packing::{BombGuard, Limits, unzip_error};
use crate::row::{ReadSummary, Unreadable};
use crate::settings::Settings;
use crate::titles::{MOST_LINES, header_below_titles, is_row, numbered};

pub(crate) use crate::formats::sheet::file::{SheetFile, copied, reopened};

/// Most bytes of the table of shared strings of an XLSX workbook, which is held in memory as a whole.
const MOST_SHARED_TEXT_BYTES: u64 = 512 << 20;

/// The kinds of spreadsheets that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetKind {
    Xlsx,
    Ods,
}

/// The sheet that is read, and its header.
pub(crate) struct Sheet {
    pub(crate) name: String,
    /// The first row that is neither empty nor a title; `column_1` and so on if that names no columns.
    pub(crate) header: Vec<String>,
    pub(crate) has_header: bool,
    /// The row of the header, or of the first row of people, from 1.
    pub(crate) line: u64,
    pub(crate) n_title_lines: u64,
    /// Other sheets that are not empty.
    pub(crate) others: Vec<String>,
}

/// Tells by the names in an archive whether it is a spreadsheet.
///
/// # Errors
///
/// Fails for other office documents.
pub(crate) fn kind(path: &Path, members: &[String]) -> Result<Option<SheetKind>, ExtractError> {
    let has = |name: &str| members.iter().any(|it| it == name);
    let has_folder = |name: &str| members.iter().any(|it| it.starts_with(name));
    let is_office = has("[Content_Types].xml");
    let other = |kind| Err(ExtractError::NotText { path: path.to_owned(), kind });
    match () {
        () if has("xl/workbook.xml") => Ok(Some(SheetKind::Xlsx)),
        () if has("xl/workbook.bin") => other("a binary Excel workbook (XLSB)"),
        () if is_office && has_folder("word/") => other("a Word document"),
        () if is_office && has_folder("ppt/") => other("a PowerPoint presentation"),
        () if members.iter().any(|it| it.starts_with("Index/") && it.ends_with(".iwa")) => {
            other("a document of Apple's Numbers, Pages or Keynote")
        }
        () if has("content.xml") && has("mimetype") => Ok(Some(SheetKind::Ods)),
        () => Ok(None),
    }
}

/// Unpacks every part of a workbook once without keeping it, and fails if one is over the limits.
///
/// This has to come first: the readers of workbooks hold parts in memory and trust the sizes that the archive states.
pub(crate) fn check_size(path: &Path, file: SheetFile, limits: Limits) -> Result<(), ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let n_packed = file.get_ref().metadata().map_err(failed)?.len();
    let mut archive = ZipArchive::new(file).map_err(|error| unzip_error(path, &error))?;
    let mut left = limits.unpacked_bytes;
    for number in 0..archive.len() {
        let member = archive.by_index(number).map_err(|error| unzip_error(path, &error))?;
        let is_shared = member.name().is_ok_and(|it| it == "xl/sharedStrings.xml");
        let most = if is_shared { left.min(MOST_SHARED_TEXT_BYTES) } else { left };
        let mut member = BombGuard::new(member, Limits { unpacked_bytes: most, ..limits }, n_packed);
        let n_bytes = std::io::copy(&mut member, &mut std::io::sink()).map_err(failed)?;
        left -= n_bytes;
    }
    Ok(())
}

/// Finds the sheet that the plan names, else the first that is not empty, and its header.
pub(crate) fn find_sheet(
    path: &Path,
    file: SheetFile,
    kind: SheetKind,
    settings: &Settings,
) -> Result<Sheet, ExtractError> {
    let wanted = settings.sheet.as_deref();
    let mut found = None;
    let mut others = Vec::new();
    let names = match kind {
        SheetKind::Xlsx => xlsx::names(path, reopened(path, &file)?)?,
        SheetKind::Ods => ods::names(path, reopened(path, &file)?)?,
    };
    for name in &names {
        let rows = first_rows(path, reopened(path, &file)?, kind, name)?;
        match wanted.map_or(found.is_none() && !rows.is_empty(), |it| it == name) {
            true => {
                let header = match settings.header_row {
                    Some(row) => header_at(path, reopened(path, &file)?, kind, name, row)?,
                    None => detect_header(rows, settings.has_header),
                };
                found = Some((name.clone(), header));
            }
            false if !rows.is_empty() => others.push(name.clone()),
            false => {}
        }
    }
    let sheet = |name, header: SheetHeader| Sheet {
        name,
        header: header.cells,
        has_header: !header.is_missing,
        line: header.row,
        n_title_lines: header.n_rows_above,
        others,
    };
    match (found, wanted) {
        (Some((name, header)), _) => Ok(sheet(name, header)),
        (None, None) => Ok(sheet(names.into_iter().next().unwrap_or_default(), detect_header(Vec::new(), None))),
        (None, Some(name)) => Err(ExtractError::Sheet {
            path: path.to_owned(),
            what: format!("has no sheet \"{name}\": it has {}", names.join(", ")),
        }),
    }
}

/// The header of a sheet.
#[derive(Default)]
struct SheetHeader {
    n_rows_above: u64,
    /// The row of the header, from 1.
    row: u64,
    cells: Vec<String>,
    /// The row is one of the table, and names no columns.
    is_missing: bool,
}

/// Finds the header in the first rows that are not empty. `stated` is whether there is one, if the plan says so.
fn detect_header(mut rows: Vec<(u64, Vec<String>)>, stated: Option<bool>) -> SheetHeader {
    if rows.is_empty() {
        return SheetHeader { row: 1, ..SheetHeader::default() };
    }
    let n_used = |cells: &[String]| cells.iter().rposition(|it| !it.is_empty()).map_or(0, |it| it + 1);
    let width = rows.iter().map(|it| n_used(&it.1)).max().unwrap_or_default();
    let table: Vec<Vec<String>> = rows
        .iter()
        .map(|it| it.1.iter().cloned().chain(std::iter::repeat(String::new())).take(width).collect())
        .collect();
    let index = header_below_titles(&table).filter(|_| stated != Some(false)).unwrap_or(0);
    let (row, cells) = rows.swap_remove(index);
    let has_header = stated.unwrap_or_else(|| !is_row(&cells));
    let cells = if has_header { cells } else { numbered(width) };
    SheetHeader { n_rows_above: index as u64, row, cells, is_missing: !has_header }
}

/// Gives the line and the cells of every row below the header to `each`. The header is at `first_line`.
pub(crate) fn read_sheet<E: From<ExtractError>>(
    path: &Path,
    file: SheetFile,
    kind: SheetKind,
    sheet: &str,
    first_line: u64,
    n_columns: usize,
    mut each: impl FnMut(u64, Result<&StringRecord, Unreadable>) -> Result<(), E>,
) -> Result<ReadSummary, E> {
    let mut summary = ReadSummary::default();
    let mut row = StringRecord::new();
    each_row(path, file, kind, sheet, |line, cells| {
        if line <= first_line {
            summary.n_title_lines += u64::from(line < first_line);
            return Ok(true);
        }
        if cells.len() > n_columns && cells[n_columns..].iter().any(|it| !it.is_empty()) {
            each(line, Err(Unreadable::new(Reason::Fields, cells.join(" | ").as_bytes())))?;
            return Ok(true);
        }
        row.clear();
        cells.iter().map(String::as_str).chain(std::iter::repeat("")).take(n_columns).for_each(|it| row.push_field(it));
        each(line, Ok(&row))?;
        Ok::<bool, E>(true)
    })?;
    Ok(summary)
}

/// The first rows that are not empty, with their numbers.
fn first_rows(
    path: &Path,
    file: SheetFile,
    kind: SheetKind,
    sheet: &str,
) -> Result<Vec<(u64, Vec<String>)>, ExtractError> {
    let mut rows = Vec::new();
    each_row(path, file, kind, sheet, |line, cells| {
        rows.push((line, cells.iter().map(|it| it.trim().to_owned()).collect()));
        Ok::<bool, ExtractError>(rows.len() < MOST_LINES)
    })?;
    Ok(rows)
}

/// The header at the row that the plan names.
fn header_at(
    path: &Path,
    file: SheetFile,
    kind: SheetKind,
    sheet: &str,
    row: u64,
) -> Result<SheetHeader, ExtractError> {
    let mut n_rows_above = 0;
    let mut header = None;
    each_row(path, file, kind, sheet, |line, cells| {
        n_rows_above += u64::from(line < row);
        if line == row {
            header = Some(cells.iter().map(|it| it.trim().to_owned()).collect());
        }
        Ok::<bool, ExtractError>(line < row)
    })?;
    let cells = header.ok_or_else(|| ExtractError::NoHeaderRow { path: path.to_owned(), row })?;
    Ok(SheetHeader { n_rows_above, row, cells, is_missing: false })
}

/// Gives every row that is not empty, with its number from 1, until `each` returns false.
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
