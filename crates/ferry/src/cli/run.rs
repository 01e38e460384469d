//! `ferry run`, its stages, and the commands that repeat parts of a run.

use std::num::NonZeroU64;

use clap::{Args, ValueEnum};
use crossing::{RunOptions, Sample};
use model::Stage;
use verify::{AdapterKind, Properties, UNOFFICIAL};

use super::PlannedWhere;
use super::extract::ExtractArgs;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) extract: ExtractArgs,
    /// Run a sample: the first N rows of each source, in a run folder and a database of its own
    ///
    /// Everything is done end to end, and nothing else is written: not the database of the plan, no backup, no key. A
    /// sample is never continued.
    #[arg(long, value_name = "N", conflicts_with = "dry_run")]
    pub(crate) limit: Option<NonZeroU64>,
    /// Verify the sample too, which the provider may charge for
    #[arg(long, requires = "limit")]
    pub(crate) verify: bool,
    #[command(flatten)]
    pub(crate) notify: NotifyArgs,
}

impl RunArgs {
    pub(crate) fn options(&self) -> RunOptions {
        let sample = self.limit.map(|it| Sample { n_rows: it.get(), verifies: self.verify });
        RunOptions { sample, ..self.extract.options() }
    }
}

/// What is told of the end of a command.
#[derive(Debug, Args)]
pub(crate) struct NotifyArgs {
    /// Address or command to notify when this command ends, well or not, but not after Ctrl-C: an address gets a summary in JSON by POST, a
    /// command gets it on standard input, and FERRY_EXIT, FERRY_STATUS and FERRY_RUN_ID in its environment [default:
    /// notify in the plan]
    #[arg(long, value_name = "URL|COMMAND")]
    pub(crate) notify: Option<String>,
}

/// Arguments of a stage that goes on with an existing run.
#[derive(Debug, Args)]
pub(crate) struct StageArgs {
    #[command(flatten)]
    pub(crate) place: PlannedWhere,
    /// Approximate memory to use; data that does not fit is kept in files of the run folder [default: a quarter of the
    /// machine's memory]
    #[arg(long, value_name = "SIZE", value_parser = crate::text::size::size)]
    pub(crate) memory: Option<u64>,
}

/// Arguments of `ferry verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    /// Send no requests, and print what they would cost
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) notify: NotifyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RerunArgs {
    #[command(flatten)]
    pub(crate) place: PlannedWhere,
    /// The number of the batch; with `--from translate`, of the [[scenario]] section [default: all of them]
    #[arg(long, required_unless_present_any = ["only", "from"])]
    pub(crate) batch: Option<u32>,
    /// The stage to start from: translate, verify or load
    #[arg(long, value_parser = batch_stage, required_unless_present = "only")]
    pub(crate) from: Option<Stage>,
    /// Check these contacts of all batches again
    #[arg(long, value_enum, conflicts_with_all = ["batch", "from"])]
    pub(crate) only: Option<Only>,
    #[command(flatten)]
    pub(crate) notify: NotifyArgs,
}

/// Contacts to check again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// Contacts without an answer, or with contradictory answers
    #[value(name = "no_answer")]
    NoAnswer,
    /// Contacts with an expired answer
    Expired,
    /// Contacts of batches that failed
    Failed,
}

/// The help of `ferry verify`: a list of all adapters.
pub(super) fn adapters() -> String {
    let mut text = String::from("Adapters for [verify] of a plan:\n");
    for Properties { name, protocol, largest_batch, daily_quota, price_micros, valid_days, worth, policy, .. } in
        AdapterKind::ALL.map(AdapterKind::properties)
    {
        let quota = daily_quota.map_or(String::new(), |it| format!(", {it} numbers a day"));
        let price = if price_micros == 0 { String::new() } else { format!(", {} USD each", price_micros as f64 / 1e6) };
        text += &format!(
            "  {name:10} {protocol}\n\
             {:13}{largest_batch} a call{quota}{price}; an answer is valid for {valid_days} days\n\
             {:13}answers: {worth}\n{:13}policy: {policy}\n",
            "", "", ""
        );
    }
    text += &format!("An unofficial adapter is off unless the plan accepts it: {UNOFFICIAL}.");
    text
}

fn batch_stage(text: &str) -> Result<Stage, String> {
    match Stage::from_name(text) {
        Some(stage @ (Stage::Translate | Stage::Verify | Stage::Load)) => Ok(stage),
        _ => Err("batches begin with translate, verify or load; extract and clean work on the whole run".to_owned()),
    }
}
