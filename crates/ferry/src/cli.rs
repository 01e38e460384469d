//! The command line. Its doc comments are the manual.

pub(crate) mod consent;
mod early;
pub(crate) mod identity;
pub(crate) mod scenario;
pub(crate) mod template;

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, value_parser};
use clap_complete::Shell;
use consent::ConsentCommand;
use contact_export::ExportFormat;
use crossing::{PullSettings, Refresh, RunOptions, RunPlace, Sample};
use jiff::Timestamp;
use model::Stage;
use phone::Region;
use sandbox::Fault;
use scenario::{ScenarioCommand, TranslateArgs};
use template::TemplateCommand;

pub(crate) use early::Early;
pub(crate) use identity::{AcknowledgeArgs, IdentityCommand, ShowIdentityArgs};
use verify::{AdapterKind, Properties, UNOFFICIAL};

/// Move a business's customers from SMS and Viber to WhatsApp
///
/// A plan names the exports, the cleaning rules, a verifier and a CRM database. `ferry run` moves the exports into the
/// database: extract, clean, verify, load, report. You can stop it at any time and run it again: finished work is kept,
/// and nothing is lost or duplicated.
#[derive(Debug, Parser)]
#[command(version = env!("FERRY_VERSION"), max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How to print results
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Print no progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Print what Ferry does and how long it takes; -vv prints more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Colours of results, errors and help
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub(crate) color: Colour,
    /// How to print logs and progress
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) log_format: LogFormat,
}

impl Cli {
    /// Reads the command line. Its help and its errors have colours if results have.
    pub(crate) fn read(colour: Colour) -> Result<Self, clap::Error> {
        let choice = match colour {
            Colour::Auto => clap::ColorChoice::Auto,
            Colour::Always => clap::ColorChoice::Always,
            Colour::Never => clap::ColorChoice::Never,
        };
        Self::from_arg_matches(&Self::command().color(choice).try_get_matches()?)
    }
}

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   failed
  2   the command line or the plan is wrong
  3   done, with rejects, unreadable values, scenarios or templates to look at
  4   stopped by a gate, such as a missing backup
  5   done, but the verifier's answers are not usable
  70  a bug in Ferry: run again to resume
  75  a provider or a database is unavailable or rate-limited: try again later
  130 stopped with Ctrl-C: run again to go on

Logs hold no personal data. FERRY_LOG, such as FERRY_LOG=crossing=debug, chooses them by crate.
NO_COLOR turns colours off, and FORCE_COLOR or CLICOLOR_FORCE turns them on; --color comes first.";

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For machines: one JSON object; an error is one on standard error
    Json,
}

/// When output has colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal
    #[default]
    Auto,
    Always,
    Never,
}

