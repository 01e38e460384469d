//! How the columns of each source were read the last time.

use crate::sql::{OnConflict, Rows, Table, Type};
use crate::{Crm, LoadError};

const SOURCE_READING: Table = Table {
    name: "source_reading",
    columns: &[("name", Type::Text), ("run_id", Type::Text), ("reading", Type::Text)],
    on_conflict: OnConflict::Replace { key: &["name"] },
};

/// How the columns of a source were read.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        let select = SOURCE_READING.select() + " order by name";
        let reading = self.select("read how sources were read", &select, &[], |it| {
            Ok(SourceReading { name: it.text(0)?, run_id: it.text(1)?, reading: it.text(2)? })
        });
        reading.await
    }

    /// Notes how sources were read.
    pub async fn note_source_readings(&self, readings: &[SourceReading]) -> Result<(), LoadError> {
        let mut rows = Rows::new(&SOURCE_READING);
        for SourceReading { name, run_id, reading } in readings {
            rows.push([name.into(), run_id.into(), reading.into()]);
        }
        let mut tx = self.begin("note how sources were read").await?;
        tx.write_rows([rows]).await?;
        tx.commit().await
    }
}
