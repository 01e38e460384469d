//! Rows by many values of one column at once.

use crate::LoadError;
use crate::sql::{Row, Tx, postgres, sqlite};

/// The values of a column that are looked up.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    Texts(Vec<String>),
    Bytes(Vec<Vec<u8>>),
}

impl Wanted {
    fn is_empty(&self) -> bool {
        match self {
            Self::Texts(them) => them.is_empty(),
            Self::Bytes(them) => them.is_empty(),
        }
    }
}

impl Tx {
    /// Reads the rows whose `column` has one of these values: `select` is a statement without its `where`. PostgreSQL gets one
    /// statement, whatever the number of values.
    pub(crate) async fn select_by<T: Send + 'static>(
        &mut self,
        select: &str,
        column: &str,
        wanted: Wanted,
        read: impl Fn(&dyn Row) -> Result<T, LoadError> + Send + 'static,
    ) -> Result<Vec<T>, LoadError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let what = self.what();
        let rows = match self.postgres() {
            Ok(connection) => postgres::lookup::select_by(connection, select, column, wanted, read).await,
            Err(connection) => {
                let select = format!("{select} where {column} = ?");
                connection.run(move |it| sqlite::lookup::select_by(it, &select, wanted, read)).await
            }
        };
        rows.map_err(|it| it.doing(what))
    }
}
