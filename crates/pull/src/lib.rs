//! Reads the sources of a plan from the APIs of their providers.
//!
//! [`pull_sources`] reads all of them at once: what is not read yet, or, where the caller says so, what has come since the
//! last reading. One that fails stops no other. Pages are kept in the folder of the source, and a file beside them says
//! what they cover, signed with the contact key. [`files_of`] gives the files that `extract` reads.

mod check;
mod ids;
mod refusals;
mod scenarios;
mod signed;
mod sources;

pub use check::{Checked, Forecast, check_source};
pub use refusals::{StaleSource, stale_sources};
pub use signed::SignatureError;
pub use sources::{
    FailedSource, OnPages, OnSourceWait, Progress, PullSettings, PulledSource, Refresh, files_of, is_failure_passing,
    pull_sources, read_coverage,
};
