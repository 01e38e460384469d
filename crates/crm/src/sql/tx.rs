//! One connection to the database, mostly in a transaction.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use model::{Contact, ContactId};
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Transaction};

use crate::lease::Fence;
use crate::sql::{Cell, Dialect, Row, Rows, Table, postgres, sqlite};
use crate::{Crm, Database, LoadError, SqlError};

/// A transaction, or a connection that only reads.
///
/// A transaction that is not committed is rolled back. Each method says in its error what the whole transaction is for.
///
/// If it belongs to the holder of the lease, it fails at its begin if another run has the lease now, and renews the
/// lease when it commits.
pub(crate) struct Tx {
    what: &'static str,
    connection: Connection,
    fence: Option<Arc<Fence>>,
}

enum Connection {
    Sqlite(sqlite::Tx),
    Postgres(Transaction<'static, Postgres>),
    PostgresReader(PoolConnection<Postgres>),
}

/// Rows that may be in their tables already.
#[derive(Default)]
pub(crate) struct Upserts {
    pub(crate) rows: Vec<Rows>,
    pub(crate) guard: Option<Guard>,
}

/// Contacts that are written only if their rows have not changed since they were read. On PostgreSQL others can write
/// while a run loads.
pub(crate) struct Guard {
    /// As they were imported.
    pub(crate) contacts: Vec<Contact>,
    /// The version of each row; none of contacts that were not there.
    pub(crate) versions: HashMap<ContactId, i64>,
}

impl Crm {
    /// Begins a transaction that writes; `what` is what it does, after "could not". There is one writer at a time.
    pub(crate) async fn begin(&self, what: &'static str) -> Result<Tx, LoadError> {
        self.begin_as(what, false).await
    }

    /// Begins a transaction whose commit survives a power cut, because money or a message depends on it.
    pub(crate) async fn begin_durable(&self, what: &'static str) -> Result<Tx, LoadError> {
        self.begin_as(what, true).await
    }

    /// Begins a transaction in which the tables of a backup can be read, or those of an empty database:
    /// [`Crm::end_copy`] takes them away. On SQLite they are in the database `copy`, on PostgreSQL their names begin
    /// with `copy_`.
    pub(crate) async fn begin_with_copy(&self, what: &'static str, folder: Option<&Path>) -> Result<Tx, LoadError> {
        if let Database::Sqlite(sqlite) = &self.0 {
            sqlite::backup::attach(sqlite, folder).await.map_err(|it| it.doing(what))?;
        }
        let mut tx = self.begin(what).await?;
        if let Connection::Postgres(connection) = &mut tx.connection {
            postgres::backup::copy_back(connection, folder).await.map_err(|it| it.doing(what))?;
        }
        Ok(tx)
    }

    pub(crate) async fn end_copy(&self, what: &'static str) -> Result<(), LoadError> {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite::backup::detach(sqlite).await.map_err(|it| it.doing(what)),
            Database::Postgres(_) => Ok(()),
        }
    }

    async fn begin_as(&self, what: &'static str, is_durable: bool) -> Result<Tx, LoadError> {
        let connection = match &self.0 {
            Database::Sqlite(it) => it.begin(is_durable).await.map(Connection::Sqlite),
            Database::Postgres(pool) => {
                postgres::begin(pool, is_durable).await.map(Connection::Postgres).map_err(SqlError::from)
            }
        };
        let mut tx = match connection.map_err(|it| it.doing(what)) {
            Ok(connection) => Tx { what, connection, fence: self.1.clone() },
            Err(LoadError::Locked { what, .. }) => {
                return Err(LoadError::Locked { what, holder: self.lease_holder().await.ok().flatten() });
            }
            Err(error) => return Err(error),
        };
        if let Some(fence) = &self.1 {
            tx.check_fence(fence).await?;
        }
        Ok(tx)
    }

    /// A connection that reads, outside of any transaction.
    pub(crate) async fn reader(&self, what: &'static str) -> Result<Tx, LoadError> {
        let connection = match &self.0 {
            Database::Sqlite(it) => it.reader().await.map(Connection::Sqlite),
            Database::Postgres(pool) => pool.acquire().await.map(Connection::PostgresReader).map_err(SqlError::from),
        };
        Ok(Tx { what, connection: connection.map_err(|it| it.doing(what))?, fence: None })
    }

    /// A connection of its own that the database lets write nothing.
    pub(crate) async fn read_only(&self, what: &'static str) -> Result<Tx, LoadError> {
        let connection = match &self.0 {
            Database::Sqlite(it) => it.read_only().await.map(Connection::Sqlite),
            Database::Postgres(pool) => {
                postgres::begin_read_only(pool).await.map(Connection::Postgres).map_err(SqlError::from)
            }
        };
        Ok(Tx { what, connection: connection.map_err(|it| it.doing(what))?, fence: None })
    }

