//! Proves that nothing was lost and nothing doubled: every source row has exactly one outcome.
//!
//! Pure: facts go in, differences come out. An empty list of differences is the proof.

mod ledger;

pub use ledger::{LedgerAudit, LedgerTotals};

use model::Counts;

/// Something that does not add up, in words for whoever has to find out why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference(pub String);

/// Compares two numbers that must be equal.
pub fn equal(what: &str, expected: u64, found: u64) -> Option<Difference> {
    (expected != found).then(|| Difference(format!("{what}: expected {expected}, found {found}")))
}

/// Checks the conservation law: rows in = kept + merged + rejected + suppressed.
pub fn balance(what: &str, counts: &Counts) -> Option<Difference> {
    let Counts { rows_in, kept, merged, rejected, suppressed } = counts;
    match counts.unaccounted() {
        0 => None,
        n => Some(Difference(format!(
            "{what}: {rows_in} rows in, {kept} kept + {merged} merged + {rejected} rejected + {suppressed} suppressed; {n} unaccounted for"
        ))),
    }
}
