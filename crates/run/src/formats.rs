//! The file formats of a run folder, column by column. Other tools read these files, so a changed column affects them.

pub mod contacts;
pub mod duplicates;
pub mod extracted;
pub mod ledger;
pub mod links;

use crate::Group;

/// Writes the cells of a row in order.
pub(crate) struct RowWriter<'a> {
    rows: &'a mut Group,
    column: usize,
}

impl<'a> RowWriter<'a> {
    pub(crate) fn new(rows: &'a mut Group) -> Self {
        Self { rows, column: 0 }
    }

    pub(crate) fn text(&mut self, text: Option<&str>) -> &mut Self {
        self.rows.push_text(self.column, text);
        self.column += 1;
        self
    }

    pub(crate) fn int(&mut self, value: Option<i64>) -> &mut Self {
        self.rows.push_int(self.column, value);
        self.column += 1;
        self
    }

    pub(crate) fn end(&mut self) {
        self.rows.end_row();
    }
}

/// Reads the cells of a row in order.
pub(crate) struct RowReader<'a> {
    group: &'a Group,
    row: usize,
    column: usize,
}

impl<'a> RowReader<'a> {
    pub(crate) fn new(group: &'a Group, row: usize) -> Self {
        Self { group, row, column: 0 }
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        self.column += 1;
        self.group.text(self.column - 1, self.row)
    }

    pub(crate) fn int(&mut self) -> Option<i64> {
        self.column += 1;
        self.group.int(self.column - 1, self.row)
    }
}
