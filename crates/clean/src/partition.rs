//! Rows wait in partitions by the first byte of their contact's id, encoded, until all are in.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use model::{Contact, LedgerRow, Outcome, RowFindings};

use crate::Rules;
use crate::chunk::Chunk;
use crate::link::{Linked, Linker};
use crate::merge::Merged;
use crate::row::{Entry, Place};
use crate::tie::{self, Email, Tie};
use crate::waiting::{Spill, Waiting};

/// How many partitions there are: one per first byte of a contact id. Merged one after the other
/// they give all contacts in the order of their ids.
pub const N_PARTITIONS: usize = 256;

/// Takes rows in, from many threads at once, and gives contacts out.
pub struct Cleaner {
    pub(crate) rules: Rules,
    pub(crate) waiting: Waiting,
    n_partitions: usize,
}

/// What waits on a shelf. There is one of each kind per partition.
#[derive(Clone, Copy)]
pub(crate) enum Shelf {
    /// Rows by the contact that they are about.
    Rows,
    /// Rows that name a Viber user and no phone, by the user. Whether another row ties that user to a
    /// phone is known only when all rows are in.
    Unlinked,
    /// Which user was seen with which contact, by the user.
    Links,
    /// The e-mail addresses of contacts, by their hashes.
    Emails,
}

impl Shelf {
    pub(crate) const N_KINDS: usize = 4;

    pub(crate) fn of(self, partition: usize) -> usize {
        self as usize * N_PARTITIONS + partition
    }
}

/// Some contacts' rows, all of them, which wait to be merged.
pub struct Piece {
    rows: Arc<Sorted>,
    places: Range<usize>,
}

/// The rows of a partition in the order of their contacts' ids.
struct Sorted {
    waiting: Vec<u8>,
    places: Vec<Place>,
}

impl Cleaner {
    /// Keeps all rows in memory.
    pub fn new(rules: Rules) -> Self {
        Self { rules, waiting: Waiting::new(Shelf::N_KINDS * N_PARTITIONS, None), n_partitions: N_PARTITIONS }
    }

    /// Keeps about so many bytes of rows in memory, and puts the others into the spill.
    pub fn with_spill(rules: Rules, n_bytes: usize, spill: Box<dyn Spill>) -> Self {
        let waiting = Waiting::new(Shelf::N_KINDS * N_PARTITIONS, Some((n_bytes, spill)));
        Self { rules, waiting, n_partitions: N_PARTITIONS }
    }

    /// In so many partitions, which are no more than [`N_PARTITIONS`].
    #[cfg(test)]
    fn in_partitions(self, n_partitions: usize) -> Self {
        Self { n_partitions, ..self }
    }

    /// The partition of ids that begin with this byte.
    pub(crate) fn partition_of(&self, byte: u8) -> usize {
        usize::from(byte) * self.n_partitions / N_PARTITIONS
    }

    /// Holds back the people of rows of one source with any of these findings. Call it before [`Cleaner::merge`].
    pub fn hold(&mut self, source: usize, findings: RowFindings) {
        self.rules.sources[source].held = findings;
    }

