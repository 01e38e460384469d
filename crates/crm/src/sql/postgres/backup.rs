//! A backup of PostgreSQL is a file for each table, as `COPY` writes it.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, IntoInnerError, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::backup::TABLES;
use crate::{LoadError, SqlError};

/// How many bytes of a file are sent at once.
const SENT_BYTES: usize = 1 << 20;

/// Copies all tables as they are at one moment.
pub(crate) async fn back_up(pool: &PgPool, folder: &Path) -> Result<Vec<String>, LoadError> {
    let copied = async {
        let mut transaction = pool.begin().await?;
        sqlx::query("set transaction isolation level repeatable read read only").execute(&mut *transaction).await?;
        for table in TABLES {
            copy_out(&mut transaction, table, &folder.join(file_name(table))).await?;
        }
        Ok(TABLES.map(file_name).into())
    };
    copied.await.map_err(|it: SqlError| it.doing("copy the tables"))
}

/// Makes the tables of a backup, or those of an empty database, readable under names with `copy_` before them until
/// the transaction ends.
pub(crate) async fn copy_back(connection: &mut PgConnection, folder: Option<&Path>) -> Result<(), SqlError> {
    for table in TABLES {
        let create = format!("create temp table copy_{table} (like {table}) on commit drop");
        sqlx::query(AssertSqlSafe(create)).execute(&mut *connection).await?;
        if let Some(folder) = folder {
            copy_in(connection, &format!("copy_{table}"), &folder.join(file_name(table))).await?;
        }
    }
    Ok(())
}

fn file_name(table: &str) -> String {
    format!("{table}.copy")
}

async fn copy_out(connection: &mut PgConnection, table: &str, path: &Path) -> Result<(), SqlError> {
    let failed = |source| LoadError::BackupFile { path: path.to_owned(), source };
    let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path).map_err(failed)?;
    let mut file = BufWriter::new(file);
    let mut stream = connection.copy_out_raw(&format!("copy {table} to stdout")).await?;
    let mut n_lines = 0;
    while let Some(bytes) = stream.try_next().await? {
        n_lines += bytes.iter().filter(|it| **it == b'\n').count() as i64;
        file.write_all(&bytes).map_err(failed)?;
    }
    drop(stream);
    file.into_inner().map_err(IntoInnerError::into_error).and_then(|it| it.sync_all()).map_err(failed)?;
    let count = AssertSqlSafe(format!("select count(*) from {table}"));
    let (n_rows,): (i64,) = sqlx::query_as(count).fetch_one(connection).await?;
    match n_rows == n_lines {
        true => Ok(()),
        false => Err(LoadError::BackupDiffers { path: path.to_owned() }.into()),
    }
}

async fn copy_in(connection: &mut PgConnection, table: &str, path: &Path) -> Result<(), SqlError> {
    let failed = |source| LoadError::BackupFile { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let mut copy = connection.copy_in_raw(&format!("copy {table} from stdin")).await?;
    let mut buffer = vec![0; SENT_BYTES];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => break,
            n_read => copy.send(&buffer[..n_read]).await?,
        };
    }
    copy.finish().await?;
    Ok(())
}
