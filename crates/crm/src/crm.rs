use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgPool};

use crate::sql::postgres;
use crate::sql::sqlite::Sqlite;
use crate::{LoadError, schema};

/// The CRM database. Clones share its connections.
#[derive(Clone)]
pub struct Crm(pub(crate) Database);

#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(Sqlite),
    Postgres(PgPool),
}

impl Crm {
    /// Opens the database for writing; makes it, or its tables, if they are not there.
    pub async fn open(url: &str) -> Result<Self, LoadError> {
        let address = Address::parse(url)?;
        let crm = address.connect(false).await?;
        schema::check_or_make(&crm, &address.shown()).await?;
        Ok(crm)
    }

    /// Opens the database to look at it; none if there is no such database yet.
    pub async fn look(url: &str) -> Result<Option<Self>, LoadError> {
        let address = Address::parse(url)?;
        if matches!(&address, Address::Sqlite(path) if !path.exists()) {
            return Ok(None);
        }
        let crm = address.connect(true).await?;
        Ok(schema::is_there(&crm, &address.shown()).await?.then_some(crm))
    }

    /// Closes the database. The last connection to SQLite moves its log into the database and deletes it.
    pub async fn close(self) {
        if let Database::Postgres(pool) = self.0 {
            pool.close().await;
        }
    }
}

/// Where a database is.
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

    async fn connect(&self, is_read_only: bool) -> Result<Crm, LoadError> {
        Ok(Crm(match self {
            Self::Sqlite(path) => Database::Sqlite(Sqlite::open(path, is_read_only).await?),
            Self::Postgres(options) => Database::Postgres(postgres::open((**options).clone()).await?),
        }))
    }

    /// The database as messages name it: no user, no password.
    fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => Path::display(path).to_string(),
            Self::Postgres(_) => "PostgreSQL".to_owned(),
        }
    }
}
