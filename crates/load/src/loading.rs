//! The transaction into which contacts are loaded, on either database.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use model::ContactId;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::bulk::{Cell, Rows, Table};
use crate::crm::{BUSY_TIMEOUT, PRAGMAS};
use crate::held::{Contents, Held, assembled, contents_sqlite, stored_sqlite};
use crate::writing::{Dialect, Ready, Writes, Writing};
use crate::{Crm, LoadError};

const LOAD: &str = "load a batch of contacts";

/// A transaction of the one writer there is.
///
/// On SQLite it has a connection of its own, made by `rusqlite`, that takes a row at a time and values where they are.
/// `sqlx` gives each value memory of its own and copies it, which took longer than SQLite itself.
pub(crate) enum Loading {
    Sqlite { pool: SqlitePool, bulk: Bulk },
    Postgres(Writing),
}

/// What is to be loaded, made ready for a database: the work that needs no connection is done.
pub(crate) enum ReadyLoad {
    Sqlite(Writes),
    Postgres(Ready),
}

impl Writes {
    pub(crate) fn ready_to_load(self, dialect: Dialect) -> Result<ReadyLoad, sqlx::Error> {
        match dialect {
            Dialect::Sqlite => Ok(ReadyLoad::Sqlite(self)),
            Dialect::Postgres => self.ready(dialect).map(ReadyLoad::Postgres),
        }
    }
}

impl Loading {
    pub(crate) async fn begin(crm: &Crm) -> Result<Self, LoadError> {
        match crm {
            Crm::Sqlite(pool) => {
                let bulk = Bulk::begin(pool.connect_options().get_filename().to_owned()).await?;
                Ok(Self::Sqlite { pool: pool.clone(), bulk })
            }
            Crm::Postgres(_) => Writing::begin(crm).await.map(Self::Postgres).map_err(LoadError::query(LOAD)),
        }
    }

    /// See [`Contents`]. Nobody else can write until the end of the transaction, and it writes no contact twice: what was
    /// committed before it is what the database holds.
    pub(crate) async fn contents(&mut self, ids: &[ContactId]) -> Result<Contents, LoadError> {
        match self {
            Self::Sqlite { pool, .. } => contents_sqlite(&mut *reader(pool).await?, ids).await,
            Self::Postgres(writing) => writing.contents(ids).await,
        }
    }

    /// The contacts of these ids that the database holds.
    pub(crate) async fn held(&mut self, ids: &[ContactId]) -> Result<HashMap<ContactId, Held>, LoadError> {
        match self {
            Self::Sqlite { pool, .. } => assembled(stored_sqlite(&mut *reader(pool).await?, ids).await?),
            Self::Postgres(writing) => writing.held(ids).await,
        }
    }

    /// Writes what was made ready for this database; anything else is not written. On SQLite it may be written a little
    /// later, and the error of what comes before is then this one's.
    pub(crate) async fn write(&mut self, ready: ReadyLoad) -> Result<(), LoadError> {
        match (self, ready) {
            (Self::Sqlite { bulk, .. }, ReadyLoad::Sqlite(writes)) => bulk.order(Order::Write(writes)).await,
            (Self::Postgres(writing), ReadyLoad::Postgres(ready)) => {
                writing.write(ready).await.map_err(LoadError::query(LOAD))
            }
            (Self::Sqlite { .. }, ReadyLoad::Postgres(_)) | (Self::Postgres(_), ReadyLoad::Sqlite(_)) => {
                Err(LoadError::query(LOAD)(sqlx::Error::Protocol("rows were made ready for another database".into())))
            }
        }
    }

    pub(crate) async fn commit(self) -> Result<(), LoadError> {
        match self {
            Self::Sqlite { mut bulk, .. } => {
                bulk.order(Order::Commit).await?;
                bulk.end().await
            }
            Self::Postgres(writing) => writing.commit().await.map_err(LoadError::query(LOAD)),
        }
    }
}

/// A transaction on a connection and a thread of its own. One that ends without a commit is rolled back.
pub(crate) struct Bulk {
    orders: mpsc::Sender<Order>,
    thread: JoinHandle<Result<(), rusqlite::Error>>,
}

enum Order {
    Write(Writes),
    Commit,
}

/// So many orders may wait while another is carried out.
const ORDERS_AHEAD: usize = 1;

impl Bulk {
    async fn begin(path: PathBuf) -> Result<Self, LoadError> {
        let (orders, mut given) = mpsc::channel(ORDERS_AHEAD);
        let (begun, is_begun) = oneshot::channel();
        let thread = spawn_blocking(move || {
            let connection = connect(&path)?;
            connection.execute_batch("begin immediate")?;
            // Nobody waits for it any more when all was given up.
            let _ = begun.send(());
            while let Some(order) = given.blocking_recv() {
                match order {
                    Order::Write(writes) => write(&connection, &writes)?,
                    Order::Commit => return connection.execute_batch("commit"),
                }
            }
            Ok(())
        });
        let mut bulk = Self { orders, thread };
        if is_begun.await.is_err() {
            bulk.end().await?;
        }
        Ok(bulk)
    }

    async fn order(&mut self, order: Order) -> Result<(), LoadError> {
        match self.orders.send(order).await {
            Ok(()) => Ok(()),
            // It has ended, which it does by itself only when something went wrong.
            Err(_) => self.end().await,
        }
    }

    async fn end(&mut self) -> Result<(), LoadError> {
        match (&mut self.thread).await {
            Ok(done) => done.map_err(LoadError::statement(LOAD)),
            Err(_) => Err(LoadError::query(LOAD)(sqlx::Error::WorkerCrashed)),
        }
    }
}

/// A connection besides that of the pool.
pub(crate) fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    // One thread at a time has the connection, so SQLite need not lock it for every value.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    for (name, value) in PRAGMAS {
        connection.execute_batch(&format!("pragma {name} = {value}"))?;
    }
    Ok(connection)
}

fn write(connection: &Connection, Writes { forgotten, new, merged }: &Writes) -> Result<(), rusqlite::Error> {
    if let Some((table, contacts)) = forgotten {
        forget(connection, table, contacts)?;
    }
    new.iter().chain(merged).try_for_each(|it| insert(connection, it))
}

fn insert(connection: &Connection, rows: &Rows) -> Result<(), rusqlite::Error> {
    let n_columns = rows.table().columns.len();
    let mut statement = connection.prepare_cached(&rows.table().row_statement())?;
    for (n, cell) in rows.cells().enumerate() {
        let column = n % n_columns + 1;
        statement.raw_bind_parameter(column, cell)?;
        if column == n_columns {
            statement.raw_execute()?;
        }
    }
    Ok(())
}

fn forget(connection: &Connection, table: &Table, contacts: &[ContactId]) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(&format!("delete from {} where contact_id = ?", table.name))?;
    contacts.iter().try_for_each(|it| statement.execute([it.0]).map(drop))
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

async fn reader(pool: &SqlitePool) -> Result<PoolConnection<Sqlite>, LoadError> {
    pool.acquire().await.map_err(LoadError::query("read contacts"))
}
