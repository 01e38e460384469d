use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::SuppressionKeys;
use sqlx::postgres::{PgConnectOptions, PgPool};

use crate::lease::Fence;
use crate::sql::postgres;
use crate::sql::sqlite::Sqlite;
use crate::{LoadError, schema};

/// The CRM database. Clones share its connections, the lease of [`Lease::crm`](crate::Lease::crm), and the keys of the
/// suppression list.
#[derive(Clone)]
pub struct Crm(pub(crate) Database, pub(crate) Option<Arc<Fence>>, pub(crate) Option<Arc<SuppressionKeys>>);

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
        if let (Address::Postgres { schema: Some(schema), .. }, Database::Postgres(pool)) = (&address, &crm.0) {
            postgres::make_schema(pool, schema).await?;
        }
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

    /// The same database with the keys of its suppression list. Without them nothing can be loaded once the list has an
    /// entry, and no entry can be added.
    pub fn with_suppression_keys(self, keys: Option<SuppressionKeys>) -> Self {
        Self(self.0, self.1, keys.map(Arc::new))
    }

    /// Closes the database, and gives back the lease that this handle may have. The last connection to SQLite moves its
    /// log into the database and deletes it.
    pub async fn close(self) {
        // A lease that cannot be given back expires.
        let _ = self.release_lease().await;
        if let Database::Postgres(pool) = self.0 {
            pool.close().await;
        }
    }
}

/// Where a database is.
pub(crate) enum Address {
    Sqlite(PathBuf),
    Postgres {
        options: Box<PgConnectOptions>,
        /// The schema of our tables; none if it is the first of the server's search path.
        schema: Option<String>,
    },
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, LoadError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(LoadError::Url) } else { Ok(Self::Sqlite(path.into())) };
        }
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let (url, schema) = without_schema(url);
        if let Some(schema) = schema.as_deref().filter(|it| !model::is_schema_name(it)) {
            return Err(LoadError::SchemaName { name: schema.to_owned() });
        }
        let options: Option<PgConnectOptions> = is_postgres.then(|| url.parse().ok()).flatten();
        let options = options.ok_or(LoadError::Url)?;
        let options = match &schema {
            Some(schema) => options.options([("search_path", schema)]),
            None => options,
        };
        Ok(Self::Postgres { options: Box::new(options), schema })
    }

    pub(crate) async fn connect(&self, is_read_only: bool) -> Result<Crm, LoadError> {
        let database = match self {
            Self::Sqlite(path) => Database::Sqlite(Sqlite::open(path, is_read_only).await?),
            Self::Postgres { options, .. } => Database::Postgres(postgres::open((**options).clone()).await?),
        };
        Ok(Crm(database, None, None))
    }

    /// The database as messages name it: no user, no password.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => Path::display(path).to_string(),
            Self::Postgres { schema: Some(schema), .. } => format!("PostgreSQL, schema {schema}"),
            Self::Postgres { schema: None, .. } => "PostgreSQL".to_owned(),
        }
    }
}

/// The URL without the parameter `schema`, which PostgreSQL does not have, and its value.
fn without_schema(url: &str) -> (String, Option<String>) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let (ours, others): (Vec<&str>, Vec<&str>) = query.split('&').partition(|it| it.starts_with("schema="));
    let schema = ours.last().and_then(|it| it.strip_prefix("schema=")).map(str::to_owned);
    let url = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
    (url, schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_a_url_is_ours_and_not_postgresqls() {
        let parts = |url: &str| without_schema(url);
        assert_eq!(parts("postgres://a@h/d"), ("postgres://a@h/d".into(), None));
        assert_eq!(parts("postgres://a@h/d?schema=ferry"), ("postgres://a@h/d".into(), Some("ferry".into())));
        assert_eq!(
            parts("postgres://a@h/d?sslmode=require&schema=f&port=1"),
            ("postgres://a@h/d?sslmode=require&port=1".into(), Some("f".into()))
        );
    }
}
