//! Digests the rows of a table in batches, while they are written or read.

use model::{Digest, Hasher};

use crate::group::Group;

/// Digests every `size` rows, independent of where groups begin.
pub(crate) struct BatchDigests {
    size: usize,
    n_in_batch: usize,
    hasher: Hasher,
    done: Vec<Digest>,
}

impl BatchDigests {
    pub(crate) fn new(size: usize) -> Self {
        Self { size, n_in_batch: 0, hasher: Hasher::default(), done: Vec::new() }
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn n_done(&self) -> usize {
        self.done.len()
    }

    /// Adds a group, and returns the digests of the batches that end in it.
    pub(crate) fn add(&mut self, group: &Group) -> &[Digest] {
        let n_before = self.done.len();
        let mut start = 0;
        while start < group.n_rows {
            let end = group.n_rows.min(start + self.size - self.n_in_batch);
            group.digest(start..end, &mut self.hasher);
            self.n_in_batch += end - start;
            if self.n_in_batch == self.size {
                self.end_batch();
            }
            start = end;
        }
        &self.done[n_before..]
    }

    /// Returns all digests; the last batch may have fewer rows.
    pub(crate) fn finish(mut self) -> Vec<Digest> {
        if self.n_in_batch > 0 {
            self.end_batch();
        }
        self.done
    }

    fn end_batch(&mut self) {
        self.done.push(std::mem::take(&mut self.hasher).finish());
        self.n_in_batch = 0;
    }
}
