//! How the columns of each source were read the last time.

use crate::bulk::{Rows, Table, Type};
use crate::crm::on;
use crate::writing::Writing;
use crate::{Crm, LoadError};

const SOURCE_READING: Table = Table {
    name: "source_reading",
    columns: &[("name", Type::Text), ("run_id", Type::Text), ("reading", Type::Text)],
    conflict: "on conflict (name) do update set run_id = excluded.run_id, reading = excluded.reading",
};

/// How the columns of a source were read.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SourceReading {
    pub name: String,
    /// The run that read it so.
    pub run_id: String,
    /// As JSON; the database does not look into it.
    pub reading: String,
}

impl Crm {
    /// How each source was read the last time.
    pub async fn source_readings(&self) -> Result<Vec<SourceReading>, LoadError> {
        let statement = "select name, run_id, reading from source_reading order by name";
        on!(self, pool => {
            sqlx::query_as(statement).fetch_all(pool).await.map_err(LoadError::query("read how sources were read"))
        })
    }

    /// Notes how sources were read.
    pub async fn note_source_readings(&self, readings: &[SourceReading]) -> Result<(), LoadError> {
        let failed = LoadError::query("note how sources were read");
        let mut rows = Rows::new(&SOURCE_READING);
        for SourceReading { name, run_id, reading } in readings {
            rows.push([name.into(), run_id.into(), reading.into()]);
        }
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        writing.write_rows(vec![rows]).await.map_err(&failed)?;
        writing.commit().await.map_err(&failed)
    }
}
