//! Reads tables of any kind: CSV, workbooks, JSON, lines of JSON, lines of plain text.
//!
//! [`Table::open`] finds the rows, [`Columns`] what each column is for.

mod cells;
mod columns;
mod json;
mod plain;
mod shapes;
mod workbook;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use csv::{ByteRecord, ReaderBuilder};

use crate::{File, ImportError, Imported, Skipped};
pub use columns::{Columns, language_of};
pub use plain::log_lines;
pub use shapes::{is_phone, normal, phone_digits};
pub use workbook::is_workbook;

/// Limits the rows that tell what columns are for.
const SAMPLE: usize = 500;

/// A table: the names of its columns, and its rows.
pub struct Table<'a> {
    /// None if the first row is not a header.
    pub header: Option<Vec<String>>,
    is_json: bool,
    /// Whether a file of JSON holds no other list of records.
    is_only_list: bool,
    /// The number of cells of the header, or of most rows.
    n_columns: usize,
    rows: Rows<'a>,
}

enum Rows<'a> {
    /// A log can be large, so its rows are read again and again and never all held.
    Csv { bytes: &'a [u8], delimiter: u8, lines_before: u64, joins: bool },
    /// The place of each row, and its cells.
    Held(Vec<(String, Vec<String>)>),
}

/// A row: its place in the file, and its cells.
pub struct Row<'r> {
    pub place: Cow<'r, str>,
    pub cells: Vec<Cow<'r, str>>,
}

impl Row<'_> {
    /// A cell without white space at its ends; none if it is empty.
    pub fn cell(&self, n: usize) -> Option<&str> {
        self.cells.get(n).map(|it| it.trim()).filter(|it| !it.is_empty())
    }
}

impl<'a> Table<'a> {
    /// Finds the rows of a file by its content.
    pub fn open(file: &'a File, expected: &'static str) -> Result<Self, ImportError> {
        let is_json =
            file.bytes.iter().find(|it| !it.is_ascii_whitespace()).is_some_and(|it| matches!(it, b'{' | b'['));
        if is_workbook(&file.bytes) {
            let mut rows = workbook::rows(file, expected)?;
            let has_header = rows.first().is_some_and(|it| columns::is_header(&it.1));
            let header = has_header.then(|| rows.remove(0).1);
            return Ok(Self {
                header,
                is_json: false,
                is_only_list: true,
                n_columns: usize::MAX,
                rows: Rows::Held(rows),
            });
        }
        match if is_json { json::table(&file.bytes) } else { json::Found::NoJson } {
            json::Found::Table { header, rows, is_only_list } => {
                let (n_columns, rows) = (header.len(), Rows::Held(rows));
                Ok(Self { header: Some(header), is_json: true, is_only_list, n_columns, rows })
            }
            json::Found::NoList => {
                let why = "it is JSON without a list of records".to_owned();
                Err(ImportError::Wrong { file: file.path.clone(), expected, why })
            }
            json::Found::NoJson => Ok(Self::csv(&file.bytes)),
        }
    }

    fn csv(bytes: &'a [u8]) -> Self {
        // Excel writes the delimiter into a line of its own.
        let (bytes, lines_before) = match bytes.starts_with(b"sep=") {
            true => (bytes.splitn(2, |it| *it == b'\n').nth(1).unwrap_or_default(), 1),
            false => (bytes, 0),
        };
        let delimiter = delimiter(bytes);
        let mut table = Self {
            header: None,
            is_json: false,
            is_only_list: true,
            n_columns: usize::MAX,
            rows: Rows::Csv { bytes, delimiter, lines_before, joins: !has_blanks(bytes, delimiter) },
        };
        let mut first = Vec::new();
        table.each(|row| {
            first = row.cells.iter().map(|it| it.trim().to_owned()).collect();
            ControlFlow::Break(())
        });
        table.header = columns::is_header(&first).then_some(first);
        table.n_columns = table.header.as_ref().map_or_else(|| table.usual_length(), Vec::len);
        table
    }

    /// The number of cells that most rows have.
    fn usual_length(&self) -> usize {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        self.sample().iter().for_each(|it| *counts.entry(it.len()).or_default() += 1);
        counts.into_iter().max_by_key(|it| (it.1, Reverse(it.0))).map_or(usize::MAX, |it| it.0)
    }

