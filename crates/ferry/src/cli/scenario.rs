use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use scenario_export::Platform;
use scenario_import::Format;

use super::PlanArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum ScenarioCommand {
    /// Read files of other tools as scenarios
    ///
    /// Reads lists of SMS texts, message logs, Viber keyboards and dialogues, templates of Infobip and Twilio, flows of
    /// Twilio Studio and RapidPro, agents of Dialogflow, bots of Rasa. Several files, or a folder, are read as one set.
    Import(ImportArgs),
    /// Check scenarios, and list what WhatsApp cannot express
    Check(ScenarioArgs),
    /// Print scenarios in readable form
    Show(ScenarioArgs),
    /// Draw a scenario as a flowchart
    Graph(GraphArgs),
    /// Run the same inputs through the source and the WhatsApp side, and compare what the customer sees
    ///
    /// The source side is an interpreter of the format (twilio-studio, rapidpro, dialogflow, rasa, viber-messages,
    /// viber-archive), which reads the files itself; for other formats it is the neutral form. Without --script, Ferry makes
    /// scripts that take every route of the source. Outside the 24-hour window only templates are sent, as on WhatsApp.
    Simulate(SimulateArgs),
    /// Write the templates and messages of the database into a sheet for review, and take it back
    ///
    /// The sheet is an Excel workbook or CSV. In it people edit texts, choose decisions and write comments; other programs may
    /// sort and save it. What is taken back is checked with the rules of WhatsApp, row by row: a row with an error, or that
    /// somebody else has changed since, is named with the reason and not taken. Ends with 3 if rows were refused.
    #[command(group = clap::ArgGroup::new("sheet").required(true).args(["to", "from"]))]
    Review(ReviewArgs),
    /// Write scenarios as a file that a bot platform imports
    ///
    /// RapidPro and TextIt import flows (specification 13.1). The WhatsApp side of each scenario becomes a flow: its
    /// messages, choices, conditions and waits, and its templates by name. What the format cannot express is a loss; the
    /// losses are printed, and stand as notes beside the nodes in the platform's editor.
    Export(PlatformArgs),
    /// Print the JSON Schema of the neutral form
    Schema,
}

/// The files to read, and how.
#[derive(Debug, Args)]
pub(crate) struct ScenarioArgs {
    /// Files or folders: scenarios in the neutral form, or anything that `ferry scenario import` reads
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The format of the files [default: detected]
    #[arg(long, value_name = "KIND", value_parser = format)]
    pub(crate) from: Option<Format>,
    /// The plan: section `business` has the language, the footer, the opt-out wording and the contact
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<PathBuf>,
    /// The language of texts that are too short to recognise, or the region of their language, such as pt_PT
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// How many messages of a log a template must have
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) min_messages: u64,
    /// The column of a list or a log that holds the texts: its name or its number [default: detected]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) text_column: Option<String>,
    /// The column of a list with the names of templates
    #[arg(long, value_name = "COLUMN")]
    pub(crate) name_column: Option<String>,
    /// The column of a list with the languages of the texts
    #[arg(long, value_name = "COLUMN")]
    pub(crate) language_column: Option<String>,
    /// Use only the scenario with this id, or this id and language, such as help.fr
    #[arg(long, value_name = "ID")]
    pub(crate) only: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) scenarios: ScenarioArgs,
    /// The file to write; without it only a summary is printed
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReviewArgs {
    /// The sheet to write: a name that ends in .xlsx or .csv
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// The sheet to take back
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Who reviewed it [default: user@machine]
    #[arg(long, value_name = "NAME", requires = "from", value_parser = crate::cli::identity::name)]
    pub(crate) by: Option<String>,
    /// Check the sheet and say what would be taken, without writing anything
    #[arg(long, requires = "from")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PlatformArgs {
    #[command(flatten)]
    pub(crate) scenarios: ScenarioArgs,
    /// The platform: rapidpro
    #[arg(long = "as", value_name = "NAME", value_parser = platform)]
    pub(crate) platform: Platform,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    pub(crate) scenarios: ScenarioArgs,
    /// The format of the picture
    #[arg(long = "as", value_enum, default_value_t)]
    pub(crate) kind: GraphKind,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphKind {
    /// A flowchart in Mermaid
    #[default]
    Mermaid,
    /// An SVG picture
    Svg,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    #[command(flatten)]
    pub(crate) scenarios: ScenarioArgs,
    /// Scripts to run, as --record writes them
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// Write the scripts that were run
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TranslateArgs {
    #[command(flatten)]
    pub(crate) scenarios: ScenarioArgs,
    /// The folder to write: templates/, flows/, findings.ndjson, order.json
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
    /// Write variables as {{name}} instead of {{1}}
    #[arg(long)]
    pub(crate) named: bool,
    /// The id of the catalogue that products are in
    #[arg(long, value_name = "ID", default_value = "")]
    pub(crate) catalog: String,
}

fn platform(text: &str) -> Result<Platform, String> {
    let names = || Platform::ALL.map(Platform::name).join(", ");
    Platform::from_name(text).ok_or_else(|| format!("a platform is one of {}", names()))
}

fn format(text: &str) -> Result<Format, String> {
    let names = || Format::ALL.map(Format::name).join(", ");
    Format::from_name(text).ok_or_else(|| format!("a format is one of {}", names()))
}
