//! A backup of SQLite is a copy of the database.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use crate::backup::TABLES;
use crate::sql::sqlite::{Sqlite, connect};
use crate::{LoadError, SqlError};

const COPY: &str = "crm.db";

pub(crate) async fn back_up(sqlite: &Sqlite, folder: &Path) -> Result<Vec<String>, LoadError> {
    let failed = |it: SqlError| it.doing("copy the database");
    let path = folder.join(COPY);
    let mut reader = sqlite.reader().await.map_err(failed)?;
    let database = Arc::clone(&sqlite.path);
    reader.run(move |connection| copy(connection, &database, &path)).await.map_err(failed)?;
    Ok(vec![COPY.to_owned()])
}

/// Makes the tables of a backup, or those of an empty database, readable as the database `copy`.
pub(crate) async fn attach(sqlite: &Sqlite, folder: Option<&Path>) -> Result<(), SqlError> {
    let path = folder.map_or(":memory:".to_owned(), |it| it.join(COPY).display().to_string());
    let is_empty = folder.is_none();
    let mut reader = sqlite.reader().await?;
    let attach = move |connection: &Connection| {
        detach_from(connection)?;
        connection.execute("attach database ? as copy", [path])?;
        for table in TABLES.iter().filter(|_| is_empty) {
            connection
                .execute_batch(&format!("create table copy.{table} as select * from main.{table} where false"))?;
        }
        Ok(())
    };
    reader.run(attach).await
}

pub(crate) async fn detach(sqlite: &Sqlite) -> Result<(), SqlError> {
    sqlite.reader().await?.run(detach_from).await
}

fn detach_from(connection: &Connection) -> Result<(), SqlError> {
    let is_attached = "select count(*) from pragma_database_list where name = 'copy'";
    match connection.query_row(is_attached, [], |it| it.get::<_, i64>(0))? {
        0 => Ok(()),
        _ => Ok(connection.execute_batch("detach database copy")?),
    }
}

/// Copies the database. If somebody writes to it meanwhile, it is copied once more while others wait.
fn copy(connection: &Connection, database: &Path, path: &Path) -> Result<(), SqlError> {
    let version = data_version(connection)?;
    let mut is_whole = copy_once(connection, path)?;
    if !is_whole && data_version(connection)? != version {
        let writer = connect(database)?;
        writer.execute_batch("begin immediate")?;
        is_whole = copy_once(connection, path)?;
        writer.execute_batch("rollback")?;
    }
    match is_whole {
        true => Ok(()),
        false => Err(LoadError::BackupDiffers { path: path.to_owned() }.into()),
    }
}

/// Returns a number that changes whenever another connection writes to the database.
fn data_version(connection: &Connection) -> Result<i64, SqlError> {
    Ok(connection.query_row("pragma data_version", [], |it| it.get(0))?)
}

/// Makes a copy, and returns whether it holds what the database holds.
fn copy_once(connection: &Connection, path: &Path) -> Result<bool, SqlError> {
    let file_failed = |source| LoadError::BackupFile { path: path.to_owned(), source };
    if path.exists() {
        std::fs::remove_file(path).map_err(file_failed)?;
    }
    let name = path.display().to_string();
    connection.execute("vacuum into ?", [&name])?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(file_failed)?;
    connection.execute("attach database ? as copy", [&name])?;
    let is_whole = forget(connection).and_then(|()| is_whole(connection));
    connection.execute_batch("detach database copy")?;
    File::open(path).and_then(|it| it.sync_all()).map_err(file_failed)?;
    is_whole
}

/// Removes from the copy what no restore brings back: the lease, which would make two copies of the same people differ, and the
/// raw bodies of webhooks, which are personal and kept for some days only. Those of open dead letters stay, as in the database.
fn forget(connection: &Connection) -> Result<(), SqlError> {
    // Without `secure_delete` the bytes of the rows would stay in the file. The pragma gives a row.
    connection.query_row("pragma copy.secure_delete = on", [], |_| Ok(()))?;
    Ok(connection.execute_batch(
        "delete from copy.lease; \
         update copy.webhook_body set body = null where body is not null and not exists \
           (select 1 from copy.dead_letter as letter where letter.body_id = webhook_body.body_id and state = 'open')",
    )?)
}

/// Whether the attached copy is sound and its tables have as many rows as ours.
fn is_whole(connection: &Connection) -> Result<bool, SqlError> {
    let verdict: String = connection.query_row("pragma copy.integrity_check", [], |it| it.get(0))?;
    let mut is_whole = verdict == "ok";
    for table in TABLES {
        let same = format!("select (select count(*) from main.{table}) = (select count(*) from copy.{table})");
        is_whole &= connection.query_row(&same, [], |it| it.get::<_, bool>(0))?;
    }
    Ok(is_whole)
}
