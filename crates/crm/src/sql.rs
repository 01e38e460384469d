//! Tables, rows and transactions, on either database.
//!
//! All differences between SQLite and PostgreSQL are in [`sqlite`] and [`postgres`]; nothing else names a client
//! library.

mod bulk_writer;
mod cell;
mod lookup;
pub(crate) mod postgres;
mod row;
mod rows;
pub(crate) mod sqlite;
mod table;
mod tx;

pub(crate) use bulk_writer::{BulkWriter, LoadInput, PreparedLoad};
pub(crate) use cell::Cell;
pub(crate) use lookup::Wanted;
pub(crate) use row::{ArchivedRow, Row};
pub(crate) use rows::Rows;
pub(crate) use table::{OnConflict, Table, Type};
pub(crate) use tx::{Guard, Tx, Upserts};

/// The database for which rows are prepared.
#[derive(Clone, Copy)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// Replaces the calls `function(argument)` of a text by what `by` makes of their arguments, which have no brackets.
fn replaced(text: &str, function: &str, by: impl Fn(&str) -> String) -> String {
    let call = format!("{function}(");
    let mut parts = text.split(&call);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (argument, rest) = part.split_once(')').unwrap_or((part, ""));
        replaced += &by(argument);
        replaced += rest;
    }
    replaced
}
