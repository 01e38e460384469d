//! Sheets as workbooks.

use std::io::Cursor;

use calamine::{DataRef, Reader, SheetType, Xlsx, XlsxFormulaMetadata};
use rust_xlsxwriter::{DataValidation, DocProperties, ExcelDateTime, Workbook, Worksheet, XlsxError};

use crate::formats::{HEADER, HEADER_EDITABLE, cell_format, header_format};
use crate::normal::normal;
use crate::table::{Cell, Table};
use crate::token::Token;
use crate::{Column, NewDecision, RowKind, SheetError, SheetForm, SheetRow, how_to};

const NAME: &str = "Review";

/// The height of a line of text in points, and the most that Excel gives a row.
const LINE_HEIGHT: f64 = 14.5;
const MOST_HEIGHT: f64 = 409.0;

/// The most cells that are read, filled or not.
const MOST_CELLS: usize = 2_000_000;

pub(crate) fn write(rows: &[SheetRow]) -> Result<Vec<u8>, SheetError> {
    workbook(rows).map_err(|it| SheetError::Write { source: it.into() })
}

fn workbook(rows: &[SheetRow]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The same rows make the same bytes.
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_title("Ferry: review sheet").set_creation_datetime(&created));
    let sheet = workbook.add_worksheet().set_name(NAME)?;
    headers(sheet)?;
    for (line, row) in (1..).zip(rows) {
        write_row(sheet, line, row)?;
    }
    let last = u32::try_from(rows.len()).unwrap_or(u32::MAX).max(1);
    choices(sheet, last)?;
    layout(sheet, last)?;
    how_to::write(workbook.add_worksheet())?;
    workbook.save_to_buffer()
}

fn headers(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    for column in Column::all() {
        let is_editable = column.is_editable(RowKind::Template);
        let format = header_format(if is_editable { HEADER_EDITABLE } else { HEADER });
        sheet.write_string_with_format(0, column as u16, column.header(), &format)?;
        sheet.set_column_width(column as u16, column.info().width)?;
    }
    sheet.set_row_height(0, 24)?;
    Ok(())
}

fn write_row(sheet: &mut Worksheet, line: u32, row: &SheetRow) -> Result<(), XlsxError> {
    let token = Token::of(row, SheetForm::Workbook).to_string();
    for column in Column::all() {
        let text = match column {
            Column::Version => (&*token).into(),
            other => normal(row.cell(other), SheetForm::Workbook),
        };
        let format = cell_format(column.is_editable(row.kind));
        match text.is_empty() {
            true => sheet.write_blank(line, column as u16, &format)?,
            false => sheet.write_string_with_format(line, column as u16, &*text, &format)?,
        };
    }
    sheet.set_row_height(line, height(row, &token))?;
    Ok(())
}

/// The height of a row in points, so that each text can be read. Not every program measures wrapped texts by itself.
fn height(row: &SheetRow, token: &str) -> f64 {
    let n_lines = |column: Column| {
        let text = if column == Column::Version { token } else { row.cell(column) };
        let width = column.info().width;
        // Words are not cut, so a line holds a little less than fits.
        text.split('\n').map(|it| (it.chars().count() as f64 / (width * 0.92)).ceil().max(1.0)).sum::<f64>()
    };
    let n_lines = Column::all().map(n_lines).fold(1.0, f64::max);
    (n_lines * LINE_HEIGHT + 2.0).min(MOST_HEIGHT)
}

fn choices(sheet: &mut Worksheet, last: u32) -> Result<(), XlsxError> {
    let decisions = DataValidation::new()
        .allow_list_strings(&NewDecision::ALL.map(NewDecision::word))?
        .set_error_title("Not a decision")?
        .set_error_message("Choose from the list, or leave the cell empty.")?;
    sheet.add_data_validation(1, Column::Decision as u16, last, Column::Decision as u16, &decisions)?;
    let categories = DataValidation::new()
        .allow_list_strings(&["UTILITY", "MARKETING", "AUTHENTICATION"])?
        .set_error_title("Not a category")?
        .set_error_message("Choose UTILITY, MARKETING or AUTHENTICATION.")?;
    sheet.add_data_validation(1, Column::Category as u16, last, Column::Category as u16, &categories)?;
    Ok(())
}

fn layout(sheet: &mut Worksheet, last: u32) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(1, 1)?;
    sheet.autofilter(0, 0, last, Column::COUNT as u16 - 1)?;
    sheet.set_landscape().set_paper_size(8).set_print_fit_to_pages(2, 0);
    sheet.set_repeat_rows(0, 0)?.set_repeat_columns(0, 0)?;
    Ok(())
}

/// Reads the sheet with the headers.
pub(crate) fn read(bytes: &[u8]) -> Result<Table, SheetError> {
    let start = &bytes[..bytes.len().min(200)];
    if start.windows(21).any(|it| it == b"opendocument.spreadsh") {
        return Err(SheetError::Form { what: "an .ods" });
    }
    let failed = |it: calamine::XlsxError| SheetError::Workbook { source: it.into() };
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(failed)?;
    let sheets = workbook.sheets_metadata().iter().filter(|it| it.typ == SheetType::WorkSheet);
    let mut names: Vec<String> = sheets.map(|it| it.name.clone()).collect();
    names.sort_by_key(|it| it != NAME);
    for name in names {
        let table = Table { rows: rows(&mut workbook, &name)? };
        if table.has_header() {
            return Ok(table);
        }
    }
    Err(SheetError::NoHeader)
}

fn rows(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<(u64, Vec<Cell>)>, SheetError> {
    let failed = |it: calamine::XlsxError| SheetError::Workbook { source: it.into() };
    let mut reader = workbook.worksheet_cells_reader(name).map_err(failed)?;
    let (mut rows, mut n_cells): (Vec<(u64, Vec<Cell>)>, usize) = (Vec::new(), 0);
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(failed)? {
        let (line, column) = (u64::from(cell.pos.0) + 1, cell.pos.1 as usize);
        let found = match cell.formula {
            Some(it) => Cell::Other("a formula", formula_text(it)),
            None => of_data(&cell.value),
        };
        if found == Cell::Text(String::new()) {
            continue;
        }
        if rows.last().is_none_or(|it| it.0 != line) {
            rows.push((line, Vec::new()));
        }
        let Some((_, row)) = rows.last_mut() else { continue };
        n_cells += (column + 1).saturating_sub(row.len());
        if n_cells > MOST_CELLS {
            return Err(SheetError::TooLarge { most: MOST_CELLS });
        }
        row.resize(row.len().max(column + 1), Cell::Text(String::new()));
        row[column] = found;
    }
    Ok(rows)
}

/// What the cell shows to those who edit it; its value can be missing.
fn formula_text(formula: XlsxFormulaMetadata) -> String {
    match formula {
        XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. } => format!("={formula}"),
        _ => "=…".to_owned(),
    }
}

fn of_data(data: &DataRef<'_>) -> Cell {
    match data {
        DataRef::Empty => Cell::Text(String::new()),
        DataRef::String(text) => Cell::Text(text.clone()),
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
        DataRef::Int(it) => Cell::Other("a number", it.to_string()),
        DataRef::Float(it) => Cell::Other("a number", it.to_string()),
        DataRef::Bool(it) => Cell::Other("a truth value", it.to_string()),
        DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => {
            Cell::Other("a date", String::new())
        }
        DataRef::Error(_) => Cell::Other("an error", String::new()),
    }
}
