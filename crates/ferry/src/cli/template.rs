use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum TemplateCommand {
    /// Check templates against WhatsApp's rules
    ///
    /// Takes any JSON with templates in it: one, a list, or an answer of the Cloud API. Ends with 1 if there are errors.
    Lint(LintArgs),
    /// List the rules, or explain one
    Rules {
        /// The code or the name of a rule, such as T302 or variable-at-end
        rule: Option<String>,
    },
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
