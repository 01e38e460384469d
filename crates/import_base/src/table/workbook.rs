//! Reads workbooks: XLSX, and ODS by its XML.
//!
//! Both are read cell by cell: a small file can claim a sheet that fills the memory.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, SheetType, Xlsx};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::{File, ImportError};

/// Limits the columns of a sheet: a list of texts has few, and a sheet can claim 16,384.
const MAX_COLUMNS: usize = 256;

/// The rows of a sheet with their places.
type Rows = Vec<(String, Vec<String>)>;

/// Whether a file is a workbook, which is a zip with certain entries.
pub fn is_workbook(bytes: &[u8]) -> bool {
    // The names of all entries are at the end of a zip.
    let end = &bytes[bytes.len().saturating_sub(1 << 16)..];
    bytes.starts_with(b"PK\x03\x04") && (is_ods(bytes) || has(end, b"xl/workbook"))
}

/// The first entry of an ODS is its type, not compressed.
fn is_ods(bytes: &[u8]) -> bool {
    has(&bytes[..bytes.len().min(200)], b"opendocument.spreadsheet")
}

fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|it| it == wanted)
}

/// The rows of the sheet with the most filled cells. Empty rows are left out.
pub(super) fn rows(file: &File, expected: &'static str) -> Result<Rows, ImportError> {
    let sheets = match is_ods(&file.bytes) {
        true => ods(file, expected)?,
        false => xlsx(file, expected)?,
    };
    let n_cells = |rows: &Rows| rows.iter().flat_map(|it| &it.1).filter(|it| !it.is_empty()).count();
    // The first of several that are equally full.
    Ok(sheets.into_iter().rev().max_by_key(n_cells).unwrap_or_default())
}

/// A sheet that is being read.
#[derive(Default)]
struct Sheet {
    name: String,
    rows: Rows,
}

impl Sheet {
    fn push(&mut self, line: u32, cells: Vec<String>) {
        if cells.iter().any(|it| !it.trim().is_empty()) {
            self.rows.push((format!("sheet {}, row {line}", self.name), cells));
        }
    }
}

fn put(cells: &mut Vec<String>, column: usize, text: String) {
    if column < MAX_COLUMNS && !text.is_empty() {
        cells.resize(cells.len().max(column + 1), String::new());
        cells[column] = text;
    }
}

fn xlsx(file: &File, expected: &'static str) -> Result<Vec<Rows>, ImportError> {
    let wrong = |it| ImportError::shape(file, expected, it);
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file.bytes.as_slice())).map_err(wrong)?;
    let sheets = workbook.sheets_metadata().iter().filter(|it| it.typ == SheetType::WorkSheet);
    let names: Vec<String> = sheets.map(|it| it.name.clone()).collect();
    let mut read = Vec::new();
    for name in names {
        let mut cells = workbook.worksheet_cells_reader(&name).map_err(wrong)?;
        let mut sheet = Sheet { name, rows: Vec::new() };
        let (mut line, mut row) = (0, Vec::new());
        while let Some(cell) = cells.next_cell().map_err(wrong)? {
            let (at, column) = cell.get_position();
            if at != line {
                sheet.push(line + 1, std::mem::take(&mut row));
                line = at;
            }
            put(&mut row, column as usize, cell_text(&Data::from(cell.get_value().clone())));
        }
        sheet.push(line + 1, row);
        read.push(sheet.rows);
    }
    Ok(read)
}

fn cell_text(data: &Data) -> String {
    match data {
        // A phone number is a whole number, without an exponent.
        Data::Float(it) if it.fract() == 0.0 && it.abs() < 1e15 => format!("{it:.0}"),
        Data::DateTime(it) if it.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = it.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        Data::Empty | Data::Error(_) => String::new(),
        other => other.to_string(),
    }
}

