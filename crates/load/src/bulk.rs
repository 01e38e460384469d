//! Rows on their way to a table: `values` on SQLite, `unnest` and `copy` on PostgreSQL.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use model::ContactId;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, PgConnection, SqliteConnection};

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    None,
    Int(i64),
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Int,
    Bytes,
}

/// What is written where. All of it is text of this crate, so statements may be put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Type)],
    /// What follows the rows: an `on conflict` clause, or nothing.
    pub(crate) conflict: &'static str,
}

/// Rows for one table, cell after cell. All texts stand in one place and all else in another: a million contacts have
/// tens of millions of cells, and none of them needs memory of its own.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    table: &'static Table,
    /// How long each cell is, or [`NONE`]. What it is its column tells.
    lengths: Vec<u32>,
    texts: String,
    bytes: Vec<u8>,
    /// Where the texts and bytes of each row end.
    ends: Vec<(usize, usize)>,
}

/// The length of a cell that is not there. No other comes near it.
const NONE: u32 = u32::MAX;

/// Some rows on their way to SQLite.
pub(crate) struct Statement {
    text: Arc<str>,
    arguments: SqliteArguments,
}

/// Some rows on their way to a PostgreSQL table that holds none of them.
pub(crate) struct Copy {
    text: String,
    bytes: Vec<u8>,
}

/// The numbers of rows that one SQLite statement may have. Few sizes mean few statements, each
/// prepared once; all of them stay far under SQLite's limit of 32,766 placeholders.
const STATEMENT_ROWS: [usize; 5] = [1000, 250, 50, 10, 1];

impl Cell<'_> {
    fn may_stand_in(&self, column: Type) -> bool {
        match self {
            Self::None => true,
            Self::Int(_) => column == Type::Int,
            Self::Text(_) => column == Type::Text,
            Self::Bytes(_) => column == Type::Bytes,
        }
    }
}

impl Rows {
    pub(crate) fn new(table: &'static Table) -> Self {
        Self { table, lengths: Vec::new(), texts: String::new(), bytes: Vec::new(), ends: Vec::new() }
    }

