//! How many numbers may still be asked about: what the database remembers of the last day and the last month.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use crm::{Crm, Usage};
use jiff::{SignedDuration, Timestamp};

use crate::error::{CheckLimit, QualityGate, RetryLater};
use plan::VerifySection;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What an adapter may ask, and what it has asked.
pub(crate) struct Quota {
    crm: Crm,
    method: &'static str,
    /// None if nothing bounds it.
    bound: Option<Bound>,
    /// The number of checks that the database has recorded for this run.
    noted: AtomicU64,
}

/// The narrower of what the plan allows.
struct Bound {
    limit: CheckLimit,
    period: SignedDuration,
    left: u64,
}

impl Quota {
    /// Asks the database what was asked before, in this run or another.
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
            let of_messages = Bound { limit: CheckLimit::Month(most), period: MONTH, left: most - used };
            bound = Some(bound.filter(|it| it.left <= of_messages.left).unwrap_or(of_messages));
        }
        Ok(Self { crm: crm.clone(), method, bound, noted: AtomicU64::new(0) })
    }

    pub(crate) fn allowance(&self) -> Option<u64> {
        self.bound.as_ref().map(|it| it.left)
    }

    /// Notes numbers before they are asked about, so that a run that is killed has not asked for free. Without a bound
    /// that can wait.
    pub(crate) async fn reserve(&self, n_checks: u64) -> Result<()> {
        if self.bound.is_none() || n_checks == 0 {
            return Ok(());
        }
        Ok(self.crm.note_usage(self.take_note(i64::try_from(n_checks)?)).await?)
    }

    /// Brings what the database knows in line with what was asked.
    pub(crate) async fn settle(&self, n_checks: u64) -> Result<()> {
        match self.to_note(n_checks)? {
            0 => Ok(()),
            difference => Ok(self.crm.note_usage(self.take_note(difference)).await?),
        }
    }

    /// What was asked beyond what was noted. What was noted and not asked is taken back at the end, not before.
    pub(crate) fn unnoted(&self, n_checks: u64) -> Result<Option<Usage>> {
        let difference = self.to_note(n_checks)?;
        Ok((difference > 0).then(|| self.take_note(difference)))
    }

    fn to_note(&self, n_checks: u64) -> Result<i64> {
        let noted = self.noted.load(Ordering::SeqCst);
        Ok(i64::try_from(n_checks)? - i64::try_from(noted)?)
    }

    /// Takes it for noted, selection the caller does.
    fn take_note(&self, n_checks: i64) -> Usage {
        // Another batch may have reserved since, selection must not be forgotten.
        self.noted.fetch_add(n_checks.cast_unsigned(), Ordering::SeqCst);
        Usage { method: self.method, at: Timestamp::now(), n_checks }
    }

    /// What is used up, and when some of it is free again.
    pub(crate) async fn when_free(&self) -> RetryLater {
        let Some(Bound { limit, period, .. }) = &self.bound else { return RetryLater { bound: None, at: None } };
        let oldest = self.crm.oldest_usage_since(self.method, Timestamp::now() - *period).await.ok().flatten();
        RetryLater { bound: Some(*limit), at: oldest.map(|it| it + *period) }
    }
}