/// How logs and progress are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// For machines: one JSON object per line
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the format of files, what each column holds, and how a plan would read them
    Inspect(InspectArgs),
    /// Write a plan for the exports in a folder
    Init(InitArgs),
    /// List the known export formats, or print the profile of one
    Profiles {
        /// Profile to print, as a start for your own
        name: Option<String>,
    },
    /// Check that a run would find all it needs: files, columns, key, database, provider, disk
    ///
    /// Writes nothing, reads no rows and sends the provider no request: it only connects to the provider's host.
    /// Exit code 2 if the plan is wrong, 75 if all that is wrong may pass by itself, else 1.
    Check(PlannedArgs),
    /// Run a whole plan: extract, clean, verify, load, report
    ///
    /// New exports or other rules begin a new run. With the same exports and rules, an unfinished run is resumed, and a
    /// finished run is not repeated. --new begins a new run in any case.
    Run(RunArgs),
    /// Read the exports of a plan into the run folder, or a source from its provider
    ///
    /// Without --source, all provider sources are read, then all exports. With it, only that source is read from its
    /// provider, into its folder of pages. An interrupted reading is resumed.
    Extract(ExtractCommand),
    /// List the providers, and check the sources that are read from them
    #[command(subcommand)]
    Sources(SourcesCommand),
    /// Clean and merge the extracted rows
    Clean(StageArgs),
    /// Check which clean contacts are on WhatsApp
    ///
    /// Finished batches are skipped, and so are contacts with an answer that is still valid.
    #[command(after_help = adapters())]
    Verify(VerifyArgs),
    /// Load the clean contacts into the CRM database
    Load(StageArgs),
    /// List the runs of a plan, compare two, or remove old ones
    Runs(RunsArgs),
    /// Print the state of every stage and batch
    Status(StatusArgs),
    /// Run one batch again, or check some contacts of all batches again
    Rerun(RerunArgs),
    /// Import corrected rejected rows, and run again from cleaning on
    Fix(FixArgs),
    /// List values of the run that could not be read
    ///
    /// The summary of a run shows the most common ones; this prints all of them, including values that may be personal
    /// data.
    Unreadable(UnreadableArgs),
    /// Suppress people: keep them in the database, but out of every segment to write to
    ///
    /// Phone numbers are read from standard input, one per line, or from --number. The database stores keyed digests of
    /// them, made with a key outside of the database. The suppression applies at once and to every later import, even
    /// before the first run. --remove undoes it.
    ///
    /// Lists of others often hold the plain SHA-256 of numbers: --sha256 reads them. Such a digest is reversed in seconds,
    /// so the list is as sensitive as the numbers. It holds its number back as soon as an import brings it.
    Suppress(SuppressArgs),
    /// Import, show, export, prove and review what people have said about being written to
    #[command(subcommand)]
    Consent(ConsentCommand),
    /// Merge two contacts that are one person
    ///
    /// Missing values of the first contact are taken from the other. The consent statements of both count, and the
    /// phone of the other becomes an identity of the first. Later runs keep the merge, and the rules of the plan choose
    /// between the values of all rows of both.
    Merge(MergeArgs),
    /// Undo a merge, or forbid merging two contacts
    ///
    /// Both contacts become what they were before the merge, byte for byte.
    Unmerge(UnmergeArgs),
    /// Mark a phone as used by several people
    ///
    /// A shared phone does not link contacts: a Viber user seen with it stays a separate contact.
    Share(ShareArgs),
    /// Show who had which number and id, and release contacts whose number may have changed hands
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// Prove that every source row is accounted for
    Audit(PlannedWhere),
    /// Trace a person to source rows, or a row to a contact
    Trace(TraceArgs),
    /// Export the contacts of the CRM database to a file
    #[command(subcommand)]
    Export(ExportCommand),
    /// Restore the CRM database to its state before the run, or to any other backup
    ///
    /// A restore first makes a backup of the present database: restore that backup to undo it. A restore never removes
    /// refusals, suppressions, answers of verifiers, submitted templates or used quota.
    Restore(RestoreArgs),
    /// Print what PostgreSQL needs for the CRM database
    #[command(subcommand)]
    Crm(CrmCommand),
    /// Show, keep and check the contact key
    ///
    /// Contact ids are made from this key. Without it, a person of the database cannot be recognised in an export: keep a
    /// copy in a safe place.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Import, check, show and simulate scenarios (conversations on any channel)
    #[command(subcommand)]
    Scenario(ScenarioCommand),
    /// Translate scenarios into WhatsApp templates and messages, and list every loss
    ///
    /// Ends with 1 if part of a scenario cannot be expressed in WhatsApp.
    Translate(TranslateArgs),
    /// Check, submit and follow WhatsApp templates
    #[command(subcommand)]
    Template(TemplateCommand),
    /// Start a simulated WhatsApp server
    Sandbox(SandboxArgs),
    /// Print the JSON Schema of plans, of scenarios, or of what a command prints with --format json
    ///
    /// `ferry init` writes that of plans beside the plan, and names it in the first line, so that editors with a TOML
    /// language server, such as taplo, complete and check the plan.
    Schema {
        /// plan, scenario, or a command, such as run or runs-diff; error is what a failed command prints, and
        /// notification what --notify sends
        #[arg(value_parser = schema_names(), hide_possible_values = true)]
        of: String,
    },
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
    /// Files, folders or patterns; files of one format are one source
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Country of phone numbers without a country code
    #[arg(long, value_parser = region)]
    pub(crate) region: Option<Region>,
    /// Your own profile to try as well; may be repeated
    #[arg(long = "profile", value_name = "TOML")]
    pub(crate) profiles: Vec<PathBuf>,
    /// Describe the columns by the first N rows only; 0 leaves the description out
    #[arg(long, value_name = "N")]
    pub(crate) rows: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder with the exports
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Country of phone numbers without a country code
    #[arg(long, value_parser = region)]
    pub(crate) region: Option<Region>,
}

#[derive(Debug, Args)]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// The corrected copy of a file of clean/rejects
    pub(crate) file: PathBuf,
}

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
pub(crate) struct UnreadableArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// Field to list [default: all]
    #[arg(value_parser = unreadable_fields())]
    pub(crate) field: Option<String>,
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

/// What is told of the end of a command.
#[derive(Debug, Args)]
pub(crate) struct NotifyArgs {
    /// Address or command to notify when this command ends, well or not, but not after Ctrl-C: an address gets a summary in JSON by POST, a
    /// command gets it on standard input, and FERRY_EXIT, FERRY_STATUS and FERRY_RUN_ID in its environment [default:
    /// notify in the plan]
    #[arg(long, value_name = "URL|COMMAND")]
    pub(crate) notify: Option<String>,
}

