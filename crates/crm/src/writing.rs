//! A transaction that writes, on either database.

use std::collections::HashMap;

use model::ContactId;
use sqlx::{PgConnection, Postgres, Sqlite, Transaction};

use crate::bulk::{Rows, Statement, Table};
use crate::crm::{begin_postgres, begin_sqlite};
use crate::held::{
    Contents, Held, StoredRows, assembled, contents_postgres, contents_sqlite, stored_postgres, stored_sqlite,
};
use crate::{Crm, LoadError};

/// A transaction of the one writer there is.
pub(crate) enum Writing {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// What is to be written.
#[derive(Default)]
pub(crate) struct Writes {
    /// Whose rows a table forgets, before anything is written.
    pub(crate) forgotten: Option<(&'static Table, Vec<ContactId>)>,
    /// Rows that may stand in their tables already.
    pub(crate) merged: Vec<Rows>,
}

/// The same, made ready for a database: the work that needs no connection is done.
pub(crate) enum Ready {
    Sqlite(Vec<Statement>),
    Postgres(Writes),
}

/// Which database something is made ready for.
#[derive(Clone, Copy)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Writes {
    pub(crate) fn ready(self, dialect: Dialect) -> Result<Ready, sqlx::Error> {
        match dialect {
            Dialect::Sqlite => {
                let mut statements = Vec::new();
                if let Some((table, contacts)) = &self.forgotten {
                    statements.extend(Statement::forget(table, contacts)?);
                }
                for rows in self.merged {
                    statements.extend(rows.statements()?);
                }
                Ok(Ready::Sqlite(statements))
            }
            Dialect::Postgres => Ok(Ready::Postgres(self)),
        }
    }

    pub(crate) async fn carry_out_on_postgres(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if let Some((table, contacts)) = self.forgotten {
            table.forget_postgres(connection, &contacts).await?;
        }
        for rows in self.merged {
            rows.insert_postgres(connection).await?;
        }
        Ok(())
    }
}

impl Crm {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

impl Writing {
    pub(crate) async fn begin(crm: &Crm) -> Result<Self, sqlx::Error> {
        match crm {
            Crm::Sqlite(pool) => begin_sqlite(pool).await.map(Self::Sqlite),
            Crm::Postgres(pool) => begin_postgres(pool).await.map(Self::Postgres),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// See [`Contents`].
    pub(crate) async fn contents(&mut self, ids: &[ContactId]) -> Result<Contents, LoadError> {
        match self {
            Self::Sqlite(transaction) => contents_sqlite(transaction, ids).await,
            Self::Postgres(transaction) => contents_postgres(transaction, ids).await,
        }
    }

    /// The contacts of these ids that the database holds.
    pub(crate) async fn held(&mut self, ids: &[ContactId]) -> Result<HashMap<ContactId, Held>, LoadError> {
        assembled(self.rows_of(ids).await?)
    }

    /// The rows of these contacts, as they stand.
    pub(crate) async fn rows_of(&mut self, ids: &[ContactId]) -> Result<StoredRows, LoadError> {
        match self {
            Self::Sqlite(transaction) => stored_sqlite(transaction, ids).await,
            Self::Postgres(transaction) => stored_postgres(transaction, ids).await,
        }
    }

    /// Writes what was made ready for this database; anything else is not written.
    pub(crate) async fn write(&mut self, ready: Ready) -> Result<(), sqlx::Error> {
        match (self, ready) {
            (Self::Sqlite(transaction), Ready::Sqlite(statements)) => {
                for statement in statements {
                    statement.execute(transaction).await?;
                }
                Ok(())
            }
            (Self::Postgres(transaction), Ready::Postgres(writes)) => writes.carry_out_on_postgres(transaction).await,
            (Self::Sqlite(_), Ready::Postgres(_)) | (Self::Postgres(_), Ready::Sqlite(_)) => {
                Err(sqlx::Error::Protocol("rows were made ready for another database".into()))
            }
        }
    }

    /// Writes rows that may stand in their tables already.
    pub(crate) async fn write_rows(&mut self, merged: Vec<Rows>) -> Result<(), sqlx::Error> {
        let ready = Writes { merged, ..Writes::default() }.ready(self.dialect())?;
        self.write(ready).await
    }

    /// Runs a statement with one text.
    pub(crate) async fn run(&mut self, statement: &'static str, text: &str) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(it) => sqlx::query(statement).bind(text).execute(&mut **it).await.map(|_| ()),
            Self::Postgres(it) => sqlx::query(statement).bind(text).execute(&mut **it).await.map(|_| ()),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}
