//! Rows wait in partitions by the first byte of their contact's id, encoded, until all are in.

use std::io;

use model::{Contact, ContactId, Outcome, RawContact, Reason, Reject, RowFindings, RowId};

use crate::Rules;
use crate::hygiene::Hygiene;
use crate::link::{self, Linked, Linker};
use crate::merge::Merged;
use crate::row::{Entry, entry};
use crate::tie::{self, Tie};
use crate::waiting::{Spill, Waiting};

/// How many partitions there are: one per first byte of a contact id. Merged one after the other
/// they give all contacts in the order of their ids.
pub const N_PARTITIONS: usize = 256;

/// Takes rows in, from many threads at once, and gives contacts out.
pub struct Cleaner {
    rules: Rules,
    waiting: Waiting,
    n_partitions: usize,
}

/// What waits on a shelf. There is one of each kind per partition.
#[derive(Clone, Copy)]
enum Shelf {
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
    const N_KINDS: usize = 4;

    fn of(self, partition: usize) -> usize {
        self as usize * N_PARTITIONS + partition
    }
}

/// The contacts of one partition and what became of each of its rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// In the order of their ids.
    pub contacts: Vec<Contact>,
    /// One per row, contact by contact, each contact's rows in the order of the sources.
    pub ledger: Vec<LedgerRow>,
}

/// What taking a chunk of rows in showed.
#[derive(Debug, Default)]
pub struct Taken {
    /// In the order of the rows.
    pub rejects: Vec<Reject>,
    pub hygiene: Hygiene,
}

/// What became of one source row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    pub row: RowId,
    pub outcome: Outcome,
    pub reason: Option<Reason>,
    pub contact_id: Option<ContactId>,
    pub findings: RowFindings,
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
    fn partition_of(&self, byte: u8) -> usize {
        usize::from(byte) * self.n_partitions / N_PARTITIONS
    }

    /// Takes a chunk of rows of one source in.
    pub fn add<'a>(&self, rows: impl IntoIterator<Item = (RowId, RawContact<'a>)>) -> io::Result<Taken> {
        let mut shelves: Vec<Vec<u8>> = vec![Vec::new(); Shelf::N_KINDS * N_PARTITIONS];
        let mut taken = Taken::default();
        for (row, raw) in rows {
            match entry(&self.rules, row, &raw) {
                Err((reason, field)) => {
                    if field == "phone" {
                        taken.hygiene.add_invalid(&raw, reason, self.rules.default_region);
                    }
                    taken.rejects.push(Reject { row, reason, field });
                }
                Ok(mut entry) => {
                    taken.hygiene.add_valid(&entry);
                    if let (Some(phone), Some(user)) = (entry.phone, link::user_of(&self.rules, &entry)) {
                        match self.rules.edges.may_link(user, || self.rules.key.of_phone(phone.number)) {
                            true => shelves[Shelf::Links.of(self.partition_of(user.0[0]))]
                                .extend_from_slice(&link::encoded(user, entry.id)),
                            // The row is about the phone; whoever else is named in it is somebody else.
                            false => entry.viber_id = "",
                        }
                    }
                    let shelf = if entry.phone.is_some() { Shelf::Rows } else { Shelf::Unlinked };
                    let shelf = &mut shelves[shelf.of(self.partition_of(entry.id.0[0]))];
                    *shelf = entry.encoded(std::mem::take(shelf));
                }
            }
        }
        for (number, bytes) in shelves.iter().enumerate() {
            self.waiting.put(number, bytes)?;
        }
        taken.hygiene.look_through();
        Ok(taken)
    }

    /// Says that all rows are in, for the Viber users of one partition: their rows go to the one phone
    /// that they were seen with, or that they shared when they were asked. Users of none, or of
    /// several, stay contacts of their own.
    pub fn link(&self, partition: usize) -> io::Result<Linked> {
        let seen = self.waiting.take(Shelf::Links.of(partition))?;
        let unlinked = self.waiting.take(Shelf::Unlinked.of(partition))?;
        let mut linker = Linker::of(&seen);
        let mut entries = decoded(&unlinked);
        linker.bind_cards(&self.rules, &mut entries);
        let mut shelves: Vec<Vec<u8>> = vec![Vec::new(); N_PARTITIONS];
        for mut entry in entries {
            entry.id = linker.contact_of(&entry);
            let shelf = &mut shelves[self.partition_of(entry.id.0[0])];
            *shelf = entry.encoded(std::mem::take(shelf));
        }
        for (partition, bytes) in shelves.iter().enumerate() {
            self.waiting.put(Shelf::Rows.of(partition), bytes)?;
        }
        Ok(linker.finish(&self.rules))
    }

    /// Merges one partition and forgets its rows. Call [`Cleaner::link`] for all partitions first.
    pub fn merge(&self, partition: usize) -> io::Result<Partition> {
        let waiting = self.waiting.take(Shelf::Rows.of(partition))?;
        let mut entries = decoded(&waiting);
        // Rows are large and ids are compared fastest as numbers: their places are sorted, and each row moves once.
        entries.sort_by_cached_key(|it| (u128::from_be_bytes(it.id.0), it.row));

        let mut merged =
            Partition { contacts: Vec::with_capacity(entries.len()), ledger: Vec::with_capacity(entries.len()) };
        let mut entries = entries.into_iter().peekable();
        while let Some(first) = entries.next() {
            let id = first.id;
            let mut rows = vec![(first.row, first.findings)];
            let mut person = Merged::default();
            person.add(&self.rules, first);
            while let Some(next) = entries.next_if(|it| it.id == id) {
                rows.push((next.row, next.findings));
                person.add(&self.rules, next);
            }
            if self.rules.suppressed.contains(&id) {
                merged.ledger.extend(rows.iter().map(|it| suppressed(id, it)));
                continue;
            }
            merged.ledger.extend(ledger_rows(id, &rows, person.latest_row()));
            merged.contacts.push(person.finish(&self.rules, id));
        }
        for contact in &merged.contacts {
            if let Some((partition, email)) = tie::encoded(&self.rules, contact) {
                self.waiting.put(Shelf::Emails.of(self.partition_of(partition)), &email)?;
            }
        }
        Ok(merged)
    }

    /// Contacts that have one e-mail address, of one partition of the addresses. Call [`Cleaner::merge`] for all
    /// partitions first.
    pub fn same_email(&self, partition: usize) -> io::Result<Vec<Tie>> {
        Ok(tie::of_emails(&self.rules, &self.waiting.take(Shelf::Emails.of(partition))?))
    }
}