impl RunArgs {
    pub(crate) fn options(&self) -> RunOptions {
        let sample = self.limit.map(|it| Sample { n_rows: it.get(), verifies: self.verify });
        RunOptions { sample, ..self.extract.options() }
    }
}

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

impl Where {
    pub(crate) fn place(&self) -> RunPlace {
        RunPlace { plan: self.plan.clone(), run: self.run.clone(), run_dir: self.run_dir.clone() }
    }
}

impl PlannedWhere {
    pub(crate) fn place(&self) -> RunPlace {
        RunPlace { plan: self.plan(), ..self.place.place() }
    }

    /// The plan, from either argument.
    pub(crate) fn plan(&self) -> PathBuf {
        self.positional.as_ref().unwrap_or(&self.place.plan).clone()
    }
}

/// The run to work on, of a command that takes the plan as an argument too.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlannedWhere {
    /// The plan; its latest run is used [default: plan.toml]
    #[arg(value_name = "PLAN", conflicts_with = "plan")]
    positional: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Where,
}

/// The run to work on.
#[derive(Clone, Debug, Args)]
pub(crate) struct Where {
    /// The plan; its latest run is used
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// The label or uid of the run, as `ferry runs` lists it
    #[arg(long, value_name = "ID", conflicts_with = "run_dir")]
    pub(crate) run: Option<String>,
    /// The run folder
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
}

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

#[derive(Debug, Subcommand)]
pub(crate) enum CrmCommand {
    /// Print the SQL with which an administrator creates the schema of the plan
    ///
    /// Ferry creates its schema and tables itself if its role may. If not, an administrator runs this SQL once: it creates
    /// the schema for the role that loads, and lets another role read it.
    Ddl {
        #[command(flatten)]
        plan: PlanArgs,
        /// The role that loads, such as the user of the CRM URL
        #[arg(long, value_name = "ROLE")]
        loader: String,
        /// A role that may only read, for exports and reports
        #[arg(long, value_name = "ROLE")]
        reader: Option<String>,
        /// Create the tables too
        #[arg(long)]
        tables: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Print where the key is, and its id, but not the key
    Show(PlanArgs),
    /// Print the key, for a copy in a safe place
    Export(PlanArgs),
    /// Write an exported key to the place that the plan names, unless another key is there
    Import {
        #[command(flatten)]
        plan: PlanArgs,
        /// The file with the key; - reads standard input
        file: PathBuf,
    },
    /// Compare the key with the one of the CRM database
    Check(PlanArgs),
}

/// The plan of a command that takes it as an argument too.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlannedArgs {
    /// The plan [default: plan.toml]
    #[arg(value_name = "PLAN", conflicts_with = "plan")]
    positional: Option<PathBuf>,
    #[command(flatten)]
    option: PlanArgs,
}

