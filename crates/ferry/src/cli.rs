//! The command line. Its doc comments are the manual.

pub(crate) mod scenario;
pub(crate) mod template;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use crossing::{RunOptions, RunPlace};
use model::{Segment, Stage};
use phone::Region;
use sandbox::Fault;
use scenario::{ScenarioCommand, TranslateArgs};
use template::TemplateCommand;
use verify::{AdapterKind, Properties, UNOFFICIAL};

/// Carry a business's customers from SMS and Viber to WhatsApp
///
/// A plan names exports, cleaning rules, a verifier and a CRM database. `ferry run` takes the
/// exports to the database: extract, clean, verify, load, report. It can be stopped at any moment
/// and run again: what is done is kept, nothing is lost and nothing is doubled.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How to print results
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Print no progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   could not be done
  2   the command line or the plan is wrong
  3   done, with more rejects or unreadable values than the plan allows
  4   stopped by a gate, such as a missing backup
  5   done, but the verifier's answers are worth nothing
  70  a fault of Ferry: run again to resume
  75  a provider or a database is unavailable or rate-limited: try again later

Set FERRY_LOG (such as FERRY_LOG=info) to see what happens inside; no log holds personal data.";

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For machines: one JSON object
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what files are, and how a plan reads them
    Inspect(InspectArgs),
    /// Write a plan for the exports in a folder
    Init(InitArgs),
    /// List the kinds of exports that are known, or print how one is known
    Profiles {
        /// Print this one, to begin one of your own with
        name: Option<String>,
    },
    /// Run a whole plan: extract, clean, verify, load, report
    Run(RunArgs),
    /// Read the exports of a plan into the run folder
    Extract(RunArgs),
    /// Clean and merge what was extracted
    Clean(RunArgs),
    /// Ask which of the clean contacts are on WhatsApp
    ///
    /// Batches that were done are not asked about again, nor contacts of whom an answer of before still holds.
    #[command(after_help = adapters())]
    Verify(RunArgs),
    /// Load the clean contacts into the CRM database
    Load(RunArgs),
    /// Tell the state of every stage and batch
    Status(StatusArgs),
    /// Do one batch again, or ask again about some of the contacts of all batches
    Rerun(RerunArgs),
    /// Take corrected rejects in and do the run again from cleaning on
    Fix(FixArgs),
    /// List values of the run that were not understood
    ///
    /// The summary of a run names the commonest; this prints all of them, whoever they are about.
    Unreadable(UnreadableArgs),
    /// Suppress people: they stay in the database and are in no segment that is written to
    ///
    /// Phone numbers come one a line from standard input, or from --number. The database keeps keyed digests of them.
    /// It counts at once and for every later import, also before the first run. --remove takes it back.
    Suppress(SuppressArgs),
    /// Say that two contacts are one person
    ///
    /// What the first does not know is taken from the other, the statements about consent of both count, and the other's
    /// phone becomes an identity of the first. Later runs go by it, and the rules of the plan choose between the values of all
    /// rows of both.
    Merge(MergeArgs),
    /// Take a merge back, or say that two contacts must never be merged
    ///
    /// Both are what they were before the merge, byte for byte.
    Unmerge(UnmergeArgs),
    /// Say that several people use a phone
    ///
    /// Such a phone ties nobody to anybody: a Viber user who is seen with it stays a contact of their own.
    Share(ShareArgs),
    /// Prove that every source row is accounted for
    Audit(Where),
    /// Follow a person or a row both ways
    Trace(TraceArgs),
    /// Write what the CRM database holds to a file
    #[command(subcommand)]
    Export(ExportCommand),
    /// Put the CRM database back to what it was before the run
    Restore(Where),
    /// Work with scenarios: what is said, asked and done, on whatever channel
    #[command(subcommand)]
    Scenario(ScenarioCommand),
    /// Turn scenarios into templates and messages of WhatsApp, and name every loss
    ///
    /// Ends with 1 if something could not be turned into what WhatsApp takes.
    Translate(TranslateArgs),
    /// Work with templates of WhatsApp
    #[command(subcommand)]
    Template(TemplateCommand),
    /// Start the stand-in for WhatsApp
    Sandbox(SandboxArgs),
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Files, folders or patterns; each is taken as one source
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The country of numbers that name none
    #[arg(long, value_parser = region)]
    pub(crate) region: Option<Region>,
    /// A profile of your own to look for too; may be repeated
    #[arg(long = "profile", value_name = "TOML")]
    pub(crate) profiles: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder with the exports
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// The country of numbers that name none
    #[arg(long, value_parser = region)]
    pub(crate) region: Option<Region>,
}