    /// Reads the rows of one statement.
    pub(crate) async fn select<T: Send + 'static>(
        &self,
        what: &'static str,
        sql: &str,
        parameters: &[Cell<'_>],
        read: impl Fn(&dyn Row) -> Result<T, LoadError> + Send + 'static,
    ) -> Result<Vec<T>, LoadError> {
        self.reader(what).await?.select(sql, parameters, read).await
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match &self.0 {
            Database::Sqlite(_) => Dialect::Sqlite,
            Database::Postgres(_) => Dialect::Postgres,
        }
    }
}

impl Tx {
    /// The purpose of the transaction, for errors.
    pub(super) fn what(&self) -> &'static str {
        self.what
    }

    /// Writes rows that are new, on SQLite.
    pub(super) async fn insert_on_sqlite(&mut self, rows: Rows) -> Result<(), LoadError> {
        let what = self.what;
        match self.postgres() {
            Ok(_) => Err(SqlError::Thread),
            Err(connection) => connection.run(move |it| sqlite::insert(it, &rows)).await,
        }
        .map_err(|it| it.doing(what))
    }

    pub(crate) fn is_postgres(&self) -> bool {
        !matches!(self.connection, Connection::Sqlite(_))
    }

    pub(super) fn postgres(&mut self) -> Result<&mut PgConnection, &mut sqlite::Tx> {
        match &mut self.connection {
            Connection::Sqlite(it) => Err(it),
            Connection::Postgres(it) => Ok(&mut **it),
            Connection::PostgresReader(it) => Ok(&mut **it),
        }
    }

    /// Reads the rows of a statement.
    pub(crate) async fn select<T: Send + 'static>(
        &mut self,
        sql: &str,
        parameters: &[Cell<'_>],
        read: impl Fn(&dyn Row) -> Result<T, LoadError> + Send + 'static,
    ) -> Result<Vec<T>, LoadError> {
        let what = self.what;
        let rows = match self.postgres() {
            Ok(connection) => postgres::select(connection, sql, parameters, read).await,
            Err(connection) => {
                let (sql, parameters) = (sql.to_owned(), sqlite::owned(parameters));
                connection.run(move |it| sqlite::select(it, &sql, &parameters, read)).await
            }
        };
        rows.map_err(|it| it.doing(what))
    }

    /// Keeps others from changing these contacts before a transaction on PostgreSQL ends, so that what is read now
    /// holds until it is written. On SQLite no one else writes during a transaction.
    pub(crate) async fn lock_contacts(&mut self, contacts: &[ContactId]) -> Result<(), LoadError> {
        let what = self.what;
        match &mut self.connection {
            Connection::Postgres(it) => postgres::lock(it, contacts).await.map(drop).map_err(|it| it.doing(what)),
            Connection::Sqlite(_) | Connection::PostgresReader(_) => Ok(()),
        }
    }

    /// The versions of the rows of these contacts, on PostgreSQL.
    pub(crate) async fn versions(&mut self, contacts: &[ContactId]) -> Result<HashMap<ContactId, i64>, LoadError> {
        let what = self.what;
        match self.postgres() {
            Ok(connection) => postgres::versions(connection, contacts).await.map_err(|it| it.doing(what)),
            Err(_) => Ok(HashMap::new()),
        }
    }

    /// Reads the rows of some contacts: `select` is a statement without its `where`.
    pub(crate) async fn select_of<T: Send + 'static>(
        &mut self,
        select: &str,
        contacts: &[ContactId],
        read: impl Fn(&dyn Row) -> Result<T, LoadError> + Send + 'static,
    ) -> Result<Vec<T>, LoadError> {
        let what = self.what;
        let rows = match self.postgres() {
            Ok(connection) => postgres::select_of(connection, select, contacts, read).await,
            Err(connection) => {
                let (select, contacts) = (select.to_owned(), contacts.to_vec());
                connection.run(move |it| sqlite::select_of(it, &select, &contacts, read)).await
            }
        };
        rows.map_err(|it| it.doing(what))
    }

    /// Runs a statement that gives no rows.
    pub(crate) async fn execute(&mut self, sql: &str, parameters: &[Cell<'_>]) -> Result<(), LoadError> {
        let what = self.what;
        let done = match self.postgres() {
            Ok(connection) => postgres::execute(connection, sql, parameters).await,
            Err(connection) => {
                let (sql, parameters) = (sql.to_owned(), sqlite::owned(parameters));
                connection.run(move |it| sqlite::execute(it, &sql, &parameters)).await
            }
        };
        done.map_err(|it| it.doing(what))
    }

    /// Runs a statement that gives no rows, once with each of these parameters, with the clock of the database. On SQLite in one go, because every call goes to
    /// another thread.
    pub(crate) async fn execute_each(&mut self, sql: &str, rows: &[Vec<Cell<'_>>]) -> Result<(), LoadError> {
        let (what, sql) = (self.what, self.with_clock(sql));
        let done = match self.postgres() {
            Ok(connection) => postgres::execute_each(connection, &sql, rows).await,
            Err(connection) => {
                let rows: Vec<_> = rows.iter().map(|it| sqlite::owned(it)).collect();
                connection.run(move |it| rows.iter().try_for_each(|row| sqlite::execute(it, &sql, row))).await
            }
        };
        done.map_err(|it| it.doing(what))
    }

    /// Reads the rows of a statement, once with each of these parameters. Gives the rows of each.
    pub(crate) async fn select_each<T: Send + 'static>(
        &mut self,
        sql: &str,
        rows: &[Vec<Cell<'_>>],
        read: impl Fn(&dyn Row) -> Result<T, LoadError> + Send + 'static,
    ) -> Result<Vec<Vec<T>>, LoadError> {
        let what = self.what;
        let found = match self.postgres() {
            Ok(connection) => postgres::select_each(connection, sql, rows, read).await,
            Err(connection) => {
                let sql = sql.to_owned();
                let rows: Vec<_> = rows.iter().map(|it| sqlite::owned(it)).collect();
                connection.run(move |it| rows.iter().map(|row| sqlite::select(it, &sql, row, &read)).collect()).await
            }
        };
        found.map_err(|it| it.doing(what))
    }

    /// A statement in which `clock_micros()` is the clock of the database, which goes on within a transaction.
    pub(crate) fn with_clock(&self, sql: &str) -> String {
        crate::lease::with_clock(sql, self.is_postgres())
    }

    /// Runs a statement that gives no rows, with the clock of the database.
    pub(crate) async fn execute_with_clock(&mut self, sql: &str, parameters: &[Cell<'_>]) -> Result<(), LoadError> {
        let sql = self.with_clock(sql);
        self.execute(&sql, parameters).await
    }

    /// Reads the rows of a statement with the clock of the database.
    pub(crate) async fn select_with_clock<T: Send + 'static>(
        &mut self,
        sql: &str,
        parameters: &[Cell<'_>],
        read: impl Fn(&dyn Row) -> Result<T, LoadError> + Send + 'static,
    ) -> Result<Vec<T>, LoadError> {
        let sql = self.with_clock(sql);
        self.select(&sql, parameters, read).await
    }

    /// Runs several statements without parameters, each of which ends with a semicolon.
    pub(crate) async fn execute_script(&mut self, script: String) -> Result<(), LoadError> {
        let what = self.what;
        let done = match self.postgres() {
            Ok(connection) => postgres::execute_script(connection, script).await,
            Err(connection) => connection.run(move |it| Ok(it.execute_batch(&script)?)).await,
        };
        done.map_err(|it| it.doing(what))
    }

    pub(crate) async fn write(&mut self, upserts: Upserts) -> Result<(), LoadError> {
        let what = self.what;
        let done = match self.postgres() {
            Ok(connection) => postgres::write(connection, upserts).await,
            Err(connection) => connection.run(move |it| sqlite::write(it, &upserts)).await,
        };
        done.map_err(|it| it.doing(what))
    }

    pub(crate) async fn write_rows(&mut self, rows: impl Into<Vec<Rows>>) -> Result<(), LoadError> {
        self.write(Upserts { rows: rows.into(), ..Upserts::default() }).await
    }

    /// Deletes the rows of some contacts.
    pub(crate) async fn forget(&mut self, table: &'static Table, contacts: &[ContactId]) -> Result<(), LoadError> {
        let what = self.what;
        let done = match self.postgres() {
            Ok(connection) => postgres::forget(connection, table, contacts).await,
            Err(connection) => {
                let contacts = contacts.to_vec();
                connection.run(move |it| sqlite::forget(it, table, &contacts)).await
            }
        };
        done.map_err(|it| it.doing(what))
    }

    pub(crate) async fn commit(mut self) -> Result<(), LoadError> {
        if let Some(fence) = self.fence.take() {
            self.renew_lease(&fence).await?;
        }
        let done = match self.connection {
            Connection::Sqlite(it) => it.commit().await,
            Connection::Postgres(it) => it.commit().await.map_err(SqlError::from),
            Connection::PostgresReader(_) => Ok(()),
        };
        done.map_err(|it| it.doing(self.what))
    }
}
