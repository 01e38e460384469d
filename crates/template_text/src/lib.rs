//! Templates as text for a terminal: how they look, what differs, what they cost, submissions, schedules, their state in
//! an account, and alerts.

mod account;
mod alerts;
mod bubble;
mod costs;
mod diff;
mod kept;
mod submission;

use jiff::Timestamp;

pub use account::{change, status, synced};
pub use alerts::{advice, message, n_days_left};
pub use bubble::{BubbleLook, bubble};
pub use costs::{CostCard, costs};
pub use diff::{diff_submitted, diff_versions};
pub use kept::{decision_name, list, of_file, shown};
pub use submission::{faulty, left_out, outcome, outcome_name, schedule, submitted};

/// A day: `2026-11-30`.
pub(crate) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// A time to the minute: `2026-11-30 08:15 UTC`.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
