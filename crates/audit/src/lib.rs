//! Proves that nothing was lost and nothing doubled: every source row has exactly one outcome.
//!
//! Pure: facts go in, differences come out. An empty list of differences is the proof.

mod difference;
mod ledger;

pub use difference::{Compared, Difference, balance, equal};
pub use ledger::{LedgerAudit, LedgerTotals};
