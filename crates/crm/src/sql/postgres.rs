//! PostgreSQL, by `sqlx`.
//!
//! New rows go by binary COPY, rows that may be there already by `unnest`: both send many rows in one message.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::time::Duration;

use model::ContactId;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgCopyIn, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{
    Arguments, AssertSqlSafe, Column as _, ConnectOptions, Connection as _, PgConnection, Postgres, Row as _,
    Transaction,
};

use crate::sql::{Cell, Row, Rows, Table, Type, Upserts};
use crate::{LoadError, Refusal, SqlError, postgres_source};

pub(crate) mod backup;
pub(crate) mod condition;
pub(crate) mod lookup;

/// Settings of a connection, if the URL does not say otherwise: how long one writer waits for another, and that statements are not
/// translated to machine code, which takes seconds where the server overrates what they cost.
const SETTINGS: [(&str, &str); 2] = [("lock_timeout", "30s"), ("jit", "off")];
/// Reading, writing, loading, and one to spare.
const CONNECTIONS: u32 = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) async fn open(options: PgConnectOptions) -> Result<PgPool, LoadError> {
    let options = SETTINGS.into_iter().fold(options, |options, (name, value)| {
        let is_set = options.get_options().is_some_and(|it| it.contains(name));
        if is_set { options } else { options.options([(name, value)]) }
    });
    let options = options.disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(CONNECT_TIMEOUT);
    let opened = async {
        // A pool tries again until its time is over, and does not say why it could not connect.
        let first = tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await;
        first.map_err(|_| sqlx::Error::PoolTimedOut)??.close().await?;
        pool.connect_with(options.clone()).await
    };
    opened.await.map_err(|error| {
        let what = "PostgreSQL".to_owned();
        match refusal(&error) {
            Some(why) => LoadError::Refused { what, why, source: postgres_source(error) },
            None => LoadError::Connect { what, source: postgres_source(error) },
        }
    })
}

/// Makes a schema if it is not there.
pub(crate) async fn make_schema(pool: &PgPool, schema: &str) -> Result<(), LoadError> {
    let what = "make the schema";
    let failed = |it: sqlx::Error| SqlError::from(it).doing(what);
    let found = sqlx::query("select 1 from pg_namespace where nspname = $1").bind(schema).fetch_optional(pool).await;
    if found.map_err(failed)?.is_some() {
        return Ok(());
    }
    let create = AssertSqlSafe(format!("create schema if not exists {schema}"));
    match sqlx::query(create).execute(pool).await {
        Ok(_) => Ok(()),
        Err(error) if error.as_database_error().and_then(|it| it.code()).is_some_and(|it| it == "42501") => {
            let user = sqlx::query_scalar("select current_user::text").fetch_one(pool).await.map_err(failed)?;
            Err(LoadError::NoSchema { schema: schema.to_owned(), user, source: postgres_source(error) })
        }
        Err(error) => Err(failed(error)),
    }
}

/// The reason why a connection will be refused again until a person changes something; none if it may succeed later
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn refusal(error: &sqlx::Error) -> Option<Refusal> {
    match error {
        sqlx::Error::Tls(_) => Some(Refusal::Certificate),
        // The handshake fails inside the connection.
        sqlx::Error::Io(error) if error.kind() == ErrorKind::InvalidData => Some(Refusal::Certificate),
        sqlx::Error::Io(error) if error.kind() == ErrorKind::PermissionDenied => Some(Refusal::User),
        sqlx::Error::Database(error) => match error.code()?.as_ref() {
            "3D000" => Some(Refusal::NoDatabase),
            "28000" | "28P01" | "42501" => Some(Refusal::User),
            _ => None,
        },
        _ => None,
    }
}

/// Set in a transaction whose commit must last. Such transactions are about few messages or events, and all they ask for has an
/// index; a plan that was made while a table was empty would read all of it.
const DURABLE: &str = "select set_config('synchronous_commit', 'on', true), set_config('enable_seqscan', 'off', true)";

