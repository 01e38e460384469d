//! SQLite, by `rusqlite`.
//!
//! One connection serves all but the loading of contacts, because SQLite has one writer. Every call runs on a thread
//! that may block.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use model::ContactId;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, params_from_iter};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;

use crate::sql::{Cell, Row, Rows, Table, Type, Upserts};
use crate::{LoadError, Refusal, SqlError};

pub(crate) mod backup;
pub(crate) mod condition;
pub(crate) mod lookup;

/// Earlier versions can lose committed writes in WAL mode with several connections
/// (<https://sqlite.org/wal.html#walresetbug>).
pub const SQLITE_MINIMUM: &str = "3.51.3";
/// In KiB; a number above 0 would be pages. Rows come in the order of their keys, so few pages are in use at a time.
const CACHE_SIZE: &str = "-8192";
const PRAGMAS: [(&str, &str); 5] = [
    ("synchronous", "normal"),
    ("cache_size", CACHE_SIZE),
    ("temp_store", "memory"),
    ("threads", "2"),
    // After this many pages a commit moves the log into the database by itself. `checkpoint_in_background` comes first.
    ("wal_autocheckpoint", "16384"),
];
/// How long one writer waits for another.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How many statements stay prepared.
const STATEMENTS: usize = 64;

/// A database in a file.
#[derive(Clone)]
pub(crate) struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    pub(crate) path: Arc<Path>,
}

/// The connection, held by one user until it is dropped.
pub(crate) struct Tx(Option<OwnedMutexGuard<Connection>>);

impl Sqlite {
    /// Opens a database; makes the file if there is none. `is_read_only` is a rule of statements: reading in WAL mode
    /// writes to the shared-memory file.
    pub(crate) async fn open(path: &Path, is_read_only: bool) -> Result<Self, LoadError> {
        let found = rusqlite::version();
        if numbers(found) < numbers(SQLITE_MINIMUM) {
            return Err(LoadError::OldSqlite { found: found.to_owned(), minimum: SQLITE_MINIMUM });
        }
        let what = path.display().to_string();
        let path: PathBuf = path.to_owned();
        let opened = spawn_blocking(move || {
            if !is_read_only {
                create_private(&path).map_err(|it| SqlError::Other(failed_file(&path, it)))?;
            }
            let connection = connect(&path)?;
            match is_read_only {
                // The mode is kept in the file, which may be that of another program.
                true => connection.execute_batch("pragma query_only = on")?,
                false => set_wal_mode(&connection)?,
            }
            Ok::<_, SqlError>(Self { connection: Arc::new(Mutex::new(connection)), path: path.into() })
        });
        match opened.await.unwrap_or(Err(SqlError::Thread)) {
            Ok(sqlite) => Ok(sqlite),
            Err(SqlError::Other(error)) => Err(error),
            Err(SqlError::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                Err(LoadError::NotADatabase { what })
            }
            Err(SqlError::Sqlite(error)) if is_file_refused(&error) => {
                Err(LoadError::Refused { what, why: Refusal::File, source: error.into() })
            }
            Err(error) => Err(error.doing("open the database")),
        }
    }

    /// The same database by a connection of its own.
    pub(crate) async fn another(&self) -> Result<Self, SqlError> {
        let path = Arc::clone(&self.path);
        let connection = spawn_blocking(move || connect(&path)).await.map_err(|_| SqlError::Thread)??;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), path: Arc::clone(&self.path) })
    }

    /// Begins a transaction that writes. Without `is_durable` a power cut may undo the last commits.
    pub(crate) async fn begin(&self, is_durable: bool) -> Result<Tx, SqlError> {
        let begin = match is_durable {
            true => "pragma synchronous = full; begin immediate",
            false => "pragma synchronous = normal; begin immediate",
        };
        let mut tx = self.reader().await?;
        tx.run(move |it| Ok(it.execute_batch(begin)?)).await?;
        Ok(tx)
    }

    /// Another connection, whose statements cannot write.
    pub(crate) async fn read_only(&self) -> Result<Tx, SqlError> {
        let mut connection = self.another().await?.reader().await?;
        connection.run(|it| Ok(it.execute_batch("pragma query_only = on")?)).await?;
        Ok(connection)
    }

    /// The connection, outside of a transaction.
    pub(crate) async fn reader(&self) -> Result<Tx, SqlError> {
        let connection = Arc::clone(&self.connection).lock_owned().await;
        // A task that was cancelled while a statement ran could not roll back.
        if !connection.is_autocommit() {
            connection.execute_batch("rollback")?;
        }
        Ok(Tx(Some(connection)))
    }
}