    /// A row with at most as many cells as there are columns: the rest belongs to a text in the last column, whose commas
    /// nobody quoted. An error is the place of a row whose cells belong to no column.
    pub fn fit<'r>(&self, mut row: Row<'r>, text: usize) -> Result<Row<'r>, Cow<'r, str>> {
        let Rows::Csv { delimiter, .. } = self.rows else { return Ok(row) };
        if row.cells.iter().skip(self.n_columns).all(|it| it.trim().is_empty()) {
            return Ok(row);
        }
        // Without a header nothing says that the text is last, and texts have no tabs.
        if text + 1 != self.n_columns || self.header.is_none() || delimiter == b'\t' {
            return Err(row.place);
        }
        let whole = row.cells.split_off(text).join(&char::from(delimiter).to_string());
        row.cells.push(Cow::Owned(whole));
        Ok(row)
    }

    /// Hands in each row. Rows may be longer or shorter than the header.
    pub fn each(&self, mut take: impl FnMut(Row<'_>) -> ControlFlow<()>) {
        match &self.rows {
            Rows::Csv { bytes, delimiter, lines_before, joins } => {
                let mut reader = csv_reader(bytes, *delimiter);
                let mut record = ByteRecord::new();
                let mut is_header = self.header.is_some();
                while reader.read_byte_record(&mut record).unwrap_or(false) {
                    if std::mem::take(&mut is_header) {
                        continue;
                    }
                    let line = record.position().map_or(0, csv::Position::line) + lines_before;
                    let mut cells: Vec<Cow<'_, str>> = record.iter().map(String::from_utf8_lossy).collect();
                    if *joins && (self.header.is_none() || cells.len() > self.n_columns) {
                        let joined = cells::joined(cells.clone(), *delimiter);
                        if self.header.is_none() || joined.len() == self.n_columns {
                            cells = joined;
                        }
                    }
                    if take(Row { place: format!("line {line}").into(), cells }).is_break() {
                        return;
                    }
                }
            }
            Rows::Held(rows) => {
                for (place, cells) in rows {
                    let cells = cells.iter().map(|it| Cow::Borrowed(it.as_str())).collect();
                    if take(Row { place: Cow::Borrowed(place), cells }).is_break() {
                        return;
                    }
                }
            }
        }
    }

    /// The first rows, which tell what columns are for.
    pub fn sample(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        self.each(|row| {
            rows.push(row.cells.iter().map(|it| it.trim().to_owned()).collect());
            if rows.len() == SAMPLE { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        rows
    }

    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// The name of a column as the user knows it.
    pub fn column_name(&self, n: usize) -> String {
        match self.header.as_ref().and_then(|it| it.get(n)).filter(|it| !it.is_empty()) {
            Some(name) => format!("“{name}”"),
            None => format!("number {}", n + 1),
        }
    }
}

fn csv_reader(bytes: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(bytes)
}

/// A delimiter that no table has: each line is one cell.
const NONE: u8 = 0x1f;

/// The delimiter that cuts most rows into the same number of cells; of two, the one that makes more cells. Commas of
/// sentences and of amounts are none.
fn delimiter(bytes: &[u8]) -> u8 {
    let regularity = |delimiter: u8| {
        let joins = !has_blanks(bytes, delimiter);
        let lengths: Vec<usize> = csv_reader(bytes, delimiter)
            .byte_records()
            .take(50)
            .filter_map(|it| {
                let cells: Vec<Cow<'_, str>> = it.as_ref().ok()?.iter().map(String::from_utf8_lossy).collect();
                Some(if joins { cells::joined(cells, delimiter).len() } else { cells.len() })
            })
            .collect();
        let n_cells = lengths.first().copied().unwrap_or_default();
        let n_same = lengths.iter().filter(|it| **it == n_cells).count();
        if n_cells < 2 { (0, 0) } else { (n_same * 10 / lengths.len().max(1), n_cells) }
    };
    let found = [b',', b';', b'\t', b'|'].into_iter().map(|it| (regularity(it), it == b',', it)).max();
    found.filter(|it| it.0.1 > 0).map_or(NONE, |it| it.2)
}

/// Whether a header has a blank after each delimiter, so that blanks tell nothing about sentences.
fn has_blanks(bytes: &[u8], delimiter: u8) -> bool {
    let Some(Ok(first)) = csv_reader(bytes, delimiter).into_byte_records().next() else { return false };
    let cells: Vec<String> = first.iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
    cells.len() > 1 && cells.iter().skip(1).all(|it| it.starts_with(' ')) && columns::is_header(&cells)
}

/// Says which columns were passed over.
pub fn say_unused(file: &File, table: &Table<'_>, unused: &[usize], imported: &mut Imported) {
    // Cells beyond the columns are parts of texts, or their rows are told.
    let unused: Vec<&usize> = unused.iter().filter(|it| **it < table.n_columns).collect();
    if !unused.is_empty() {
        let names: Vec<String> = unused.iter().map(|it| table.column_name(**it)).collect();
        let why = format!("not used: {}", names.join(", "));
        imported.skipped.push(Skipped { file: file.path.clone(), place: "columns".to_owned(), why });
    }
}

/// Whether a text file is a table: it has a column for texts, or it is a log of which four in five rows have the same number
/// of cells.
pub fn is_table(file: &File) -> bool {
    let Ok(table) = Table::open(file, "a table") else { return false };
    if table.header.as_ref().is_some_and(|it| it.len() >= 2 && columns::names_a_text(it)) {
        return true;
    }
    let sample = table.sample();
    let n_whole = sample.iter().filter(|it| it.len() == table.n_columns).count();
    let columns = Columns::find(&table, &crate::Options::default());
    n_whole * 5 >= sample.len() * 4 && columns.is_ok_and(|it| it.text.is_some() && it.is_log(&sample))
}
