use std::io;

use model::{RawContact, Reject, RowId};

use crate::matching::viber;
use crate::partition::store::{Bucket, Partitions};
use crate::quality::list::ListQualityCounts;
use crate::quality::unreadable::UnreadValues;
use crate::row::clean_row;
use crate::rules::Rules;

/// About what a chunk of thousands of rows puts into one bucket.
const USUAL_BUCKET_BYTES: usize = 4096;

/// Cleans the rows of a chunk and buffers them. They reach the partitions in [`ChunkWriter::finish`].
pub struct ChunkWriter<'a> {
    rules: &'a Rules,
    partitions: &'a Partitions,
    buckets: Vec<Vec<u8>>,
    report: ChunkReport,
}

/// What a chunk of rows showed.
#[derive(Debug, Default)]
pub struct ChunkReport {
    /// In the order of the rows.
    pub rejects: Vec<Reject>,
    pub list_quality: ListQualityCounts,
    /// Values that were not understood.
    pub unread: UnreadValues,
}

impl<'a> ChunkWriter<'a> {
    pub(crate) fn new(rules: &'a Rules, partitions: &'a Partitions) -> Self {
        Self { rules, partitions, buckets: vec![Vec::new(); Bucket::N_BUCKETS], report: ChunkReport::default() }
    }

    /// Cleans one row, and keeps it or its reject.
    pub fn add(&mut self, id: RowId, raw: &RawContact) {
        let Self { rules, partitions, buckets, report } = self;
        let mut row = match clean_row(rules, id, raw, &mut report.unread) {
            Ok(row) => row,
            Err((reason, field)) => {
                if field == "phone" {
                    report.list_quality.add_invalid(raw, reason, rules.sources[usize::from(id.source)].region);
                }
                report.rejects.push(Reject { row: id, reason, field });
                return;
            }
        };
        report.list_quality.add_valid(&row);
        if let (Some(phone), Some(user)) = (row.phone, viber::user_of(rules, &row)) {
            match rules.decisions.may_link(user, || rules.key.of_phone(phone.number)) {
                true => buckets[Bucket::Links(partitions.partition_of(user.0[0])).number()]
                    .extend_from_slice(&viber::encoded(user, row.contact_id)),
                // The row is about the owner of the phone; the Viber user in it is another person.
                false => row.viber_id = "",
            }
        }
        let partition = partitions.partition_of(row.contact_id.0[0]);
        let bucket = if row.phone.is_some() { Bucket::Rows(partition) } else { Bucket::Unlinked(partition) };
        let bucket = &mut buckets[bucket.number()];
        if bucket.is_empty() {
            bucket.reserve(USUAL_BUCKET_BYTES);
        }
        row.encode(bucket);
    }

    /// The values that were not understood, without keeping the rows.
    pub fn into_unread(self) -> UnreadValues {
        self.report.unread
    }

    /// Puts the rows into the partitions.
    pub fn finish(self) -> io::Result<ChunkReport> {
        let Self { partitions, buckets, mut report, .. } = self;
        for (number, bytes) in buckets.iter().enumerate() {
            partitions.put(number, bytes)?;
        }
        report.list_quality.count_sequences();
        Ok(report)
    }
}
