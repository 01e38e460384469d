use std::collections::HashMap;

use model::{ContactId, Counts, Outcome, Stage};

use crate::{Compared, Difference, balance, equal};

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
            None => Some(Difference::ContactWithoutRow { contact: id }),
            Some((1, n_merged)) if u64::from(*n_merged) + 1 == n_rows => None,
            Some(&(n_kept, n_merged)) => {
                Some(Difference::ContactWithOtherRows { contact: id, n_rows, n_kept, n_merged })
            }
        }
    }

    /// What the whole ledger says, and what is wrong with it.
    pub fn finish(&self) -> (LedgerTotals, Vec<Difference>) {
        let mut differences = Vec::new();
        for source in &self.sources {
            let n_missing = source.is_seen.iter().filter(|it| !**it).count() as u64;
            let name = || source.name.clone();
            differences.extend(equal(Compared::RowsWithoutOutcome { source: name() }, 0, n_missing));
            differences.extend(equal(Compared::RowsWithTwoOutcomes { source: name() }, 0, source.n_doubled));
            differences.extend(equal(Compared::OutcomesWithoutRow { source: name() }, 0, source.n_unknown));
        }
        differences.extend(balance(Stage::Clean, &self.counts));
        (LedgerTotals { counts: self.counts, n_contacts: self.contacts.len() as u64 }, differences)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const ANA: ContactId = ContactId([1; 16]);

    fn audit(rows: &[(u64, Outcome, Option<ContactId>)]) -> LedgerAudit {
        let mut audit = LedgerAudit::new([("sms".to_owned(), 3)]);
        for (record, outcome, contact) in rows {
            audit.row("sms", *record, *outcome, *contact);
        }
        audit
    }

    fn check(rows: &[(u64, Outcome, Option<ContactId>)], expected: Expect) {
        let differences = audit(rows).finish().1.into_iter().map(|it| format!("{it:?}\n"));
        expected.assert_eq(&differences.collect::<String>());
    }

    #[test]
    fn a_ledger_with_one_outcome_per_row_balances() {
        let rows = [(1, Outcome::Merged, Some(ANA)), (2, Outcome::Kept, Some(ANA)), (3, Outcome::Rejected, None)];
        check(&rows, expect![""]);
        assert_eq!(audit(&rows).contact(ANA, 2), None);
    }

    #[test]
    fn a_lost_row_a_doubled_row_and_an_invented_row_are_named() {
        let rejected = |record| (record, Outcome::Rejected, None);
        check(
            &[rejected(1), rejected(2)],
            expect![[r#"
            Unequal { compared: RowsWithoutOutcome { source: "sms" }, expected: 0, found: 1 }
            Unbalanced { stage: Clean, counts: Counts { rows_in: 3, kept: 0, merged: 0, rejected: 2, suppressed: 0 } }
        "#]],
        );
        check(
            &[rejected(1), rejected(2), rejected(2)],
            expect![[r#"
            Unequal { compared: RowsWithoutOutcome { source: "sms" }, expected: 0, found: 1 }
            Unequal { compared: RowsWithTwoOutcomes { source: "sms" }, expected: 0, found: 1 }
        "#]],
        );
        check(
            &[rejected(1), rejected(2), rejected(3), rejected(4)],
            expect![[r#"
            Unequal { compared: OutcomesWithoutRow { source: "sms" }, expected: 0, found: 1 }
            Unbalanced { stage: Clean, counts: Counts { rows_in: 3, kept: 0, merged: 0, rejected: 4, suppressed: 0 } }
        "#]],
        );
    }

    #[test]
    fn rows_that_balance_in_sum_and_not_one_by_one_are_named() {
        // One row is lost and another has two outcomes: the sums are right.
        check(
            &[(1, Outcome::Kept, Some(ANA)), (2, Outcome::Merged, Some(ANA)), (2, Outcome::Rejected, None)],
            expect![[r#"
                Unequal { compared: RowsWithoutOutcome { source: "sms" }, expected: 0, found: 1 }
                Unequal { compared: RowsWithTwoOutcomes { source: "sms" }, expected: 0, found: 1 }
            "#]],
        );
    }

    #[test]
    fn a_contact_must_have_the_rows_that_it_claims() {
        let audit = audit(&[(1, Outcome::Kept, Some(ANA))]);
        let other_rows = Difference::ContactWithOtherRows { contact: ANA, n_rows: 2, n_kept: 1, n_merged: 0 };
        assert_eq!(audit.contact(ANA, 2), Some(other_rows));
        let stranger = ContactId([2; 16]);
        assert_eq!(audit.contact(stranger, 1), Some(Difference::ContactWithoutRow { contact: stranger }));
    }
}
