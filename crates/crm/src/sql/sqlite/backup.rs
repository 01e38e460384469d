//! A backup of SQLite is a copy of the database.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;

use crate::backup::TABLES;
use crate::sql::sqlite::Sqlite;
use crate::{LoadError, SqlError};

const COPY: &str = "crm.db";

pub(crate) async fn back_up(sqlite: &Sqlite, folder: &Path) -> Result<Vec<String>, LoadError> {
    let failed = |it: SqlError| it.doing("copy the database");
    let path = folder.join(COPY);
    let mut reader = sqlite.reader().await.map_err(failed)?;
    reader.run(move |connection| copy(connection, &path)).await.map_err(failed)?;
    Ok(vec![COPY.to_owned()])
}

pub(crate) async fn restore(sqlite: &Sqlite, folder: &Path) -> Result<(), LoadError> {
    let failed = |it: SqlError| it.doing("restore the backup");
    let path = folder.join(COPY);
    let mut reader = sqlite.reader().await.map_err(failed)?;
    reader.run(move |connection| put_back(connection, &path)).await.map_err(failed)
}

fn copy(connection: &Connection, path: &Path) -> Result<(), SqlError> {
    let file_failed = |source| LoadError::BackupFile { path: path.to_owned(), source };
    if path.exists() {
        std::fs::remove_file(path).map_err(file_failed)?;
    }
    let name = path.display().to_string();
    connection.execute("vacuum into ?", [&name])?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(file_failed)?;
    File::open(path).and_then(|it| it.sync_all()).map_err(file_failed)?;

    connection.execute("attach database ? as copy", [&name])?;
    let is_whole = is_whole(connection);
    connection.execute_batch("detach database copy")?;
    match is_whole? {
        true => Ok(()),
        false => Err(LoadError::BackupDiffers { path: path.to_owned() }.into()),
    }
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

fn put_back(connection: &Connection, path: &Path) -> Result<(), SqlError> {
    connection.execute("attach database ? as copy", [path.display().to_string()])?;
    let mut script = String::from("begin immediate;");
    for table in TABLES {
        script += &format!("delete from main.{table}; insert into main.{table} select * from copy.{table};");
    }
    let restored = connection.execute_batch(&(script + "commit;"));
    if restored.is_err() && !connection.is_autocommit() {
        connection.execute_batch("rollback")?;
    }
    connection.execute_batch("detach database copy")?;
    Ok(restored?)
}
