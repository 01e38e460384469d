//! Copies of all tables, and the way back.

mod restore;

use std::path::Path;

use crate::sql::{postgres, sqlite};
use crate::{Crm, Database, LoadError};

pub use restore::Losses;

/// All tables that hold data, but for `usage`, `suppression`, those of webhooks, and those of scenarios and templates: what was
/// asked, submitted or received stays so, people who were suppressed stay suppressed, and what people wrote and decided stays,
/// whatever is restored.
pub(crate) const TABLES: [&str; 13] = [
    "run",
    "source",
    "source_reading",
    "reject_summary",
    "batch",
    "receipt",
    "contact",
    "identity",
    "consent",
    "consent_reading",
    "consent_retraction",
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
}