/// Begins a transaction that writes. An advisory lock makes it the only one until it ends.
///
/// A commit is on the disk when it returns, unless the server is set to commit later; `is_durable` overrules that.
pub(crate) async fn begin(pool: &PgPool, is_durable: bool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    if is_durable {
        sqlx::query(DURABLE).execute(&mut *transaction).await?;
    }
    sqlx::query("select pg_advisory_xact_lock(4928463)").execute(&mut *transaction).await?;
    Ok(transaction)
}

/// Whole segments are read: the server expects one row of the views where there are 100,000, and would compare all people with
/// all statements in nested loops, for hours.
const FOR_WHOLE_TABLES: &str = "set local enable_nestloop = off";

/// Begins a transaction that reads whole segments, and in which the server lets nothing be written.
pub(crate) async fn begin_read_only(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query("set transaction read only").execute(&mut *transaction).await?;
    sqlx::query(FOR_WHOLE_TABLES).execute(&mut *transaction).await?;
    Ok(transaction)
}

/// Compares texts byte by byte, as SQLite does.
const PLAIN: &str = " collate \"C\"";

/// The present moment in microseconds. It goes on within a transaction.
pub(crate) const CLOCK: &str = "cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)";

/// Renews a lease without waiting for other writers. Gives how many leases there were to renew.
pub(crate) async fn renew(pool: &PgPool, renew: &str, [life, fence]: [i64; 2]) -> Result<u64, SqlError> {
    let renewed = sqlx::query(AssertSqlSafe(renew.to_owned())).bind(life).bind(fence).execute(pool).await?;
    Ok(renewed.rows_affected())
}

/// The schema, which is written in the words of SQLite but for the functions of its views.
pub(crate) fn schema(text: &str) -> String {
    let text = text.replace(" blob ", " bytea ").replace(" without rowid", "").replace("{plain}", PLAIN);
    let text = text.replace("{nulls last}", " nulls last");
    let text = super::replaced(&text, "attribute_of", |it| condition::attribute(&format!("'{it}'")));
    let text = super::replaced(&text, "iso_of", |it| {
        let seconds = format!("({it} - ({it} % 1000000 + 1000000) % 1000000) / 1000000");
        let moment = format!("(timestamptz 'epoch' + {seconds} * interval '1 second') at time zone 'UTC'");
        format!("to_char({moment}, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'){PLAIN}")
    });
    let text = super::replaced(&text, "hex_of", |it| format!("encode({it}, 'hex')"));
    let text = super::replaced(&text, "time_of", |it| {
        format!(
            "timestamptz 'epoch' + {it} / 1000000 * interval '1 second' + {it} % 1000000 * interval '1 microsecond'"
        )
    });
    super::replaced(&text, "now_micros", |_| "cast(extract(epoch from now()) * 1000000 as bigint)".to_owned())
}

/// The version of the server.
pub(crate) const VERSION: &str = "select current_setting('server_version')";
/// Whether the user can load: owns the tables, or may make them where there are none, or may make the schema. Also gives
/// the user, and whether there is a schema.
pub(crate) const MAY_LOAD: &str = "select (case \
    when to_regclass('contact') is not null then \
        (select pg_has_role(relowner, 'usage') from pg_class where oid = to_regclass('contact')) \
    when current_schema() is null then has_database_privilege(current_database(), 'create') \
    else has_schema_privilege(current_schema(), 'create') end)::text, \
    current_user::text, (current_schema() is not null)::text";

/// The names of the attributes that contacts have.
pub(crate) const ATTRIBUTE_NAMES: &str = "select distinct json_object_keys(attributes::json) as key from contact \
    where attributes is not null order by key";

/// The names of all tables.
pub(crate) const TABLE_NAMES: &str = "select table_name::text from information_schema.tables \
    where table_schema = current_schema() and table_type = 'BASE TABLE'";

