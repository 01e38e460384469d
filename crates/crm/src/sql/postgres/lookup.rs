use sqlx::{AssertSqlSafe, PgConnection};

use crate::sql::Row;
use crate::sql::lookup::Wanted;
use crate::{LoadError, SqlError};

pub(crate) async fn select_by<T>(
    connection: &mut PgConnection,
    select: &str,
    column: &str,
    wanted: Wanted,
    read: impl Fn(&dyn Row) -> Result<T, LoadError>,
) -> Result<Vec<T>, SqlError> {
    let query = sqlx::query(AssertSqlSafe(format!("{select} where {column} = any($1)")));
    let query = match wanted {
        Wanted::Texts(them) => query.bind(them),
        Wanted::Bytes(them) => query.bind(them),
    };
    let rows = query.fetch_all(connection).await?;
    Ok(rows.iter().map(|it| read(it)).collect::<Result<_, _>>()?)
}