fn failed_file(path: &Path, error: io::Error) -> LoadError {
    LoadError::Refused { what: path.display().to_string(), why: Refusal::File, source: error.into() }
}

fn is_file_refused(error: &rusqlite::Error) -> bool {
    use ErrorCode::{CannotOpen, PermissionDenied, ReadOnly, SystemIoFailure};
    matches!(error.sqlite_error_code(), Some(CannotOpen | PermissionDenied | ReadOnly | SystemIoFailure))
}

impl Tx {
    /// Works with the connection on a thread that may block.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, SqlError> {
        let connection = self.0.take().ok_or(SqlError::Thread)?;
        let done = spawn_blocking(move || {
            let result = work(&connection);
            (connection, result)
        });
        let (connection, result) = done.await.map_err(|_| SqlError::Thread)?;
        self.0 = Some(connection);
        result
    }

    pub(crate) async fn commit(mut self) -> Result<(), SqlError> {
        self.run(|it| Ok(it.execute_batch("commit")?)).await
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take().filter(|it| !it.is_autocommit()) {
            // If this fails, the next user tries again.
            let _ = connection.execute_batch("rollback");
        }
    }
}

/// SQLite gives its journal files the mode of the database, so that mode decides who can read all of them.
///
/// A file that is there is never opened: closing it would end all locks of this process on it, also those of connections that
/// are open. Another process would take itself for the last one then, and remove the log that they write to
/// (<https://sqlite.org/howtocorrupt.html>, posix advisory locks).
fn create_private(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    // A link to a file that is not there is no file, and cannot be made anew.
    let is_link = path.is_symlink();
    let made = std::fs::OpenOptions::new().create(is_link).create_new(!is_link).append(true).mode(0o600).open(path);
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(|_| ()),
    }
}

/// A new connection to a file that is there.
pub(crate) fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    // One thread at a time has the connection, so SQLite need not lock it for every value.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    for (name, value) in PRAGMAS {
        connection.execute_batch(&format!("pragma {name} = {value}"))?;
    }
    Ok(connection)
}

