//! Hash-partitioned external merge.
//!
//! All rows of a contact must come together before they are merged, and all rows together may not fit into memory. So
//! rows are partitioned by the first byte of their contact's id, which is a keyed digest and therefore spreads them
//! evenly, and one partition after the other is sorted and merged.
//!
//! ```text
//! while rows come in, on many threads      once all rows are in, one partition after the other
//!
//!                      ┌─► Unlinked ───────┐
//! rows ─► ChunkWriter ─┼─► Links ──────────┴─► link ─┐
//!                      └─► Rows ◄────────────────────┘
//!                           └─► sort ─► SortedRun ─► merge ─┬─► contacts, ledger
//!                                                           └─► Emails ─► same_email ─► possible duplicates
//! ```
//!
//! Rows, Unlinked, Links and Emails are buckets, one of each per partition. They are in memory until the budget is used
//! up; then all of them are appended to the spill, from which they come back when they are taken. A bucket that is larger
//! than the budget is read in pieces.
//!
//! Contact ids are ordered by their bytes, so partitions that are merged in their order give all contacts in the order
//! of their ids. The result depends neither on the order in which rows came nor on how many were spilled.

pub(crate) mod chunk;
pub(crate) mod cleaner;
pub(crate) mod encoding;
mod large;
pub(crate) mod sorted_run;
pub(crate) mod spill;
pub(crate) mod store;
