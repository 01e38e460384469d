//! Templates as text for a terminal: submissions, schedules, their state in an account, and alerts.

mod account;
mod alerts;
mod submission;

use jiff::Timestamp;

pub use account::{change, status, synced};
pub use alerts::{advice, message, n_days_left};
pub use submission::{faulty, outcome, outcome_name, schedule, submitted};

/// A day: `2026-11-30`.
pub(crate) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// A time to the minute: `2026-11-30 08:15 UTC`.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
