use std::io;
use std::sync::Arc;

use model::{Contact, LedgerRow, Outcome, RowFindings};

use crate::matching::duplicate::DuplicateCandidate;
use crate::matching::email::{self, EmailKey};
use crate::matching::viber::{Linked, Linker};
use crate::merge::MergedRows;
use crate::partition::chunk::ChunkWriter;
use crate::partition::encoding::EncodedRow;
use crate::partition::large::{LargePartition, each_row, has_very_many};
use crate::partition::sorted_run::{RowsOfRun, SortedRows, SortedRun};
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
        let mut linker = Linker::default();
        match self.partitions.take_large(Bucket::Links(partition))? {
            None => _ = linker.add_links(&self.partitions.take(Bucket::Links(partition))?),
            Some(links) => {
                links.each_piece(|bytes| Ok(linker.add_links(bytes)))?;
                links.forget()?;
            }
        }
        let mut linked =
            LinkedRows { partitions: &self.partitions, buckets: vec![Vec::new(); N_PARTITIONS], n_bytes: 0 };
        match self.partitions.take_large(Bucket::Unlinked(partition))? {
            None => {
                let bytes = self.partitions.take(Bucket::Unlinked(partition))?;
                let mut rows: Vec<CleanRow> = EncodedRow::all(&bytes).iter().map(|it| it.decode(&bytes)).collect();
                rows.iter().for_each(|it| linker.add_step(it));
                linker.bind_cards(&self.rules);
                rows.iter_mut().for_each(|it| linker.link(it));
                rows.iter().try_for_each(|it| linked.put(it))?;
            }
            Some(unlinked) => {
                each_row(&unlinked, |row, bytes| {
                    linker.add_step(&row.decode(bytes));
                    Ok(())
                })?;
                linker.bind_cards(&self.rules);
                each_row(&unlinked, |row, bytes| {
                    let mut row = row.decode(bytes);
                    linker.link(&mut row);
                    linked.put(&row)
                })?;
                unlinked.forget()?;
            }
        }
        linked.write()?;
        Ok(linker.finish(&self.rules))
    }

    /// Sorts one partition, and cuts it into runs of about so many rows, in the order of their contacts. The partition is
    /// empty then. One that does not fit into memory, or in which a contact has very many rows, is sorted and merged while
    /// the runs are asked for.
    pub fn sorted_runs(
        &self,
        partition: usize,
        n_rows: usize,
    ) -> io::Result<Box<dyn Iterator<Item = io::Result<SortedRun>> + '_>> {
        let bucket = Bucket::Rows(partition);
        if let Some(large) = self.partitions.take_large(bucket)? {
            return Ok(Box::new(LargePartition::of_bucket(&self.rules, large, n_rows)));
        }
        let rows = Arc::new(SortedRows::of(self.partitions.take(bucket)?));
        let runs = rows.runs(0..rows.rows.len(), n_rows);
        match self.partitions.new_large().filter(|_| has_very_many(&runs, n_rows)) {
            Some(bucket) => Ok(Box::new(LargePartition::of_rows(&self.rules, rows, bucket, n_rows))),
            None => Ok(Box::new(runs.into_iter().map(Ok))),
        }
    }

    /// Merges the rows of a run. Calls `give` for each contact in the order of their ids, with the outcome of its rows
    /// in the order of the sources. Suppressed people come without their contact, and so do rows that follow others of
    /// the same contact.
    pub fn merge(&self, run: SortedRun, mut give: impl FnMut(Option<Contact>, &[LedgerRow])) -> io::Result<()> {
        let (mut ledger, mut emails) = (Vec::new(), Vec::new());
        let mut give = |contact: Option<Contact>, ledger: &[LedgerRow]| {
            emails.extend(contact.as_ref().and_then(|it| EmailKey::of(&self.rules.decisions, it)));
            give(contact, ledger);
        };
        match run {
            SortedRun::Merged { contact, ledger } => give(contact.map(|it| *it), &ledger),
            SortedRun::Rows(RowsOfRun { partition, rows }) => {
                for rows in partition.rows[rows].chunk_by(|one, other| one.id() == other.id()) {
                    give(self.merge_contact(&partition.bytes, rows, &mut ledger), &ledger);
                }
            }
        }
        self.put_emails(emails)
    }

    /// Merges the rows of one contact, and leaves their outcomes in `ledger`. Gives no contact for a suppressed person.
    fn merge_contact(&self, bytes: &[u8], rows: &[EncodedRow], ledger: &mut Vec<LedgerRow>) -> Option<Contact> {
        let id = rows[0].id();
        let is_suppressed = self.rules.suppressed.contains(&id);
        let outcome = if is_suppressed { Outcome::Suppressed } else { Outcome::Merged };
        let mut merged = MergedRows::default();
        ledger.clear();
        for row in rows {
            let row = row.decode(bytes);
            let (row_id, findings) = (row.row_id, row.findings);
            ledger.push(LedgerRow { row: row_id, outcome, reason: None, contact_id: Some(id), findings });
            if !is_suppressed {
                merged.add(&self.rules, row);
            }
        }
        if is_suppressed {
            return None;
        }
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

/// Rows on their way to the partitions of their contacts.
struct LinkedRows<'a> {
    partitions: &'a Partitions,
    /// The rows that wait, by partition.
    buckets: Vec<Vec<u8>>,
    n_bytes: usize,
}

