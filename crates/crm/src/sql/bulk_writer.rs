//! The writer that loads many rows, while others read and prepare what follows.

use std::collections::HashSet;

use model::{Contact, ContactId};
use sqlx::PgConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::sql::postgres::{self, CopyRows, Copying};
use crate::sql::{Dialect, Guard, Rows, Table, Tx, Upserts};
use crate::{Crm, Database, LoadError, SqlError};

/// How many orders wait while another is carried out.
const ORDERS_AHEAD: usize = 1;

/// Carries out one transaction after another, with a connection of its own. A transaction that is not committed is
/// rolled back.
pub(crate) struct BulkWriter {
    /// The work of the writer, as errors say it after "could not".
    what: &'static str,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<Result<(), LoadError>>,
}

/// `Begin` carries a channel that is signalled when it is done, `HandOver` one for the transaction.
enum Order {
    Begin(oneshot::Sender<()>),
    Write(PreparedLoad),
    HandOver(oneshot::Sender<(Tx, Vec<Contact>)>),
}

/// Rows to be loaded.
#[derive(Default)]
pub(crate) struct LoadInput {
    /// Rows that the database does not hold, table by table.
    pub(crate) new: Vec<(&'static Table, Vec<Rows>)>,
    /// All else, which is written after them.
    pub(crate) upserts: Upserts,
}

/// A [`LoadInput`] after all work that needs no connection.
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
        let crm = crm.clone();
        let task = tokio::spawn(async move { carry_out(&with_own_connection(crm, what).await?, what, given).await });
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

    /// Gives the transaction with all that was written, to read in it, to write more and to commit it. The contacts are
    /// those that were not written, because others have changed them since they were read; they are locked.
    pub(crate) async fn hand_over(&mut self) -> Result<(Tx, Vec<Contact>), LoadError> {
        self.wait_for(Order::HandOver).await
    }

    pub(crate) async fn commit(&mut self) -> Result<(), LoadError> {
        self.hand_over().await?.0.commit().await
    }

    async fn wait_for<T>(&mut self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, LoadError> {
        let (done, is_done) = oneshot::channel();
        self.order(order(done)).await?;
        match is_done.await {
            Ok(done) => Ok(done),
            Err(_) => Err(self.end().await),
        }
    }

    async fn order(&mut self, order: Order) -> Result<(), LoadError> {
        match self.orders.send(order).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.end().await),
        }
    }

    /// The error of the task. The task ends by itself only after an error.
    async fn end(&mut self) -> LoadError {
        match (&mut self.task).await {
            Ok(Err(error)) => error,
            Ok(Ok(())) | Err(_) => SqlError::Thread.doing(self.what),
        }
    }
}

/// Opens a connection for the load alone on SQLite, so that others can read with the shared one meanwhile.
async fn with_own_connection(crm: Crm, what: &'static str) -> Result<Crm, LoadError> {
    Ok(match &crm.0 {
        Database::Sqlite(sqlite) => {
            Crm(Database::Sqlite(sqlite.another().await.map_err(|it| it.doing(what))?), crm.1.clone(), crm.2.clone())
        }
        Database::Postgres(_) => crm,
    })
}

async fn carry_out(crm: &Crm, what: &'static str, mut given: mpsc::Receiver<Order>) -> Result<(), LoadError> {
    let mut begun: Option<Tx> = None;
    let mut stale = Vec::new();
    let mut next = given.recv().await;
    while let Some(order) = next {
        // The sender no longer waits if the load was given up.
        next = match (order, begun.take()) {
            (Order::Begin(done), None) => {
                begun = Some(crm.begin(what).await?);
                let _ = done.send(());
                given.recv().await
            }
            (Order::Write(prepared), Some(tx)) => write(begun.insert(tx), prepared, &mut given, &mut stale).await?,
            (Order::HandOver(done), Some(tx)) => {
                let _ = done.send((tx, std::mem::take(&mut stale)));
                given.recv().await
            }
            (Order::Begin(_), Some(_)) | (Order::Write(_) | Order::HandOver(_), None) => {
                return Err(SqlError::Thread.doing(what));
            }
        };
    }
    Ok(())
}

/// Writes what was prepared, and gives the next order.
async fn write(
    tx: &mut Tx,
    prepared: PreparedLoad,
    given: &mut mpsc::Receiver<Order>,
    stale: &mut Vec<Contact>,
) -> Result<Option<Order>, LoadError> {
    match prepared {
        PreparedLoad::Sqlite(LoadInput { new, upserts }) => {
            for rows in new.into_iter().flat_map(|it| it.1) {
                tx.insert_on_sqlite(rows).await?;
            }
            tx.write(upserts).await?;
        }
        PreparedLoad::Postgres { new, upserts } => {
            let what = tx.what();
            // The transaction was begun on the database for which this was prepared.
            let Ok(connection) = tx.postgres() else { return Err(SqlError::Thread.doing(what)) };
            if new.iter().all(CopyRows::is_empty) {
                write_upserts(connection, upserts, stale).await.map_err(|it| it.doing(what))?;
            } else {
                return copy(connection, new, upserts, given, stale).await.map_err(|it| it.doing(what));
            }
        }
    }
    Ok(given.recv().await)
}

/// Writes new rows as long as the next order brings more of them, and gives the order that ends that. Rows of the first
/// table are copied as they come, all others after them.
async fn copy(
    connection: &mut PgConnection,
    new: Vec<CopyRows>,
    upserts: Upserts,
    given: &mut mpsc::Receiver<Order>,
    stale: &mut Vec<Contact>,
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
            Some(Order::Write(PreparedLoad::Postgres { new, upserts })) => {
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
        write_upserts(connection, upserts, stale).await?;
    }
    Ok(next)
}

/// Writes rows, but for those of contacts that others have changed since they were read.
async fn write_upserts(
    connection: &mut PgConnection,
    mut upserts: Upserts,
    stale: &mut Vec<Contact>,
) -> Result<(), SqlError> {
    if let Some(Guard { contacts, versions }) = upserts.guard.take().filter(|it| !it.contacts.is_empty()) {
        let ids: Vec<ContactId> = contacts.iter().map(|it| it.id).collect();
        let now = postgres::lock(connection, &ids).await?;
        let changed: HashSet<ContactId> = ids.into_iter().filter(|it| now.get(it) != versions.get(it)).collect();
        if !changed.is_empty() {
            upserts.rows.iter_mut().for_each(|it| *it = it.without(&changed));
            stale.extend(contacts.into_iter().filter(|it| changed.contains(&it.id)));
        }
    }
    postgres::write(connection, upserts).await
}

/// Copies the rows of several batches, table by table.
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
