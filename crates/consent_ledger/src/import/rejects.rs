//! The rows that were refused, as a file: their own columns, the line and the reason.

use std::path::Path;

use run::ArtifactWriter;

use crate::ConsentError;

/// Writes refused rows, which appear with [`Rejects::publish`].
pub(crate) struct Rejects {
    writer: csv::Writer<ArtifactWriter>,
    n_columns: usize,
    n_rows: u64,
}

impl Rejects {
    pub(crate) fn create(path: &Path, columns: &[String]) -> Result<Self, ConsentError> {
        let mut writer = csv::Writer::from_writer(ArtifactWriter::create_output(path)?);
        writer.write_record(columns.iter().map(String::as_str).chain(["_line", "_reason"]))?;
        Ok(Self { writer, n_columns: columns.len(), n_rows: 0 })
    }

    /// Adds a row; one that could not be read has its text in the first column. A spreadsheet runs no cell of it as a
    /// formula.
    pub(crate) fn add(&mut self, cells: &[String], line: u64, reason: &str) -> Result<(), ConsentError> {
        for place in 0..self.n_columns {
            let cell = cells.get(place).map_or("", String::as_str);
            self.writer.write_field(run::guarded(cell).as_ref())?;
        }
        self.writer.write_record([line.to_string().as_str(), reason])?;
        self.n_rows += 1;
        Ok(())
    }

    pub(crate) fn publish(self) -> Result<(), ConsentError> {
        let file = self.writer.into_inner().map_err(|it| ConsentError::Write(it.into_error()))?;
        file.publish(self.n_rows)?;
        Ok(())
    }
}
