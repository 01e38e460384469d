//! Rows on their way to SQLite: statements with `values`.

use std::sync::Arc;

use model::ContactId;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, SqliteConnection};

use crate::bulk::{Cell, Rows, Table};

/// Some rows on their way to SQLite.
pub(crate) struct Statement {
    text: Arc<str>,
    arguments: SqliteArguments,
}

/// The numbers of rows that one SQLite statement may have. Few sizes mean few statements, each
/// prepared once; all of them stay far under SQLite's limit of 32,766 placeholders.
const STATEMENT_ROWS: [usize; 5] = [1000, 250, 50, 10, 1];

impl Rows {
    /// The statements that write the rows on SQLite.
    pub(crate) fn statements(&self) -> Result<Vec<Statement>, sqlx::Error> {
        let n_columns = self.table.columns.len();
        let mut n_left = self.n_rows();
        let mut cells = self.cells();
        let mut statements = Vec::new();
        for n_rows in STATEMENT_ROWS {
            let text: Arc<str> = match n_left >= n_rows {
                true => self.table.statement(&format!("values {}", placeholders(n_rows, n_columns))).into(),
                false => continue,
            };
            while n_left >= n_rows {
                let mut arguments = SqliteArguments::default();
                for cell in cells.by_ref().take(n_rows * n_columns) {
                    match cell {
                        Cell::None => arguments.add(None::<i64>),
                        Cell::Int(value) => arguments.add(value),
                        Cell::Text(text) => arguments.add(text.into_owned()),
                        Cell::Bytes(bytes) => arguments.add(bytes.to_vec()),
                    }
                    .map_err(sqlx::Error::Encode)?;
                }
                statements.push(Statement { text: Arc::clone(&text), arguments });
                n_left -= n_rows;
            }
        }
        Ok(statements)
    }
}

impl Statement {
    /// Deletes what a table holds of some contacts.
    pub(crate) fn forget(table: &Table, contacts: &[ContactId]) -> Result<Vec<Self>, sqlx::Error> {
        contacts
            .chunks(STATEMENT_ROWS[0])
            .map(|ids| {
                let text = format!("delete from {} where contact_id in ({})", table.name, listed(ids.len()));
                let mut arguments = SqliteArguments::default();
                for id in ids {
                    arguments.add(id.0.to_vec()).map_err(sqlx::Error::Encode)?;
                }
                Ok(Self { text: text.into(), arguments })
            })
            .collect()
    }

    pub(crate) async fn execute(self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query_with(AssertSqlSafe(&*self.text), self.arguments).execute(connection).await.map(|_| ())
    }
}

impl Table {
    /// The statement that writes one row on SQLite.
    pub(crate) fn row_statement(&self) -> String {
        self.statement(&format!("values {}", placeholders(1, self.columns.len())))
    }
}

/// `(?,?),(?,?)`
///
/// Not `$1`: to SQLite that is a name, and it looks names up one by one, for each of thousands.
fn placeholders(n_rows: usize, n_columns: usize) -> String {
    let row = format!("({})", listed(n_columns));
    vec![row; n_rows].join(",")
}

/// `?,?,?`
pub(crate) fn listed(n: usize) -> String {
    vec!["?"; n].join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_placeholder_for_every_cell() {
        assert_eq!(placeholders(2, 2), "(?,?),(?,?)");
        assert_eq!(listed(3), "?,?,?");
    }
}