#[derive(Debug, Args)]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// The corrected copy of clean/rejects.csv
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct SuppressArgs {
    /// The plan
    #[arg(default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// A phone number or contact id, once or several times [default: one a line on standard input]
    #[arg(long = "number", value_name = "NUMBER")]
    pub(crate) numbers: Vec<String>,
    /// Take it back
    #[arg(long)]
    pub(crate) remove: bool,
    /// Why; kept in the database
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UnreadableArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// consent, date, region, language, email or name [default: all]
    #[arg(value_parser = unreadable_fields())]
    pub(crate) field: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// Who stays: a phone number, a contact id, or an id of Viber or another system
    pub(crate) survivor: String,
    /// Who is the same person
    pub(crate) other: String,
}

#[derive(Debug, Args)]
pub(crate) struct UnmergeArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// Who stayed: a phone number, a contact id, or an id of Viber or another system
    pub(crate) survivor: String,
    /// The contact id of who was merged: `ferry merge` printed it
    pub(crate) other: String,
    /// From now on nothing merges them
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
    /// It is the phone of one person after all
    #[arg(long)]
    pub(crate) undo: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The plan
    #[arg(default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// The run folder [default: runs/DATE-NAME beside the plan]
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
    /// How much memory to take, about; what does not fit waits in files of the run folder
    /// [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = crate::text::size::size)]
    pub(crate) memory: Option<u64>,
    /// Write nothing outside the run folder, and say what would happen
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl RunArgs {
    pub(crate) fn options(&self) -> RunOptions {
        RunOptions {
            plan: self.plan.clone(),
            run_dir: self.run_dir.clone(),
            is_dry_run: self.dry_run,
            memory: self.memory,
        }
    }
}

impl Where {
    pub(crate) fn place(&self) -> RunPlace {
        RunPlace { plan: self.plan.clone(), run_dir: self.run_dir.clone() }
    }
}

/// Which run is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct Where {
    /// The plan; its newest run is meant
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// The run folder
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// List every batch, not only those that are not done
    #[arg(long)]
    pub(crate) batches: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RerunArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// The number of the batch
    #[arg(long, required_unless_present = "only")]
    pub(crate) batch: Option<u32>,
    /// The stage to begin with
    #[arg(long, value_parser = batch_stage, required_unless_present = "only")]
    pub(crate) from: Option<Stage>,
    /// Ask again about these contacts of all batches
    #[arg(long, value_enum, conflicts_with_all = ["batch", "from"])]
    pub(crate) only: Option<Only>,
}

/// Who is asked about again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// Nobody knows of them, or two things were said
    #[value(name = "no_answer")]
    NoAnswer,
    /// What was known has expired
    Expired,
    /// Their batch was not done, because calls failed
    Failed,
}