impl PlannedArgs {
    /// The plan, from either argument.
    pub(crate) fn path(&self) -> PathBuf {
        self.positional.as_ref().unwrap_or(&self.option.plan).clone()
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PlanArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
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

#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    #[command(flatten)]
    pub(crate) place: Where,
    /// A phone number, a contact id, an id of Viber or another system, or SOURCE:ROW such as sms:12
    pub(crate) query: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// Write all contacts
    Contacts(ExportArgs),
    /// Write the contacts of one segment
    ///
    /// opted-out: a refusal on any channel. suppressed: on the list of `ferry suppress`. held: the number may belong to another
    /// person now, see `ferry identity`. unclear: a statement about consent could not be read. ready: on WhatsApp and no refusal; message only those with consent to WhatsApp, and
    /// invite the others. re-engage: not on WhatsApp. undecided: registration unknown or contradictory. Every contact
    /// is in exactly one of these, the first that fits. A segment by condition of the plan holds the people who meet its
    /// condition and are ready, re-engage or undecided.
    Segment {
        /// ready, re-engage, undecided, opted-out, suppressed, held, unclear, or the name of a segment by condition in the plan
        name: String,
        #[command(flatten)]
        args: ExportArgs,
    },
    /// Write the suppression list as CSV
    ///
    /// By default the contact ids, which say nothing to others. With --sha256 the plain SHA-256 of the numbers that the
    /// database knows, for others who keep the same people out: with the plus in `sha256`, the digits alone in
    /// `sha256_digits`. Such a digest is reversed in seconds, so the file is as sensitive as the numbers.
    Suppression(SuppressionExportArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SuppressionExportArgs {
    #[command(flatten)]
    pub(crate) plan: PlannedArgs,
    /// The file to write; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
    /// Write plain SHA-256 digests of the numbers instead of contact ids
    #[arg(long)]
    pub(crate) sha256: bool,
    /// Write cells unchanged, even if a spreadsheet may run them as formulas
    #[arg(long)]
    pub(crate) exact: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) place: PlannedWhere,
    /// The database to read [default: the database of the plan]
    #[arg(long, value_name = "URL")]
    pub(crate) crm: Option<String>,
    /// The file to write; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
    /// The format [default: by the file extension, else csv]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) r#as: Option<ExportAs>,
    /// Write cells unchanged, even if a spreadsheet may run them as formulas; formats for other CRMs always do
    #[arg(long)]
    pub(crate) exact: bool,
}

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportAs {
    /// Comma-separated values
    Csv,
    /// One JSON object per line
    Jsonl,
    /// A Parquet file
    Parquet,
    /// CSV for HubSpot's import of contacts
    Hubspot,
    /// CSV for Salesforce's Data Loader and Data Import Wizard
    Salesforce,
    /// CSV for Chatwoot's import of contacts
    Chatwoot,
}

impl From<ExportAs> for ExportFormat {
    fn from(format: ExportAs) -> Self {
        match format {
            ExportAs::Csv => Self::Csv,
            ExportAs::Jsonl => Self::JsonLines,
            ExportAs::Parquet => Self::Parquet,
            ExportAs::Hubspot => Self::Hubspot,
            ExportAs::Salesforce => Self::Salesforce,
            ExportAs::Chatwoot => Self::Chatwoot,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// Port on 127.0.0.1; 0 picks a free port and prints it
    #[arg(long, default_value_t = 8480)]
    pub(crate) port: u16,
    /// Seed of the simulated population: the same seed gives the same population
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Share of valid numbers that are on WhatsApp
    #[arg(long, default_value_t = 0.8, value_parser = share)]
    pub(crate) registered: f64,
    /// Append every checked number and its answer to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Environment variable with the token that callers must send
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) token_env: Option<String>,
    /// Environment variable with the USER:PASSWORD that can log in for a token
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) login_env: Option<String>,
    /// Calls allowed per second; further calls get 429
    #[arg(long, value_name = "N")]
    pub(crate) calls_a_second: Option<usize>,
    /// Numbers allowed per 24 hours; further numbers get 466
    #[arg(long, value_name = "N")]
    pub(crate) numbers_a_day: Option<u64>,
    /// Seconds that a lookup takes when the caller does not wait for it
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) lookup_seconds: i64,
    /// Fault to inject: KIND, KIND=FIRST_REQUESTS, KIND@REQUEST or KIND:SHARE; may be repeated
    ///
    /// Kinds: rate-limit, retry-after, server-error, timeout-before, timeout-after, truncate,
    /// always-valid, processing, missing, contradict, html, always-invalid, doubled, reordered,
    /// unasked, expired-token; for pages of providers repeat-page, loop-page, empty-page, foreign-link, small-page,
    /// wrong-total, error-body, cut-page, tied-times. `POST /sandbox/faults` changes the faults while the sandbox runs,
    /// and `POST /sandbox/clock` moves its clock
    #[arg(long = "fault", value_name = "FAULT")]
    pub(crate) faults: Vec<Fault>,
    /// People that each provider knows, such as Twilio; without them providers hold nothing
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u32).range(..=5_000))]
    pub(crate) people: u32,
    /// Messages that each provider keeps
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) messages: u32,
    /// Days from the oldest message of a provider to the newest, which is of the start of the clock
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) days: u32,
    /// Account at every provider; without it every account is answered
    #[arg(long, value_name = "ID")]
    pub(crate) provider_account: Option<String>,
    /// Lift the documented rates of providers
    #[arg(long)]
    pub(crate) no_rates: bool,
    /// Time at which the clock starts, such as 2026-03-03T09:14:07Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) starts_at: Option<Timestamp>,
}

/// The help of `ferry verify`: a list of all adapters.
fn adapters() -> String {
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

/// The names of all JSON Schemas.
fn schema_names() -> PossibleValuesParser {
    ["plan", "scenario"].into_iter().chain(results::names()).collect::<Vec<_>>().into()
}

fn batch_stage(text: &str) -> Result<Stage, String> {
    match Stage::from_name(text) {
        Some(stage @ (Stage::Translate | Stage::Verify | Stage::Load)) => Ok(stage),
        _ => Err("batches begin with translate, verify or load; extract and clean work on the whole run".to_owned()),
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
