use std::ops::Range;
use std::sync::Arc;

use model::{Contact, LedgerRow};

use crate::partition::encoding::EncodedRow;

/// The next rows of a partition in the order of their contacts.
pub enum SortedRun {
    /// Rows that are ready to be merged, with all rows of each contact.
    Rows(RowsOfRun),
    /// Rows of a contact that had too many to be in one run, and was merged while they were sorted. The contact comes
    /// with the first of its rows, unless it is suppressed.
    Merged { contact: Option<Box<Contact>>, ledger: Vec<LedgerRow> },
}

/// A range of the rows of a partition, or of a part of it.
pub struct RowsOfRun {
    pub(crate) partition: Arc<SortedRows>,
    pub(crate) rows: Range<usize>,
}

/// Rows in the order of their contacts' ids, and within a contact in their own order.
pub(crate) struct SortedRows {
    pub(crate) bytes: Vec<u8>,
    pub(crate) rows: Vec<EncodedRow>,
}

impl SortedRows {
    /// Sorts encoded rows.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        let mut rows = EncodedRow::all(&bytes);
        rows.sort_unstable_by(|one, other| {
            one.id().cmp(&other.id()).then_with(|| one.row(&bytes).cmp(&other.row(&bytes)))
        });
        Self { bytes, rows }
    }

    /// The end of the contact whose rows begin at `start`.
    pub(crate) fn end_of_contact(&self, start: usize) -> usize {
        start + self.rows[start..].partition_point(|it| it.id() == self.rows[start].id())
    }

    /// Cuts a range of the rows into runs of at least so many rows. All rows of a contact are in one run.
    pub(crate) fn runs(self: &Arc<Self>, range: Range<usize>, n_rows: usize) -> Vec<SortedRun> {
        let rows = &self.rows[..range.end];
        let mut runs = Vec::new();
        let mut start = range.start;
        while start < rows.len() {
            let last = (rows.len() - 1).min(start + n_rows.saturating_sub(1));
            let end = self.end_of_contact(last);
            runs.push(SortedRun::Rows(RowsOfRun { partition: Arc::clone(self), rows: start..end }));
            start = end;
        }
        runs
    }
}