    pub(crate) fn table(&self) -> &'static Table {
        self.table
    }

    /// Adds a row: one cell per column of the table.
    pub(crate) fn push<const N: usize>(&mut self, row: [Cell; N]) {
        debug_assert_eq!(N, self.table.columns.len());
        debug_assert!(row.iter().zip(self.table.columns).all(|(cell, column)| cell.may_stand_in(column.1)));
        self.lengths.extend(row.map(|cell| match cell {
            Cell::None => NONE,
            Cell::Int(value) => {
                self.bytes.extend_from_slice(&value.to_le_bytes());
                size_of::<i64>() as u32
            }
            Cell::Text(text) => {
                self.texts.push_str(&text);
                text.len() as u32
            }
            Cell::Bytes(bytes) => {
                self.bytes.extend_from_slice(bytes);
                bytes.len() as u32
            }
        }));
        self.ends.push((self.texts.len(), self.bytes.len()));
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.ends.len()
    }

    /// All cells, row by row.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let (mut texts, mut bytes) = (self.texts.as_str(), self.bytes.as_slice());
        let types = self.table.columns.iter().map(|it| it.1).cycle();
        self.lengths.iter().zip(types).map(move |(length, of_type)| {
            if *length == NONE {
                return Cell::None;
            }
            let length = *length as usize;
            match of_type {
                Type::Int => {
                    let value;
                    (value, bytes) = bytes.split_first_chunk().unwrap_or((&[0; 8], &[]));
                    Cell::Int(i64::from_le_bytes(*value))
                }
                Type::Text => {
                    let text;
                    (text, texts) = texts.split_at(length);
                    Cell::Text(Cow::Borrowed(text))
                }
                Type::Bytes => {
                    let cell;
                    (cell, bytes) = bytes.split_at(length);
                    Cell::Bytes(cell)
                }
            }
        })
    }

    /// The statements that write the rows on SQLite.
    pub(crate) fn statements(&self) -> Result<Vec<Statement>, sqlx::Error> {
        let n_columns = self.table.columns.len();
        let mut n_left = self.n_rows();
        let mut cells = self.cells();
        let mut statements = Vec::new();
        for n_rows in STATEMENT_ROWS {
            let text: Arc<str> = match n_left >= n_rows {
                true => self.table.statement(&format!("values {}", placeholders(n_rows, n_columns))).into(),
                false => continue,
            };
            while n_left >= n_rows {
                let mut arguments = SqliteArguments::default();
                for cell in cells.by_ref().take(n_rows * n_columns) {
                    match cell {
                        Cell::None => arguments.add(None::<i64>),
                        Cell::Int(value) => arguments.add(value),
                        Cell::Text(text) => arguments.add(text.into_owned()),
                        Cell::Bytes(bytes) => arguments.add(bytes.to_vec()),
                    }
                    .map_err(sqlx::Error::Encode)?;
                }
                statements.push(Statement { text: Arc::clone(&text), arguments });
                n_left -= n_rows;
            }
        }
        Ok(statements)
    }

    /// Adds some rows of `other`, which are of the same table.
    pub(crate) fn append(&mut self, other: &Self, rows: Range<usize>) {
        debug_assert_eq!(self.table.name, other.table.name);
        let n_columns = self.table.columns.len();
        let end_of = |row: usize| row.checked_sub(1).map_or((0, 0), |it| other.ends[it]);
        let (start, end) = (end_of(rows.start), end_of(rows.end));
        let (n_texts, n_bytes) = (self.texts.len(), self.bytes.len());
        self.lengths.extend_from_slice(&other.lengths[rows.start * n_columns..rows.end * n_columns]);
        self.texts.push_str(&other.texts[start.0..end.0]);
        self.bytes.extend_from_slice(&other.bytes[start.1..end.1]);
        let moved = other.ends[rows].iter().map(|it| (it.0 - start.0 + n_texts, it.1 - start.1 + n_bytes));
        self.ends.extend(moved);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The rows as PostgreSQL copies them in its binary format
    /// (<https://www.postgresql.org/docs/current/sql-copy.html>).
    pub(crate) fn copy(&self) -> Copy {
        let names: Vec<&str> = self.table.columns.iter().map(|it| it.0).collect();
        let text = format!("copy {} ({}) from stdin (format binary)", self.table.name, names.join(", "));
        let n_columns = names.len();
        let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        bytes.reserve(self.texts.len() + self.bytes.len() + 12 * self.lengths.len());
        for (n, cell) in self.cells().enumerate() {
            if n % n_columns == 0 {
                bytes.extend((n_columns as i16).to_be_bytes());
            }
            match cell {
                Cell::None => bytes.extend((-1_i32).to_be_bytes()),
                Cell::Int(value) => put_field(&mut bytes, &value.to_be_bytes()),
                Cell::Text(text) => put_field(&mut bytes, text.as_bytes()),
                Cell::Bytes(value) => put_field(&mut bytes, value),
            }
        }
        bytes.extend((-1_i16).to_be_bytes());
        Copy { text, bytes }
    }

    pub(crate) async fn insert_postgres(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.is_empty() {
            return Ok(());
        }
        let mut columns: Vec<Column> = self.table.columns.iter().map(|it| Column::new(it.1)).collect();
        let n_columns = columns.len();
        for (n, cell) in self.cells().enumerate() {
            columns[n % n_columns].push(cell);
        }
        let mut query = sqlx::query(AssertSqlSafe(self.table.unnest_statement()));
        for column in columns {
            query = match column {
                Column::Text(values) => query.bind(values),
                Column::Int(values) => query.bind(values),
                Column::Bytes(values) => query.bind(values),
            };
        }
        query.execute(connection).await.map(|_| ())
    }
}

impl Copy {
    pub(crate) async fn send(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let mut copy = connection.copy_in_raw(&self.text).await?;
        copy.send(self.bytes).await?;
        copy.finish().await.map(|_| ())
    }
}

/// No cell comes near the 2 GiB that a length of 32 bits can tell.
fn put_field(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend((field.len() as i32).to_be_bytes());
    bytes.extend_from_slice(field);
}

impl Statement {
    /// A statement with bytes, a number and a text.
    pub(crate) fn of(text: &'static str, (bytes, number, words): (Vec<u8>, i64, String)) -> Result<Self, sqlx::Error> {
        let mut arguments = SqliteArguments::default();
        arguments.add(bytes).map_err(sqlx::Error::Encode)?;
        arguments.add(number).map_err(sqlx::Error::Encode)?;
        arguments.add(words).map_err(sqlx::Error::Encode)?;
        Ok(Self { text: text.into(), arguments })
    }

