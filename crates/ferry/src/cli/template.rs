use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum TemplateCommand {
    /// Check templates against WhatsApp's rules
    ///
    /// Takes any JSON with templates in it: one, a list, or an answer of the Cloud API. Ends with 1 if there are errors.
    Lint(LintArgs),
    /// Submit templates to the account of the plan, and edit those that have changed
    ///
    /// What is not critical goes first, 100 an hour at most. What was submitted is known by its receipt and never submitted
    /// twice, also if the answer was lost. Templates with errors are not submitted.
    Submit(SubmitArgs),
    /// Tell the state of every template that was submitted
    Status(AccountArgs),
    /// Ask WhatsApp for the state of every template that was submitted, and tell what changed
    Sync(AccountArgs),
    /// List the rules, or explain one
    Rules {
        /// The code or the name of a rule, such as T302 or variable-at-end
        rule: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AccountArgs {
    /// The plan: its section `whatsapp` names the account, `crm` the database that keeps the receipts
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,
    /// The folder that `ferry translate` wrote, or files with templates
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Submit again what was refused, though it has not changed: a name that was locked is free again
    #[arg(long)]
    pub(crate) again: bool,
    /// Submit nothing, and say in which order and when
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Files or folders
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Mend what is safe to mend, in the files
    #[arg(long)]
    pub(crate) fix: bool,
    /// How findings are printed; --format json is the same as --as json
    #[arg(long = "as", value_enum, default_value_t)]
    pub(crate) kind: LintOutput,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintOutput {
    /// With the line and a mark under the place
    #[default]
    Text,
    /// A list of findings
    Json,
    /// SARIF 2.1.0, for code hosts
    Sarif,
}
