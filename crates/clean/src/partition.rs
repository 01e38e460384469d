//! Rows wait in partitions by the first byte of their contact's id, encoded, until all are in.

use std::sync::Mutex;

use model::{Contact, ContactId, Findings, Outcome, RawContact, Reason, Reject, RowId};

use crate::Rules;
use crate::link::{Linker, Links};
use crate::merge::Merged;
use crate::row::{Entry, entry};

/// How many partitions there are: one per first byte of a contact id. Merged one after the other
/// they give all contacts in the order of their ids.
pub const N_PARTITIONS: usize = 256;

/// What the rows of one chunk take in one partition, about; growing to that step by step takes time.
const CHUNK_BYTES: usize = 8 << 10;

/// Takes rows in, from many threads at once, and gives contacts out.
pub struct Cleaner {
    rules: Rules,
    waiting: Vec<Mutex<Vec<u8>>>,
    /// Rows that name a Viber user and no phone. Whether another row ties that user to a phone is
    /// known only when all rows are in.
    unlinked: Mutex<Vec<Vec<u8>>>,
    linker: Mutex<Linker>,
}

/// The contacts of one partition and what became of each of its rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// In the order of their ids.
    pub contacts: Vec<Contact>,
    /// One per row, contact by contact, each contact's rows in the order of the sources.
    pub ledger: Vec<LedgerRow>,
}

/// What became of one source row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    pub row: RowId,
    pub outcome: Outcome,
    pub reason: Option<Reason>,
    pub contact_id: Option<ContactId>,
    pub findings: Findings,
}

impl Cleaner {
    pub fn new(rules: Rules) -> Self {
        let waiting = (0..N_PARTITIONS).map(|_| Mutex::default()).collect();
        Self { rules, waiting, unlinked: Mutex::default(), linker: Mutex::default() }
    }

    /// Takes a chunk of rows in and gives its rejects back, in the order of the rows.
    pub fn add<'a>(&self, rows: impl IntoIterator<Item = (RowId, RawContact<'a>)>) -> Vec<Reject> {
        let mut chunk: Vec<Vec<u8>> = (0..N_PARTITIONS).map(|_| Vec::with_capacity(CHUNK_BYTES)).collect();
        let (mut rejects, mut unlinked, mut linker) = (Vec::new(), Vec::new(), Linker::default());
        for (row, raw) in rows {
            match entry(&self.rules, row, &raw) {
                Ok(entry) if entry.phone.is_none() => unlinked.push(entry.encoded(Vec::new())),
                Ok(entry) => {
                    linker.see(&self.rules, &entry);
                    let partition = &mut chunk[usize::from(entry.id.0[0])];
                    *partition = entry.encoded(std::mem::take(partition));
                }
                Err((reason, field)) => rejects.push(Reject { row, reason, field }),
            }
        }
        locked(&self.unlinked).append(&mut unlinked);
        locked(&self.linker).join(linker);
        for (waiting, chunk) in self.waiting.iter().zip(chunk) {
            locked(waiting).extend_from_slice(&chunk);
        }
        rejects
    }

    /// Says that all rows are in: rows of Viber users go to the one phone they were seen with, or that
    /// they shared when they were asked. Users of none, or of several, stay contacts of their own.
    pub fn link_all(&self) -> Links {
        let rows = std::mem::take(&mut *locked(&self.unlinked));
        let mut linker = std::mem::take(&mut *locked(&self.linker));
        let mut entries: Vec<Entry> = rows.iter().map(|it| Entry::decoded(it).0).collect();
        linker.bind_cards(&self.rules, &mut entries);
        for mut entry in entries {
            if let Some(linked) = linker.contact_of(&self.rules, &entry) {
                entry.id = linked;
            }
            let mut waiting = locked(&self.waiting[usize::from(entry.id.0[0])]);
            *waiting = entry.encoded(std::mem::take(&mut waiting));
        }
        linker.count()
    }

    /// Merges one partition and forgets its rows. Call [`Cleaner::link_all`] first.
    pub fn merge(&self, partition: usize) -> Partition {
        let waiting = std::mem::take(&mut *locked(&self.waiting[partition]));
        let mut entries = Vec::new();
        let mut rest = waiting.as_slice();
        while !rest.is_empty() {
            let (entry, after) = Entry::decoded(rest);
            entries.push(entry);
            rest = after;
        }
        entries.sort_unstable_by_key(|it| (it.id, it.row));

        let mut merged = Partition::default();
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
        merged
    }
}

