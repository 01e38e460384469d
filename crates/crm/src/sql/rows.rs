//! Rows on their way to a table.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use model::ContactId;

use crate::sql::{Cell, Table, Type};

/// Rows for one table, cell after cell.
///
/// All texts are in one buffer and all other values in another: a million contacts have tens of millions of cells, and
/// an allocation for each would take longer than writing them.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    table: &'static Table,
    /// The length of each cell, or [`NONE`]. Its type is that of its column.
    lengths: Vec<u32>,
    texts: String,
    bytes: Vec<u8>,
    /// Where the texts and bytes of each row end.
    ends: Vec<(usize, usize)>,
}

/// The length of an empty cell. No other cell comes near it.
const NONE: u32 = u32::MAX;

impl Rows {
    pub(crate) fn new(table: &'static Table) -> Self {
        Self { table, lengths: Vec::new(), texts: String::new(), bytes: Vec::new(), ends: Vec::new() }
    }

    pub(crate) fn table(&self) -> &'static Table {
        self.table
    }

    /// Makes room for this many rows.
    pub(crate) fn reserve(&mut self, n_rows: usize) {
        self.lengths.reserve(n_rows * self.table.columns.len());
        self.ends.reserve(n_rows);
    }

    /// Adds a row: one cell per column of the table.
    pub(crate) fn push<'a>(&mut self, row: impl IntoIterator<Item = Cell<'a>>) {
        let n_before = self.lengths.len();
        self.lengths.reserve(self.table.columns.len());
        for cell in row {
            debug_assert!(cell.fits(self.table.columns[self.lengths.len() - n_before].1));
            self.lengths.push(match cell {
                Cell::None => NONE,
                Cell::Int(value) => {
                    self.bytes.extend_from_slice(&value.to_le_bytes());
                    size_of::<i64>() as u32
                }
                Cell::Text(text) => {
                    self.texts.push_str(&text);
                    text.len() as u32
                }
                Cell::Bytes(bytes) => {
                    self.bytes.extend_from_slice(bytes);
                    bytes.len() as u32
                }
            });
        }
        debug_assert_eq!(self.lengths.len() - n_before, self.table.columns.len());
        self.ends.push((self.texts.len(), self.bytes.len()));
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.ends.len()
    }

    /// The approximate memory that the values take, in bytes.
    pub(super) fn n_bytes(&self) -> usize {
        self.texts.len() + self.bytes.len() + 6 * self.lengths.len()
    }

    /// All cells, row by row.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let (mut texts, mut bytes) = (self.texts.as_str(), self.bytes.as_slice());
        let types = self.table.columns.iter().map(|it| it.1).cycle();
        self.lengths.iter().zip(types).map(move |(length, of_type)| {
            if *length == NONE {
                return Cell::None;
            }
            let length = *length as usize;
            match of_type {
                Type::Int | Type::Time => {
                    let value;
                    (value, bytes) = bytes.split_first_chunk().unwrap_or((&[0; 8], &[]));
                    Cell::Int(i64::from_le_bytes(*value))
                }
                Type::Text => {
                    let text;
                    (text, texts) = texts.split_at(length);
                    Cell::Text(Cow::Borrowed(text))
                }
                Type::Bytes => {
                    let cell;
                    (cell, bytes) = bytes.split_at(length);
                    Cell::Bytes(cell)
                }
            }
        })
    }

    /// Adds some rows of `other`, which are of the same table.
    pub(crate) fn append(&mut self, other: &Self, rows: Range<usize>) {
        debug_assert_eq!(self.table.name, other.table.name);
        let n_columns = self.table.columns.len();
        let end_of = |row: usize| row.checked_sub(1).map_or((0, 0), |it| other.ends[it]);
        let (start, end) = (end_of(rows.start), end_of(rows.end));
        let (n_texts, n_bytes) = (self.texts.len(), self.bytes.len());
        self.lengths.extend_from_slice(&other.lengths[rows.start * n_columns..rows.end * n_columns]);
        self.texts.push_str(&other.texts[start.0..end.0]);
        self.bytes.extend_from_slice(&other.bytes[start.1..end.1]);
        let moved = other.ends[rows].iter().map(|it| (it.0 - start.0 + n_texts, it.1 - start.1 + n_bytes));
        self.ends.extend(moved);
    }

    /// The rows but for those of some contacts, whose id is in the first column.
    pub(crate) fn without(&self, contacts: &HashSet<ContactId>) -> Self {
        let mut rows = Self::new(self.table);
        let cells: Vec<Cell> = self.cells().collect();
        for row in cells.chunks(self.table.columns.len()) {
            let is_left_out = matches!(row, [Cell::Bytes(id), ..]
                if ContactId::from_bytes(id).is_some_and(|it| contacts.contains(&it)));
            if !is_left_out {
                rows.push(row.iter().cloned());
            }
        }
        rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Removes all rows and keeps the memory for others.
    pub(crate) fn clear(&mut self) {
        self.lengths.clear();
        self.texts.clear();
        self.bytes.clear();
        self.ends.clear();
    }
}
