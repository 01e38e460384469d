//! Rows on their way to PostgreSQL: `copy` for new ones, `unnest` for those that may be there.

use model::ContactId;
use sqlx::postgres::PgCopyIn;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::bulk::{Cell, Rows, Table, Type};

/// Rows as PostgreSQL copies them in its binary format
/// (<https://www.postgresql.org/docs/current/sql-copy.html>), without its header and its end.
pub(crate) struct CopyRows(Vec<u8>);

/// A COPY into a table that holds none of the rows. It goes on until it is finished, so that client and server need not
/// wait for each other after every few rows.
pub(crate) struct Copying<'a>(PgCopyIn<&'a mut PgConnection>);

/// A signature, no flags, and no further header.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COPY_END: [u8; 2] = (-1_i16).to_be_bytes();

impl Rows {
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

impl CopyRows {
    pub(crate) fn of(all: &[Rows]) -> Self {
        let n_bytes = |it: &Rows| it.texts.len() + it.bytes.len() + 6 * it.lengths.len();
        let mut bytes = Vec::with_capacity(all.iter().map(n_bytes).sum());
        for rows in all {
            let n_columns = rows.table.columns.len();
            for (n, cell) in rows.cells().enumerate() {
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
        }
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Copying<'a> {
    pub(crate) async fn begin(connection: &'a mut PgConnection, table: &Table) -> Result<Self, sqlx::Error> {
        let names: Vec<&str> = table.columns.iter().map(|it| it.0).collect();
        let text = format!("copy {} ({}) from stdin (format binary)", table.name, names.join(", "));
        let mut copy = connection.copy_in_raw(&text).await?;
        copy.send(COPY_HEADER).await?;
        Ok(Self(copy))
    }

    pub(crate) async fn send(&mut self, rows: CopyRows) -> Result<(), sqlx::Error> {
        self.0.send(rows.0).await.map(drop)
    }

    pub(crate) async fn finish(mut self) -> Result<(), sqlx::Error> {
        self.0.send(COPY_END.as_slice()).await?;
        self.0.finish().await.map(drop)
    }
}

/// No cell comes near the 2 GiB that a length of 32 bits can tell.
fn put_field(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend((field.len() as i32).to_be_bytes());
    bytes.extend_from_slice(field);
}

impl Table {
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
