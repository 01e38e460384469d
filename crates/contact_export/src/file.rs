//! Files of rows: CSV, lines of JSON, Parquet.

use std::io::Write;
use std::path::Path;

use crm::Exported;
use jiff::Timestamp;
use model::ValueKind;
use run::{ArtifactWriter, TableWriter};
use serde::Serializer;
use serde_json::Value;

use crate::columns::Column;
use crate::{ExportError, ExportFormat};

/// A file that rows are written to.
pub(crate) enum ExportFile {
    Csv { writer: Box<csv::Writer<ArtifactWriter>>, is_exact: bool },
    Lines(ArtifactWriter),
    Parquet(TableWriter),
}

impl ExportFile {
    /// Begins the file. With `is_exact`, cells of CSV are not made safe for spreadsheets.
    pub(crate) fn create(
        path: &Path,
        format: ExportFormat,
        columns: &[Column],
        is_exact: bool,
    ) -> Result<Self, ExportError> {
        let file = ArtifactWriter::create_output(path)?;
        Ok(match format {
            ExportFormat::JsonLines => Self::Lines(file),
            ExportFormat::Parquet => {
                let columns: Vec<run::Column> = columns.iter().map(table_column).collect();
                Self::Parquet(TableWriter::create(file, &columns)?)
            }
            _ => {
                let mut writer = Box::new(csv::Writer::from_writer(file));
                writer
                    .write_record(columns.iter().map(|it| &it.name))
                    .map_err(|it| ExportError::Write(io_error(it)))?;
                Self::Csv { writer, is_exact }
            }
        })
    }

    /// Writes one contact.
    pub(crate) fn write(&mut self, contact: &Exported, columns: &[Column]) -> Result<(), ExportError> {
        let values = columns.iter().map(|it| (it, (it.values)(contact)));
        match self {
            Self::Csv { writer, is_exact } => {
                let cells = values.map(|it| cell(it.1)).map(|it| match is_exact {
                    true => it,
                    false => run::guarded(&it).into_owned(),
                });
                writer.write_record(cells).map_err(|it| ExportError::Write(io_error(it)))
            }
            Self::Lines(file) => {
                let pairs = values.map(|(column, it)| (&column.name, json(column.kind, it)));
                let written = serde_json::Serializer::new(&mut *file).collect_map(pairs);
                written.map_err(|it| ExportError::Write(it.into()))?;
                file.write_all(b"\n").map_err(ExportError::Write)
            }
            Self::Parquet(table) => {
                let values: Vec<(ValueKind, Vec<String>)> = values.map(|(column, it)| (column.kind, it)).collect();
                table.row(|row| {
                    for (place, (kind, values)) in values.into_iter().enumerate() {
                        push(row, place, kind, values);
                    }
                    row.end_row();
                })?;
                Ok(())
            }
        }
    }

    /// Ends the file, so that it appears.
    pub(crate) fn publish(self, n_rows: u64) -> Result<(), ExportError> {
        match self {
            Self::Csv { writer, .. } => {
                let file = writer.into_inner().map_err(|it| ExportError::Write(it.into_error()))?;
                file.publish(n_rows)?;
            }
            Self::Lines(file) => drop(file.publish(n_rows)?),
            Self::Parquet(table) => drop(table.publish()?),
        }
        Ok(())
    }
}

/// The error of the file itself, so that a closed pipe is known for what it is.
pub fn io_error(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

fn cell(mut values: Vec<String>) -> String {
    match values.len() {
        0 | 1 => values.pop().unwrap_or_default(),
        _ => values.join(","),
    }
}

fn json(kind: ValueKind, values: Vec<String>) -> Value {
    if kind == ValueKind::List {
        return values.into();
    }
    let Some(value) = values.into_iter().next() else { return Value::Null };
    match kind {
        ValueKind::Count => value.parse::<u64>().map_or(Value::Null, Value::from),
        ValueKind::Flag => is_set(&value).into(),
        ValueKind::Text | ValueKind::Moment | ValueKind::List => value.into(),
    }
}

fn is_set(flag: &str) -> bool {
    matches!(flag, "true" | "yes")
}

fn table_column(column: &Column) -> run::Column {
    match column.kind {
        ValueKind::Text | ValueKind::List => run::Column::text(&column.name),
        ValueKind::Count => run::Column::int(&column.name),
        ValueKind::Flag => run::Column::flag(&column.name),
        ValueKind::Moment => run::Column::moment(&column.name),
    }
}

fn push(row: &mut run::Group, place: usize, kind: ValueKind, values: Vec<String>) {
    let value = if values.is_empty() { None } else { Some(cell(values)) };
    let value = value.as_deref();
    match kind {
        ValueKind::Text | ValueKind::List => row.push_text(place, value),
        ValueKind::Count => row.push_int(place, value.and_then(|it| it.parse().ok())),
        ValueKind::Flag => row.push_int(place, value.map(|it| i64::from(is_set(it)))),
        ValueKind::Moment => {
            row.push_int(place, value.and_then(|it| it.parse::<Timestamp>().ok()).map(Timestamp::as_microsecond));
        }
    }
}