#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// A phone number, a contact id, an id of Viber or another system, or SOURCE:ROW such as sms:12
    pub(crate) query: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// Write all contacts as CSV
    Contacts(ExportArgs),
    /// Write the contacts of one segment as CSV
    ///
    /// opted-out: a refusal on any channel. suppressed: on the list of `ferry suppress`. unclear: something was said about
    /// consent that is not understood. ready: on WhatsApp and no refusal; only those with consent to WhatsApp may be
    /// written to, the others can be invited. re-engage: not on WhatsApp. undecided: registration unknown or contradictory.
    /// Every contact is in exactly one, the first that fits.
    Segment {
        /// ready, re-engage, undecided, opted-out, suppressed or unclear
        #[arg(value_parser = segment)]
        name: Segment,
        #[command(flatten)]
        args: ExportArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// The database to read [default: the one of the plan]
    #[arg(long, value_name = "URL")]
    pub(crate) crm: Option<String>,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
    /// Write cells as they are, though a spreadsheet may run them as formulas
    #[arg(long)]
    pub(crate) exact: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// The port on 127.0.0.1; 0 takes a free one and prints it
    #[arg(long, default_value_t = 8480)]
    pub(crate) port: u16,
    /// What the world is made from: the same seed gives the same world
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Share of valid numbers that are on WhatsApp
    #[arg(long, default_value_t = 0.8, value_parser = share)]
    pub(crate) registered: f64,
    /// Append every number asked, and its answer, to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// The environment variable with the token that callers must bring
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) token_env: Option<String>,
    /// The environment variable with USER:PASSWORD of who may log in for a token
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) login_env: Option<String>,
    /// Calls in any second; more are answered by 429
    #[arg(long, value_name = "N")]
    pub(crate) calls_a_second: Option<usize>,
    /// Numbers in any 24 hours; more are answered by 466
    #[arg(long, value_name = "N")]
    pub(crate) numbers_a_day: Option<u64>,
    /// How long a number takes to be looked up when nobody waits for it
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) lookup_seconds: i64,
    /// What goes wrong: KIND, KIND=FIRST_REQUESTS or KIND:SHARE; may be repeated
    ///
    /// Kinds: rate-limit, retry-after, server-error, timeout-before, timeout-after, truncate,
    /// always-valid, processing, missing, contradict, html, always-invalid, doubled, reordered,
    /// unasked, expired-token. `POST /sandbox/faults` changes them while it runs, and
    /// `POST /sandbox/clock` moves its clock
    #[arg(long = "fault", value_name = "FAULT")]
    pub(crate) faults: Vec<Fault>,
}

fn segment(text: &str) -> Result<Segment, String> {
    let names = || Segment::ALL.map(Segment::name).join(", ");
    Segment::from_name(text).ok_or_else(|| format!("a segment is one of {}", names()))
}

/// What is known of each adapter.
fn adapters() -> String {
    let mut text = String::from("Adapters that [verify] of a plan can name:\n");
    for Properties { name, protocol, largest_batch, daily_quota, price_micros, valid_days, worth, policy, .. } in
        AdapterKind::ALL.map(AdapterKind::properties)
    {
        let quota = daily_quota.map_or(String::new(), |it| format!(", {it} numbers a day"));
        let price = if price_micros == 0 { String::new() } else { format!(", {} USD each", price_micros as f64 / 1e6) };
        text += &format!(
            "  {name:10} {protocol}\n{:13}{largest_batch} a call{quota}{price}; an answer counts {valid_days} days\n\
             {:13}worth: {worth}\n{:13}policy: {policy}\n",
            "", "", ""
        );
    }
    text += &format!("What is unofficial is off unless the plan accepts it: {UNOFFICIAL}.");
    text
}

fn batch_stage(text: &str) -> Result<Stage, String> {
    match Stage::from_name(text) {
        Some(stage @ (Stage::Verify | Stage::Load)) => Ok(stage),
        _ => Err("batches begin with verify or load; extract and clean work on the whole run".to_owned()),
    }
}

fn region(text: &str) -> Result<Region, String> {
    Region::from_name(text).ok_or_else(|| "a country is a two-letter code, such as FR, or a name".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|it| (0.0..=1.0).contains(it)).ok_or_else(|| "a share is a number from 0 to 1".to_owned())
}

/// The names of fields whose values can be unreadable.
fn unreadable_fields() -> [&'static str; 6] {
    clean::ReadField::ALL.map(clean::ReadField::name)
}
