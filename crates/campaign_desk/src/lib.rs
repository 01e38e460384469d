//! The work of `ferry campaign`: plans, starts, pauses, stops, settles and proves campaigns.
//!
//! Nothing here prints or knows the command line.

mod orders;
mod planned;
mod planned_groups;
mod proof;
mod samples;
mod settle;
mod shown;
mod start;

use jiff::Timestamp;

pub use crate::orders::{OrderedWord, order};
pub use crate::planned::planned;
pub use crate::proof::prove;
pub use crate::settle::{Settling, settle};
pub use crate::shown::status;
pub use crate::start::{Starting, event_line};

/// A moment as text and JSON show it.
fn shown_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A number with its noun.
fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