    /// Deletes what a table holds of some contacts.
    pub(crate) fn forget(table: &Table, contacts: &[ContactId]) -> Result<Vec<Self>, sqlx::Error> {
        contacts
            .chunks(STATEMENT_ROWS[0])
            .map(|ids| {
                let text = format!("delete from {} where contact_id in ({})", table.name, listed(ids.len()));
                let mut arguments = SqliteArguments::default();
                for id in ids {
                    arguments.add(id.0.to_vec()).map_err(sqlx::Error::Encode)?;
                }
                Ok(Self { text: text.into(), arguments })
            })
            .collect()
    }

    pub(crate) async fn execute(self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query_with(AssertSqlSafe(&*self.text), self.arguments).execute(connection).await.map(|_| ())
    }
}

impl Table {
    /// The statement that writes one row on SQLite.
    pub(crate) fn row_statement(&self) -> String {
        self.statement(&format!("values {}", placeholders(1, self.columns.len())))
    }

    fn statement(&self, rows: &str) -> String {
        let names: Vec<&str> = self.columns.iter().map(|it| it.0).collect();
        format!("insert into {} ({}) {rows} {}", self.name, names.join(", "), self.conflict)
    }

    /// Deletes what the table holds of some contacts.
    pub(crate) async fn forget_postgres(
        &self,
        connection: &mut PgConnection,
        contacts: &[ContactId],
    ) -> Result<(), sqlx::Error> {
        if contacts.is_empty() {
            return Ok(());
        }
        let ids: Vec<Vec<u8>> = contacts.iter().map(|it| it.0.to_vec()).collect();
        let text = format!("delete from {} where contact_id = any($1)", self.name);
        sqlx::query(AssertSqlSafe(text)).bind(ids).execute(connection).await.map(|_| ())
    }

    fn unnest_statement(&self) -> String {
        let type_name = |it: Type| match it {
            Type::Text => "text",
            Type::Int => "bigint",
            Type::Bytes => "bytea",
        };
        let arrays: Vec<String> =
            self.columns.iter().zip(1..).map(|(it, n)| format!("${n}::{}[]", type_name(it.1))).collect();
        self.statement(&format!("select * from unnest({})", arrays.join(", ")))
    }
}

/// The cells of one column, as PostgreSQL takes them.
enum Column {
    Text(Vec<Option<String>>),
    Int(Vec<Option<i64>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    fn new(kind: Type) -> Self {
        match kind {
            Type::Text => Self::Text(Vec::new()),
            Type::Int => Self::Int(Vec::new()),
            Type::Bytes => Self::Bytes(Vec::new()),
        }
    }

    /// A cell of another type than its column's becomes none, which every key column refuses.
    fn push(&mut self, cell: Cell) {
        match (self, cell) {
            (Self::Text(values), Cell::Text(text)) => values.push(Some(text.into_owned())),
            (Self::Int(values), Cell::Int(value)) => values.push(Some(value)),
            (Self::Bytes(values), Cell::Bytes(bytes)) => values.push(Some(bytes.to_vec())),
            (Self::Text(values), _) => values.push(None),
            (Self::Int(values), _) => values.push(None),
            (Self::Bytes(values), _) => values.push(None),
        }
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a [u8]> for Cell<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a ContactId> for Cell<'a> {
    fn from(id: &'a ContactId) -> Self {
        Self::Bytes(&id.0)
    }
}

impl From<i64> for Cell<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Cell<'_> {
    fn from(value: u64) -> Self {
        // No count of rows comes near the limit.
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.as_microsecond())
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

/// `(?,?),(?,?)`
///
/// Not `$1`: to SQLite that is a name, and it looks names up one by one, for each of thousands.
fn placeholders(n_rows: usize, n_columns: usize) -> String {
    let row = format!("({})", listed(n_columns));
    vec![row; n_rows].join(",")
}

/// `?,?,?`
pub(crate) fn listed(n: usize) -> String {
    vec!["?"; n].join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_placeholder_for_every_cell() {
        assert_eq!(placeholders(2, 2), "(?,?),(?,?)");
        assert_eq!(listed(3), "?,?,?");
    }
}
