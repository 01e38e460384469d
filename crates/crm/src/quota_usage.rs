//! How many numbers were asked about, for quotas that hold beyond a run.

use jiff::Timestamp;

use crate::sql::{OnConflict, Rows, Table, Type};
use crate::{Crm, LoadError};

const USAGE: Table = Table {
    name: "usage",
    columns: &[("method", Type::Text), ("at", Type::Time), ("n_checks", Type::Int)],
    on_conflict: OnConflict::Add { key: &["method", "at"], column: "n_checks" },
};
const OLDEST: &str = "select min(at) from usage where method = $1 and at > $2 and n_checks > 0";
const SUM: &str = "select cast(coalesce(sum(n_checks), 0) as bigint) from usage where method = $1 and at > $2";

/// How many numbers a provider was asked about. A number below 0 takes back what was noted and not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub method: &'static str,
    pub at: Timestamp,
    pub n_checks: i64,
}

impl Usage {
    /// The row, at the end of its minute, so that no check becomes free too early.
    pub(crate) fn rows(&self) -> Rows {
        let minute = (self.at.as_second().div_euclid(60) + 1) * 60_000_000;
        let mut rows = Rows::new(&USAGE);
        rows.push([self.method.into(), minute.into(), self.n_checks.into()]);
        rows
    }
}

/// At most this many checks since a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageLimit {
    pub since: Timestamp,
    pub most: u64,
}

/// The result of a claim of checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageClaim {
    /// Whether the checks were claimed: all of them, or none.
    pub is_granted: bool,
    /// The checks that are left under the narrowest limit.
    pub left: u64,
}

impl Crm {
    /// Claims checks before they are made, if all limits allow all of them. The sum is read and written in one
    /// transaction, so the limits hold for all processes that use the database. Claimed checks count as made; a usage
    /// below 0 gives back those that were not.
    pub async fn claim_usage(&self, usage: Usage, limits: &[UsageLimit]) -> Result<UsageClaim, LoadError> {
        let mut tx = self.begin_durable("claim checks of numbers").await?;
        let mut left = u64::MAX;
        for limit in limits {
            let parameters = [usage.method.into(), limit.since.into()];
            let used = tx.select(SUM, &parameters, |it| it.int(0)).await?.pop().unwrap_or(0);
            left = left.min(limit.most.saturating_sub(u64::try_from(used).unwrap_or(0)));
        }
        let wanted = u64::try_from(usage.n_checks).unwrap_or(0);
        if wanted > left {
            return Ok(UsageClaim { is_granted: false, left });
        }
        if usage.n_checks != 0 {
            tx.write_rows([usage.rows()]).await?;
        }
        tx.commit().await?;
        Ok(UsageClaim { is_granted: true, left: left.saturating_sub_signed(usage.n_checks) })
    }

    /// Notes that a provider is about to be asked about some numbers.
    pub async fn note_usage(&self, usage: Usage) -> Result<(), LoadError> {
        let mut tx = self.begin_durable("note how many numbers were asked about").await?;
        tx.write_rows([usage.rows()]).await?;
        tx.commit().await
    }

    /// The time of the oldest checks since then.
    pub async fn oldest_usage_since(&self, method: &str, since: Timestamp) -> Result<Option<Timestamp>, LoadError> {
        let what = "look for the oldest checks";
        let oldest = self.select(what, OLDEST, &[method.into(), since.into()], |it| it.opt_time(0)).await?.pop();
        Ok(oldest.flatten())
    }

    /// How many numbers a provider was asked about since then. If the clock was set back, checks in its future count
    /// too.
    pub async fn usage_since(&self, method: &str, since: Timestamp) -> Result<u64, LoadError> {
        let what = "count how many numbers were asked about";
        let n_checks = self.select(what, SUM, &[method.into(), since.into()], |it| it.int(0)).await?;
        Ok(n_checks.first().and_then(|it| u64::try_from(*it).ok()).unwrap_or(0))
    }
}
