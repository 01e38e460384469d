use rusqlite::Connection;
use rusqlite::types::Value;

use crate::sql::Row;
use crate::sql::lookup::Wanted;
use crate::{LoadError, SqlError};

/// Runs a prepared statement for each value: SQLite answers from its own memory, so nothing is saved by a list of values.
pub(crate) fn select_by<T>(
    connection: &Connection,
    select: &str,
    wanted: Wanted,
    read: impl Fn(&dyn Row) -> Result<T, LoadError>,
) -> Result<Vec<T>, SqlError> {
    let values: Vec<Value> = match wanted {
        Wanted::Texts(them) => them.into_iter().map(Value::Text).collect(),
        Wanted::Bytes(them) => them.into_iter().map(Value::Blob).collect(),
    };
    let mut statement = connection.prepare_cached(select)?;
    let mut all = Vec::new();
    for value in values {
        let mut rows = statement.query([value])?;
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
    }
    Ok(all)
}
