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

impl Crm {
    /// Notes that a provider is about to be asked about some numbers.
    pub async fn note_usage(&self, usage: Usage) -> Result<(), LoadError> {
        let mut tx = self.begin("note how many numbers were asked about").await?;
        tx.write_rows([usage.rows()]).await?;
        tx.commit().await
    }

    /// When the oldest checks were that count since then.
    pub async fn oldest_usage_since(&self, method: &str, since: Timestamp) -> Result<Option<Timestamp>, LoadError> {
        let what = "look for the oldest checks";
        let oldest = self.select(what, OLDEST, &[method.into(), since.into()], |it| it.opt_time(0)).await?.pop();
        Ok(oldest.flatten())
    }

    /// How many numbers a provider was asked about since then. If the clock was set back, what is in its future counts
    /// too.
    pub async fn usage_since(&self, method: &str, since: Timestamp) -> Result<u64, LoadError> {
        let what = "count how many numbers were asked about";
        let n_checks = self.select(what, SUM, &[method.into(), since.into()], |it| it.int(0)).await?;
        Ok(n_checks.first().and_then(|it| u64::try_from(*it).ok()).unwrap_or(0))
    }
}
