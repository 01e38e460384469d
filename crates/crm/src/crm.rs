use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Postgres, Sqlite, Transaction};

use crate::LoadError;

/// Earlier versions can lose committed writes in WAL mode with several connections
/// (<https://sqlite.org/wal.html#walresetbug>).
pub const SQLITE_MINIMUM: &str = "3.51.3";
/// In KiB, which SQLite tells from pages by the sign. Rows come in the order of their keys and need little.
pub(crate) const CACHE_SIZE: &str = "-8192";
/// How every connection to SQLite is set.
pub(crate) const PRAGMAS: [(&str, &str); 5] = [
    ("synchronous", "normal"),
    ("cache_size", CACHE_SIZE),
    ("temp_store", "memory"),
    ("threads", "2"),
    // Pages of the log after which a commit itself moves them into the database. Loading has others do that before.
    ("wal_autocheckpoint", "16384"),
];
/// How long one writer waits for another.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// The version of the tables. Backups fit into those of their own version alone.
pub const SCHEMA_VERSION: &str = "10";

/// The CRM database.
#[derive(Clone, Debug)]
pub enum Crm {
    /// One connection: SQLite has one writer, and a second could only wait for it. Contacts are loaded by another.
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Runs the same code on whichever database it is.
macro_rules! on {
    ($crm:expr, $pool:ident => $body:expr) => {
        match $crm {
            $crate::Crm::Sqlite($pool) => $body,
            $crate::Crm::Postgres($pool) => $body,
        }
    };
}
pub(crate) use on;

impl Crm {
    /// Opens the database for writing; makes it, or its tables, if they are not there.
    pub async fn open(url: &str) -> Result<Self, LoadError> {
        let (crm, what) = match Address::parse(url)? {
            Address::Sqlite(path) => {
                create_private(&path)
                    .map_err(|source| LoadError::Connect { what: shown(&path), source: sqlx::Error::Io(source) })?;
                (sqlite(&path, false).await?, shown(&path))
            }
            Address::Postgres(options) => (postgres(*options).await?, "PostgreSQL".to_owned()),
        };
        crm.check_or_make_schema(&what).await?;
        Ok(crm)
    }

    /// Opens the database to look at it; none if there is no such database yet.
    pub async fn look(url: &str) -> Result<Option<Self>, LoadError> {
        let (crm, what) = match Address::parse(url)? {
            Address::Sqlite(path) if !path.exists() => return Ok(None),
            Address::Sqlite(path) => (sqlite(&path, true).await?, shown(&path)),
            Address::Postgres(options) => (postgres(*options).await?, "PostgreSQL".to_owned()),
        };
        Ok(crm.has_schema(&what).await?.then_some(crm))
    }

    /// Lets go of the database; SQLite tidies up its journal.
    pub async fn close(self) {
        on!(self, pool => pool.close().await)
    }

    async fn check_or_make_schema(&self, what: &str) -> Result<(), LoadError> {
        if self.has_schema(what).await? {
            return Ok(());
        }
        let failed = LoadError::query("make the tables");
        match self {
            Self::Sqlite(pool) => {
                let mut transaction = pool.begin_with("begin immediate").await.map_err(&failed)?;
                sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await.map_err(&failed)?;
                sqlx::query(NOTE_VERSION).bind(SCHEMA_VERSION).execute(&mut *transaction).await.map_err(&failed)?;
                transaction.commit().await.map_err(&failed)
            }
            Self::Postgres(pool) => {
                let mut transaction = pool.begin().await.map_err(&failed)?;
                sqlx::raw_sql(AssertSqlSafe(in_postgres(SCHEMA))).execute(&mut *transaction).await.map_err(&failed)?;
                sqlx::query(NOTE_VERSION).bind(SCHEMA_VERSION).execute(&mut *transaction).await.map_err(&failed)?;
                transaction.commit().await.map_err(&failed)
            }
        }
    }

    async fn version(&self) -> Result<Option<String>, LoadError> {
        let version: Option<(String,)> = on!(self, pool => {
            sqlx::query_as(READ_VERSION).fetch_optional(pool).await.map_err(LoadError::query("read the schema version"))?
        });
        Ok(version.map(|it| it.0))
    }

