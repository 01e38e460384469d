//! Copies of all tables, and the way back.

use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::crm::{begin_postgres, begin_sqlite};
use crate::{Crm, LoadError};

/// All tables that hold data, but for `usage`, `suppression` and those of templates: what was asked or submitted stays
/// so, and people who were suppressed stay suppressed, whatever is restored.
const TABLES: [&str; 11] = [
    "run",
    "source",
    "source_reading",
    "reject_summary",
    "batch",
    "receipt",
    "contact",
    "identity",
    "consent",
    "evidence",
    "decision",
];
const SQLITE_COPY: &str = "crm.db";

impl Crm {
    /// Copies the database into an empty folder, checks the copy, and names its files.
    ///
    /// On SQLite the copy is a database; on PostgreSQL it is one file per table as `COPY` writes it.
    pub async fn back_up(&self, folder: &Path) -> Result<Vec<String>, LoadError> {
        match self {
            Self::Sqlite(pool) => back_up_sqlite(pool, folder).await,
            Self::Postgres(pool) => back_up_postgres(pool, folder).await,
        }
    }

    /// Puts back what [`Crm::back_up`] copied from tables of this [`SCHEMA_VERSION`](crate::SCHEMA_VERSION), in one
    /// transaction.
    pub async fn restore(&self, folder: &Path) -> Result<(), LoadError> {
        let failed = LoadError::query("restore the backup");
        match self {
            Self::Sqlite(pool) => {
                // Attaching is not possible within a transaction, and the pool has one connection.
                let mut connection = pool.acquire().await.map_err(&failed)?;
                let copy = folder.join(SQLITE_COPY).display().to_string();
                sqlx::query("attach database $1 as copy")
                    .bind(copy)
                    .execute(&mut *connection)
                    .await
                    .map_err(&failed)?;
                let mut script = String::from("begin immediate;");
                for table in TABLES {
                    script +=
                        &format!("delete from main.{table}; insert into main.{table} select * from copy.{table};");
                }
                script += "commit; detach database copy;";
                sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *connection).await.map(|_| ()).map_err(&failed)
            }
            Self::Postgres(pool) => restore_postgres(pool, folder).await,
        }
    }

    /// Empties all tables: what a database was that held nothing.
    pub async fn clear(&self) -> Result<(), LoadError> {
        let failed = LoadError::query("empty the tables");
        let statements = TABLES.map(|table| AssertSqlSafe(format!("delete from {table}")));
        match self {
            Self::Sqlite(pool) => {
                let mut transaction = begin_sqlite(pool).await.map_err(&failed)?;
                for statement in statements {
                    sqlx::query(statement).execute(&mut *transaction).await.map_err(&failed)?;
                }
                transaction.commit().await.map_err(&failed)
            }
            Self::Postgres(pool) => {
                let mut transaction = begin_postgres(pool).await.map_err(&failed)?;
                for statement in statements {
                    sqlx::query(statement).execute(&mut *transaction).await.map_err(&failed)?;
                }
                transaction.commit().await.map_err(&failed)
            }
        }
    }
}

async fn back_up_sqlite(pool: &SqlitePool, folder: &Path) -> Result<Vec<String>, LoadError> {
    let failed = LoadError::query("copy the database");
    let path = folder.join(SQLITE_COPY);
    let file_failed = |source| LoadError::BackupFile { path: path.clone(), source };
    if path.exists() {
        std::fs::remove_file(&path).map_err(file_failed)?;
    }
    let name = path.display().to_string();
    sqlx::query("vacuum into $1").bind(&name).execute(pool).await.map_err(&failed)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(file_failed)?;
    std::fs::File::open(&path).and_then(|it| it.sync_all()).map_err(file_failed)?;

    let mut connection = pool.acquire().await.map_err(&failed)?;
    sqlx::query("attach database $1 as copy").bind(&name).execute(&mut *connection).await.map_err(&failed)?;
    let (verdict,): (String,) =
        sqlx::query_as("pragma copy.integrity_check").fetch_one(&mut *connection).await.map_err(&failed)?;
    let mut is_same = verdict == "ok";
    for table in TABLES {
        let count =
            AssertSqlSafe(format!("select (select count(*) from main.{table}) = (select count(*) from copy.{table})"));
        let (is_equal,): (bool,) = sqlx::query_as(count).fetch_one(&mut *connection).await.map_err(&failed)?;
        is_same &= is_equal;
    }
    sqlx::query("detach database copy").execute(&mut *connection).await.map_err(&failed)?;
    match is_same {
        true => Ok(vec![SQLITE_COPY.to_owned()]),
        false => Err(LoadError::BackupDiffers { path }),
    }
}

/// All tables are copied as they stand at one moment.
async fn back_up_postgres(pool: &PgPool, folder: &Path) -> Result<Vec<String>, LoadError> {
    let failed = LoadError::query("copy the tables");
    let mut transaction = pool.begin().await.map_err(&failed)?;
    sqlx::query("set transaction isolation level repeatable read read only")
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
    let mut names = Vec::new();
    for table in TABLES {
        let name = format!("{table}.copy");
        let path = folder.join(&name);
        let file_failed = |source| LoadError::BackupFile { path: path.clone(), source };
        let file = std::fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .map_err(file_failed)?;
        let mut file = std::io::BufWriter::new(file);
        let mut stream = transaction.copy_out_raw(&format!("copy {table} to stdout")).await.map_err(&failed)?;
        let mut n_lines = 0;
        while let Some(bytes) = stream.try_next().await.map_err(&failed)? {
            n_lines += bytes.iter().filter(|it| **it == b'\n').count() as i64;
            std::io::Write::write_all(&mut file, &bytes).map_err(file_failed)?;
        }
        drop(stream);
        file.into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|it| it.sync_all())
            .map_err(file_failed)?;
        let count = AssertSqlSafe(format!("select count(*) from {table}"));
        let (n_rows,): (i64,) = sqlx::query_as(count).fetch_one(&mut *transaction).await.map_err(&failed)?;
        if n_rows != n_lines {
            return Err(LoadError::BackupDiffers { path });
        }
        names.push(name);
    }
    Ok(names)
}

async fn restore_postgres(pool: &PgPool, folder: &Path) -> Result<(), LoadError> {
    let failed = LoadError::query("restore the backup");
    let mut transaction = begin_postgres(pool).await.map_err(&failed)?;
    for table in TABLES {
        sqlx::query(AssertSqlSafe(format!("delete from {table}"))).execute(&mut *transaction).await.map_err(&failed)?;
        let path = folder.join(format!("{table}.copy"));
        let file_failed = |source| LoadError::BackupFile { path: path.clone(), source };
        let mut file = std::fs::File::open(&path).map_err(file_failed)?;
        let mut copy = transaction.copy_in_raw(&format!("copy {table} from stdin")).await.map_err(&failed)?;
        let mut buffer = vec![0; 1 << 20];
        loop {
            match std::io::Read::read(&mut file, &mut buffer).map_err(file_failed)? {
                0 => break,
                n_read => copy.send(&buffer[..n_read]).await.map_err(&failed)?,
            };
        }
        copy.finish().await.map_err(&failed)?;
    }
    transaction.commit().await.map_err(&failed)
}
