//! The crate as its callers use it, on both databases.

mod campaigns;
mod countries;
mod decisions;
mod derived;
mod histories;
mod identity;
mod identity_views;
mod inbox;
mod journal;
mod ledger;
mod lineage;
mod load;
mod meanwhile;
mod orders;
mod outbox;
mod restore;
mod samples;
mod scenarios;
mod schema;
mod segments;
mod suppression;
mod two;
mod unmerge;
mod usage;
mod verification;
