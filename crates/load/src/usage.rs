//! How many numbers were asked about, for quotas that hold beyond a run.

use jiff::Timestamp;

use crate::crm::on;
use crate::{Crm, LoadError};

impl Crm {
    /// Notes that a provider was asked about so many numbers, before it is. A number below 0 takes back what was
    /// noted and not asked. They are noted for the end of their minute, so that none comes back too early.
    pub async fn note_usage(&self, method: &str, at: Timestamp, n_checks: i64) -> Result<(), LoadError> {
        const NOTE: &str = "insert into usage (method, at, n_checks) values ($1, $2, $3) \
            on conflict (method, at) do update set n_checks = usage.n_checks + excluded.n_checks";
        let minute = (at.as_second().div_euclid(60) + 1) * 60_000_000;
        on!(self, pool => {
            sqlx::query(NOTE).bind(method).bind(minute).bind(n_checks).execute(pool).await
                .map(|_| ()).map_err(LoadError::query("note how many numbers were asked about"))
        })
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