/// SQLite does not wait for others while it changes the mode of its journal, so this does.
fn set_wal_mode(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch("pragma page_size = 16384")?;
    let started = Instant::now();
    loop {
        match connection.query_row("pragma journal_mode = wal", [], |_| Ok(())) {
            Err(error)
                if matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
                    && started.elapsed() < BUSY_TIMEOUT =>
            {
                sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|it| it.parse().ok()).collect()
}

/// The schema, which is written in the words of SQLite but for the functions of its views.
pub(crate) fn schema(text: &str) -> String {
    let text = &text.replace("{plain}", "").replace("{nulls last}", "");
    let text = &super::replaced(text, "attribute_of", |it| condition::attribute(&format!("'{it}'")));
    let text = super::replaced(text, "hex_of", |it| format!("lower(hex({it}))"));
    let seconds = |it: &str| format!("({it} - ({it} % 1000000 + 1000000) % 1000000) / 1000000");
    let text =
        super::replaced(&text, "iso_of", |it| format!("strftime('%Y-%m-%dT%H:%M:%SZ', {}, 'unixepoch')", seconds(it)));
    let text = super::replaced(&text, "time_of", |it| {
        format!(
            "strftime('%Y-%m-%dT%H:%M:%S', {}, 'unixepoch') || printf('.%06dZ', ({it} % 1000000 + 1000000) % 1000000)",
            seconds(it)
        )
    });
    super::replaced(&text, "now_micros", |_| CLOCK.to_owned())
}

/// The present moment in microseconds. The views have it too, and people read them with any version of SQLite:
/// `unixepoch('subsec')` is null before 3.42.
pub(crate) const CLOCK: &str = "cast((julianday('now') - 2440587.5) * 86400000000 as integer)";

/// The names of the attributes that contacts have.
pub(crate) const ATTRIBUTE_NAMES: &str = "select distinct key from contact, json_each(contact.attributes) \
    where attributes is not null order by key";

/// The names of all tables.
pub(crate) const TABLE_NAMES: &str = "select name from sqlite_schema where type = 'table'";

/// Set while an index is made: what does not fit into the cache is sorted in files, which SQLite makes private and
/// deletes. Pieces that fit into the cache of a core are sorted in two thirds of the time that larger ones take.
pub(crate) const SORT_IN_FILES: &str = "pragma temp_store = file; pragma cache_size = -4096;";

/// Takes [`SORT_IN_FILES`] back.
pub(crate) fn sort_in_memory() -> String {
    format!("pragma temp_store = memory; pragma cache_size = {CACHE_SIZE};")
}

/// Moves commits from the log into the database while others write on, because moving waits for the disk.
///
/// Nothing waits for this. If it fails, the next call or the last connection moves the rest.
pub(crate) fn checkpoint_in_background(sqlite: &Sqlite) {
    let path = Arc::clone(&sqlite.path);
    spawn_blocking(move || connect(&path)?.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())));
}

/// Parameters that can go to another thread.
pub(crate) fn owned(parameters: &[Cell<'_>]) -> Vec<Value> {
    let value = |it: &Cell| match it {
        Cell::None => Value::Null,
        Cell::Int(value) => Value::Integer(*value),
        Cell::Text(text) => Value::Text(text.to_string()),
        Cell::Bytes(bytes) => Value::Blob(bytes.to_vec()),
    };
    parameters.iter().map(value).collect()
}

pub(crate) fn select<T>(
    connection: &Connection,
    sql: &str,
    parameters: &[Value],
    read: impl Fn(&dyn Row) -> Result<T, LoadError>,
) -> Result<Vec<T>, SqlError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

pub(crate) fn select_of<T>(
    connection: &Connection,
    select: &str,
    contacts: &[ContactId],
    read: impl Fn(&dyn Row) -> Result<T, LoadError>,
) -> Result<Vec<T>, SqlError> {
    let mut statement = connection.prepare_cached(&format!("{select} where contact_id = ?"))?;
    let mut all = Vec::new();
    for contact in contacts {
        let mut rows = statement.query([contact.0])?;
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
    }
    Ok(all)
}

pub(crate) fn execute(connection: &Connection, sql: &str, parameters: &[Value]) -> Result<(), SqlError> {
    connection.prepare_cached(sql)?.execute(params_from_iter(parameters))?;
    Ok(())
}

pub(crate) fn write(connection: &Connection, upserts: &Upserts) -> Result<(), SqlError> {
    upserts.rows.iter().try_for_each(|it| insert(connection, it))
}

/// Deletes the rows of some contacts.
pub(crate) fn forget(connection: &Connection, table: &Table, contacts: &[ContactId]) -> Result<(), SqlError> {
    let mut statement = connection.prepare_cached(&format!("delete from {} where contact_id = ?", table.name))?;
    Ok(contacts.iter().try_for_each(|it| statement.execute([it.0]).map(drop))?)
}

/// Writes rows, one at a time: several rows in a statement took 40 % longer.
pub(crate) fn insert(connection: &Connection, rows: &Rows) -> Result<(), SqlError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(&row_statement(rows.table()))?;
    let mut cells = rows.cells();
    // A value that was bound for a row stays bound, so empty cells are bound only after others.
    let mut are_bound = vec![true; rows.table().columns.len()];
    for _ in 0..rows.n_rows() {
        for (number, (is_bound, cell)) in (1..).zip(are_bound.iter_mut().zip(&mut cells)) {
            let is_there = !matches!(cell, Cell::None);
            if is_there || *is_bound {
                statement.raw_bind_parameter(number, cell)?;
            }
            *is_bound = is_there;
        }
        statement.raw_execute()?;
    }
    Ok(())
}

