//! Limits how many numbers may still be checked, by the checks that the database has recorded.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use crm::{Crm, Usage};
use jiff::{SignedDuration, Timestamp};

use crate::error::{CheckLimit, QualityGate, RetryLater};
use plan::VerifySection;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The checks that an adapter may still make, and those it has made.
pub(crate) struct Quota {
    crm: Crm,
    method: &'static str,
    /// None if there is no limit.
    bound: Option<Bound>,
    /// The number of checks that the database has recorded for this run.
    recorded: AtomicU64,
}

/// The narrower of the plan's two limits.
struct Bound {
    limit: CheckLimit,
    period: SignedDuration,
    left: u64,
}

impl Quota {
    /// Reads from the database how many checks were made before, in this run or another.
    pub(crate) async fn open(crm: &Crm, section: &VerifySection) -> Result<Self> {
        let method = section.properties().name;
        let now = Timestamp::now();
        let mut bound = None;
        if let Some(most) = section.daily_quota() {
            let left = most.saturating_sub(crm.usage_since(method, now - DAY).await?);
            bound = Some(Bound { limit: CheckLimit::Day(most), period: DAY, left });
        }
        if let Some(most) = section.most_for_messages() {
            let used = crm.usage_since(method, now - MONTH).await?;
            if used >= most {
                return Err(QualityGate::ChecksPerMessage { used, most }.into());
            }
            let message_bound = Bound { limit: CheckLimit::Month(most), period: MONTH, left: most - used };
            bound = Some(bound.filter(|it| it.left <= message_bound.left).unwrap_or(message_bound));
        }
        Ok(Self { crm: crm.clone(), method, bound, recorded: AtomicU64::new(0) })
    }

    pub(crate) fn allowance(&self) -> Option<u64> {
        self.bound.as_ref().map(|it| it.left)
    }

    /// Records checks before they are made, so that the checks of a killed run count too. Without a limit, recording
    /// can wait.
    pub(crate) async fn reserve(&self, n_checks: u64) -> Result<()> {
        if self.bound.is_none() || n_checks == 0 {
            return Ok(());
        }
        Ok(self.crm.note_usage(self.mark_recorded(i64::try_from(n_checks)?)).await?)
    }

    /// Makes the database agree with the checks that were made.
    pub(crate) async fn settle(&self, n_checks: u64) -> Result<()> {
        match self.unrecorded(n_checks)? {
            0 => Ok(()),
            difference => Ok(self.crm.note_usage(self.mark_recorded(difference)).await?),
        }
    }

    /// Returns checks that were made and are not recorded yet. Checks that were recorded and not made are subtracted
    /// only at the end.
    pub(crate) fn unnoted(&self, n_checks: u64) -> Result<Option<Usage>> {
        let difference = self.unrecorded(n_checks)?;
        Ok((difference > 0).then(|| self.mark_recorded(difference)))
    }

    fn unrecorded(&self, n_checks: u64) -> Result<i64> {
        let recorded = self.recorded.load(Ordering::SeqCst);
        Ok(i64::try_from(n_checks)? - i64::try_from(recorded)?)
    }

    /// Marks the amount as recorded; the caller must write it.
    fn mark_recorded(&self, n_checks: i64) -> Usage {
        // Another batch may have reserved checks in the meantime, so the amount is added to theirs.
        self.recorded.fetch_add(n_checks.cast_unsigned(), Ordering::SeqCst);
        Usage { method: self.method, at: Timestamp::now(), n_checks }
    }

    /// Returns which limit is used up, and when some checks become free again.
    pub(crate) async fn when_free(&self) -> RetryLater {
        let Some(Bound { limit, period, .. }) = &self.bound else { return RetryLater { bound: None, at: None } };
        let oldest = self.crm.oldest_usage_since(self.method, Timestamp::now() - *period).await.ok().flatten();
        RetryLater { bound: Some(*limit), at: oldest.map(|it| it + *period) }
    }
}
