//! Commands about runs: `ferry runs`, `status` and `restore`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{PlannedWhere, Where};

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) place: PlannedWhere,
    /// List every batch, not only unfinished ones
    #[arg(long)]
    pub(crate) batches: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml", global = true)]
    pub(crate) plan: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Remove the folders of old finished runs, and of dry runs and samples of the same age
    ///
    /// Unfinished runs stay. Backups are not removed: see keep_backups in [crm] of the plan.
    Prune {
        /// How many finished runs to keep
        #[arg(long, value_name = "N")]
        keep: usize,
        /// Print what would be removed
        #[arg(long)]
        dry_run: bool,
    },
    /// Compare two runs: who is new, gone, changed, and in another segment
    ///
    /// Contacts are compared as they were after the cleaning of each run, segments as they were at the end of each run.
    Diff(RunsDiffArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RunsDiffArgs {
    /// The earlier run: a label or uid, as `ferry runs` lists it
    #[arg(value_name = "A")]
    pub(crate) before: String,
    /// The later run
    #[arg(value_name = "B")]
    pub(crate) after: String,
    /// Show everyone who differs, not only the first 20
    #[arg(long, conflicts_with = "to")]
    pub(crate) all: bool,
    /// Write everyone who differs as CSV, one row per changed field; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Write cells unchanged, even if a spreadsheet may run them as formulas
    #[arg(long, requires = "to")]
    pub(crate) exact: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// The number of the backup [default: the one from before the run]
    #[arg(long, value_name = "NUMBER", conflicts_with = "run")]
    pub(crate) backup: Option<u64>,
    /// List the backups
    #[arg(long, conflicts_with_all = ["backup", "yes"])]
    pub(crate) list: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}
