use std::io;
use std::ops::Range;
use std::sync::Arc;

use model::{Contact, ContactId, LedgerRow, Outcome, RowFindings};

use crate::matching::duplicate::DuplicateCandidate;
use crate::matching::email::{self, EmailKey};
use crate::matching::viber::{Linked, Linker};
use crate::merge::MergedRows;
use crate::partition::chunk::ChunkWriter;
use crate::partition::encoding::EncodedRow;
use crate::partition::spill::Spill;
use crate::partition::store::{Bucket, N_PARTITIONS, Partitions};
use crate::row::CleanRow;
use crate::rules::Rules;

/// Takes rows in, from many threads at once, and gives contacts out.
///
/// The calls come in this order, each for all partitions before the next: [`Cleaner::chunk_writer`], [`Cleaner::link`],
/// [`Cleaner::sorted_runs`] and [`Cleaner::merge`], [`Cleaner::same_email`].
pub struct Cleaner {
    rules: Rules,
    partitions: Partitions,
}

/// Rows of one partition in the order of their contacts, ready to be merged. All rows of a contact are in one run.
pub struct SortedRun {
    partition: Arc<SortedRows>,
    rows: Range<usize>,
}

/// All rows of a partition in the order of their contacts' ids.
struct SortedRows {
    bytes: Vec<u8>,
    rows: Vec<EncodedRow>,
}

impl Cleaner {
    /// Keeps all rows in memory.
    pub fn new(rules: Rules) -> Self {
        Self { rules, partitions: Partitions::new(None) }
    }

    /// Keeps about so many bytes of rows in memory, and the others in the spill.
    pub fn with_spill(rules: Rules, n_bytes: usize, spill: Box<dyn Spill>) -> Self {
        Self { rules, partitions: Partitions::new(Some((n_bytes, spill))) }
    }

    #[cfg(test)]
    fn in_partitions(self, n_partitions: usize) -> Self {
        Self { partitions: self.partitions.of_number(n_partitions), ..self }
    }

    /// Holds back the people of rows of one source with any of these findings. Call it before [`Cleaner::merge`].
    pub fn hold(&mut self, source: usize, findings: RowFindings) {
        self.rules.sources[source].held = findings;
    }