fn ledger_rows(id: ContactId, rows: &[(RowId, RowFindings)], latest: Option<RowId>) -> impl Iterator<Item = LedgerRow> {
    rows.iter().map(move |&(row, findings)| LedgerRow {
        row,
        outcome: if Some(row) == latest { Outcome::Kept } else { Outcome::Merged },
        reason: None,
        contact_id: Some(id),
        findings,
    })
}

fn suppressed(id: ContactId, &(row, findings): &(RowId, RowFindings)) -> LedgerRow {
    LedgerRow { row, outcome: Outcome::Suppressed, reason: None, contact_id: Some(id), findings }
}

fn decoded(mut bytes: &[u8]) -> Vec<Entry<'_>> {
    /// A row with a number, a name and little else.
    const USUAL_BYTES: usize = 64;
    let mut entries = Vec::with_capacity(bytes.len() / USUAL_BYTES);
    while !bytes.is_empty() {
        let (entry, rest) = Entry::decoded(bytes);
        entries.push(entry);
        bytes = rest;
    }
    entries
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use model::{Channel, ContactKey};
    use proptest::prelude::*;

    use super::*;
    use crate::{ConsentWords, Source};

    /// A row as a test writes it: its source, and its cells.
    type TestRow = (u16, [&'static str; 6]);

    fn rules() -> Rules {
        let source =
            |name: &str, channel, priority| Source { name: name.into(), channel, priority, scope: name.into() };
        Rules {
            default_region: model::Region::from_code("FR"),
            words: ConsentWords::default(),
            survivorship: Default::default(),
            key: ContactKey::from_hex(&"5a".repeat(32)).unwrap(),
            sources: vec![
                source("sms", Channel::Sms, 1),
                source("viber", Channel::Viber, 2),
                source("old", Channel::Sms, 1),
            ],
            own_numbers: Default::default(),
            suppressed: Default::default(),
            edges: Default::default(),
        }
    }

    fn raw(cells: [&'static str; 6]) -> RawContact<'static> {
        let [phone, name, last_at, consent, external_id, tags] = cells;
        // An address that people share.
        let email = if name == "ANA" { "home@example.com" } else { "" };
        RawContact { phone, name: name.into(), email, last_at, consent, external_id, tags, ..RawContact::default() }
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

    /// Cleans chunks of rows on several threads at once, in so many partitions, with so many bytes in memory.
    fn clean(
        chunks: &[Vec<(RowId, TestRow)>],
        n_partitions: usize,
        n_bytes: usize,
    ) -> (Partition, Vec<Reject>, Linked) {
        let cleaner = Cleaner::with_spill(rules(), n_bytes, Box::<Elsewhere>::default()).in_partitions(n_partitions);
        let mut rejects: Vec<Reject> = std::thread::scope(|scope| {
            let threads: Vec<_> = chunks
                .iter()
                .map(|chunk| {
                    scope.spawn(|| cleaner.add(chunk.iter().map(|(id, row)| (*id, raw(row.1)))).unwrap().rejects)
                })
                .collect();
            threads.into_iter().flat_map(|it| it.join().unwrap()).collect()
        });
        rejects.sort_by_key(|it| it.row);
        let linked: Vec<Linked> = (0..n_partitions).map(|it| cleaner.link(it).unwrap()).collect();
        let merged: Vec<Partition> = (0..n_partitions).map(|it| cleaner.merge(it).unwrap()).collect();
        let same_emails = (0..n_partitions).flat_map(|it| cleaner.same_email(it).unwrap());
        let linked = Linked {
            counts: linked.iter().map(|it| it.counts).sum(),
            users: linked.iter().flat_map(|it| it.users.clone()).collect(),
            ties: linked.into_iter().flat_map(|it| it.ties).chain(same_emails).collect(),
        };
        let whole = Partition {
            contacts: merged.iter().flat_map(|it| it.contacts.clone()).collect(),
            ledger: merged.iter().flat_map(|it| it.ledger.clone()).collect(),
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
            (rows, shuffled, n_chunks, n_partitions, n_bytes) in rows().prop_flat_map(|rows| {
                let numbered: Vec<(RowId, TestRow)> =
                    (1..).zip(rows).map(|(record, row)| (RowId { source: row.0, record }, row)).collect();
                (Just(numbered.clone()), Just(numbered).prop_shuffle(), 1..8_usize, 1..=N_PARTITIONS, 0..2000_usize)
            })
        ) {
            let whole = clean(std::slice::from_ref(&rows), N_PARTITIONS, usize::MAX);
            let size = shuffled.len().div_ceil(n_chunks).max(1);
            let chunks: Vec<Vec<_>> = shuffled.chunks(size).map(<[_]>::to_vec).collect();
            prop_assert_eq!(&clean(&chunks, n_partitions, n_bytes), &whole);

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
