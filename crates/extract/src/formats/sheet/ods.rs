//! Reads ODS spreadsheets row by row.
//!
//! `calamine` reads them too, but holds all cells of the workbook in memory. So the XML is read as a stream here.

use std::io::BufReader;
use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::error::ExtractError;
use crate::formats::sheet::cells::RowCells;
use crate::formats::sheet::file::SheetFile;
use crate::packing::unzip_error;
use crate::row::MOST_COLUMNS;

/// Most repeats of one row. A row that is repeated more often is not a person.
const MOST_REPEATS: u64 = 1000;

/// The names of the tables, in their order.
pub(super) fn names(path: &Path, file: SheetFile) -> Result<Vec<String>, ExtractError> {
    let mut names = Vec::new();
    each_event::<ExtractError>(path, file, |event| {
        if let Event::Start(tag) | Event::Empty(tag) = event
            && tag.local_name().as_ref() == "table"
        {
            names.push(attribute(tag, "table:name").unwrap_or_default());
        }
        Ok(true)
    })?;
    Ok(names)
}

pub(super) fn rows<E: From<ExtractError>>(
    path: &Path,
    file: SheetFile,
    sheet: &str,
    mut each: impl FnMut(u64, &[String]) -> Result<bool, E>,
) -> Result<(), E> {
    let mut row = OpenRow::default();
    each_event(path, file, |event| {
        match event {
            Event::Start(tag) => row.open(tag, sheet),
            Event::Empty(tag) => {
                row.open(tag, sheet);
                return row.close(path, tag.local_name().as_ref(), &mut each);
            }
            Event::End(tag) => return row.close(path, tag.local_name().as_ref(), &mut each),
            Event::Text(text) => row.write(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => {
                let named =
                    quick_xml::escape::resolve_predefined_entity(&reference.xml_content(XmlVersion::Implicit1_0));
                match (named, reference.resolve_char_ref()) {
                    (Some(text), _) => row.write(text),
                    (None, Ok(Some(character))) => row.write(character.encode_utf8(&mut [0; 4])),
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(true)
    })
}

/// The row and cell that are being read.
#[derive(Default)]
struct OpenRow {
    in_sheet: bool,
    line: u64,
    row_repeats: u64,
    row: RowCells,
    column: usize,
    cell: Option<Cell>,
    in_paragraph: bool,
}

#[derive(Default)]
struct Cell {
    repeats: usize,
    /// The exact value, if the cell has one: the shown text may be rounded or formatted.
    value: Option<String>,
    text: String,
}

impl OpenRow {
    fn open(&mut self, tag: &BytesStart, sheet: &str) {
        match tag.local_name().as_ref() {
            "table" => {
                self.in_sheet = attribute(tag, "table:name").unwrap_or_default() == sheet;
                self.line = 0;
            }
            "table-row" if self.in_sheet => {
                self.row_repeats = number(tag, "table:number-rows-repeated");
                self.row.0.clear();
                self.column = 0;
            }
            "table-cell" | "covered-table-cell" if self.in_sheet => {
                let value = ["office:value", "office:date-value", "office:boolean-value"];
                let repeats = number(tag, "table:number-columns-repeated");
                self.cell = Some(Cell {
                    repeats: usize::try_from(repeats).unwrap_or(usize::MAX),
                    value: value.iter().find_map(|it| attribute(tag, it)),
                    text: String::new(),
                });
            }
            "p" => {
                if let Some(cell) = &mut self.cell
                    && !cell.text.is_empty()
                {
                    cell.text.push('\n');
                }
                self.in_paragraph = true;
            }
            "s" => self.write(&" ".repeat(usize::try_from(number(tag, "text:c")).unwrap_or(1).min(100))),
            _ => {}
        }
    }

    fn close<E: From<ExtractError>>(
        &mut self,
        path: &Path,
        name: &str,
        each: &mut impl FnMut(u64, &[String]) -> Result<bool, E>,
    ) -> Result<bool, E> {
        match name {
            "p" => self.in_paragraph = false,
            "table-cell" | "covered-table-cell" => self.close_cell(path)?,
            "table-row" if self.in_sheet => return self.close_row(path, each),
            "table" => self.in_sheet = false,
            _ => {}
        }
        Ok(true)
    }

    fn close_cell(&mut self, path: &Path) -> Result<(), ExtractError> {
        let Some(cell) = self.cell.take() else { return Ok(()) };
        let text = cell.value.unwrap_or(cell.text);
        let n_put = if text.is_empty() { 0 } else { cell.repeats };
        for n in 0..n_put.min(MOST_COLUMNS + 1) {
            if !self.row.put(self.column.saturating_add(n), text.clone()) {
                let what = format!("has more than {MOST_COLUMNS} columns");
                return Err(ExtractError::Sheet { path: path.to_owned(), what });
            }
        }
        self.column = self.column.saturating_add(cell.repeats);
        Ok(())
    }

    /// Gives the row as often as it is repeated. Returns false if `each` wants no more.
    fn close_row<E: From<ExtractError>>(
        &mut self,
        path: &Path,
        each: &mut impl FnMut(u64, &[String]) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let first = self.line + 1;
        self.line = self.line.saturating_add(self.row_repeats);
        if self.row.is_empty() {
            return Ok(true);
        }
        if self.row_repeats > MOST_REPEATS {
            let what = format!("repeats row {first} {} times", self.row_repeats);
            return Err(ExtractError::Sheet { path: path.to_owned(), what }.into());
        }
        for line in first..=self.line {
            if !each(line, &self.row.0)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn write(&mut self, text: &str) {
        if let (Some(cell), true) = (&mut self.cell, self.in_paragraph) {
            cell.text.push_str(text);
        }
    }
}

fn each_event<E: From<ExtractError>>(
    path: &Path,
    file: SheetFile,
    mut each: impl FnMut(&Event) -> Result<bool, E>,
) -> Result<(), E> {
    let wrong = |what: String| ExtractError::Sheet { path: path.to_owned(), what };
    let mut archive = ZipArchive::new(file).map_err(|error| unzip_error(path, &error))?;
    let content = archive.by_name("content.xml").map_err(|error| unzip_error(path, &error))?;
    let mut xml = quick_xml::Reader::from_reader(BufReader::new(content));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event = xml.read_event_into(&mut buffer).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        if event == Event::Eof || !each(&event)? {
            return Ok(());
        }
    }
}

fn attribute(tag: &BytesStart, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).ok()??;
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(|it| it.into_owned())
}

/// A count in an attribute; 1 if it is missing.
fn number(tag: &BytesStart, name: &str) -> u64 {
    attribute(tag, name).and_then(|it| it.parse().ok()).unwrap_or(1).max(1)
}