    /// Begins a chunk of rows of one source. Several chunks may be written at once, on several threads.
    pub fn chunk_writer(&self) -> ChunkWriter<'_> {
        ChunkWriter::new(&self.rules, &self.partitions)
    }

    /// Links the Viber users of one partition, once all rows are in. The rows of a user go to the one phone that the
    /// user was seen with, or shared when asked. Users of no phone, or of several, stay contacts of their own.
    pub fn link(&self, partition: usize) -> io::Result<Linked> {
        let links = self.partitions.take(Bucket::Links(partition))?;
        let bytes = self.partitions.take(Bucket::Unlinked(partition))?;
        let mut linker = Linker::of(&links);
        let mut rows: Vec<CleanRow> = EncodedRow::all(&bytes).iter().map(|it| it.decode(&bytes)).collect();
        linker.bind_cards(&self.rules, &mut rows);
        let mut buckets: Vec<Vec<u8>> = vec![Vec::new(); N_PARTITIONS];
        for mut row in rows {
            row.contact_id = linker.contact_of(&row);
            row.encode(&mut buckets[self.partitions.partition_of(row.contact_id.0[0])]);
        }
        for (partition, bytes) in buckets.iter().enumerate() {
            self.partitions.put(Bucket::Rows(partition).number(), bytes)?;
        }
        Ok(linker.finish(&self.rules))
    }

    /// Sorts one partition, and cuts it into runs of at least so many rows, in the order of their contacts. The
    /// partition is empty then.
    pub fn sorted_runs(&self, partition: usize, n_rows: usize) -> io::Result<Vec<SortedRun>> {
        let bytes = self.partitions.take(Bucket::Rows(partition))?;
        let mut rows = EncodedRow::all(&bytes);
        rows.sort_unstable();
        let partition = Arc::new(SortedRows { bytes, rows });
        let rows = &partition.rows;
        let mut runs = Vec::new();
        let mut start = 0;
        while start < rows.len() {
            let last = (rows.len() - 1).min(start + n_rows.saturating_sub(1));
            let end = last + rows[last..].partition_point(|it| it.id() == rows[last].id());
            runs.push(SortedRun { partition: Arc::clone(&partition), rows: start..end });
            start = end;
        }
        Ok(runs)
    }

    /// Merges the rows of a run. Calls `give` for each contact in the order of their ids, with the outcome of its rows
    /// in the order of the sources. Suppressed people come without their contact.
    pub fn merge(&self, run: &SortedRun, mut give: impl FnMut(Option<Contact>, &[LedgerRow])) -> io::Result<()> {
        let SortedRows { bytes, rows } = &*run.partition;
        let (mut decoded, mut ledger, mut emails) = (Vec::new(), Vec::new(), Vec::new());
        for rows in rows[run.rows.clone()].chunk_by(|one, other| one.id() == other.id()) {
            decoded.extend(rows.iter().map(|it| it.decode(bytes)));
            let contact = self.merge_contact(rows[0].id(), &mut decoded, &mut ledger);
            emails.extend(contact.as_ref().and_then(|it| EmailKey::of(&self.rules.decisions, it)));
            give(contact, &ledger);
        }
        self.put_emails(emails)
    }

    /// Merges the rows of one contact, and leaves `rows` empty and their outcomes in `ledger`. Gives no contact for a
    /// suppressed person.
    fn merge_contact(&self, id: ContactId, rows: &mut Vec<CleanRow>, ledger: &mut Vec<LedgerRow>) -> Option<Contact> {
        rows.sort_unstable_by_key(|it| it.row_id);
        let is_suppressed = self.rules.suppressed.contains(&id);
        let outcome = if is_suppressed { Outcome::Suppressed } else { Outcome::Merged };
        ledger.clear();
        ledger.extend(rows.iter().map(|it| LedgerRow {
            row: it.row_id,
            outcome,
            reason: None,
            contact_id: Some(id),
            findings: it.findings,
        }));
        if is_suppressed {
            rows.clear();
            return None;
        }
        let mut merged = MergedRows::default();
        rows.drain(..).for_each(|it| merged.add(&self.rules, it));
        let latest = merged.latest_row();
        ledger.iter_mut().filter(|it| Some(it.row) == latest).for_each(|it| it.outcome = Outcome::Kept);
        Some(merged.finish(&self.rules, id))
    }

    fn put_emails(&self, mut emails: Vec<EmailKey>) -> io::Result<()> {
        email::condense(&mut emails);
        let partition = |it: &EmailKey| self.partitions.partition_of(it.first_byte());
        let mut bytes = Vec::new();
        for emails in emails.chunk_by(|one, other| partition(one) == partition(other)) {
            bytes.clear();
            emails.iter().for_each(|it| it.encode(&mut bytes));
            self.partitions.put(Bucket::Emails(partition(&emails[0])).number(), &bytes)?;
        }
        Ok(())
    }

    /// Contacts that share an e-mail address, for one partition of the addresses.
    pub fn same_email(&self, partition: usize) -> io::Result<Vec<DuplicateCandidate>> {
        let emails = self.partitions.take(Bucket::Emails(partition))?;
        Ok(email::duplicates(&self.rules.decisions, &emails))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use model::{RawContact, Reject, RowId};
    use proptest::prelude::*;

    use super::*;
    use crate::testing::rules;

    /// A row as a test writes it: its source, and its cells.
    type TestRow = (u16, [&'static str; 6]);

    fn raw(cells: [&'static str; 6]) -> RawContact<'static> {
        let [phone, name, last_at, consent, external_id, tags] = cells;
        // An address that people share.
        let email = if name == "ANA" { "home@example.com" } else { "" };
        let consents = if consent.is_empty() { Vec::new() } else { vec![consent] };
        RawContact { phone, name: name.into(), email, last_at, consents, external_id, tags, ..RawContact::default() }
    }

    /// All that cleaning gives.
    #[derive(Debug, Default, PartialEq)]
    struct Whole {
        contacts: Vec<Contact>,
        ledger: Vec<LedgerRow>,
    }

    /// A spill that is somewhere else in memory.
    #[derive(Default)]
    struct Elsewhere(Mutex<HashMap<usize, Vec<u8>>>);

    impl Spill for Elsewhere {
        fn put(&self, bucket: usize, bytes: &[u8]) -> io::Result<()> {
            self.0.lock().unwrap().entry(bucket).or_default().extend_from_slice(bytes);
            Ok(())
        }

        fn take(&self, bucket: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
            bytes.extend(self.0.lock().unwrap().remove(&bucket).unwrap_or_default());
            Ok(())
        }
    }

    /// Cleans chunks of rows on several threads at once, in so many partitions, with so many bytes in memory and so
    /// many rows in a run.
    fn clean(
        chunks: &[Vec<(RowId, TestRow)>],
        n_partitions: usize,
        n_bytes: usize,
        n_rows: usize,
    ) -> (Whole, Vec<Reject>, Linked) {
        let cleaner =
            Cleaner::with_spill(rules("FR"), n_bytes, Box::<Elsewhere>::default()).in_partitions(n_partitions);
        let mut rejects: Vec<Reject> = std::thread::scope(|scope| {
            let threads: Vec<_> = chunks
                .iter()
                .map(|chunk| {
                    scope.spawn(|| {
                        let mut writer = cleaner.chunk_writer();
                        chunk.iter().for_each(|(id, row)| writer.add(*id, &raw(row.1)));
                        writer.finish().unwrap().rejects
                    })
                })
                .collect();
            threads.into_iter().flat_map(|it| it.join().unwrap()).collect()
        });
        rejects.sort_by_key(|it| it.row);
        let linked: Vec<Linked> = (0..n_partitions).map(|it| cleaner.link(it).unwrap()).collect();
        let mut whole = Whole::default();
        for partition in 0..n_partitions {
            let mut give = |contact, ledger: &[LedgerRow]| {
                whole.contacts.extend(contact);
                whole.ledger.extend_from_slice(ledger);
            };
            for run in cleaner.sorted_runs(partition, n_rows).unwrap() {
                cleaner.merge(&run, &mut give).unwrap();
            }
        }
        let same_emails = (0..n_partitions).flat_map(|it| cleaner.same_email(it).unwrap());
        let linked = Linked {
            counts: linked.iter().map(|it| it.counts).sum(),
            users: linked.iter().flat_map(|it| it.users.clone()).collect(),
            duplicates: linked.into_iter().flat_map(|it| it.duplicates).chain(same_emails).collect(),
        };
        (whole, rejects, linked)
    }

    fn rows() -> impl Strategy<Value = Vec<TestRow>> {
        let cell = |choices: &'static [&'static str]| prop::sample::select(choices);
        let cells = (
            cell(&["+33199000001", "01 99 00 00 01", "+33199000002", "", "AMAZON", "36789"]),
            cell(&["", "ANA", "Ben", "Zoë"]),
            cell(&["", "2026-01-01", "2026-01-02T00:00:00Z", "soon"]),
            cell(&["", "yes", "no", "STOP", "maybe"]),
            cell(&["", "QUJD", "eHl6"]),
            cell(&["", "vip", "vip;b2b"]),
        );
        let row = (0..3_u16, cells).prop_map(|(source, (a, b, c, d, e, f))| (source, [a, b, c, d, e, f]));
        prop::collection::vec(row, 0..24)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn neither_order_nor_chunks_nor_threads_nor_partitions_nor_memory_change_the_result(
            (rows, shuffled, n_chunks, n_partitions, n_bytes, n_rows) in rows().prop_flat_map(|rows| {
                let numbered: Vec<(RowId, TestRow)> =
                    (1..).zip(rows).map(|(record, row)| (RowId { source: row.0, record }, row)).collect();
                (Just(numbered.clone()), Just(numbered).prop_shuffle(), 1..8_usize, 1..=N_PARTITIONS, 0..2000_usize, 0..9_usize)
            })
        ) {
            let whole = clean(std::slice::from_ref(&rows), N_PARTITIONS, usize::MAX, 4096);
            let size = shuffled.len().div_ceil(n_chunks).max(1);
            let chunks: Vec<Vec<_>> = shuffled.chunks(size).map(<[_]>::to_vec).collect();
            prop_assert_eq!(&clean(&chunks, n_partitions, n_bytes, n_rows), &whole);

            let (whole, rejects, ..) = whole;
            let mut seen: Vec<RowId> = whole.ledger.iter().map(|it| it.row).collect();
            seen.extend(rejects.iter().map(|it| it.row));
            seen.sort();
            let mut given: Vec<RowId> = rows.iter().map(|it| it.0).collect();
            given.sort();
            prop_assert_eq!(seen, given, "every row has exactly one outcome");

            prop_assert!(whole.contacts.is_sorted_by(|a, b| a.id < b.id), "contacts are in the order of their ids");
            let n_kept = whole.ledger.iter().filter(|it| it.outcome == Outcome::Kept).count();
            prop_assert_eq!(n_kept, whole.contacts.len(), "each contact keeps one row");
        }
    }
}