fn ledger_rows(id: ContactId, rows: &[(RowId, Findings)], latest: Option<RowId>) -> impl Iterator<Item = LedgerRow> {
    rows.iter().map(move |&(row, findings)| LedgerRow {
        row,
        outcome: if Some(row) == latest { Outcome::Kept } else { Outcome::Merged },
        reason: None,
        contact_id: Some(id),
        findings,
    })
}

fn suppressed(id: ContactId, &(row, findings): &(RowId, Findings)) -> LedgerRow {
    LedgerRow { row, outcome: Outcome::Suppressed, reason: None, contact_id: Some(id), findings }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

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
            key: ContactKey::from_hex(&"5a".repeat(32)).unwrap(),
            sources: vec![
                source("sms", Channel::Sms, 1),
                source("viber", Channel::Viber, 2),
                source("old", Channel::Sms, 1),
            ],
            own_numbers: Default::default(),
            suppressed: Default::default(),
        }
    }

    fn raw(cells: [&'static str; 6]) -> RawContact<'static> {
        let [phone, name, last_at, consent, external_id, tags] = cells;
        RawContact { phone, name: name.into(), last_at, consent, external_id, tags, ..RawContact::default() }
    }

    /// Cleans chunks of rows on several threads at once.
    fn clean(chunks: &[Vec<(RowId, TestRow)>]) -> (Vec<Partition>, Vec<Reject>) {
        let cleaner = Arc::new(Cleaner::new(rules()));
        let mut rejects: Vec<Reject> = std::thread::scope(|scope| {
            let threads: Vec<_> = chunks
                .iter()
                .map(|chunk| scope.spawn(|| cleaner.add(chunk.iter().map(|(id, row)| (*id, raw(row.1))))))
                .collect();
            threads.into_iter().flat_map(|it| it.join().unwrap()).collect()
        });
        rejects.sort_by_key(|it| it.row);
        let _ = cleaner.link_all();
        ((0..N_PARTITIONS).map(|it| cleaner.merge(it)).collect(), rejects)
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
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn neither_order_nor_chunks_nor_threads_change_the_result(
            (rows, shuffled, n_chunks) in rows().prop_flat_map(|rows| {
                let numbered: Vec<(RowId, TestRow)> =
                    (1..).zip(rows).map(|(record, row)| (RowId { source: row.0, record }, row)).collect();
                (Just(numbered.clone()), Just(numbered).prop_shuffle(), 1..8_usize)
            })
        ) {
            let whole = clean(std::slice::from_ref(&rows));
            let size = shuffled.len().div_ceil(n_chunks).max(1);
            let chunks: Vec<Vec<_>> = shuffled.chunks(size).map(<[_]>::to_vec).collect();
            prop_assert_eq!(&clean(&chunks), &whole);

            let (partitions, rejects) = whole;
            let mut seen: Vec<RowId> = partitions.iter().flat_map(|it| &it.ledger).map(|it| it.row).collect();
            seen.extend(rejects.iter().map(|it| it.row));
            seen.sort();
            let mut given: Vec<RowId> = rows.iter().map(|it| it.0).collect();
            given.sort();
            prop_assert_eq!(seen, given, "every row has exactly one outcome");

            let contacts: Vec<&Contact> = partitions.iter().flat_map(|it| &it.contacts).collect();
            prop_assert!(contacts.is_sorted_by(|a, b| a.id < b.id), "contacts are in the order of their ids");
            let n_kept = partitions.iter().flat_map(|it| &it.ledger).filter(|it| it.outcome == Outcome::Kept).count();
            prop_assert_eq!(n_kept, contacts.len(), "each contact keeps one row");
        }
    }
}
