//! The command line. Its doc comments are the manual.

// The manual writes sections of the plan as `[rates]`, defaults in brackets, and addresses as they are.
#![allow(rustdoc::broken_intra_doc_links, rustdoc::bare_urls)]

pub(crate) mod campaign;
pub(crate) mod consent;
pub(crate) mod crm;
mod early;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod extract;
pub(crate) mod identity;
pub(crate) mod inspect;
mod output;
pub(crate) mod people;
mod place;
pub(crate) mod rows;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod sandbox;
pub(crate) mod sandbox_webhooks;
pub(crate) mod scenario;
mod serve;
pub(crate) mod template;
pub(crate) mod webhook;

use std::path::PathBuf;

use campaign::CampaignCommand;
use clap::builder::PossibleValuesParser;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use consent::ConsentCommand;
use crm::{CrmCommand, KeyCommand};
use events::EventsCommand;
use export::ExportCommand;
use extract::{ExtractCommand, SourcesCommand};
use identity::IdentityCommand;
use inspect::{InitArgs, InspectArgs};
use people::{MergeArgs, ShareArgs, SuppressArgs, UnmergeArgs};
use rows::{FixArgs, TraceArgs, UnreadableArgs};
use run::{RerunArgs, RunArgs, StageArgs, VerifyArgs, adapters};
use runs::{RestoreArgs, RunsArgs, StatusArgs};
use sandbox::SandboxArgs;
use scenario::{ScenarioCommand, TranslateArgs};
use template::TemplateCommand;
use webhook::WebhookCommand;

pub(crate) use self::serve::ServeArgs;
pub(crate) use early::Early;
pub(crate) use output::{Colour, Format, LogFormat};
pub(crate) use place::{PlanArgs, PlannedArgs, PlannedWhere, Where};

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
    /// Send the campaigns of a plan: each person once, within the limits, until somebody says stop
    #[command(subcommand)]
    Campaign(CampaignCommand),
    /// Receive the webhooks of a plan, and keep what they bring in the CRM database
    ///
    /// A request is answered with 200 only after it is stored. Its signature is checked before anything is read. What follows
    /// from its events is derived behind the answers: how far messages have come, who may be answered, who has refused.
    ///
    /// Ctrl-C and SIGTERM stop it without loss. --replay derives everything anew from what is stored, and ends.
    Serve(ServeArgs),
    /// Count and show what webhooks have brought, and read again what could not be read
    #[command(subcommand)]
    Events(EventsCommand),
    /// Show where platforms send webhooks today, and register the address of the plan
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Start a simulated WhatsApp server, or send what platforms call back
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

/// The names of all JSON Schemas.
fn schema_names() -> PossibleValuesParser {
    ["plan", "scenario"].into_iter().chain(results::names()).collect::<Vec<_>>().into()
}
