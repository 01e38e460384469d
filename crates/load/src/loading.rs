//! The transaction into which contacts are loaded, on either database.

use std::path::Path;

use model::ContactId;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};
use sqlx::{PgConnection, Postgres, Transaction};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::bulk::{Cell, CopyRows, Copying, Rows, Table};
use crate::contacts::{CONSENT, CONTACT};
use crate::crm::{BUSY_TIMEOUT, PRAGMAS, begin_postgres};
use crate::writing::{Dialect, Writes};
use crate::{Crm, LoadError};

pub(crate) const LOAD: &str = "load a batch of contacts";

/// So many orders may wait while another is carried out.
const ORDERS_AHEAD: usize = 1;

/// A transaction of the one writer there is, carried on while what follows is read and made ready.
///
/// On SQLite it has a connection of its own, made by `rusqlite`, that takes a row at a time and values where they are.
/// `sqlx` gives each value memory of its own and copies it, which took longer than SQLite itself. One that ends without
/// a commit is rolled back.
pub(crate) struct Loading {
    orders: mpsc::Sender<Order>,
    task: JoinHandle<Result<(), LoadError>>,
}

enum Order {
    Write(ReadyLoad),
    Commit,
}

/// What is to be loaded.
pub(crate) struct ToLoad {
    /// Rows of contacts and of consents that the database does not hold.
    pub(crate) new: [Vec<Rows>; 2],
    /// All else, which is written after them.
    pub(crate) others: Writes,
}

/// The same, made ready for a database: the work that needs no connection is done.
pub(crate) enum ReadyLoad {
    Sqlite(ToLoad),
    Postgres { new: [CopyRows; 2], others: Writes },
}

impl ToLoad {
    pub(crate) fn ready(self, dialect: Dialect) -> ReadyLoad {
        match dialect {
            Dialect::Sqlite => ReadyLoad::Sqlite(self),
            Dialect::Postgres => ReadyLoad::Postgres { new: self.new.map(|it| CopyRows::of(&it)), others: self.others },
        }
    }
}

impl Loading {
    /// Begins it; until it ends nobody else can write.
    pub(crate) async fn begin(crm: &Crm) -> Result<Self, LoadError> {
        let (orders, given) = mpsc::channel(ORDERS_AHEAD);
        match crm {
            Crm::Sqlite(pool) => {
                let path = pool.connect_options().get_filename().to_owned();
                let (begun, is_begun) = oneshot::channel();
                let carry_out = move || carry_out_sqlite(&path, begun, given);
                let task = spawn_blocking(move || carry_out().map_err(LoadError::statement(LOAD)));
                let mut loading = Self { orders, task };
                match is_begun.await {
                    Ok(()) => Ok(loading),
                    Err(_) => loading.end().await.map(|()| loading),
                }
            }
            Crm::Postgres(pool) => {
                let transaction = begin_postgres(pool).await.map_err(LoadError::query(LOAD))?;
                let carry_out = async { carry_out_postgres(transaction, given).await.map_err(LoadError::query(LOAD)) };
                Ok(Self { orders, task: tokio::spawn(carry_out) })
            }
        }
    }

    /// Writes what was made ready for this database; anything else is not written. It may be written a little later, and
    /// an error may be that of what came before.
    pub(crate) async fn write(&mut self, ready: ReadyLoad) -> Result<(), LoadError> {
        self.order(Order::Write(ready)).await
    }

    pub(crate) async fn commit(mut self) -> Result<(), LoadError> {
        self.order(Order::Commit).await?;
        self.end().await
    }

    async fn order(&mut self, order: Order) -> Result<(), LoadError> {
        match self.orders.send(order).await {
            Ok(()) => Ok(()),
            // It has ended, which it does by itself only when something went wrong.
            Err(_) => self.end().await,
        }
    }

    async fn end(&mut self) -> Result<(), LoadError> {
        (&mut self.task).await.unwrap_or_else(|_| Err(LoadError::query(LOAD)(sqlx::Error::WorkerCrashed)))
    }
}

