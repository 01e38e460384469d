//! How many numbers were asked about, for quotas that hold beyond a run.

use jiff::Timestamp;

use crate::bulk::{Rows, Table, Type};
use crate::crm::on;
use crate::writing::Writing;
use crate::{Crm, LoadError};

const USAGE: Table = Table {
    name: "usage",
    columns: &[("method", Type::Text), ("at", Type::Int), ("n_checks", Type::Int)],
    conflict: "on conflict (method, at) do update set n_checks = usage.n_checks + excluded.n_checks",
};

/// About how many numbers a provider was asked. A number below 0 takes back what was noted and not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub method: &'static str,
    pub at: Timestamp,
    pub n_checks: i64,
}

impl Usage {
    /// They are noted for the end of their minute, so that none comes back too early.
    pub(crate) fn rows(&self) -> Rows {
        let minute = (self.at.as_second().div_euclid(60) + 1) * 60_000_000;
        let mut rows = Rows::new(&USAGE);
        rows.push([self.method.into(), minute.into(), self.n_checks.into()]);
        rows
    }
}

impl Crm {
    /// Notes that a provider was asked about some numbers, before it is.
    pub async fn note_usage(&self, usage: Usage) -> Result<(), LoadError> {
        let failed = LoadError::query("note how many numbers were asked about");
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        writing.write_rows(vec![usage.rows()]).await.map_err(&failed)?;
        writing.commit().await.map_err(&failed)
    }

    /// When the oldest of them were asked about that count since then.
    pub async fn oldest_usage_since(&self, method: &str, since: Timestamp) -> Result<Option<Timestamp>, LoadError> {
        const OLDEST: &str = "select min(at) from usage where method = $1 and at > $2 and n_checks > 0";
        let (at,): (Option<i64>,) = on!(self, pool => {
            sqlx::query_as(OLDEST).bind(method).bind(since.as_microsecond()).fetch_one(pool).await
                .map_err(LoadError::query("look for the oldest checks"))?
        });
        Ok(at.and_then(|it| Timestamp::from_microsecond(it).ok()))
    }

    /// How many numbers a provider was asked about since then. Where the clock was set back, what lies in its future
    /// counts too.
    pub async fn usage_since(&self, method: &str, since: Timestamp) -> Result<u64, LoadError> {
        const SUM: &str = "select cast(coalesce(sum(n_checks), 0) as bigint) from usage where method = $1 and at > $2";
        let (n,): (i64,) = on!(self, pool => {
            sqlx::query_as(SUM).bind(method).bind(since.as_microsecond()).fetch_one(pool).await
                .map_err(LoadError::query("count how many numbers were asked about"))?
        });
        Ok(u64::try_from(n).unwrap_or(0))
    }
}
