use std::io;

use crate::partition::spill::{LargeBucket, Spill, SpillStore};

/// How many partitions there are: one per first byte of a contact id. Merged one after the other, they give all
/// contacts in the order of their ids.
pub const N_PARTITIONS: usize = 256;

/// What rows leave until all rows are in, by partition.
pub(crate) struct Partitions {
    store: SpillStore,
    n_partitions: usize,
}

/// A bucket of encoded entries; the number is that of its partition.
#[derive(Clone, Copy)]
pub(crate) enum Bucket {
    /// Rows, by the contact that they are about.
    Rows(usize),
    /// Rows that name a Viber user and no phone, by the user. Whether another row links that user to a phone is known
    /// only when all rows are in.
    Unlinked(usize),
    /// Viber users and the contact that each was seen with, by the user.
    Links(usize),
    /// The e-mail addresses of contacts, by their hashes.
    Emails(usize),
}

impl Bucket {
    const N_KINDS: usize = 4;
    pub(crate) const N_BUCKETS: usize = Self::N_KINDS * N_PARTITIONS;

    /// The place of the bucket among [`Bucket::N_BUCKETS`].
    pub(crate) fn number(self) -> usize {
        let (kind, partition) = match self {
            Self::Rows(partition) => (0, partition),
            Self::Unlinked(partition) => (1, partition),
            Self::Links(partition) => (2, partition),
            Self::Emails(partition) => (3, partition),
        };
        kind * N_PARTITIONS + partition
    }
}

impl Partitions {
    /// Without a spill, everything stays in memory. With one, about so many bytes do.
    pub(crate) fn new(spill: Option<(usize, Box<dyn Spill>)>) -> Self {
        Self { store: SpillStore::new(Bucket::N_BUCKETS, spill), n_partitions: N_PARTITIONS }
    }

    /// With fewer partitions than [`N_PARTITIONS`].
    #[cfg(test)]
    pub(crate) fn of_number(self, n_partitions: usize) -> Self {
        Self { n_partitions, ..self }
    }

    /// The partition of ids and hashes that begin with this byte.
    pub(crate) fn partition_of(&self, byte: u8) -> usize {
        usize::from(byte) * self.n_partitions / N_PARTITIONS
    }

    /// Appends bytes to the bucket of this number.
    pub(crate) fn put(&self, bucket: usize, bytes: &[u8]) -> io::Result<()> {
        self.store.put(bucket, bytes)
    }

    /// Takes all that a bucket holds. The order in which it was put there is not kept.
    pub(crate) fn take(&self, bucket: Bucket) -> io::Result<Vec<u8>> {
        self.store.take(bucket.number())
    }

    /// Takes a bucket that does not fit into memory. None if it does.
    pub(crate) fn take_large(&self, bucket: Bucket) -> io::Result<Option<LargeBucket<'_>>> {
        self.store.take_large(bucket.number())
    }

    /// An empty bucket of no partition. None if everything stays in memory.
    pub(crate) fn new_large(&self) -> Option<LargeBucket<'_>> {
        self.store.new_large()
    }
}
