//! Rows that come several times, as in pages that overlap.

use std::collections::HashSet;

use model::Hasher;

use crate::row::Cells;

/// The rows that came so far: 16 bytes of the digest of each.
#[derive(Default)]
pub(crate) struct Repeats(HashSet<u128>);

impl Repeats {
    /// Returns whether a row with the same cells came before, and notes this one. Messages are written by strangers, so
    /// the digest is one for which nobody can make two rows alike.
    pub(crate) fn came_before(&mut self, cells: Cells, n_columns: usize) -> bool {
        let mut hasher = Hasher::default();
        for column in 0..n_columns {
            let cell = cells.get(column);
            hasher.update(&(cell.len() as u64).to_le_bytes());
            hasher.update(cell.as_bytes());
        }
        !self.0.insert(hasher.finish().first_half())
    }
}
