//! Limits how many numbers may still be checked, by the checks that the database has recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Result;
use crm::{Crm, LoadError, Usage, UsageLimit};
use jiff::{SignedDuration, Timestamp};
use whatsapp::{ClaimUnits, Claiming, UnitClaim};

use crate::error::{CheckLimit, QualityGate, RetryLater};
use plan::VerifySection;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The checks that an adapter may still make, and those it has made. Clones share both.
#[derive(Clone)]
pub(crate) struct Quota(Arc<Shared>);

struct Shared {
    crm: Crm,
    method: &'static str,
    /// Empty if there is no limit.
    limits: Vec<Limit>,
    /// The checks that were left when the verification began; none if there is no limit.
    allowance: Option<u64>,
    /// The number of checks that the database has recorded for this run.
    recorded: AtomicI64,
}

/// One of the plan's two limits.
#[derive(Clone, Copy)]
struct Limit {
    limit: CheckLimit,
    period: SignedDuration,
    most: u64,
}

impl Quota {
    /// Reads from the database how many checks were made before, in this run or another.
    pub(crate) async fn open(crm: &Crm, section: &VerifySection) -> Result<Self> {
        let method = section.properties().name;
        let day = section.daily_quota().map(|most| Limit { limit: CheckLimit::Day(most), period: DAY, most });
        let month =
            section.most_for_messages().map(|most| Limit { limit: CheckLimit::Month(most), period: MONTH, most });
        if let Some(Limit { most, .. }) = month {
            let used = crm.usage_since(method, Timestamp::now() - MONTH).await?;
            if used >= most {
                return Err(QualityGate::ChecksPerMessage { used, most }.into());
            }
        }
        let limits: Vec<Limit> = day.into_iter().chain(month).collect();
        let allowance = match limits.as_slice() {
            [] => None,
            limits => Some(claim(crm, method, limits, 0).await?.left),
        };
        let crm = crm.clone();
        Ok(Self(Arc::new(Shared { crm, method, limits, allowance, recorded: AtomicI64::new(0) })))
    }

    pub(crate) fn allowance(&self) -> Option<u64> {
        self.0.allowance
    }

    /// Claims checks in the database before they are made, so that the limits hold for all processes that use it, and
    /// the checks of a killed run count too. None without a limit: recording can wait then.
    pub(crate) fn claims(&self) -> Option<ClaimUnits> {
        if self.0.limits.is_empty() {
            return None;
        }
        let shared = Arc::clone(&self.0);
        Some(Arc::new(move |n_checks| -> Claiming {
            let shared = Arc::clone(&shared);
            Box::pin(async move { Ok(shared.claim(n_checks).await?) })
        }))
    }

    /// Makes the database agree with the checks that were made: records those that it does not know, and gives back
    /// those that were claimed and not made.
    pub(crate) async fn settle(&self, n_checks: u64) -> Result<()> {
        match self.unrecorded(n_checks)? {
            0 => Ok(()),
            difference => Ok(self.0.crm.note_usage(self.mark_recorded(difference)).await?),
        }
    }

    /// Returns checks that were made and are not recorded yet. Checks that were claimed and not made are given back only
    /// at the end.
    pub(crate) fn unnoted(&self, n_checks: u64) -> Result<Option<Usage>> {
        let difference = self.unrecorded(n_checks)?;
        Ok((difference > 0).then(|| self.mark_recorded(difference)))
    }

    fn unrecorded(&self, n_checks: u64) -> Result<i64> {
        Ok(i64::try_from(n_checks)? - self.0.recorded.load(Ordering::SeqCst))
    }

    /// Marks the amount as recorded; the caller must write it.
    fn mark_recorded(&self, n_checks: i64) -> Usage {
        self.0.recorded.fetch_add(n_checks, Ordering::SeqCst);
        Usage { method: self.0.method, at: Timestamp::now(), n_checks }
    }

    /// Returns which limit is used up, and when some checks become free again.
    pub(crate) async fn when_free(&self) -> RetryLater {
        let Shared { crm, method, limits, .. } = &*self.0;
        let mut narrowest: Option<(u64, &Limit)> = None;
        for limit in limits {
            let used = crm.usage_since(method, Timestamp::now() - limit.period).await.unwrap_or(0);
            let left = limit.most.saturating_sub(used);
            narrowest = narrowest.filter(|it| it.0 <= left).or(Some((left, limit)));
        }
        let Some((_, Limit { limit, period, .. })) = narrowest else { return RetryLater { bound: None, at: None } };
        let oldest = crm.oldest_usage_since(method, Timestamp::now() - *period).await.ok().flatten();
        RetryLater { bound: Some(*limit), at: oldest.map(|it| it + *period) }
    }
}

impl Shared {
    async fn claim(&self, n_checks: u64) -> Result<UnitClaim, LoadError> {
        let n_checks = i64::try_from(n_checks).unwrap_or(i64::MAX);
        let claimed = claim(&self.crm, self.method, &self.limits, n_checks).await?;
        if claimed.is_granted {
            self.recorded.fetch_add(n_checks, Ordering::SeqCst);
        }
        Ok(claimed)
    }
}

async fn claim(crm: &Crm, method: &'static str, limits: &[Limit], n_checks: i64) -> Result<UnitClaim, LoadError> {
    let at = Timestamp::now();
    let limits: Vec<UsageLimit> = limits.iter().map(|it| UsageLimit { since: at - it.period, most: it.most }).collect();
    let claimed = crm.claim_usage(Usage { method, at, n_checks }, &limits).await?;
    Ok(UnitClaim { is_granted: claimed.is_granted, left: claimed.left })
}
