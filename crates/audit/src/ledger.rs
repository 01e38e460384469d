use std::collections::HashMap;

use model::{ContactId, Counts, Outcome};

use crate::{Difference, balance, equal};

/// Takes the row ledger in, row by row, and says what does not add up.
#[derive(Debug)]
pub struct LedgerAudit {
    sources: Vec<SourceRows>,
    /// Rows per contact: kept and merged.
    contacts: HashMap<ContactId, (u32, u32)>,
    counts: Counts,
}

/// The rows of a source and which of them have an outcome.
#[derive(Debug)]
struct SourceRows {
    name: String,
    is_seen: Vec<bool>,
    n_doubled: u64,
    n_unknown: u64,
}

/// What the ledger says as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerTotals {
    pub counts: Counts,
    pub n_contacts: u64,
}

impl LedgerAudit {
    /// `sources` are the sources with the number of rows that were received.
    pub fn new(sources: impl IntoIterator<Item = (String, u64)>) -> Self {
        let source = |(name, n_rows): (String, u64)| SourceRows {
            name,
            is_seen: vec![false; usize::try_from(n_rows).unwrap_or(0)],
            n_doubled: 0,
            n_unknown: 0,
        };
        let sources: Vec<SourceRows> = sources.into_iter().map(source).collect();
        let rows_in = sources.iter().map(|it| it.is_seen.len() as u64).sum();
        Self { sources, contacts: HashMap::new(), counts: Counts { rows_in, ..Counts::default() } }
    }

    /// Takes one row of the ledger. Records count from 1.
    pub fn row(&mut self, source: &str, record: u64, outcome: Outcome, contact: Option<ContactId>) {
        if let Some(source) = self.sources.iter_mut().find(|it| it.name == source) {
            let place = usize::try_from(record).ok().and_then(|it| it.checked_sub(1));
            match place.and_then(|it| source.is_seen.get_mut(it)) {
                None => source.n_unknown += 1,
                Some(is_seen) if *is_seen => source.n_doubled += 1,
                Some(is_seen) => *is_seen = true,
            }
        }
        match outcome {
            Outcome::Kept => self.counts.kept += 1,
            Outcome::Merged => self.counts.merged += 1,
            Outcome::Rejected => self.counts.rejected += 1,
            Outcome::Suppressed => self.counts.suppressed += 1,
        }
        if let (Some(contact), Outcome::Kept | Outcome::Merged) = (contact, outcome) {
            let rows = self.contacts.entry(contact).or_default();
            match outcome {
                Outcome::Kept => rows.0 += 1,
                _ => rows.1 += 1,
            }
        }
    }

    /// Compares a contact with the ledger: it must have this many rows, one of them kept.
    pub fn contact(&self, id: ContactId, n_rows: u64) -> Option<Difference> {
        match self.contacts.get(&id) {
            None => Some(Difference(format!("contact {id} has no row in the ledger"))),
            Some((1, n_merged)) if u64::from(*n_merged) + 1 == n_rows => None,
            Some((n_kept, n_merged)) => Some(Difference(format!(
                "contact {id}: the ledger has {n_kept} kept and {n_merged} merged rows, the contact {n_rows}"
            ))),
        }
    }

    /// What the whole ledger says, and what is wrong with it.
    pub fn finish(&self) -> (LedgerTotals, Vec<Difference>) {
        let mut differences = Vec::new();
        for source in &self.sources {
            let n_missing = source.is_seen.iter().filter(|it| !**it).count() as u64;
            for (what, n) in [
                ("rows without an outcome", n_missing),
                ("rows with two outcomes", source.n_doubled),
                ("outcomes of rows that were never received", source.n_unknown),
            ] {
                differences.extend(equal(&format!("{} of source {}", what, source.name), 0, n));
            }
        }
        differences.extend(balance("clean", &self.counts));
        (LedgerTotals { counts: self.counts, n_contacts: self.contacts.len() as u64 }, differences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: ContactId = ContactId([1; 16]);

    fn audit(rows: &[(u64, Outcome, Option<ContactId>)]) -> LedgerAudit {
        let mut audit = LedgerAudit::new([("sms".to_owned(), 3)]);
        for (record, outcome, contact) in rows {
            audit.row("sms", *record, *outcome, *contact);
        }
        audit
    }

    fn differences(rows: &[(u64, Outcome, Option<ContactId>)]) -> Vec<String> {
        audit(rows).finish().1.into_iter().map(|it| it.0).collect()
    }

    #[test]
    fn a_ledger_with_one_outcome_per_row_balances() {
        let rows = [(1, Outcome::Merged, Some(ANA)), (2, Outcome::Kept, Some(ANA)), (3, Outcome::Rejected, None)];
        assert_eq!(differences(&rows), [""; 0]);
        assert_eq!(audit(&rows).contact(ANA, 2), None);
    }

    #[test]
    fn a_lost_row_a_doubled_row_and_an_invented_row_are_named() {
        let kept = |record| (record, Outcome::Rejected, None);
        assert_eq!(
            differences(&[kept(1), kept(2)]),
            [
                "rows without an outcome of source sms: expected 0, found 1",
                "clean: 3 rows in, 0 kept + 0 merged + 2 rejected + 0 suppressed; 1 unaccounted for",
            ]
        );
        assert_eq!(
            differences(&[kept(1), kept(2), kept(2)])[..2],
            [
                "rows without an outcome of source sms: expected 0, found 1",
                "rows with two outcomes of source sms: expected 0, found 1"
            ]
        );
        assert_eq!(
            differences(&[kept(1), kept(2), kept(3), kept(4)])[0],
            "outcomes of rows that were never received of source sms: expected 0, found 1"
        );
    }

    #[test]
    fn a_contact_must_have_the_rows_that_it_claims() {
        let audit = audit(&[(1, Outcome::Kept, Some(ANA))]);
        assert!(audit.contact(ANA, 2).is_some());
        assert!(audit.contact(ContactId([2; 16]), 1).is_some());
    }
}
