//! The one schema, its version, and the refusal of any other.

use crate::contact::columns;
use crate::sql::{Cell, Row, Tx, postgres, sqlite};
use crate::{Crm, Database, LoadError};

/// The version of the tables. Backups fit into tables of their own version only.
pub const SCHEMA_VERSION: &str = "11";

const SCHEMA: &str = include_str!("../schema/current.sql");
const READ_VERSION: &str = "select value from ferry_meta where key = 'schema_version'";
const NOTE_VERSION: &str = "insert into ferry_meta (key, value) values ('schema_version', $1)";

/// Makes the tables if there are none. `what` names the database in messages.
///
/// Two processes can come here at once: the second waits for the first, and finds its tables.
pub(crate) async fn check_or_make(crm: &Crm, what: &str) -> Result<(), LoadError> {
    if is_there(crm, what).await? {
        return Ok(());
    }
    let mut tx = crm.begin("make the tables").await?;
    if is_there_in(&mut tx, crm, what).await? {
        return Ok(());
    }
    let schema = columns::fill_in(SCHEMA);
    let script = match &crm.0 {
        Database::Sqlite(_) => sqlite::schema(&schema),
        Database::Postgres(_) => postgres::schema(&schema),
    };
    tx.execute_script(script).await?;
    tx.execute(NOTE_VERSION, &[Cell::from(SCHEMA_VERSION)]).await?;
    tx.commit().await
}

/// Whether our tables are there. Tables of another program, or of another version, are an error.
pub(crate) async fn is_there(crm: &Crm, what: &str) -> Result<bool, LoadError> {
    is_there_in(&mut crm.reader("list the tables").await?, crm, what).await
}

async fn is_there_in(tx: &mut Tx, crm: &Crm, what: &str) -> Result<bool, LoadError> {
    let names = match &crm.0 {
        Database::Sqlite(_) => sqlite::TABLE_NAMES,
        Database::Postgres(_) => postgres::TABLE_NAMES,
    };
    let tables = tx.select(names, &[], |it: &dyn Row| it.text(0)).await?;
    if !tables.iter().any(|it| it == "ferry_meta") {
        return match tables.is_empty() {
            true => Ok(false),
            false => Err(LoadError::Foreign { what: what.to_owned() }),
        };
    }
    match tx.select(READ_VERSION, &[], |it: &dyn Row| it.text(0)).await?.pop() {
        Some(found) if found != SCHEMA_VERSION => {
            Err(LoadError::OtherSchema { what: what.to_owned(), found, known: SCHEMA_VERSION })
        }
        found => Ok(found.is_some()),
    }
}
