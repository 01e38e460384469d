//! The delimiter and the header of a text.

use std::io;

use crate::delimited::records::{Record, Records};

const DELIMITERS: [u8; 4] = *b",;\t|";

/// How a text begins.
pub(crate) struct Head {
    pub(crate) delimiter: u8,
    /// None if the header is not closed as CSV asks, or too long.
    pub(crate) header: Option<Vec<String>>,
    /// Whether that stands in the file; else its columns are `column_1`, `column_2` and so on.
    pub(crate) is_written: bool,
}

/// Finds the delimiter and the header in the first bytes of a text, unless they are told. `is_all` tells
/// whether the text ends with them.
pub(crate) fn head(start: &[u8], is_all: bool, given: Option<u8>, has_header: Option<bool>) -> io::Result<Head> {
    let first_line = start.split(|it| matches!(it, b'\n' | b'\r')).find(|it| !it.is_empty()).unwrap_or_default();
    let separator = separator(first_line);
    let delimiter = given.or(separator).unwrap_or_else(|| sniffed(first_line));

    let mut records = Records::new(start, delimiter);
    if separator.is_some() {
        records.next_record()?;
    }
    let header = match records.next_record()? {
        None => Some(Vec::new()),
        Some(Record::Whole { bytes, is_ended, .. }) if is_ended || is_all => Some(split(bytes, delimiter)),
        Some(_) => None,
    };
    let first = header.as_deref().unwrap_or_default();
    let is_written = has_header.unwrap_or_else(|| !is_row(first));
    let header = match is_written {
        true => header,
        false => header.map(|it| (1..=it.len()).map(|it| format!("column_{it}")).collect()),
    };
    Ok(Head { delimiter, header, is_written })
}

/// A list of bare phone numbers has no header: its first line would be lost as one.
fn is_row(cells: &[String]) -> bool {
    let has_number = |it: &String| it.bytes().filter(u8::is_ascii_digit).count() >= 7;
    !cells.iter().any(|it| it.contains(char::is_alphabetic)) && cells.iter().any(has_number)
}

/// The delimiter that a first line `sep=;` names, which is how Excel is told.
pub(crate) fn separator(line: &[u8]) -> Option<u8> {
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => Some(*delimiter),
        _ => None,
    }
}

/// The delimiter that stands most often in the header, outside quotes.
fn sniffed(line: &[u8]) -> u8 {
    let n_fields = |delimiter: &u8| split(line, *delimiter).len();
    // Of equals the first counts: a header of one column is taken as comma-separated.
    DELIMITERS.into_iter().rev().max_by_key(n_fields).unwrap_or(b',')
}

fn split(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).flexible(true).from_reader(line);
    let mut record = csv::ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => record.iter().map(|it| String::from_utf8_lossy(it).trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}