fn carry_out_sqlite(
    path: &Path,
    begun: oneshot::Sender<()>,
    mut given: mpsc::Receiver<Order>,
) -> Result<(), rusqlite::Error> {
    let connection = connect(path)?;
    connection.execute_batch("begin immediate")?;
    // Nobody waits for it any more when all was given up.
    let _ = begun.send(());
    while let Some(order) = given.blocking_recv() {
        match order {
            Order::Write(ReadyLoad::Sqlite(all)) => write(&connection, &all)?,
            Order::Write(ReadyLoad::Postgres { .. }) => return Err(rusqlite::Error::InvalidQuery),
            Order::Commit => return connection.execute_batch("commit"),
        }
    }
    Ok(())
}

async fn carry_out_postgres(
    mut transaction: Transaction<'static, Postgres>,
    mut given: mpsc::Receiver<Order>,
) -> Result<(), sqlx::Error> {
    let mut next = given.recv().await;
    while let Some(order) = next {
        let (new, others) = match order {
            Order::Write(ReadyLoad::Postgres { new, others }) => (new, others),
            Order::Write(ReadyLoad::Sqlite(_)) => {
                return Err(sqlx::Error::Protocol("these rows are for SQLite".into()));
            }
            Order::Commit => return transaction.commit().await,
        };
        next = match new.iter().all(CopyRows::is_empty) {
            true => {
                others.carry_out_on_postgres(&mut transaction).await?;
                given.recv().await
            }
            false => copy(&mut transaction, new, others, &mut given).await?,
        };
    }
    Ok(())
}

/// Writes new rows while orders bring nothing else but what may wait, and gives the order that ends that. Contacts are
/// copied as they come, and all else after them.
async fn copy(
    connection: &mut PgConnection,
    [contacts, consents]: [CopyRows; 2],
    others: Writes,
    given: &mut mpsc::Receiver<Order>,
) -> Result<Option<Order>, sqlx::Error> {
    let (mut all_consents, mut all_others) = (vec![consents], vec![others]);
    let mut copying = Copying::begin(connection, &CONTACT).await?;
    copying.send(contacts).await?;
    let next = loop {
        match given.recv().await {
            Some(Order::Write(ReadyLoad::Postgres { new: [contacts, consents], others }))
                if others.forgotten.is_none() =>
            {
                copying.send(contacts).await?;
                all_consents.push(consents);
                all_others.push(others);
            }
            order => break order,
        }
    };
    copying.finish().await?;
    let mut copying = Copying::begin(connection, &CONSENT).await?;
    for consents in all_consents {
        copying.send(consents).await?;
    }
    copying.finish().await?;
    for others in all_others {
        others.carry_out_on_postgres(connection).await?;
    }
    Ok(next)
}

/// Moves what was committed from SQLite's log into its database while others write on: moving waits for the disk. Nobody
/// waits for it; what is not moved, by an error too, is when the next one or the last connection does it.
pub(crate) fn checkpoint_besides(crm: &Crm) {
    if let Crm::Sqlite(pool) = crm {
        let path = pool.connect_options().get_filename().to_owned();
        let checkpoint = move || connect(&path)?.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()));
        spawn_blocking(checkpoint);
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

fn write(connection: &Connection, ToLoad { new, others }: &ToLoad) -> Result<(), rusqlite::Error> {
    new.iter().flatten().try_for_each(|it| insert(connection, it))?;
    if let Some((table, contacts)) = &others.forgotten {
        forget(connection, table, contacts)?;
    }
    others.merged.iter().try_for_each(|it| insert(connection, it))
}

fn insert(connection: &Connection, rows: &Rows) -> Result<(), rusqlite::Error> {
    let n_columns = rows.table().columns.len();
    let mut statement = connection.prepare_cached(&rows.table().row_statement())?;
    // What was bound for a row stays for the next.
    let mut is_bound = vec![true; n_columns];
    for (n, cell) in rows.cells().enumerate() {
        let column = n % n_columns;
        let is_there = cell != Cell::None;
        if is_there || is_bound[column] {
            statement.raw_bind_parameter(column + 1, cell)?;
        }
        is_bound[column] = is_there;
        if column + 1 == n_columns {
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