/// A sheet of an ODS that is being read.
#[derive(Default)]
struct OdsSheet {
    sheet: Sheet,
    line: u32,
    row_repeats: u32,
    row: Vec<String>,
    column: usize,
    cell_repeats: usize,
    /// The text of the cell, none outside of cells.
    cell: Option<String>,
    /// The date of a cell, whatever its format shows.
    date: Option<String>,
}

fn ods(file: &File, expected: &'static str) -> Result<Vec<Rows>, ImportError> {
    let mut archive =
        ZipArchive::new(Cursor::new(file.bytes.as_slice())).map_err(|it| ImportError::shape(file, expected, it))?;
    let content = archive.by_name("content.xml").map_err(|it| ImportError::shape(file, expected, it))?;
    let mut xml = Vec::new();
    let read = content.take(crate::unpack::MOST_UNPACKED_MIB << 20).read_to_end(&mut xml);
    read.map_err(|it| ImportError::shape(file, expected, it))?;
    let mut reader = quick_xml::Reader::from_reader(xml.as_slice());
    let (mut open, mut read, mut buffer) = (OdsSheet::default(), Vec::new(), Vec::new());
    loop {
        match reader.read_event_into(&mut buffer).map_err(|it| ImportError::shape(file, expected, it))? {
            Event::Eof => return Ok(read),
            Event::Start(tag) => open.start(&tag),
            Event::Empty(tag) => {
                open.start(&tag);
                read.extend(open.end(tag.local_name().as_ref()));
            }
            Event::End(tag) => read.extend(open.end(tag.local_name().as_ref())),
            Event::Text(text) => open.write(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => {
                let name = reference.xml_content(XmlVersion::Implicit1_0);
                match (quick_xml::escape::resolve_predefined_entity(&name), reference.resolve_char_ref()) {
                    (Some(text), _) => open.write(text),
                    (None, Ok(Some(character))) => open.write(character.encode_utf8(&mut [0; 4])),
                    _ => {}
                }
            }
            _ => {}
        }
        buffer.clear();
    }
}

impl OdsSheet {
    fn start(&mut self, tag: &BytesStart<'_>) {
        let number = |name: &str| attribute(tag, name).and_then(|it| it.parse::<u32>().ok()).unwrap_or(1).max(1);
        match tag.local_name().as_ref() {
            "table" => *self = Self::default().named(attribute(tag, "table:name").unwrap_or_default()),
            "table-row" => {
                self.row_repeats = number("table:number-rows-repeated");
                (self.row, self.column) = (Vec::new(), 0);
            }
            "table-cell" | "covered-table-cell" => {
                self.cell_repeats = number("table:number-columns-repeated") as usize;
                self.cell = Some(String::new());
                self.date = attribute(tag, "office:date-value");
            }
            // A second paragraph begins a line.
            "p" if self.cell.as_ref().is_some_and(|it| !it.is_empty()) => self.write("\n"),
            "line-break" => self.write("\n"),
            "s" => self.write(" "),
            "tab" => self.write("\t"),
            _ => {}
        }
    }

    fn named(mut self, name: String) -> Self {
        self.sheet.name = name;
        self
    }

    fn write(&mut self, text: &str) {
        if let Some(cell) = &mut self.cell {
            cell.push_str(text);
        }
    }

    /// Ends a tag; returns the rows at the end of a sheet.
    fn end(&mut self, tag: &str) -> Option<Rows> {
        match tag {
            "table-cell" | "covered-table-cell" => {
                let text = self.cell.take().unwrap_or_default();
                let text = self.date.take().map_or(text, |it| it.replace('T', " "));
                // A filled cell counts once, however often it is repeated.
                put(&mut self.row, self.column, text);
                self.column = self.column.saturating_add(self.cell_repeats);
            }
            "table-row" => {
                let row = std::mem::take(&mut self.row);
                self.sheet.push(self.line.saturating_add(1), row);
                self.line = self.line.saturating_add(self.row_repeats);
            }
            "table" => return Some(std::mem::take(&mut self.sheet.rows)),
            _ => {}
        }
        None
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|it| it.key.as_ref() == name)?;
    Some(found.value.to_string())
}
