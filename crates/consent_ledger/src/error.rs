use std::path::PathBuf;

use crm::LoadError;
use extract::ExtractError;
use model::WordingName;
use run::RunError;
use thiserror::Error;

/// The reason why a file of statements could not be read or written. No text holds a cell of the file.
#[derive(Debug, Error)]
pub enum ConsentError {
    #[error("{} has no column with people: name it with --column phone=NAME, contact_id=NAME or viber_id=NAME; {columns}", path.display())]
    NoPeople { path: PathBuf, columns: String },
    #[error("{} has no column with answers: name it with --column state=NAME, or give --state, or --opt-outs if everybody in the file refuses; {columns}", path.display())]
    NoAnswers { path: PathBuf, columns: String },
    #[error("{} has no column \"{column}\", which --column names; {columns}", path.display())]
    NoColumn { path: PathBuf, column: String, columns: String },
    #[error("--column names two columns of {field}: leave one out, or import the file once for each")]
    ColumnTwice { field: &'static str },
    #[error("the first line of {part} in {} names no column that Ferry knows, and other files in it have a header: import the files one by one", path.display())]
    SomeHeaders { path: PathBuf, part: String },
    #[error("{} names no channel: add a column channel, or give --channel", path.display())]
    NoChannel { path: PathBuf },
    #[error(
        "--opt-outs is for a list of people who refuse, so --state is no or stop; leave out --opt-outs to import consents"
    )]
    ListOfConsents,
    #[error(
        "neither the plan nor the database has the wording {wording} of --wording: add it to the plan as [[wording]]{nearest}"
    )]
    UnknownWording { wording: WordingName, nearest: String },
    #[error("there is no export of the ledger to .{ending}: name a file that ends in .csv or .jsonl")]
    Ending { ending: String },
    #[error("{} is not a list of decisions: it has no column {column}", path.display())]
    NoDecisions { path: PathBuf, column: &'static str },
    #[error("could not write a file of the consent ledger")]
    Write(#[source] std::io::Error),
    #[error("reading the file ended before its time")]
    Thread(#[source] tokio::task::JoinError),
    #[error(transparent)]
    Extract(#[from] ExtractError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Crm(#[from] LoadError),
}

impl ConsentError {
    /// Whether the command line is wrong for the file.
    pub fn is_of_command(&self) -> bool {
        matches!(
            self,
            Self::NoPeople { .. }
                | Self::NoAnswers { .. }
                | Self::NoColumn { .. }
                | Self::ColumnTwice { .. }
                | Self::SomeHeaders { .. }
                | Self::NoChannel { .. }
                | Self::ListOfConsents
                | Self::UnknownWording { .. }
        )
    }
}

impl From<csv::Error> for ConsentError {
    fn from(error: csv::Error) -> Self {
        Self::Write(match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            other => std::io::Error::other(format!("{other:?}")),
        })
    }
}
