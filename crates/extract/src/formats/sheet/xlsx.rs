//! Reads XLSX workbooks row by row.

use std::path::Path;

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetType, Xlsx};

use crate::error::ExtractError;
use crate::formats::sheet::cells::RowCells;
use crate::formats::sheet::file::SheetFile;
use crate::row::MOST_COLUMNS;

/// Largest whole number that a cell holds exactly (2^53). A larger one has lost digits in the spreadsheet.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

fn opened(path: &Path, file: SheetFile) -> Result<Xlsx<SheetFile>, ExtractError> {
    Xlsx::new(file).map_err(|error| wrong(path, &error))
}

fn wrong(path: &Path, error: &calamine::XlsxError) -> ExtractError {
    ExtractError::Sheet { path: path.to_owned(), what: format!("cannot be read: {error}") }
}

/// The names of the worksheets, in their order.
pub(super) fn names(path: &Path, file: SheetFile) -> Result<Vec<String>, ExtractError> {
    let workbook = opened(path, file)?;
    let sheets = workbook.sheets_metadata().iter().filter(|it| it.typ == SheetType::WorkSheet);
    Ok(sheets.map(|it| it.name.clone()).collect())
}

pub(super) fn rows<E: From<ExtractError>>(
    path: &Path,
    file: SheetFile,
    sheet: &str,
    mut each: impl FnMut(u64, &[String]) -> Result<bool, E>,
) -> Result<(), E> {
    let mut workbook = opened(path, file)?;
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(|error| wrong(path, &error))?;
    let mut row = RowCells::default();
    let mut line = 0;
    loop {
        let cell = cells.next_cell().map_err(|error| wrong(path, &error))?;
        let next_line = cell.as_ref().map(|it| u64::from(it.get_position().0) + 1);
        if next_line != Some(line) {
            if !row.is_empty() && !each(line, &row.0)? {
                return Ok(());
            }
            row.0.clear();
        }
        let (Some(cell), Some(next_line)) = (cell, next_line) else { return Ok(()) };
        line = next_line;
        if !row.put(cell.get_position().1 as usize, text(cell.get_value())) {
            return Err(ExtractError::Sheet {
                path: path.to_owned(),
                what: format!("has more than {MOST_COLUMNS} columns"),
            }
            .into());
        }
    }
}

fn text(cell: &DataRef) -> String {
    match Data::from(cell.clone()) {
        Data::Empty => String::new(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(number),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text,
        Data::Bool(is_true) => is_true.to_string(),
        Data::DateTime(at) => date_text(&at),
        Data::Error(error) => error.to_string(),
    }
}

/// All digits of a number. A phone number that was typed in as a number is a float in the file.
fn number_text(number: f64) -> String {
    match number.abs() < MOST_EXACT {
        true => number.to_string(),
        // Digits are lost. The exponent makes the phone rule reject the cell.
        false => format!("{number:e}"),
    }
}

fn date_text(at: &ExcelDateTime) -> String {
    if !at.is_datetime() {
        return number_text(at.as_f64());
    }
    let (year, month, day, hour, minute, second, millisecond) = at.to_ymd_hms_milli();
    // A cell with a day alone is a number without a fraction. Read as midnight, it would be before all of that day.
    if (hour, minute, second, millisecond) == (0, 0, 0, 0) {
        return format!("{year:04}-{month:02}-{day:02}");
    }
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{millisecond:03}")
}
