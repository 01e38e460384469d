//! The rows of a contact, as ranges of rows that follow each other.

use model::RowId;
use smallvec::SmallVec;

/// Rows of one source that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowRange {
    pub(crate) source: u16,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl RowRange {
    pub(crate) fn of(row: RowId) -> Self {
        Self { source: row.source, first: row.record, last: row.record }
    }

    /// The row of a range of one.
    pub(crate) fn only(&self) -> Option<RowId> {
        (self.first == self.last).then_some(RowId { source: self.source, record: self.first })
    }
}

/// Rows that were added in any order. Rows that are added in their order become ranges at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowRanges(SmallVec<[RowRange; 2]>);

impl RowRanges {
    pub(crate) fn add(&mut self, rows: RowRange) {
        match self.0.last_mut() {
            Some(last) if follows(last, &rows) => last.last = rows.last,
            _ => self.0.push(rows),
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        other.0.into_iter().for_each(|it| self.add(it));
    }

    /// The ranges in their order, as few as possible.
    pub(crate) fn sorted(&mut self) -> &[RowRange] {
        self.0.sort_unstable();
        self.0.dedup_by(|next, last| {
            let is_joined = follows(last, next);
            if is_joined {
                last.last = next.last;
            }
            is_joined
        });
        &self.0
    }

    pub(crate) fn n_rows(&self) -> u64 {
        self.0.iter().map(|it| it.last - it.first + 1).sum()
    }
}

fn follows(last: &RowRange, next: &RowRange) -> bool {
    next.source == last.source && last.last + 1 == next.first
}
