//! `ferry extract` and `ferry sources`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use crossing::{PullSettings, Refresh, RunOptions};

use super::{PlannedArgs, template};

#[derive(Debug, Subcommand)]
pub(crate) enum SourcesCommand {
    /// List the providers and what can be read of each
    List,
    /// Check the provider sources: credentials, connection, period, price and duration
    ///
    /// Reads one page of each source and discards it. Streams that cost money or return records once are not read; only
    /// the connection is tested.
    Check(PlannedArgs),
}

/// How far sources are read from their providers.
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// Read the records since the last reading of each provider
    #[arg(long, value_name = "last", conflicts_with = "dry_run")]
    pub(crate) since: Option<Since>,
    /// Order a report again if the answer to its order was lost; it may be charged twice
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) order_again: bool,
}

/// From when on a source is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Since {
    /// From the end of the last reading, with an overlap
    Last,
}

impl PullArgs {
    pub(crate) fn settings(&self, only: Option<String>) -> PullSettings {
        let refresh = if self.since.is_some() { Refresh::SinceLast } else { Refresh::Missing };
        PullSettings { only, refresh, orders_again: self.order_again }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ExtractArgs {
    #[command(flatten)]
    pub(crate) plan: PlannedArgs,
    #[command(flatten)]
    pub(crate) pull: PullArgs,
    /// The run folder [default: runs/DATE-NAME beside the plan]
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
    /// Begin a new run, even if one has read the same exports by the same rules
    #[arg(long)]
    pub(crate) new: bool,
    /// Approximate memory to use; data that does not fit is kept in files of the run folder [default: a quarter of the
    /// machine's memory]
    #[arg(long, value_name = "SIZE", value_parser = crate::text::size::size)]
    pub(crate) memory: Option<u64>,
    /// Print what would happen, in a run folder of its own; write nothing else
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl ExtractArgs {
    pub(crate) fn options(&self) -> RunOptions {
        RunOptions {
            plan: self.plan.path(),
            run_dir: self.run_dir.clone(),
            is_new: self.new,
            is_dry_run: self.dry_run,
            sample: None,
            pull: self.pull.settings(None),
            memory: self.memory,
        }
    }
}

/// Arguments of `ferry extract`.
#[derive(Debug, Args)]
pub(crate) struct ExtractCommand {
    #[command(flatten)]
    pub(crate) extract: ExtractArgs,
    /// Read only this source from its provider, and make no run
    #[arg(long, value_name = "NAME", conflicts_with_all = ["run_dir", "new", "memory", "dry_run"])]
    pub(crate) source: Option<String>,
    /// Read new records at an interval, until Ctrl-C or SIGTERM
    ///
    /// At each interval, new records are read, and people who have refused in them are suppressed at once. A whole run is made
    /// when the last one is a day old, but not with --source. A stop by a signal ends with exit code 0.
    #[arg(long, conflicts_with_all = ["run_dir", "new", "dry_run", "since"])]
    pub(crate) follow: bool,
    /// Interval of --follow, such as 15m or 1h
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = template::time_between, requires = "follow")]
    pub(crate) every: Duration,
}
