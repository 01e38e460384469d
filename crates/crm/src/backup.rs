//! Copies of all tables, and the way back.

use std::path::Path;

use crate::sql::{postgres, sqlite};
use crate::{Crm, Database, LoadError};

/// All tables that hold data, but for `usage`, `suppression` and those of templates: what was asked or submitted stays
/// so, and people who were suppressed stay suppressed, whatever is restored.
pub(crate) const TABLES: [&str; 11] = [
    "run",
    "source",
    "source_reading",
    "reject_summary",
    "batch",
    "receipt",
    "contact",
    "identity",
    "consent",
    "evidence",
    "decision",
];

impl Crm {
    /// Copies the database into an empty folder, checks the copy, and names its files.
    ///
    /// On SQLite the copy is a database; on PostgreSQL it is one file per table as `COPY` writes it.
    pub async fn back_up(&self, folder: &Path) -> Result<Vec<String>, LoadError> {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite::backup::back_up(sqlite, folder).await,
            Database::Postgres(pool) => postgres::backup::back_up(pool, folder).await,
        }
    }

    /// Puts back what [`Crm::back_up`] copied from tables of this [`SCHEMA_VERSION`](crate::SCHEMA_VERSION), in one
    /// transaction.
    pub async fn restore(&self, folder: &Path) -> Result<(), LoadError> {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite::backup::restore(sqlite, folder).await,
            Database::Postgres(pool) => postgres::backup::restore(pool, folder).await,
        }
    }

    /// Empties the tables that a backup holds.
    pub async fn clear(&self) -> Result<(), LoadError> {
        let mut tx = self.begin("empty the tables").await?;
        tx.execute_script(TABLES.map(|table| format!("delete from {table};")).concat()).await?;
        tx.commit().await
    }
}
