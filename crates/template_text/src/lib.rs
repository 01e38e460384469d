//! Templates as text for a terminal: submissions, schedules, and their state in an account.

mod account;
mod submission;

use jiff::Timestamp;

pub use account::{change, status};
pub use submission::{faulty, outcome, outcome_name, schedule, submitted};

/// A time to the minute: `2026-11-30 08:15 UTC`.
pub(crate) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
