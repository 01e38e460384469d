//! Commands about rows of a run: `ferry trace`, `unreadable` and `fix`.

use std::path::PathBuf;

use clap::Args;

use super::Where;

#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// A phone number, a contact id, an id of Viber or another system, or SOURCE:ROW such as sms:12
    pub(crate) query: String,
}

#[derive(Debug, Args)]
pub(crate) struct UnreadableArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// Field to list [default: all]
    #[arg(value_parser = unreadable_fields())]
    pub(crate) field: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// The corrected copy of a file of clean/rejects
    pub(crate) file: PathBuf,
}

/// The names of fields whose values can be unreadable.
fn unreadable_fields() -> [&'static str; 6] {
    clean::ReadField::ALL.map(clean::ReadField::name)
}
