//! The writer that loads many rows, while others read and prepare what follows.

use std::path::Path;
use std::sync::Arc;

use sqlx::{PgConnection, PgPool};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::sql::postgres::{self, CopyRows, Copying};
use crate::sql::{Dialect, Rows, Table, Upserts, sqlite};
use crate::{Crm, Database, LoadError, SqlError};

/// How many orders wait while another is carried out.
const ORDERS_AHEAD: usize = 1;

/// Carries out one transaction after another, with a connection of its own. A transaction that is not committed is
/// rolled back.
pub(crate) struct BulkWriter {
    /// The work of the writer, as errors say it after "could not".
    what: &'static str,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<Result<(), SqlError>>,
}

/// `Begin` and `Commit` carry a channel that is signalled when they are done.
enum Order {
    Begin(oneshot::Sender<()>),
    Write(PreparedLoad),
    Commit(oneshot::Sender<()>),
}

/// Rows to be loaded.
#[derive(Default)]
pub(crate) struct LoadInput {
    /// Rows that the database does not hold, table by table.
    pub(crate) new: Vec<(&'static Table, Vec<Rows>)>,
    /// All else, which is written after them.
    pub(crate) upserts: Upserts,
}

/// The same, after all work that needs no connection.
pub(crate) enum PreparedLoad {
    Sqlite(LoadInput),
    Postgres { new: Vec<CopyRows>, upserts: Upserts },
}

impl LoadInput {
    pub(crate) fn prepare(self, dialect: Dialect) -> PreparedLoad {
        match dialect {
            Dialect::Sqlite => PreparedLoad::Sqlite(self),
            Dialect::Postgres => PreparedLoad::Postgres {
                new: self.new.into_iter().map(|(table, rows)| CopyRows::of(table, &rows)).collect(),
                upserts: self.upserts,
            },
        }
    }
}

impl BulkWriter {
    pub(crate) fn open(crm: &Crm, what: &'static str) -> Self {
        let (orders, given) = mpsc::channel(ORDERS_AHEAD);
        let task = match &crm.0 {
            Database::Sqlite(sqlite) => {
                let path = Arc::clone(&sqlite.path);
                spawn_blocking(move || carry_out_on_sqlite(&path, given))
            }
            Database::Postgres(pool) => {
                let pool = pool.clone();
                tokio::spawn(async move { carry_out_on_postgres(&pool, given).await })
            }
        };
        Self { what, orders, task }
    }

    /// Begins a transaction. No one else can write until it ends.
    pub(crate) async fn begin(&mut self) -> Result<(), LoadError> {
        self.wait_for(Order::Begin).await
    }

    /// Hands rows over. They may be written a little later, and an error may be that of earlier ones.
    pub(crate) async fn write(&mut self, prepared: PreparedLoad) -> Result<(), LoadError> {
        self.order(Order::Write(prepared)).await
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
            // The task ends by itself only after an error.
            Err(_) => self.end().await,
        }
    }

    async fn end(&mut self) -> Result<(), LoadError> {
        (&mut self.task).await.unwrap_or(Err(SqlError::Thread)).map_err(|it| it.doing(self.what))
    }
}

fn carry_out_on_sqlite(path: &Path, mut given: mpsc::Receiver<Order>) -> Result<(), SqlError> {
    let connection = sqlite::connect(path)?;
    while let Some(order) = given.blocking_recv() {
        // The sender waits no more if the load was given up.
        match order {
            Order::Begin(done) => {
                connection.execute_batch("begin immediate")?;
                let _ = done.send(());
            }
            Order::Write(PreparedLoad::Sqlite(LoadInput { new, upserts })) => {
                new.iter().flat_map(|it| &it.1).try_for_each(|it| sqlite::insert(&connection, it))?;
                sqlite::write(&connection, &upserts)?;
            }
            Order::Write(PreparedLoad::Postgres { .. }) => return Err(rusqlite::Error::InvalidQuery.into()),
            Order::Commit(done) => {
                connection.execute_batch("commit")?;
                let _ = done.send(());
            }
        }
    }
    Ok(())
}

async fn carry_out_on_postgres(pool: &PgPool, mut given: mpsc::Receiver<Order>) -> Result<(), SqlError> {
    let mut transaction = None;
    let mut next = given.recv().await;
    while let Some(order) = next {
        next = match (order, transaction.take()) {
            (Order::Begin(done), None) => {
                transaction = Some(postgres::begin(pool).await?);
                let _ = done.send(());
                given.recv().await
            }
            (Order::Write(PreparedLoad::Postgres { new, upserts }), Some(begun)) => {
                let transaction = transaction.insert(begun);
                match new.iter().all(CopyRows::is_empty) {
                    true => {
                        postgres::write(transaction, upserts).await?;
                        given.recv().await
                    }
                    false => copy(transaction, new, upserts, &mut given).await?,
                }
            }
            (Order::Commit(done), Some(begun)) => {
                begun.commit().await?;
                let _ = done.send(());
                given.recv().await
            }
            _ => {
                let text = "this is no transaction of PostgreSQL, or not the order for it";
                return Err(sqlx::Error::Protocol(text.into()).into());
            }
        };
    }
    Ok(())
}

/// Writes new rows as long as the next order brings more of them, and gives the order that ends that. Rows of the first
/// table are copied as they come, all others after them.
async fn copy(
    connection: &mut PgConnection,
    new: Vec<CopyRows>,
    upserts: Upserts,
    given: &mut mpsc::Receiver<Order>,
) -> Result<Option<Order>, SqlError> {
    let mut others: Vec<Vec<CopyRows>> = Vec::new();
    let mut all_upserts = vec![upserts];
    let mut new = new.into_iter();
    let Some(first) = new.next() else { return Ok(given.recv().await) };
    others.push(new.collect());
    let mut copying = Copying::begin(connection, first.table).await?;
    copying.send(first).await?;
    let next = loop {
        match given.recv().await {
            Some(Order::Write(PreparedLoad::Postgres { new, upserts })) if upserts.forgotten.is_none() => {
                let mut new = new.into_iter();
                if let Some(first) = new.next() {
                    copying.send(first).await?;
                }
                others.push(new.collect());
                all_upserts.push(upserts);
            }
            order => break order,
        }
    };
    copying.finish().await?;
    copy_others(connection, others).await?;
    for upserts in all_upserts {
        postgres::write(connection, upserts).await?;
    }
    Ok(next)
}

/// Copies table by table what batch by batch came.
async fn copy_others(connection: &mut PgConnection, batches: Vec<Vec<CopyRows>>) -> Result<(), SqlError> {
    let mut batches: Vec<_> = batches.into_iter().map(Vec::into_iter).collect();
    loop {
        let of_table: Vec<CopyRows> = batches.iter_mut().filter_map(Iterator::next).collect();
        let Some(first) = of_table.first() else { return Ok(()) };
        if of_table.iter().all(CopyRows::is_empty) {
            continue;
        }
        let mut copying = Copying::begin(connection, first.table).await?;
        for rows in of_table {
            copying.send(rows).await?;
        }
        copying.finish().await?;
    }
}
