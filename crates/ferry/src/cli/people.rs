//! Commands about people: `ferry suppress`, `merge`, `unmerge` and `share`.

use std::path::PathBuf;

use clap::Args;

use super::PlannedArgs;

#[derive(Debug, Args)]
pub(crate) struct SuppressArgs {
    #[command(flatten)]
    pub(crate) plan: PlannedArgs,
    /// Phone number or contact id; may be repeated [default: one per line from standard input]
    #[arg(long = "number", value_name = "NUMBER", conflicts_with_all = ["sha256", "column"])]
    pub(crate) numbers: Vec<String>,
    /// Read plain SHA-256 digests of numbers in E.164 form, with or without the plus, instead of numbers
    #[arg(long)]
    pub(crate) sha256: bool,
    /// Read standard input as CSV, and take this column
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
    /// Undo the suppression
    #[arg(long)]
    pub(crate) remove: bool,
    /// Reason; stored in the database
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Put a new key before the others; entries are written again under it when their number is seen
    #[arg(long, conflicts_with_all = ["numbers", "sha256", "column", "remove", "reason"])]
    pub(crate) rotate_keys: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// Contact to keep: a phone number, a contact id, or an id of Viber or another system
    pub(crate) survivor: String,
    /// Contact to merge into it
    pub(crate) other: String,
}

#[derive(Debug, Args)]
pub(crate) struct UnmergeArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// Contact that was kept: a phone number, a contact id, or an id of Viber or another system
    pub(crate) survivor: String,
    /// Contact that was merged: its phone number, or its id
    pub(crate) other: String,
    /// Never merge them from now on
    #[arg(long)]
    pub(crate) never: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShareArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// A phone number or a contact id
    pub(crate) contact: String,
    /// Undo: the phone belongs to one person
    #[arg(long)]
    pub(crate) undo: bool,
}