    /// Begins a chunk of rows of one source. Chunks can be taken in on several threads at once.
    pub fn chunk(&self) -> Chunk<'_> {
        Chunk::new(self)
    }

    /// Says that all rows are in, for the Viber users of one partition: their rows go to the one phone
    /// that they were seen with, or that they shared when they were asked. Users of none, or of
    /// several, stay contacts of their own.
    pub fn link(&self, partition: usize) -> io::Result<Linked> {
        let seen = self.waiting.take(Shelf::Links.of(partition))?;
        let unlinked = self.waiting.take(Shelf::Unlinked.of(partition))?;
        let mut linker = Linker::of(&seen);
        let mut entries: Vec<Entry> = Place::all(&unlinked).iter().map(|it| it.entry(&unlinked)).collect();
        linker.bind_cards(&self.rules, &mut entries);
        let mut shelves: Vec<Vec<u8>> = vec![Vec::new(); N_PARTITIONS];
        for mut entry in entries {
            entry.id = linker.contact_of(&entry);
            entry.encode(&mut shelves[self.partition_of(entry.id.0[0])]);
        }
        for (partition, bytes) in shelves.iter().enumerate() {
            self.waiting.put(Shelf::Rows.of(partition), bytes)?;
        }
        Ok(linker.finish(&self.rules))
    }

    /// Cuts one partition into pieces of at least so many rows, in the order of their contacts, and forgets the rows. Call
    /// [`Cleaner::link`] for all partitions first.
    pub fn pieces(&self, partition: usize, n_rows: usize) -> io::Result<Vec<Piece>> {
        let waiting = self.waiting.take(Shelf::Rows.of(partition))?;
        let mut places = Place::all(&waiting);
        places.sort_unstable();
        let rows = Arc::new(Sorted { waiting, places });
        let mut pieces = Vec::new();
        let mut start = 0;
        while start < rows.places.len() {
            let last = (rows.places.len() - 1).min(start + n_rows.saturating_sub(1));
            let end = last + rows.places[last..].partition_point(|it| it.id() == rows.places[last].id());
            pieces.push(Piece { rows: Arc::clone(&rows), places: start..end });
            start = end;
        }
        Ok(pieces)
    }

    /// Merges rows. Gives the contacts in the order of their ids, each with what became of its rows, in the order of the
    /// sources; of people who are suppressed only that.
    pub fn merge(&self, piece: &Piece, mut give: impl FnMut(Option<Contact>, &[LedgerRow])) -> io::Result<()> {
        let Sorted { waiting, places } = &*piece.rows;
        let places = &places[piece.places.clone()];
        let (mut entries, mut ledger, mut emails) = (Vec::new(), Vec::new(), Vec::new());
        for rows in places.chunk_by(|one, other| one.id() == other.id()) {
            let id = rows[0].id();
            entries.extend(rows.iter().map(|it| it.entry(waiting)));
            entries.sort_unstable_by_key(|it| it.row);
            let is_suppressed = self.rules.suppressed.contains(&id);
            let outcome = if is_suppressed { Outcome::Suppressed } else { Outcome::Merged };
            let ledger_row = |it: &Entry| LedgerRow {
                row: it.row,
                outcome,
                reason: None,
                contact_id: Some(id),
                findings: it.findings,
            };
            ledger.clear();
            ledger.extend(entries.iter().map(ledger_row));
            let mut person = Merged::default();
            entries.drain(..).for_each(|it| person.add(&self.rules, it));
            if is_suppressed {
                give(None, &ledger);
                continue;
            }
            let latest = person.latest_row();
            ledger.iter_mut().filter(|it| Some(it.row) == latest).for_each(|it| it.outcome = Outcome::Kept);
            let contact = person.finish(&self.rules, id);
            emails.extend(Email::of(&self.rules.decisions, &contact));
            give(Some(contact), &ledger);
        }
        self.put_emails(emails)
    }

    fn put_emails(&self, mut emails: Vec<Email>) -> io::Result<()> {
        tie::condense(&mut emails);
        let partition = |it: &Email| self.partition_of(it.first_byte());
        let mut bytes = Vec::new();
        for emails in emails.chunk_by(|one, other| partition(one) == partition(other)) {
            bytes.clear();
            emails.iter().for_each(|it| it.encode(&mut bytes));
            self.waiting.put(Shelf::Emails.of(partition(&emails[0])), &bytes)?;
        }
        Ok(())
    }

    /// Contacts that have one e-mail address, of one partition of the addresses. Call [`Cleaner::merge`] for all
    /// pieces first.
    pub fn same_email(&self, partition: usize) -> io::Result<Vec<Tie>> {
        Ok(tie::of_emails(&self.rules.decisions, &self.waiting.take(Shelf::Emails.of(partition))?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use model::RowId;
    use model::{RawContact, Reject};
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
        fn put(&self, shelf: usize, bytes: &[u8]) -> io::Result<()> {
            self.0.lock().unwrap().entry(shelf).or_default().extend_from_slice(bytes);
            Ok(())
        }

        fn take(&self, shelf: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
            bytes.extend(self.0.lock().unwrap().remove(&shelf).unwrap_or_default());
            Ok(())
        }
    }

    /// Cleans chunks of rows on several threads at once, in so many partitions, with so many bytes in memory and so many rows
    /// in a piece.
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
                        let mut taking = cleaner.chunk();
                        chunk.iter().for_each(|(id, row)| taking.add(*id, &raw(row.1)));
                        taking.end().unwrap().rejects
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
            for piece in cleaner.pieces(partition, n_rows).unwrap() {
                cleaner.merge(&piece, &mut give).unwrap();
            }
        }
        let same_emails = (0..n_partitions).flat_map(|it| cleaner.same_email(it).unwrap());
        let linked = Linked {
            counts: linked.iter().map(|it| it.counts).sum(),
            users: linked.iter().flat_map(|it| it.users.clone()).collect(),
            ties: linked.into_iter().flat_map(|it| it.ties).chain(same_emails).collect(),
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
