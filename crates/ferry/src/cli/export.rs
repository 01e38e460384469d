//! `ferry export`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use contact_export::ExportFormat;

use super::{PlannedArgs, PlannedWhere};

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
