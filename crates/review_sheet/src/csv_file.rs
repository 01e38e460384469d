//! Sheets as CSV.

use csv::{ReaderBuilder, Terminator, WriterBuilder};

use crate::guard::guarded;
use crate::normal::normal;
use crate::table::{Cell, Table};
use crate::token::Token;
use crate::{Column, SheetError, SheetForm, SheetRow};

const MARK: &str = "\u{feff}";

pub(crate) fn write(rows: &[SheetRow]) -> Result<Vec<u8>, SheetError> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(MARK.as_bytes().to_vec());
    let failed = |it: csv::Error| SheetError::Write { source: it.into() };
    writer.write_record(Column::all().map(Column::header)).map_err(failed)?;
    for row in rows {
        let token = Token::of(row, SheetForm::Csv).to_string();
        let cells = Column::all().map(|it| match it {
            Column::Version => token.clone(),
            other => guarded(&normal(row.cell(other), SheetForm::Csv)),
        });
        writer.write_record(cells).map_err(failed)?;
    }
    writer.into_inner().map_err(|it| SheetError::Write { source: it.to_string().into() })
}

/// Reads CSV with any of the delimiters that Excel writes.
pub(crate) fn read(bytes: &[u8]) -> Result<Table, SheetError> {
    let text = decoded(bytes)?;
    let text = text.strip_prefix(MARK).unwrap_or(&text);
    // Excel reads the delimiter from a line of its own, and some programs write it.
    let has_line = text.get(..4).is_some_and(|it| it.eq_ignore_ascii_case("sep="));
    let (line, text) = if has_line { text.split_once('\n').unwrap_or((text, "")) } else { ("", text) };
    let first_row = if has_line { 2 } else { 1 };
    let named = line.get(4..).and_then(|it| it.bytes().next());
    let delimiters = named.into_iter().chain([b',', b';', b'\t']);
    for delimiter in delimiters {
        let table = Table { rows: records(text, delimiter, first_row)? };
        if table.has_header() {
            return Ok(table);
        }
    }
    Err(SheetError::NoHeader)
}

fn records(text: &str, delimiter: u8, first_row: u64) -> Result<Vec<(u64, Vec<Cell>)>, SheetError> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for (number, record) in (first_row..).zip(reader.records()) {
        let record = record.map_err(|it| SheetError::Csv { source: it.into() })?;
        rows.push((number, record.iter().map(|it| Cell::Text(it.to_owned())).collect()));
    }
    Ok(rows)
}

fn decoded(bytes: &[u8]) -> Result<String, SheetError> {
    let utf16 = match bytes {
        [0xff, 0xfe, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    let text = match utf16 {
        Some(it) => it.decode_without_bom_handling_and_without_replacement(&bytes[2..]).map(|it| it.into_owned()),
        None => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    text.ok_or(SheetError::Encoding)
}
