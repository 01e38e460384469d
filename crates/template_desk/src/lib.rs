//! The work of `ferry template`: reads files, the database and the account of a plan, and gives results with their texts
//! for a terminal.
//!
//! Nothing here prints or knows the command line.

mod account;
mod costs;
mod diff;
mod kept;
mod lint;
mod sarif;
mod show;
mod status;
mod submit;
mod sync;

pub use crate::costs::costs;
pub use crate::diff::{DiffVersions, diff_submitted, diff_versions};
pub use crate::lint::{Linted, lint};
pub use crate::show::show;
pub use crate::status::{alert_entries, states, status};
pub use crate::submit::{Scheduled, SubmitOptions, Submitted, schedule, submit};
pub use crate::sync::{note_told, sync, sync_result};
