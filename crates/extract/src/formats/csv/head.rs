//! Detects the delimiter and the header of a CSV text.

use std::io;

use crate::formats::csv::records::{CsvRecord, CsvScanner};
use crate::row::MOST_COLUMNS;
use crate::titles::{MOST_LINES, header_below_titles};

const DELIMITERS: [u8; 4] = *b",;\t|";

/// Settings of a plan for delimited text; those left out are detected.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CsvSettings {
    pub(crate) delimiter: Option<u8>,
    pub(crate) has_header: Option<bool>,
    /// The line of the header, from 1.
    pub(crate) header_row: Option<u64>,
}

/// How a text begins.
pub(crate) struct CsvHead {
    pub(crate) delimiter: u8,
    pub(crate) columns: HeadColumns,
    /// Whether the file names its columns; otherwise they are `column_1`, `column_2` and so on.
    pub(crate) is_written: bool,
    /// The line of the header, or of the first row if there is none. Lines above it are passed over.
    pub(crate) line: u64,
    pub(crate) n_title_lines: u64,
}

pub(crate) enum HeadColumns {
    Named(Vec<String>),
    TooMany,
    /// The header is not closed as CSV asks, or too long.
    Unreadable,
}

/// Finds the delimiter and the header in the first bytes of a text, unless they are given. `is_all` tells
/// whether the text ends with them.
pub(crate) fn read_head(start: &[u8], is_all: bool, given: CsvSettings) -> io::Result<CsvHead> {
    let first_line = lines(start).find(|it| !it.is_empty()).unwrap_or_default();
    let told = given.delimiter.or(separator(first_line));
    let (delimiter, found) = match (told, given.header_row) {
        (Some(delimiter), Some(row)) => (delimiter, row),
        (None, Some(row)) => {
            let row_number = usize::try_from(row).unwrap_or(usize::MAX).saturating_sub(1);
            (sniffed(physical_line(start, row_number).unwrap_or_default()), row)
        }
        (delimiter, None) if given.has_header == Some(false) => (delimiter.unwrap_or_else(|| sniffed(first_line)), 1),
        (delimiter, None) => with_titles(start, is_all, delimiter, first_line)?,
    };

    let mut scanner = CsvScanner::new(start, delimiter);
    let (mut line, mut n_title_lines) = (found, 0);
    let columns = loop {
        match scanner.next_record()? {
            None => break HeadColumns::Named(Vec::new()),
            Some(CsvRecord::Whole { bytes, .. }) if separator(bytes).is_some() => {}
            Some(record) if record.line() < found => n_title_lines += 1,
            Some(CsvRecord::Whole { line: at, bytes, is_ended }) if is_ended || is_all => {
                line = at;
                break HeadColumns::Named(split(bytes, delimiter));
            }
            Some(CsvRecord::Whole { bytes, .. } | CsvRecord::BadQuote { bytes, .. }) => {
                break broken(bytes, delimiter);
            }
            // Only its start is given, which is too short to count in.
            Some(CsvRecord::TooLong { .. }) => break broken(longest_line(start), delimiter),
        }
    };
    let first = if let HeadColumns::Named(cells) = &columns { cells.as_slice() } else { &[] };
    let is_written = given.header_row.is_some() || given.has_header.unwrap_or_else(|| !is_row(first));
    let columns = match columns {
        HeadColumns::Named(cells) if !is_written => {
            HeadColumns::Named((1..=cells.len()).map(|it| format!("column_{it}")).collect())
        }
        other => other,
    };
    Ok(CsvHead { delimiter, columns, is_written, line, n_title_lines })
}

/// The delimiter, and the line of the header: 1 unless title lines are above it.
fn with_titles(start: &[u8], is_all: bool, given: Option<u8>, first_line: &[u8]) -> io::Result<(u8, u64)> {
    let likely = given.unwrap_or_else(|| sniffed(first_line));
    let others = DELIMITERS.into_iter().filter(|it| given.is_none() && *it != likely);
    for delimiter in std::iter::once(likely).chain(others) {
        let (lines, cells) = first_records(start, is_all, delimiter)?;
        let line = header_below_titles(&cells).and_then(|it| lines.get(it));
        if let Some(line) = line {
            return Ok((delimiter, *line));
        }
        // A first line as wide as the lines below is the header, whatever others could be read into it.
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
            // The last record of the bytes may be cut off.
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

/// Why a header cannot be used.
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

/// A line by its number from 0, where `\r\n` ends one line.
fn physical_line(text: &[u8], number: usize) -> Option<&[u8]> {
    let ends_with_newline = text.contains(&b'\n');
    text.split(|it| *it == if ends_with_newline { b'\n' } else { b'\r' }).nth(number)
}

/// A list of phone numbers has no header: its first line would be lost as one. It may have a name beside each number.
fn is_row(cells: &[String]) -> bool {
    let n_digits = |it: &String| it.bytes().filter(u8::is_ascii_digit).count();
    let is_bare = |it: &String| it.chars().all(|it| it.is_ascii_digit() || it.is_whitespace() || "+-().".contains(it));
    match cells.iter().any(|it| it.contains(char::is_alphabetic)) {
        false => cells.iter().any(|it| n_digits(it) >= 7),
        // Beside names of columns a day may be one, such as 20260131, but nothing longer.
        true => cells.iter().any(|it| is_bare(it) && n_digits(it) >= 9),
    }
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