    /// Whether our tables are there. Tables of another program, or of another version, are an error.
    async fn has_schema(&self, what: &str) -> Result<bool, LoadError> {
        let tables = self.table_names(what).await?;
        if !tables.iter().any(|it| it == "ferry_meta") {
            return match tables.is_empty() {
                true => Ok(false),
                false => Err(LoadError::Foreign { what: what.to_owned() }),
            };
        }
        match self.version().await? {
            Some(found) if found != SCHEMA_VERSION => {
                Err(LoadError::OtherSchema { what: what.to_owned(), found, known: SCHEMA_VERSION })
            }
            found => Ok(found.is_some()),
        }
    }

    async fn table_names(&self, what: &str) -> Result<Vec<String>, LoadError> {
        let names: Result<Vec<(String,)>, _> = match self {
            Self::Sqlite(pool) => {
                sqlx::query_as("select name from sqlite_schema where type = 'table'").fetch_all(pool).await
            }
            Self::Postgres(pool) => {
                sqlx::query_as(
                    "select table_name::text from information_schema.tables where table_schema = current_schema()",
                )
                .fetch_all(pool)
                .await
            }
        };
        match names {
            Ok(names) => Ok(names.into_iter().map(|it| it.0).collect()),
            // SQLITE_NOTADB
            Err(sqlx::Error::Database(error)) if error.code().is_some_and(|it| it == "26") => {
                Err(LoadError::NotADatabase { what: what.to_owned() })
            }
            Err(source) => Err(LoadError::query("list the tables")(source)),
        }
    }
}

/// The one schema, as SQLite reads it.
const SCHEMA: &str = include_str!("../schema.sql");

/// Statements of our own, as PostgreSQL reads them.
fn in_postgres(statements: &str) -> String {
    statements.replace(" blob ", " bytea ").replace(" without rowid", "")
}

const READ_VERSION: &str = "select value from ferry_meta where key = 'schema_version'";
const NOTE_VERSION: &str = "insert into ferry_meta (key, value) values ('schema_version', $1)";

/// One writer at a time: SQLite by its own lock, PostgreSQL by an advisory one until the commit.
pub(crate) async fn begin_sqlite(pool: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    pool.begin_with("begin immediate").await
}

/// See [`begin_sqlite`].
pub(crate) async fn begin_postgres(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query("select pg_advisory_xact_lock(4928463)").execute(&mut *transaction).await?;
    Ok(transaction)
}

enum Address {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl Address {
    fn parse(url: &str) -> Result<Self, LoadError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(LoadError::Url) } else { Ok(Self::Sqlite(path.into())) };
        }
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let options: Option<PgConnectOptions> = is_postgres.then(|| url.parse().ok()).flatten();
        options.map(|it| Self::Postgres(Box::new(it))).ok_or(LoadError::Url)
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// SQLite gives its journal files the mode of the database, and would make that readable to all.
fn create_private(path: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(|_| ())
}

async fn sqlite(path: &Path, is_read_only: bool) -> Result<Crm, LoadError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(BUSY_TIMEOUT)
        .page_size(16384)
        .statement_cache_capacity(64)
        .disable_statement_logging();
    let options = PRAGMAS.into_iter().fold(options, |options, (name, value)| options.pragma(name, value));
    // Reading a WAL database takes its shared-memory file, so "read only" is a rule of statements.
    let options = if is_read_only { options.pragma("query_only", "on") } else { options };
    let pool =
        SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(|source| match &source {
            sqlx::Error::Database(error) if error.code().is_some_and(|it| it == "26") => {
                LoadError::NotADatabase { what: shown(path) }
            }
            _ => LoadError::Connect { what: shown(path), source },
        })?;
    let (found,): (String,) = sqlx::query_as("select sqlite_version()")
        .fetch_one(&pool)
        .await
        .map_err(LoadError::query("ask for the version"))?;
    match version(&found) >= version(SQLITE_MINIMUM) {
        true => Ok(Crm::Sqlite(pool)),
        false => Err(LoadError::OldSqlite { found, minimum: SQLITE_MINIMUM }),
    }
}

fn version(text: &str) -> Vec<u32> {
    text.split('.').filter_map(|it| it.parse().ok()).collect()
}

async fn postgres(options: PgConnectOptions) -> Result<Crm, LoadError> {
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options.disable_statement_logging())
        .await;
    pool.map(Crm::Postgres).map_err(|source| LoadError::Connect { what: "PostgreSQL".to_owned(), source })
}
