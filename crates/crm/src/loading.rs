//! The transaction into which contacts are loaded, on either database.

use std::path::Path;

use model::ContactId;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};
use sqlx::{PgConnection, PgPool};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::bulk::{Cell, CopyRows, Copying, Rows, Table};
use crate::contacts::CONTACT;
use crate::crm::{BUSY_TIMEOUT, PRAGMAS, begin_postgres};
use crate::statements::CONSENT;
use crate::writing::{Dialect, Writes};
use crate::{Crm, LoadError};

/// So many orders may wait while another is carried out.
const ORDERS_AHEAD: usize = 1;

/// The one writer there is, who carries out one transaction after another while what follows is read and made ready.
///
/// On SQLite it has a connection of its own, made by `rusqlite`, that takes a row at a time and values where they are.
/// `sqlx` gives each value memory of its own and copies it, which took longer than SQLite itself. A transaction that is not
/// committed when it ends is rolled back.
pub(crate) struct Loading {
    /// What is being done, as errors say it.
    what: &'static str,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<Result<(), LoadError>>,
}

/// Who gave an order that is waited for hears of it when it was carried out.
enum Order {
    Begin(oneshot::Sender<()>),
    Write(ReadyLoad),
    Commit(oneshot::Sender<()>),
}

/// What is to be loaded.
#[derive(Default)]
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
    pub(crate) fn open(crm: &Crm, what: &'static str) -> Self {
        let (orders, given) = mpsc::channel(ORDERS_AHEAD);
        let task = match crm {
            Crm::Sqlite(pool) => {
                let path = pool.connect_options().get_filename().to_owned();
                spawn_blocking(move || carry_out_sqlite(&path, given).map_err(LoadError::statement(what)))
            }
            Crm::Postgres(pool) => {
                let pool = pool.clone();
                tokio::spawn(async move { carry_out_postgres(&pool, given).await.map_err(LoadError::query(what)) })
            }
        };
        Self { what, orders, task }
    }

    /// Begins a transaction; until it ends nobody else can write.
    pub(crate) async fn begin(&mut self) -> Result<(), LoadError> {
        self.wait_for(Order::Begin).await
    }

    /// Writes what was made ready for this database; anything else is not written. It may be written a little later, and
    /// an error may be that of what came before.
    pub(crate) async fn write(&mut self, ready: ReadyLoad) -> Result<(), LoadError> {
        self.order(Order::Write(ready)).await
    }

    pub(crate) async fn commit(&mut self) -> Result<(), LoadError> {
        self.wait_for(Order::Commit).await
    }

    async fn wait_for(&mut self, order: impl FnOnce(oneshot::Sender<()>) -> Order) -> Result<(), LoadError> {
        let (done, is_done) = oneshot::channel();
        self.order(order(done)).await?;
        match is_done.await {
            Ok(()) => Ok(()),
            Err(_) => self.end().await,
        }
    }

    async fn order(&mut self, order: Order) -> Result<(), LoadError> {
        match self.orders.send(order).await {
            Ok(()) => Ok(()),
            // It has ended, which it does by itself only when something went wrong.
            Err(_) => self.end().await,
        }
    }

    async fn end(&mut self) -> Result<(), LoadError> {
        (&mut self.task).await.unwrap_or_else(|_| Err(LoadError::query(self.what)(sqlx::Error::WorkerCrashed)))
    }
}

fn carry_out_sqlite(path: &Path, mut given: mpsc::Receiver<Order>) -> Result<(), rusqlite::Error> {
    let connection = connect(path)?;
    // Nobody waits for an order any more when all was given up.
    while let Some(order) = given.blocking_recv() {
        match order {
            Order::Begin(done) => {
                connection.execute_batch("begin immediate")?;
                let _ = done.send(());
            }
            Order::Write(ReadyLoad::Sqlite(all)) => write(&connection, all)?,
            Order::Write(ReadyLoad::Postgres { .. }) => return Err(rusqlite::Error::InvalidQuery),
            Order::Commit(done) => {
                connection.execute_batch("commit")?;
                let _ = done.send(());
            }
        }
    }
    Ok(())
}

async fn carry_out_postgres(pool: &PgPool, mut given: mpsc::Receiver<Order>) -> Result<(), sqlx::Error> {
    let mut transaction = None;
    let mut next = given.recv().await;
    while let Some(order) = next {
        next = match (order, transaction.take()) {
            (Order::Begin(done), None) => {
                transaction = Some(begin_postgres(pool).await?);
                let _ = done.send(());
                given.recv().await
            }
            (Order::Write(ReadyLoad::Postgres { new, others }), Some(begun)) => {
                let transaction = transaction.insert(begun);
                match new.iter().all(CopyRows::is_empty) {
                    true => {
                        others.carry_out_on_postgres(transaction).await?;
                        given.recv().await
                    }
                    false => copy(transaction, new, others, &mut given).await?,
                }
            }
            (Order::Commit(done), Some(begun)) => {
                begun.commit().await?;
                let _ = done.send(());
                given.recv().await
            }
            _ => {
                return Err(sqlx::Error::Protocol(
                    "this is no transaction of PostgreSQL, or not the order for it".into(),
                ));
            }
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

fn write(connection: &Connection, ToLoad { new, others }: ToLoad) -> Result<(), rusqlite::Error> {
    new.iter().flatten().try_for_each(|it| insert(connection, it))?;
    if let Some((table, contacts)) = &others.forgotten {
        forget(connection, table, contacts)?;
    }
    others.merged.iter().try_for_each(|it| insert(connection, it))
}

fn insert(connection: &Connection, rows: &Rows) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(&rows.table().row_statement())?;
    let mut cells = rows.cells();
    // What was bound for a row stays for the next.
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
