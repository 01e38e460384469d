//! `ferry crm` and `ferry key`.

use std::path::PathBuf;

use clap::Subcommand;

use super::PlanArgs;

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
