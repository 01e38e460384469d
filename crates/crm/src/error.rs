use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why the database cannot be used. No message holds a connection string or a value of a row.
#[derive(Debug, Error)]
pub enum LoadError {
    #[error("the CRM URL is neither sqlite:PATH nor postgres://…")]
    Url,
    #[error("could not reach the CRM database ({what}): is it running, and may this user connect?")]
    Connect { what: String, source: sqlx::Error },
    #[error("could not {what} in the CRM database")]
    Query { what: &'static str, source: Source },
    #[error("could not {what} in the CRM database: its disk does not take the write; is it full?")]
    Storage { what: &'static str, source: Source },
    #[error("{what} holds tables that Ferry did not make: give the CRM a database of its own")]
    Foreign { what: String },
    #[error(
        "{what} was made by another version of Ferry (schema {found}, this one knows {known}). Before the first release \
         there are no upgrades: use that version, or load into a new database"
    )]
    OtherSchema { what: String, found: String, known: &'static str },
    #[error("{what} is not a SQLite database")]
    NotADatabase { what: String },
    #[error("SQLite {found} can lose committed writes; {minimum} or later is needed")]
    OldSqlite { found: String, minimum: &'static str },
    #[error(
        "the contacts of this database were made with another contact key ({theirs}, this run has {ours}): give it the same key"
    )]
    OtherKey { theirs: String, ours: String },
    #[error("the CRM database holds a value that this version does not know in {column}")]
    Value { column: &'static str },
    #[error("could not back up the CRM database to {}", path.display())]
    BackupFile { path: PathBuf, source: io::Error },
    #[error("the backup in {} does not hold what the database held", path.display())]
    BackupDiffers { path: PathBuf },
}

/// What the library says that spoke with the database.
type Source = Box<dyn std::error::Error + Send + Sync>;

impl LoadError {
    /// Wraps a failed statement; `what` says what was being done, after "could not".
    pub(crate) fn query(what: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |error| Self::of(what, is_storage_failure(&error), error.into())
    }

    /// See [`LoadError::query`].
    pub(crate) fn statement(what: &'static str) -> impl Fn(rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DiskFull, SystemIoFailure};
        let is_storage = |it: &rusqlite::Error| matches!(it.sqlite_error_code(), Some(DiskFull | SystemIoFailure));
        move |error| Self::of(what, is_storage(&error), error.into())
    }

    fn of(what: &'static str, is_storage: bool, source: Source) -> Self {
        match is_storage {
            true => Self::Storage { what, source },
            false => Self::Query { what, source },
        }
    }
}

/// SQLite's primary result codes 10 (I/O error) and 13 (full); PostgreSQL's class 53 (out of resources).
fn is_storage_failure(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|it| it.code());
    code.is_some_and(|it| match it.parse::<u32>() {
        Ok(code) if it.len() < 5 => matches!(code & 0xff, 10 | 13),
        _ => it.starts_with("53"),
    })
}
