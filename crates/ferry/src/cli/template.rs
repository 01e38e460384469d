use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use jiff::SignedDuration;

#[derive(Debug, Subcommand)]
pub(crate) enum TemplateCommand {
    /// Check templates against WhatsApp's rules
    ///
    /// Reads any JSON with templates: one, a list, or an answer of the Cloud API. Ends with 1 if there are errors.
    Lint(LintArgs),
    /// Show templates as they would look on a phone, or list those that the database keeps
    ///
    /// NAME is the name of a template of the database, with or without its language, as in order_shipped.fr. Files and
    /// folders are shown as they are. Without a name, all templates of the database are listed.
    Show(ShowArgs),
    /// Show what differs between the templates of the database and those that were submitted
    ///
    /// Texts are compared with what Ferry sent last. No request is sent. With --versions, --from or --to, versions of one
    /// template are compared. Removed words are marked as [-so-], added words as {+so+}.
    Diff(DiffArgs),
    /// Count people by country and templates by category, and price one message to each person
    ///
    /// Amounts need a rate card of yours: path in [rates] of the plan. A country that no market of the card is known to
    /// have gets no amount. People are those who have consented to WhatsApp and have refused nothing.
    Costs(CostsArgs),
    /// Submit templates to the account of the plan, and edit those that have changed
    ///
    /// Without files, the approved templates of the database are submitted: see `ferry scenario review`.
    ///
    /// Templates that are not critical go first, at most 100 an hour. No template is submitted twice, even if an answer was
    /// lost. Templates with errors are not submitted.
    ///
    /// A header with a picture, a video or a document needs a sample file: samples/NAME.jpg, .png, .mp4 or .pdf beside
    /// the plan, where NAME is the name of the template, or NAME.LANGUAGE for one language. It is uploaded once.
    Submit(SubmitArgs),
    /// Print the status of every submitted template
    Status(AccountArgs),
    /// Ask WhatsApp for every submitted template, and print what changed and what to look at
    ///
    /// Tells once when a template is flagged, disabled, paused, rejected or deleted, when its quality drops, when its category
    /// changes or is going to, and when what was approved is not what was sent. Ends with 3 while there is something to look
    /// at. If Ferry is stopped before it has told of an alert, it tells at the next sync.
    Sync(SyncArgs),
    /// List the rules, or explain one
    Rules {
        /// The code or the name of a rule, such as T302 or variable-at-end
        rule: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AccountArgs {
    /// The plan: section `whatsapp` names the account, section `crm` the database
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,
    /// Ask again and again after so long, such as 15m or 1h, until Ctrl-C. Goes on when WhatsApp cannot be reached for a time
    #[arg(long, value_name = "TIME", value_parser = time_between)]
    pub(crate) every: Option<Duration>,
    /// Address or command to tell of new alerts, and of an end by an error: an address gets JSON by POST, a command gets it on
    /// standard input, and FERRY_EXIT and FERRY_STATUS in its environment [default: notify in the plan]
    #[arg(long, value_name = "URL|COMMAND")]
    pub(crate) notify: Option<String>,
}

/// Reads a time between two requests, from a second to a week.
pub(super) fn time_between(text: &str) -> Result<Duration, String> {
    let wrong = || "write a time from 1s to 7days, such as 15m or 1h".to_owned();
    let time = text.parse::<SignedDuration>().map_err(|_| wrong())?;
    let is_meant = (SignedDuration::from_secs(1)..=SignedDuration::from_hours(7 * 24)).contains(&time);
    is_meant.then(|| time.unsigned_abs()).ok_or_else(wrong)
}

#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,
    /// The folder that `ferry translate` wrote, or files with templates; by default the templates of the database
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Submit also the templates of the database that no one has decided about
    #[arg(long, conflicts_with = "files")]
    pub(crate) undecided: bool,
    /// Submit refused templates again even if they have not changed, such as when a locked name is free again
    #[arg(long)]
    pub(crate) again: bool,
    /// Submit nothing; print the order and the times
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,
    /// Names of templates, or files or folders
    #[arg(value_name = "NAME|FILE")]
    pub(crate) names: Vec<String>,
    /// Show variables, such as {{1}}, instead of the example values
    #[arg(long)]
    pub(crate) variables: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,
    /// The name of a template, with or without its language; by default all templates
    #[arg(required_if_eq("versions", "true"))]
    pub(crate) name: Option<String>,
    /// Compare each version of the template with the one before it
    #[arg(long)]
    pub(crate) versions: bool,
    /// Compare this version of the template; by default the one before --to
    #[arg(long, value_name = "VERSION", requires = "name", conflicts_with = "versions")]
    pub(crate) from: Option<u32>,
    /// Compare with this version of the template; by default the last one
    #[arg(long, value_name = "VERSION", requires = "name", conflicts_with = "versions")]
    pub(crate) to: Option<u32>,
    /// End with 1 if something differs
    #[arg(long)]
    pub(crate) exit_code: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CostsArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,
    /// Use the rates of this day, such as 2026-10-01; by default of today
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<jiff::civil::Date>,
    /// Count also the people who can be invited, as if all of them consented
    #[arg(long)]
    pub(crate) invited: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Files or folders
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Correct in the files what is safe to correct
    #[arg(long)]
    pub(crate) fix: bool,
    /// The format of findings; --format json is the same as --as json
    #[arg(long = "as", value_enum, default_value_t)]
    pub(crate) kind: LintOutput,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintOutput {
    /// The line of each finding with a mark under the place
    #[default]
    Text,
    /// A list of findings
    Json,
    /// SARIF 2.1.0, for code hosts
    Sarif,
}
