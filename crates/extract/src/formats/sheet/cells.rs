//! The cells of one row of a spreadsheet.

use crate::row::MOST_COLUMNS;

/// The cells that a row has so far, each at its column.
#[derive(Default)]
pub(super) struct RowCells(pub(super) Vec<String>);

impl RowCells {
    /// Returns false if the column is beyond [`MOST_COLUMNS`] and its text not empty.
    pub(super) fn put(&mut self, column: usize, text: String) -> bool {
        if column >= MOST_COLUMNS {
            return text.is_empty();
        }
        if self.0.len() <= column {
            self.0.resize(column + 1, String::new());
        }
        self.0[column] = text;
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|it| it.trim().is_empty())
    }
}