fn bound<'q>(sql: &'q str, parameters: &[Cell<'_>]) -> Result<Query<'q, Postgres, PgArguments>, SqlError> {
    let mut arguments = PgArguments::default();
    for cell in parameters {
        match cell {
            // Only text columns are set to null this way.
            Cell::None => arguments.add(None::<&str>),
            Cell::Int(value) => arguments.add(*value),
            Cell::Text(text) => arguments.add(&**text),
            Cell::Bytes(bytes) => arguments.add(*bytes),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(sqlx::query_with(AssertSqlSafe(sql), arguments))
}

pub(crate) async fn select<T>(
    connection: &mut PgConnection,
    sql: &str,
    parameters: &[Cell<'_>],
    read: impl Fn(&dyn Row) -> Result<T, LoadError>,
) -> Result<Vec<T>, SqlError> {
    let rows = bound(sql, parameters)?.fetch_all(connection).await?;
    Ok(rows.iter().map(|it| read(it)).collect::<Result<_, _>>()?)
}

pub(crate) async fn select_of<T>(
    connection: &mut PgConnection,
    select: &str,
    contacts: &[ContactId],
    read: impl Fn(&dyn Row) -> Result<T, LoadError>,
) -> Result<Vec<T>, SqlError> {
    let statement = AssertSqlSafe(format!("{select} where contact_id = any($1)"));
    let rows = sqlx::query(statement).bind(bytes_of(contacts)).fetch_all(connection).await?;
    Ok(rows.iter().map(|it| read(it)).collect::<Result<_, _>>()?)
}

/// Locks the rows of some contacts, and gives their versions. Waits for others who change them.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    contacts: &[ContactId],
) -> Result<HashMap<ContactId, i64>, SqlError> {
    // All lock in one order, so that no two wait for each other.
    versions_by(connection, VERSIONS.to_owned() + " order by contact_id for update", contacts).await
}

/// The versions of the rows of some contacts: each change of a row gives it another.
pub(crate) async fn versions(
    connection: &mut PgConnection,
    contacts: &[ContactId],
) -> Result<HashMap<ContactId, i64>, SqlError> {
    versions_by(connection, VERSIONS.to_owned(), contacts).await
}

const VERSIONS: &str = "select contact_id, xmin::text::bigint from contact where contact_id = any($1)";

async fn versions_by(
    connection: &mut PgConnection,
    select: String,
    contacts: &[ContactId],
) -> Result<HashMap<ContactId, i64>, SqlError> {
    let rows = sqlx::query(AssertSqlSafe(select)).bind(bytes_of(contacts)).fetch_all(connection).await?;
    let version = |row: &PgRow| {
        let row: &dyn Row = row;
        Ok((row.contact_id(0)?, row.int(1)?))
    };
    rows.iter().map(version).collect()
}

pub(crate) async fn execute(connection: &mut PgConnection, sql: &str, parameters: &[Cell<'_>]) -> Result<(), SqlError> {
    bound(sql, parameters)?.execute(connection).await?;
    Ok(())
}

pub(crate) async fn execute_each(
    connection: &mut PgConnection,
    sql: &str,
    rows: &[Vec<Cell<'_>>],
) -> Result<(), SqlError> {
    for row in rows {
        execute(connection, sql, row).await?;
    }
    Ok(())
}

pub(crate) async fn select_each<T>(
    connection: &mut PgConnection,
    sql: &str,
    rows: &[Vec<Cell<'_>>],
    read: impl Fn(&dyn Row) -> Result<T, LoadError>,
) -> Result<Vec<Vec<T>>, SqlError> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        all.push(select(connection, sql, row, &read).await?);
    }
    Ok(all)
}

pub(crate) async fn execute_script(connection: &mut PgConnection, script: String) -> Result<(), SqlError> {
    sqlx::raw_sql(AssertSqlSafe(script)).execute(connection).await?;
    Ok(())
}

fn bytes_of(contacts: &[ContactId]) -> Vec<Vec<u8>> {
    contacts.iter().map(|it| it.0.to_vec()).collect()
}

/// Deletes the rows of some contacts.
pub(crate) async fn forget(
    connection: &mut PgConnection,
    table: &Table,
    contacts: &[ContactId],
) -> Result<(), SqlError> {
    let statement = AssertSqlSafe(format!("delete from {} where contact_id = any($1)", table.name));
    sqlx::query(statement).bind(bytes_of(contacts)).execute(connection).await?;
    Ok(())
}

pub(crate) async fn write(connection: &mut PgConnection, upserts: Upserts) -> Result<(), SqlError> {
    for rows in upserts.rows {
        insert(connection, &rows).await?;
    }
    Ok(())
}

async fn insert(connection: &mut PgConnection, rows: &Rows) -> Result<(), SqlError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut columns: Vec<Column> = rows.table().columns.iter().map(|it| Column::new(it.1)).collect();
    let n_columns = columns.len();
    for (n, cell) in rows.cells().enumerate() {
        columns[n % n_columns].push(cell);
    }
    let mut query = sqlx::query(AssertSqlSafe(unnest_statement(rows.table())));
    for column in columns {
        query = match column {
            Column::Text(values) => query.bind(values),
            Column::Int(values) => query.bind(values),
            Column::Bytes(values) => query.bind(values),
        };
    }
    query.execute(connection).await?;
    Ok(())
}

fn unnest_statement(table: &Table) -> String {
    let type_name = |it: Type| match it {
        Type::Text => "text",
        Type::Int | Type::Time => "bigint",
        Type::Bytes => "bytea",
    };
    let arrays: Vec<String> =
        table.columns.iter().zip(1..).map(|(it, n)| format!("${n}::{}[]", type_name(it.1))).collect();
    table.insert(&format!("select * from unnest({})", arrays.join(", ")))
}

/// The cells of one column, as PostgreSQL takes them.
enum Column {
    Text(Vec<Option<String>>),
    Int(Vec<Option<i64>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    fn new(of_type: Type) -> Self {
        match of_type {
            Type::Text => Self::Text(Vec::new()),
            Type::Int | Type::Time => Self::Int(Vec::new()),
            Type::Bytes => Self::Bytes(Vec::new()),
        }
    }

    /// [`Rows`] takes no cell that does not fit its column, so one that does not is empty.
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

/// Rows of one table in the binary format of COPY, without header and end
/// (<https://www.postgresql.org/docs/current/sql-copy.html>).
pub(crate) struct CopyRows {
    pub(crate) table: &'static Table,
    bytes: Vec<u8>,
}

/// A COPY into a table that holds none of the rows. It stays open over many batches, because ending it after every few
/// rows makes client and server wait for each other.
pub(crate) struct Copying<'a>(PgCopyIn<&'a mut PgConnection>);

/// A signature, no flags, and no further header.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COPY_END: [u8; 2] = (-1_i16).to_be_bytes();

impl CopyRows {
    pub(crate) fn of(table: &'static Table, all: &[Rows]) -> Self {
        let mut bytes = Vec::with_capacity(all.iter().map(Rows::n_bytes).sum());
        let n_columns = table.columns.len();
        for (n, cell) in all.iter().flat_map(|it| it.cells().enumerate()) {
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
        Self { table, bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// No cell comes near the 2 GiB that a length of 32 bits allows.
fn put_field(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend((field.len() as i32).to_be_bytes());
    bytes.extend_from_slice(field);
}

impl<'a> Copying<'a> {
    pub(crate) async fn begin(connection: &'a mut PgConnection, table: &Table) -> Result<Self, sqlx::Error> {
        let text = format!("copy {} ({}) from stdin (format binary)", table.name, table.names());
        let mut copy = connection.copy_in_raw(&text).await?;
        copy.send(COPY_HEADER).await?;
        Ok(Self(copy))
    }

    pub(crate) async fn send(&mut self, rows: CopyRows) -> Result<(), sqlx::Error> {
        self.0.send(rows.bytes).await.map(drop)
    }

    pub(crate) async fn finish(mut self) -> Result<(), sqlx::Error> {
        self.0.send(COPY_END.as_slice()).await?;
        self.0.finish().await.map(drop)
    }
}

impl Row for PgRow {
    fn cell(&self, column: usize, of_type: Type) -> Result<Cell<'_>, LoadError> {
        let cell = match of_type {
            Type::Text => self.try_get::<Option<&str>, _>(column).map(Cell::from),
            Type::Int | Type::Time => self.try_get::<Option<i64>, _>(column).map(Cell::from),
            Type::Bytes => self.try_get::<Option<&[u8]>, _>(column).map(Cell::from),
        };
        cell.map_err(|_| LoadError::Value { column: Row::name(self, column) })
    }

    fn name(&self, column: usize) -> String {
        self.columns().get(column).map_or_else(String::new, |it| it.name().to_owned())
    }
}
