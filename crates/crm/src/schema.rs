//! The one schema, its version, and the refusal of any other.

use crate::contact::columns;
use crate::identity_decisions::DECISION_NUMBER;
use crate::outbox::{FIRST_EPOCH, OUTBOX_EPOCH};
use crate::sql::{Cell, Dialect, Row, Tx, postgres, sqlite};
use crate::{Crm, Database, LoadError, SqlError};

/// The version of the tables. Backups fit into tables of their own version only.
pub const SCHEMA_VERSION: &str = "18";

/// The tables, and then the views, which name them.
const SCHEMA: &str = concat!(
    include_str!("../schema/current.sql"),
    include_str!("../schema/consent.sql"),
    include_str!("../schema/suppression.sql"),
    include_str!("../schema/identity.sql"),
    include_str!("../schema/outbox.sql"),
    include_str!("../schema/campaign.sql"),
    include_str!("../schema/inbox.sql"),
    include_str!("../schema/forward.sql"),
    include_str!("../schema/derived.sql"),
    include_str!("../schema/confirmation.sql"),
    include_str!("../schema/views.sql"),
);

/// The triggers, which each database has words of its own for.
const GUARDS_SQLITE: [&str; 4] = [
    include_str!("../schema/guards_sqlite.sql"),
    include_str!("../schema/identity_guards_sqlite.sql"),
    include_str!("../schema/outbox_guards_sqlite.sql"),
    include_str!("../schema/inbox_guards_sqlite.sql"),
];
const GUARDS_POSTGRES: [&str; 5] = [
    include_str!("../schema/guards_postgres.sql"),
    include_str!("../schema/identity_guards_postgres.sql"),
    include_str!("../schema/outbox_guards_postgres.sql"),
    include_str!("../schema/inbox_guards_postgres.sql"),
    include_str!("../schema/guards_always_postgres.sql"),
];
/// The part that two triggers of SQLite have in common.
const OUTBOX_GATE: &str = include_str!("../schema/outbox_gate_sqlite.sql");

/// All that makes the tables, views and triggers of a new database.
pub(crate) fn script(dialect: Dialect) -> String {
    let schema = columns::fill_in(SCHEMA);
    match dialect {
        Dialect::Sqlite => {
            sqlite::schema(&schema) + &GUARDS_SQLITE.concat().replace("{outbox gate}", OUTBOX_GATE.trim_end())
        }
        Dialect::Postgres => postgres::schema(&schema) + &GUARDS_POSTGRES.concat(),
    }
}
const READ_VERSION: &str = "select value from ferry_meta where key = 'schema_version'";
const NOTE: &str = "insert into ferry_meta (key, value) values ($1, $2)";

/// The key of `ferry_meta` for the id of the database.
const DATABASE_ID: &str = "database_id";
const MAKE: &str = "make the tables";

impl Crm {
    /// The id of the database: 32 random hexadecimal digits, drawn when its tables were made. A new database at the
    /// same address has another id; a copy of the file has the same.
    pub async fn database_id(&self) -> Result<String, LoadError> {
        let id = self.reader("read the id of the database").await?.meta(DATABASE_ID).await?;
        id.ok_or_else(|| LoadError::Value { column: "ferry_meta.database_id".to_owned() })
    }
}

/// The statements that note version and id of new tables, for [`crate::ddl()`]. The server draws the id.
pub(crate) fn notes() -> String {
    let note = |key: &str, value: &str| format!("insert into ferry_meta (key, value) values ('{key}', {value});\n");
    note("schema_version", &format!("'{SCHEMA_VERSION}'"))
        + &note(DATABASE_ID, "replace(gen_random_uuid()::text, '-', '')")
        + &note(DECISION_NUMBER, "'0'")
        + &note(OUTBOX_EPOCH, &format!("'{FIRST_EPOCH}'"))
}

fn random_id() -> Result<String, SqlError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|source| SqlError::Random(source.to_string()))?;
    Ok(hex::encode(random))
}

/// Makes the tables if there are none. `what` names the database in messages.
///
/// Two processes can come here at once: the second waits for the first, and finds its tables.
pub(crate) async fn check_or_make(crm: &Crm, what: &str) -> Result<(), LoadError> {
    if is_there(crm, what).await? {
        return Ok(());
    }
    let mut tx = crm.begin(MAKE).await?;
    if is_there_in(&mut tx, crm, what).await? {
        return Ok(());
    }
    tx.execute_script(script(crm.dialect())).await?;
    let database_id = random_id().map_err(|it| it.doing(MAKE))?;
    let notes = [
        ("schema_version", SCHEMA_VERSION),
        (DATABASE_ID, &database_id),
        (DECISION_NUMBER, "0"),
        (OUTBOX_EPOCH, FIRST_EPOCH),
    ];
    for (key, value) in notes {
        tx.execute(NOTE, &[key.into(), Cell::from(value)]).await?;
    }
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
