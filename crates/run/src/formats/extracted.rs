//! `extract/<source>.parquet`: rows as received.
//!
//! Four columns of our own precede those of the export: the number of the record, the line on which it starts and, for
//! a row that could not be read, the reason and its text.

use model::Reason;

use crate::formats::RowWriter;
use crate::{Column, Group};

/// The number of our own columns, which precede those of the export.
pub const N_OWN: usize = 4;

/// Returns the name of the artifact of a source.
pub fn artifact(source: &str) -> String {
    format!("extract/{source}.parquet")
}

/// Returns the columns for an export with this header. A repeated name gets a number.
pub fn columns(header: &[String]) -> Vec<Column> {
    let own = [Column::int("_record"), Column::int("_line"), Column::text("_reason"), Column::text("_text")];
    let name = |(n, name): (usize, &String)| match header[..n].contains(name) {
        true => format!("{name} ({})", n + 1),
        false => name.clone(),
    };
    own.into_iter().chain(header.iter().enumerate().map(|it| Column::text(name(it)))).collect()
}

/// Writes one row: its cells, or the reason why it could not be read and its text.
pub fn write<'a>(
    rows: &mut Group,
    n_columns: usize,
    (record, line): (u64, u64),
    cells: Result<impl Fn(usize) -> &'a str, (Reason, &str)>,
) {
    let mut out = RowWriter::new(rows);
    out.int(i64::try_from(record).ok()).int(i64::try_from(line).ok());
    match cells {
        Ok(cell) => {
            out.text(None).text(None);
            (0..n_columns).for_each(|it| {
                out.text(Some(cell(it)));
            });
        }
        Err((reason, text)) => {
            out.text(Some(reason.code())).text(Some(text));
            (0..n_columns).for_each(|_| {
                out.text(None);
            });
        }
    }
    out.end();
}

/// A row of the file.
#[derive(Clone, Copy)]
pub struct Extracted<'a> {
    group: &'a Group,
    row: usize,
}

impl<'a> Extracted<'a> {
    pub fn new(group: &'a Group, row: usize) -> Self {
        Self { group, row }
    }

    pub fn record(&self) -> u64 {
        self.group.int(0, self.row).and_then(|it| u64::try_from(it).ok()).unwrap_or(0)
    }

    pub fn line(&self) -> u64 {
        self.group.int(1, self.row).and_then(|it| u64::try_from(it).ok()).unwrap_or(0)
    }

    /// Returns the reason why the row could not be read; none if it could.
    pub fn reason(&self) -> Option<Reason> {
        self.group.text(2, self.row).and_then(Reason::from_code)
    }

    /// Returns the text of a row that could not be read.
    pub fn unread_text(&self) -> &'a str {
        self.group.text(3, self.row).unwrap_or("")
    }

    /// Returns a cell by its column in the export.
    pub fn cell(&self, column: usize) -> &'a str {
        self.group.text(N_OWN + column, self.row).unwrap_or("")
    }
}
