use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use thiserror::Error;

/// The reason why the database cannot be used. No message holds a connection string or a value of a row.
#[derive(Debug, Error)]
pub enum LoadError {
    #[error("the CRM URL is neither sqlite:PATH nor postgres://…")]
    Url,
    #[error("could not reach the CRM database ({what}): is it running, and is its address right?")]
    Connect { what: String, source: Source },
    #[error("could not open the CRM database ({what}): {why}")]
    Refused { what: String, why: Refusal, source: Source },
    #[error("could not {what} in the CRM database")]
    Query { what: &'static str, source: Source },
    #[error("could not {what} in the CRM database: its disk does not take the write; is it full?")]
    Storage { what: &'static str, source: Source },
    #[error("another run has been loading into this database since {since} ({holder}): wait for it, or stop it")]
    Busy { holder: String, since: Timestamp },
    #[error("another run has taken over the loading into this database, so this one has stopped")]
    Fenced,
    #[error(
        "could not {what} in the CRM database: {} is writing to it for too long: wait for that, or stop it",
        holder.as_deref().unwrap_or("another program")
    )]
    Locked { what: &'static str, holder: Option<String> },
    #[error(
        "{what} holds tables that Ferry did not make: give the CRM a database of its own{}",
        if what.starts_with("PostgreSQL") { ", or a schema: schema = \"ferry\" in [crm]" } else { "" }
    )]
    Foreign { what: String },
    #[error("\"{name}\" cannot name a schema: use small letters, digits and underscores, a letter first, not pg_")]
    SchemaName { name: String },
    #[error(
        "{user} may not make the schema {schema}: hand `{}` to an administrator of the database; `ferry crm ddl` prints \
         it with rights for readers",
        crate::ddl::create_schema(schema, user)
    )]
    NoSchema { schema: String, user: String, source: Source },
    #[error(
        "could not {what} in the CRM database: the server ended the statement after its time; set statement_timeout in \
         [crm]"
    )]
    TimedOut { what: &'static str },
    #[error(
        "could not {what} in the CRM database: the user may not; `ferry crm ddl` prints the rights that Ferry needs"
    )]
    NoRight { what: &'static str, source: Source },
    #[error("lost the connection to the CRM database, and could not {what}")]
    Lost { what: &'static str, source: Source },
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
    #[error(
        "the suppression list has entries under key {}, which is not here: without it, nobody can say who must not be \
         written to. Put its line back into the file or the variable with the suppression keys, below the first; nothing \
         is loaded or sent until then", ids.join(", ")
    )]
    NoSuppressionKey { ids: Vec<String> },
    #[error("there is no key for the suppression list")]
    NoSuppressionKeys,
    #[error("the CRM database holds a value that this version does not know in {column}")]
    Value { column: String },
    #[error("could not back up the CRM database to {}", path.display())]
    BackupFile { path: PathBuf, source: io::Error },
    #[error("the backup in {} does not hold what the database held", path.display())]
    BackupDiffers { path: PathBuf },
}

/// The reason why a database cannot be opened until a person changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("may this user read and write that file and its folder?")]
    File,
    #[error("PostgreSQL has no database of this name; make it first, for example with createdb")]
    NoDatabase,
    #[error("PostgreSQL does not accept the user of the URL, or its password")]
    User,
    #[error("the server is not accepted, or takes no encrypted connection; see sslmode and sslrootcert in the URL")]
    Certificate,
}

impl LoadError {
    /// Whether the same command can succeed later: the database is unavailable, or another program uses it.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Busy { .. } | Self::Fenced | Self::Locked { .. } | Self::Lost { .. }
        )
    }
}

/// The error of the client library.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// The reason why a statement failed, before the purpose of the statement is added.
#[derive(Debug)]
pub(crate) enum SqlError {
    Sqlite(rusqlite::Error),
    Postgres(sqlx::Error),
    /// A thread that used the database ended before its time.
    Thread,
    /// The system gave no random bytes.
    Random(String),
    /// An error that says all by itself.
    Other(LoadError),
}

impl SqlError {
    /// Says what could not be done, after "could not".
    pub(crate) fn doing(self, what: &'static str) -> LoadError {
        if self.is_locked() {
            return LoadError::Locked { what, holder: None };
        }
        let is_storage = self.is_storage_failure();
        let cause = self.postgres_cause();
        if cause == Some(PostgresCause::TimedOut) {
            return LoadError::TimedOut { what };
        }
        let source: Source = match self {
            Self::Sqlite(error) => error.into(),
            Self::Postgres(error) => postgres_source(error),
            Self::Random(error) => error.into(),
            Self::Thread => "a thread ended before its time".into(),
            Self::Other(error) => return error,
        };
        match (is_storage, cause) {
            (true, _) => LoadError::Storage { what, source },
            (_, Some(PostgresCause::Lost)) => LoadError::Lost { what, source },
            (_, Some(PostgresCause::NoRight)) => LoadError::NoRight { what, source },
            _ => LoadError::Query { what, source },
        }
    }

    /// The cause of an error of PostgreSQL that a person or a later run can remove
    /// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
    fn postgres_cause(&self) -> Option<PostgresCause> {
        let Self::Postgres(error) = self else { return None };
        if matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) {
            return Some(PostgresCause::Lost);
        }
        let code = error.as_database_error()?.code()?;
        match code.as_ref() {
            "57014" => Some(PostgresCause::TimedOut),
            "42501" => Some(PostgresCause::NoRight),
            // The server was stopped, or it ended the connection.
            "57P01" | "57P02" | "57P03" | "57P05" => Some(PostgresCause::Lost),
            code if code.starts_with("08") => Some(PostgresCause::Lost),
            _ => None,
        }
    }

    /// Whether another writer did not end in time
    /// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
    fn is_locked(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        const LOCK_NOT_AVAILABLE: &str = "55P03";
        const DEADLOCK: &str = "40P01";
        match self {
            Self::Sqlite(error) => matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked)),
            Self::Postgres(error) => error
                .as_database_error()
                .and_then(|it| it.code())
                .is_some_and(|it| it == LOCK_NOT_AVAILABLE || it == DEADLOCK),
            Self::Thread | Self::Random(_) | Self::Other(_) => false,
        }
    }

    /// PostgreSQL's class 53 is "insufficient resources"
    /// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
    fn is_storage_failure(&self) -> bool {
        use rusqlite::ErrorCode::{DiskFull, SystemIoFailure};
        match self {
            Self::Sqlite(error) => matches!(error.sqlite_error_code(), Some(DiskFull | SystemIoFailure)),
            Self::Postgres(error) => {
                error.as_database_error().and_then(|it| it.code()).is_some_and(|it| it.starts_with("53"))
            }
            Self::Thread | Self::Random(_) | Self::Other(_) => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PostgresCause {
    TimedOut,
    NoRight,
    Lost,
}

/// The cause of an error. An error of the server is its message alone: the client adds a line of the server's own code.
pub(crate) fn postgres_source(error: sqlx::Error) -> Source {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned().into(),
        error => error.into(),
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<sqlx::Error> for SqlError {
    fn from(error: sqlx::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<LoadError> for SqlError {
    fn from(error: LoadError) -> Self {
        Self::Other(error)
    }
}
