//! Some rows of a table, column by column, on their way to or from a file.

use std::ops::Range;

use model::Hasher;

use crate::column::{Column, Kind};

/// Some rows of a table, in their order.
#[derive(Clone, Debug)]
pub struct Group {
    pub n_rows: usize,
    pub(crate) columns: Vec<Values>,
}

/// The cells of one column. A level of 0 means "none", as in Parquet.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    /// All texts in one buffer, and the end of each; a missing text ends where it starts.
    Text { texts: String, ends: Vec<usize>, levels: Vec<i16> },
    /// Whole numbers; a missing one is 0.
    Int { values: Vec<i64>, levels: Vec<i16> },
    /// The column was not read, so all its cells are none.
    Unread,
}

impl Group {
    /// Creates a group without rows, with capacity for `n_rows`.
    pub fn with_room(columns: &[Column], n_rows: usize) -> Self {
        let levels = || Vec::with_capacity(n_rows);
        let values = |it: &Column| match it.kind {
            Kind::Text => Values::Text { texts: String::new(), ends: Vec::with_capacity(n_rows), levels: levels() },
            Kind::Int | Kind::Moment | Kind::Flag => {
                Values::Int { values: Vec::with_capacity(n_rows), levels: levels() }
            }
        };
        Self { n_rows: 0, columns: columns.iter().map(values).collect() }
    }

    /// Sets the text of a column in the current row. Every column must be set once per row.
    pub fn push_text(&mut self, column: usize, text: Option<&str>) {
        if let Values::Text { texts, ends, levels } = &mut self.columns[column] {
            texts.push_str(text.unwrap_or_default());
            ends.push(texts.len());
            levels.push(i16::from(text.is_some()));
        }
    }

    /// Sets the number of a column in the current row. Every column must be set once per row.
    pub fn push_int(&mut self, column: usize, value: Option<i64>) {
        if let Values::Int { values, levels } = &mut self.columns[column] {
            values.push(value.unwrap_or_default());
            levels.push(i16::from(value.is_some()));
        }
    }

    /// Ends the current row.
    pub fn end_row(&mut self) {
        self.n_rows += 1;
    }

    /// Adds rows of another group with the same columns.
    pub(crate) fn append(&mut self, other: &Self, rows: Range<usize>) {
        self.n_rows += rows.len();
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            match (column, other) {
                (
                    Values::Text { texts, ends, levels },
                    Values::Text { texts: more, ends: more_ends, levels: there },
                ) => {
                    let (start, moved) = (start_of(more_ends, rows.start), texts.len());
                    let more_ends = &more_ends[rows.clone()];
                    texts.push_str(&more[start..more_ends.last().copied().unwrap_or(start)]);
                    ends.extend(more_ends.iter().map(|it| it - start + moved));
                    levels.extend_from_slice(&there[rows.clone()]);
                }
                (Values::Int { values, levels }, Values::Int { values: more, levels: there }) => {
                    values.extend_from_slice(&more[rows.clone()]);
                    levels.extend_from_slice(&there[rows.clone()]);
                }
                _ => {}
            }
        }
    }

    /// Removes all rows and keeps the buffers for others.
    pub fn clear(&mut self) {
        self.n_rows = 0;
        for column in &mut self.columns {
            match column {
                Values::Text { texts, ends, levels } => {
                    texts.clear();
                    ends.clear();
                    levels.clear();
                }
                Values::Int { values, levels } => {
                    values.clear();
                    levels.clear();
                }
                Values::Unread => {}
            }
        }
    }

    /// Returns the text of a column in a row.
    pub fn text(&self, column: usize, row: usize) -> Option<&str> {
        match &self.columns[column] {
            Values::Text { texts, ends, levels } if levels[row] > 0 => texts.get(start_of(ends, row)..ends[row]),
            _ => None,
        }
    }

    /// Returns the number of a column in a row.
    pub fn int(&self, column: usize, row: usize) -> Option<i64> {
        match &self.columns[column] {
            Values::Int { values, levels } if levels[row] > 0 => Some(values[row]),
            _ => None,
        }
    }

    /// Digests all cells of some rows, column after column.
    pub fn digest(&self, rows: Range<usize>, hasher: &mut Hasher) {
        let mut bytes = Vec::with_capacity(8 * rows.len());
        for column in &self.columns {
            bytes.clear();
            match column {
                Values::Text { texts, ends, levels } => {
                    let (first, ends) = (start_of(ends, rows.start), &ends[rows.clone()]);
                    let mut start = first;
                    for (&end, level) in ends.iter().zip(&levels[rows.clone()]) {
                        // A missing text is digested with the greatest length, which no text has, so it differs from an
                        // empty text.
                        let length = if *level > 0 { (end - start) as u32 } else { u32::MAX };
                        bytes.extend_from_slice(&length.to_le_bytes());
                        start = end;
                    }
                    hasher.update(&bytes);
                    hasher.update(&texts.as_bytes()[first..start]);
                }
                Values::Int { values, levels } => {
                    for (value, level) in values[rows.clone()].iter().zip(&levels[rows.clone()]) {
                        bytes.extend_from_slice(&if *level > 0 { *value } else { i64::MIN }.to_le_bytes());
                    }
                    hasher.update(&bytes);
                }
                Values::Unread => {}
            }
        }
    }
}

fn start_of(ends: &[usize], row: usize) -> usize {
    if row == 0 { 0 } else { ends[row - 1] }
}
