//! Detects the delimiter and the header of a CSV text.

use std::io;

use crate::formats::csv::records::{CsvRecord, CsvScanner};
use crate::row::MOST_COLUMNS;
use crate::titles::{MOST_LINES, header_below_titles, is_row, numbered};

/// What can stand between the cells of a table.
pub const DELIMITERS: [u8; 4] = *b",;\t|";

/// Settings of a plan for CSV text. What the plan leaves out is detected.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CsvSettings {
    pub(crate) delimiter: Option<u8>,
    pub(crate) has_header: Option<bool>,
    /// The line of the header, from 1.
    pub(crate) header_row: Option<u64>,
}

/// How a CSV text begins.
pub(crate) struct CsvHead {
    pub(crate) delimiter: u8,
    pub(crate) columns: HeadColumns,
    /// Whether the file names its columns. Otherwise they are `column_1`, `column_2` and so on.
    pub(crate) has_header: bool,
    /// The line of the header, or of the first row if there is no header. Lines above it are skipped.
    pub(crate) line: u64,
    pub(crate) n_title_lines: u64,
}

pub(crate) enum HeadColumns {
    Named(Vec<String>),
    TooMany,
    /// The header has an unclosed quote or is too long.
    Unreadable,
}

/// Detects the delimiter and the header by the first bytes of a text, as far as the plan does not give them. `is_all`
/// tells whether the text ends with these bytes.
pub(crate) fn read_head(start: &[u8], is_all: bool, given: CsvSettings) -> io::Result<CsvHead> {
    let (delimiter, header_line) = delimiter_and_line(start, is_all, given)?;
    let first = first_record(start, is_all, delimiter, header_line)?;
    let cells = if let HeadColumns::Named(cells) = &first.columns { cells.as_slice() } else { &[] };
    let has_header = given.header_row.is_some() || given.has_header.unwrap_or_else(|| !is_row(cells));
    let columns = match first.columns {
        HeadColumns::Named(cells) if !has_header => HeadColumns::Named(numbered(cells.len())),
        other => other,
    };
    Ok(CsvHead { delimiter, columns, has_header, line: first.line, n_title_lines: first.n_title_lines })
}

/// The delimiter, and the line on which the header is looked for.
fn delimiter_and_line(start: &[u8], is_all: bool, given: CsvSettings) -> io::Result<(u8, u64)> {
    let first_line = lines(start).find(|it| !it.is_empty()).unwrap_or_default();
    let stated = given.delimiter.or(separator(first_line));
    match (stated, given.header_row) {
        (Some(delimiter), Some(row)) => Ok((delimiter, row)),
        (None, Some(row)) => {
            let row_number = usize::try_from(row).unwrap_or(usize::MAX).saturating_sub(1);
            Ok((most_frequent_delimiter(physical_line(start, row_number).unwrap_or_default()), row))
        }
        (stated, None) if given.has_header == Some(false) => {
            Ok((stated.unwrap_or_else(|| most_frequent_delimiter(first_line)), 1))
        }
        (stated, None) => below_titles(start, is_all, stated, first_line),
    }
}

/// The first record from a line on.
struct FirstRecord {
    columns: HeadColumns,
    line: u64,
    n_title_lines: u64,
}

fn first_record(start: &[u8], is_all: bool, delimiter: u8, from_line: u64) -> io::Result<FirstRecord> {
    let mut scanner = CsvScanner::new(start, delimiter);
    let (mut line, mut n_title_lines) = (from_line, 0);
    let columns = loop {
        match scanner.next_record()? {
            None => break HeadColumns::Named(Vec::new()),
            Some(CsvRecord::Whole { bytes, .. }) if separator(bytes).is_some() => {}
            Some(record) if record.line() < from_line => n_title_lines += 1,
            Some(CsvRecord::Whole { line: found, bytes, is_ended }) if is_ended || is_all => {
                line = found;
                break HeadColumns::Named(split(bytes, delimiter));
            }
            Some(CsvRecord::Whole { bytes, .. } | CsvRecord::BadQuote { bytes, .. }) => {
                break broken(bytes, delimiter);
            }
            // The record holds only the start of the line, which is too short to count its columns.
            Some(CsvRecord::TooLong { .. }) => break broken(longest_line(start), delimiter),
        }
    };
    Ok(FirstRecord { columns, line, n_title_lines })
}

/// The delimiter, and the line of the header: 1 unless there are title lines above it.
fn below_titles(start: &[u8], is_all: bool, given: Option<u8>, first_line: &[u8]) -> io::Result<(u8, u64)> {
    let likely = given.unwrap_or_else(|| most_frequent_delimiter(first_line));
    let others = DELIMITERS.into_iter().filter(|it| given.is_none() && *it != likely);
    for delimiter in std::iter::once(likely).chain(others) {
        let (lines, cells) = first_records(start, is_all, delimiter)?;
        let line = header_below_titles(&cells).and_then(|it| lines.get(it));
        if let Some(line) = line {
            return Ok((delimiter, *line));
        }
        // If the first line has as many cells as the second one, no other delimiter is tried.
        let widths = || cells.iter().map(Vec::len);
        if delimiter == likely && widths().next() > Some(1) && widths().nth(1) == widths().next() {
            break;
        }
    }
    Ok((likely, 1))
}

/// The lines and cells of the first records, without a line `sep=;`.
fn first_records(start: &[u8], is_all: bool, delimiter: u8) -> io::Result<(Vec<u64>, Vec<Vec<String>>)> {
    let mut scanner = CsvScanner::new(start, delimiter);
    let (mut lines, mut cells) = (Vec::new(), Vec::new());
    while let Some(record) = scanner.next_record()? {
        match record {
            CsvRecord::Whole { bytes, .. } if separator(bytes).is_some() => {}
            // The last record may be cut off by the end of the bytes.
            CsvRecord::Whole { line, bytes, is_ended } if is_ended || is_all => {
                lines.push(line);
                cells.push(split(bytes, delimiter));
            }
            _ => break,
        }
        if lines.len() == MOST_LINES {
            break;
        }
    }
    Ok((lines, cells))
}

/// Tells why a header cannot be used.
fn broken(bytes: &[u8], delimiter: u8) -> HeadColumns {
    match split(bytes, delimiter).len() > MOST_COLUMNS {
        true => HeadColumns::TooMany,
        false => HeadColumns::Unreadable,
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|it| matches!(it, b'\n' | b'\r'))
}

fn longest_line(text: &[u8]) -> &[u8] {
    lines(text).max_by_key(|it| it.len()).unwrap_or_default()
}

/// A line by its number from 0. `\r\n` is one line end.
fn physical_line(text: &[u8], number: usize) -> Option<&[u8]> {
    let ends_with_newline = text.contains(&b'\n');
    text.split(|it| *it == if ends_with_newline { b'\n' } else { b'\r' }).nth(number)
}

/// The delimiter that a line `sep=;` names, which is how a file tells Excel.
pub(crate) fn separator(line: &[u8]) -> Option<u8> {
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => Some(*delimiter),
        _ => None,
    }
}

/// The delimiter that splits a line into the most cells.
fn most_frequent_delimiter(line: &[u8]) -> u8 {
    let n_fields = |delimiter: &u8| split(line, *delimiter).len();
    // On a tie the first one wins, so that a header of one column is comma-separated.
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
