//! The cells of a rate card: its separator, its header and its rows.

use csv::ReaderBuilder;

use crate::error::CardError;

/// Limits the lines before the header: Meta's cards begin with a few lines of notes.
const MOST_NOTES: usize = 20;

/// A file with a header.
pub(crate) struct Table {
    /// The text of the lines before the header.
    pub(crate) notes: String,
    /// The names of the columns, as letters in lower case.
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

pub(crate) struct Row {
    /// From 1, as a text editor counts.
    pub(crate) line: u64,
    cells: Vec<String>,
}

impl Table {
    /// Reads a CSV file whose separator is a comma, a semicolon or a tab.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, CardError> {
        let text = std::str::from_utf8(bytes).map_err(|_| CardError::NotUtf8)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let tables = [b',', b';', b'\t'].into_iter().filter_map(|it| Self::separated(text, it));
        tables.max_by_key(|it| it.header.len()).ok_or(CardError::NoHeader)
    }

    /// The file with this separator; none if it has no header then.
    fn separated(text: &str, separator: u8) -> Option<Self> {
        let mut reader = ReaderBuilder::new();
        let mut reader = reader.delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
        let (mut notes, mut header, mut rows) = (String::new(), None, Vec::new());
        for record in reader.records().map_while(Result::ok) {
            let line = record.position().map_or(0, csv::Position::line);
            match &header {
                None if record.iter().any(|it| name(it) == "market") && record.len() > 1 => {
                    header = Some(record.iter().map(name).collect());
                }
                None if notes.lines().count() >= MOST_NOTES => return None,
                None => notes += &(record.iter().collect::<Vec<_>>().join(",") + "\n"),
                Some(_) => rows.push(Row { line, cells: record.iter().map(|it| it.trim().to_owned()).collect() }),
            }
        }
        Some(Self { notes, header: header?, rows })
    }

    /// The number of the column with one of these names.
    pub(crate) fn column(&self, names: &[&str]) -> Option<usize> {
        self.header.iter().position(|it| names.contains(&it.as_str()))
    }
}

impl Row {
    pub(crate) fn cell(&self, column: Option<usize>) -> &str {
        column.and_then(|it| self.cells.get(it)).map_or("", String::as_str)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }
}

/// The name of a column: `Effective From`, `effective_from` and a name with a line break are the same.
fn name(cell: &str) -> String {
    cell.chars().filter(|it| it.is_alphabetic()).flat_map(char::to_lowercase).collect()
}
