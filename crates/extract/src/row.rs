//! Rows of a source, whatever their format.

use std::borrow::Cow;

use csv::StringRecord;
use model::Reason;

/// Longest record that is read, in bytes. No row of a customer base is longer.
pub(crate) const MOST_RECORD_BYTES: usize = 64 << 10;
/// Most columns of a source. No list of people has more.
pub(crate) const MOST_COLUMNS: usize = 1000;
/// Bytes of a record that is too long which are kept, to show which one it was.
pub(crate) const SHOWN_BYTES: usize = 200;

/// One row of a source.
#[derive(Debug)]
pub struct Row<'a> {
    /// The number of the row over all files of the source, from 1. Headers are not counted.
    pub record: u64,
    /// The line of its file on which the row starts, or the row of its sheet, from 1.
    pub line: u64,
    pub cells: Result<Cells<'a>, Unreadable<'a>>,
}

/// The cells of a row, one for each column of the source.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> {
    pub(crate) cells: &'a StringRecord,
    /// The column of the file for each column of the source; none if they are the same.
    pub(crate) column_map: Option<&'a [Option<usize>]>,
}

/// A row without cells: why, and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable<'a> {
    pub reason: Reason,
    pub text: Cow<'a, str>,
}

/// Counts and facts of one file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadSummary {
    pub n_rows: u64,
    /// Records of the file. One record gives several rows if it is about several people.
    pub n_records: u64,
    /// Lines above the header that were skipped, such as a title.
    pub n_title_lines: u64,
    pub n_repeated_headers: u64,
    /// Rows with a quote inside a cell that does not begin with one.
    pub n_stray_quotes: u64,
    /// Rows that came before, cell by cell, and were left out. They have no number.
    pub n_repeats: u64,
    pub is_last_line_open: bool,
    /// Members of a JSON page other than its records, such as a total. If a name is repeated, the last counts.
    pub facts: Vec<(String, String)>,
}

impl<'a> Cells<'a> {
    /// The text of a column of the source; empty if the file does not have the column.
    pub fn get(self, column: usize) -> &'a str {
        let index = match self.column_map {
            None => Some(column),
            Some(column_map) => column_map.get(column).copied().flatten(),
        };
        index.and_then(|it| self.cells.get(it)).unwrap_or("")
    }
}

impl<'a> Unreadable<'a> {
    pub(crate) fn too_long(start: &'a [u8], n_bytes: u64) -> Self {
        Self { reason: Reason::Record, text: format!("{} … ({n_bytes} bytes)", start.escape_ascii()).into() }
    }
}

impl Unreadable<'static> {
    /// The text is kept as it is if it is UTF-8. Otherwise bytes outside of ASCII are escaped.
    pub(crate) fn new(reason: Reason, bytes: &[u8]) -> Self {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.escape_ascii().to_string(),
        };
        Self { reason, text: text.into() }
    }
}

/// Whether a cell holds nothing but white space. Most cells begin with a visible ASCII character, which is checked
/// first.
pub fn is_blank(cell: &str) -> bool {
    !cell.as_bytes().first().is_some_and(u8::is_ascii_graphic) && cell.trim().is_empty()
}
