//! Hash-partitioned external merge.
//!
//! All rows of a contact must come together before they are merged, and all rows together may not fit into memory. So rows
//! are partitioned by the first byte of their contact's id, which is a keyed digest and therefore spreads them evenly, and
//! one partition after the other is sorted and merged. Beyond a budget of memory, buckets go to a [`spill::Spill`].
//!
//! ```text
//! rows ─► ChunkWriter ─┬────────────────────────► Rows ─► sort ─► SortedRun ─► merge ─┬─► contacts, ledger
//! (many threads)       ├─► Unlinked ─┐             ▲                                  │
//!                      └─► Links ────┴─► link ─────┘                                  └─► Emails ─► same_email
//!                          │                │
//!                          └────────────────┴─ which Viber user is which contact
//!
//! Rows, Unlinked, Links and Emails are buckets, one per partition: 4 × 256.
//! Each is in memory until the budget is used up, then all are appended to the spill, and come back when taken.
//! ```
//!
//! Contact ids are ordered by their bytes, so partitions that are merged in their order give all contacts in the order of
//! their ids. The result depends neither on the order in which rows came nor on how many were spilled.

pub(crate) mod chunk;
pub(crate) mod cleaner;
pub(crate) mod encoding;
pub(crate) mod spill;
pub(crate) mod store;
