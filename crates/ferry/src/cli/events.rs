use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::PlannedArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Count what has come in: bodies, events, duplicates, and parts that could not be read
    Stats(PlannedArgs),
    /// List events, the newest first
    ///
    /// Texts of messages are not kept: only how they were read. With --format json the ids of people are shown.
    Show(ShowEventsArgs),
    /// List the parts of bodies that could not be read
    Dead(DeadArgs),
    /// Read the bodies of dead letters again, after an update of Ferry
    Retry(RetryArgs),
    /// Drop dead letters that say nothing
    Drop(DropArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowEventsArgs {
    /// Only the events of this person: a phone number, a contact id, or any other id
    pub(crate) who: Option<String>,
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// Only the event of this number
    #[arg(long, conflicts_with = "who")]
    pub(crate) number: Option<i64>,
    /// How many events to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) last: u32,
}

#[derive(Debug, Args)]
pub(crate) struct DeadArgs {
    #[command(flatten)]
    pub(crate) plan: PlannedArgs,
    /// List also those that were read later or dropped
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    pub(crate) plan: PlannedArgs,
    /// Read only this body
    #[arg(long, value_name = "NUMBER")]
    pub(crate) body: Option<i64>,
}

#[derive(Debug, Args)]
pub(crate) struct DropArgs {
    /// The numbers of the dead letters, as `ferry events dead` lists them
    #[arg(required = true, value_name = "NUMBER")]
    pub(crate) numbers: Vec<i64>,
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
}