/// The placeholders are `?`: SQLite would take `$1` for a name.
fn row_statement(table: &Table) -> String {
    table.insert(&format!("values ({})", vec!["?"; table.columns.len()].join(", ")))
}

/// Goes through three statements side by side, all in the order of the contact ids in their first column. `each` gets
/// each row of the first with the rows of the others that are about the same contact.
pub(crate) fn merge_join<A, B>(
    path: &Path,
    [contacts, one, other]: [&str; 3],
    (read_one, read_other): (impl ReadRow<A>, impl ReadRow<B>),
    mut each: impl FnMut(&dyn Row, &[A], &[B]) -> Result<(), LoadError>,
) -> Result<(), SqlError> {
    let connection = connect(path)?;
    let (mut one, mut other) = (connection.prepare(one)?, connection.prepare(other)?);
    let (mut one, mut other) = (Side::begin(one.query([])?, read_one)?, Side::begin(other.query([])?, read_other)?);
    let mut contacts = connection.prepare(contacts)?;
    let mut contacts = contacts.query([])?;
    while let Some(row) = contacts.next()? {
        let id = (row as &dyn Row).contact_id(0)?;
        each(row, one.of(id)?, other.of(id)?)?;
    }
    Ok(())
}

/// Reads a value from a row.
pub(crate) trait ReadRow<T>: Fn(&dyn Row) -> Result<T, LoadError> {}
impl<T, F: Fn(&dyn Row) -> Result<T, LoadError>> ReadRow<T> for F {}

/// A side of [`merge_join`]: its rows, the next of them, and those about the present contact.
struct Side<'a, T, F> {
    rows: rusqlite::Rows<'a>,
    read: F,
    next: Option<(ContactId, T)>,
    matching: Vec<T>,
}

impl<'a, T, F: ReadRow<T>> Side<'a, T, F> {
    fn begin(rows: rusqlite::Rows<'a>, read: F) -> Result<Self, SqlError> {
        let mut side = Self { rows, read, next: None, matching: Vec::new() };
        side.advance()?;
        Ok(side)
    }

    fn advance(&mut self) -> Result<(), SqlError> {
        self.next = match self.rows.next()? {
            Some(row) => Some(((row as &dyn Row).contact_id(0)?, (self.read)(row)?)),
            None => None,
        };
        Ok(())
    }

    /// The rows about a contact. Ids rise from call to call.
    fn of(&mut self, id: ContactId) -> Result<&[T], SqlError> {
        self.matching.clear();
        while let Some((of, value)) = self.next.take_if(|it| it.0 <= id) {
            // Rows about contacts that are no longer there are left out.
            if of == id {
                self.matching.push(value);
            }
            self.advance()?;
        }
        Ok(&self.matching)
    }
}

impl Row for rusqlite::Row<'_> {
    fn cell(&self, column: usize, of_type: Type) -> Result<Cell<'_>, LoadError> {
        let unknown = || LoadError::Value { column: Row::name(self, column) };
        let cell = match self.get_ref(column).map_err(|_| unknown())? {
            ValueRef::Null => Some(Cell::None),
            ValueRef::Integer(value) => Some(Cell::Int(value)),
            ValueRef::Text(text) => std::str::from_utf8(text).ok().map(Cell::from),
            ValueRef::Blob(bytes) => Some(Cell::Bytes(bytes)),
            ValueRef::Real(_) => None,
        };
        cell.filter(|it| it.fits(of_type)).ok_or_else(unknown)
    }

    fn name(&self, column: usize) -> String {
        self.as_ref().column_name(column).unwrap_or_default().to_owned()
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::None => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