impl LinkedRows<'_> {
    /// Limits the bytes that wait. Only users with very many rows have more.
    const MOST_BYTES: usize = 1 << 20;

    fn put(&mut self, row: &CleanRow) -> io::Result<()> {
        let bucket = &mut self.buckets[self.partitions.partition_of(row.contact_id.0[0])];
        let n_before = bucket.len();
        row.encode(bucket);
        self.n_bytes += bucket.len() - n_before;
        if self.n_bytes > Self::MOST_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        self.n_bytes = 0;
        for (partition, bytes) in self.buckets.iter_mut().enumerate() {
            self.partitions.put(Bucket::Rows(partition).number(), &std::mem::take(bytes))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use model::{RawContact, Reject, RowId};
    use phone::PhoneForm;
    use proptest::prelude::*;

    use super::*;
    use crate::rules::phone::phone_in;
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

    /// Rows of which all but every eighth are of one phone, and what each says.
    fn skewed_rows() -> impl Strategy<Value = Vec<TestRow>> {
        let cell = |choices: &'static [&'static str]| prop::sample::select(choices);
        let cells = (
            prop::bool::weighted(0.125),
            cell(&["+33199000002", "+33199000003", "", "AMAZON"]),
            cell(&["", "ANA", "Ben", "Zoë"]),
            cell(&["", "2026-01-01", "2026-01-02T00:00:00Z", "2026-01-03", "soon"]),
            cell(&["", "yes", "no", "STOP", "maybe"]),
            cell(&["", "QUJD", "eHl6"]),
        );
        let row = (0..3_u16, cells).prop_map(|(source, (is_other, other, b, c, d, e))| {
            (source, [if is_other { other } else { "+33199000001" }, b, c, d, e, "vip"])
        });
        prop::collection::vec(row, 0..200)
    }

    impl Spill for Elsewhere {
        fn put(&self, bucket: usize, bytes: &[u8]) -> io::Result<()> {
            self.0.lock().unwrap().entry(bucket).or_default().extend_from_slice(bytes);
            Ok(())
        }

        fn take(&self, bucket: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
            bytes.extend(self.0.lock().unwrap().remove(&bucket).unwrap_or_default());
            Ok(())
        }

        fn read(&self, bucket: usize, start: u64, bytes: &mut [u8]) -> io::Result<usize> {
            let buckets = self.0.lock().unwrap();
            let rest = &buckets[&bucket][start as usize..];
            let n_bytes = rest.len().min(bytes.len());
            bytes[..n_bytes].copy_from_slice(&rest[..n_bytes]);
            Ok(n_bytes)
        }

        fn forget(&self, bucket: usize) -> io::Result<()> {
            self.0.lock().unwrap().remove(&bucket);
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
        clean_by(rules("FR"), chunks, n_partitions, n_bytes, n_rows)
    }

    fn clean_by(
        rules: Rules,
        chunks: &[Vec<(RowId, TestRow)>],
        n_partitions: usize,
        n_bytes: usize,
        n_rows: usize,
    ) -> (Whole, Vec<Reject>, Linked) {
        let cleaner = Cleaner::with_spill(rules, n_bytes, Box::<Elsewhere>::default()).in_partitions(n_partitions);
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
                cleaner.merge(run.unwrap(), &mut give).unwrap();
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn a_phone_in_nearly_all_rows_gives_the_same_in_any_memory(
            (rows, n_bytes, n_rows, is_suppressed) in
                (skewed_rows(), 0..8000_usize, 0..40_usize, prop::bool::weighted(0.2))
        ) {
            let rows: Vec<(RowId, TestRow)> =
                (1..).zip(rows).map(|(record, row)| (RowId { source: row.0, record }, row)).collect();
            let rules = || {
                let mut rules = rules("FR");
                let phone = phone_in("+33199000001", None, PhoneForm::Unknown).unwrap().0.number;
                rules.suppressed.extend(is_suppressed.then(|| rules.key.of_phone(phone)));
                rules
            };
            let chunks: Vec<Vec<_>> = rows.chunks(16).map(<[_]>::to_vec).collect();
            let whole = clean_by(rules(), &[rows], N_PARTITIONS, usize::MAX, 4096);
            prop_assert_eq!(clean_by(rules(), &chunks, N_PARTITIONS, n_bytes, n_rows), whole);
        }
    }

    /// The rows of one phone, in memory for so many bytes: the most rows that are merged at once, the contacts, and the
    /// number of outcomes.
    fn one_phone(n_bytes: usize) -> (usize, Vec<Contact>, usize) {
        let cleaner = Cleaner::with_spill(rules("FR"), n_bytes, Box::<Elsewhere>::default());
        for chunk in 0..20 {
            let mut writer = cleaner.chunk_writer();
            for record in chunk * 500..(chunk + 1) * 500 {
                let row = raw(["+33199000001", "Ben", "2026-01-01", "yes", "", "vip"]);
                writer.add(RowId { source: 0, record }, &row);
            }
            writer.finish().unwrap();
        }
        let (mut most_rows, mut n_outcomes, mut contacts) = (0, 0, Vec::new());
        for partition in 0..N_PARTITIONS {
            cleaner.link(partition).unwrap();
            for run in cleaner.sorted_runs(partition, 100).unwrap() {
                let run = run.unwrap();
                most_rows = most_rows.max(match &run {
                    SortedRun::Rows(rows) => rows.partition.rows.len(),
                    SortedRun::Merged { ledger, .. } => ledger.len(),
                });
                let give = |contact, ledger: &[LedgerRow]| {
                    contacts.extend(contact);
                    n_outcomes += ledger.len();
                };
                cleaner.merge(run, give).unwrap();
            }
        }
        (most_rows, contacts, n_outcomes)
    }

    #[test]
    fn the_rows_of_one_phone_are_never_merged_all_at_once() {
        for n_bytes in [64 * 1024, usize::MAX] {
            let (most_rows, contacts, n_outcomes) = one_phone(n_bytes);
            assert_eq!((contacts.len(), contacts[0].n_rows, n_outcomes), (1, 10_000, 10_000));
            assert_eq!(&*contacts[0].rows, "sms:0-9999");
            assert!(most_rows <= 100, "{most_rows} rows at once with {n_bytes} bytes of memory");
        }
    }
}
