//! How many numbers may still be asked about: what the database remembers of the last day and the last month.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use crm::{Crm, Usage};
use jiff::{SignedDuration, Timestamp};

use crate::exit::Gate;
use crate::plan::VerifySection;
use crate::progress::grouped;

/// Who has to wait for days need not wait for everything.
const LOAD: &str = "`ferry load` does not wait for it";
const DAY: SignedDuration = SignedDuration::from_hours(24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What an adapter may ask, and what it has asked.
pub(super) struct Quota {
    crm: Crm,
    method: &'static str,
    /// None if nothing bounds it.
    bound: Option<Bound>,
    /// What the database was told of this run.
    noted: AtomicU64,
}

/// The narrower of what the plan allows.
struct Bound {
    /// As people read it.
    what: String,
    period: SignedDuration,
    left: u64,
}

impl Quota {
    /// Asks the database what was asked before, in this run or another.
    pub(super) async fn open(crm: &Crm, section: &VerifySection) -> Result<Self> {
        let method = section.properties().name;
        let now = Timestamp::now();
        let mut bound = None;
        if let Some(most) = section.daily_quota() {
            let left = most.saturating_sub(crm.usage_since(method, now - DAY).await?);
            let what = format!("the quota of {} checks in 24 hours", grouped(most));
            bound = Some(Bound { what, period: DAY, left });
        }
        if let Some(most) = section.most_for_messages() {
            let used = crm.usage_since(method, now - MONTH).await?;
            if used >= most {
                let message = format!(
                    "{} numbers were checked in thirty days, and the messages of the plan allow {}: who checks many and \
                     writes to few is banned; raise messages or checks_per_message in [verify]",
                    grouped(used),
                    grouped(most)
                );
                return Err(Gate(message).into());
            }
            let what = format!("what the messages of the plan allow, {} checks in thirty days,", grouped(most));
            let of_messages = Bound { what, period: MONTH, left: most - used };
            bound = Some(bound.filter(|it| it.left <= of_messages.left).unwrap_or(of_messages));
        }
        Ok(Self { crm: crm.clone(), method, bound, noted: AtomicU64::new(0) })
    }

    pub(super) fn allowance(&self) -> Option<u64> {
        self.bound.as_ref().map(|it| it.left)
    }

    /// Notes numbers before they are asked about, so that a run that is killed has not asked for free. Without a bound
    /// that can wait.
    pub(super) async fn reserve(&self, n_checks: u64) -> Result<()> {
        if self.bound.is_none() || n_checks == 0 {
            return Ok(());
        }
        Ok(self.crm.note_usage(self.take_note(i64::try_from(n_checks)?)).await?)
    }

    /// Brings what the database knows in line with what was asked.
    pub(super) async fn settle(&self, n_checks: u64) -> Result<()> {
        match self.to_note(n_checks)? {
            0 => Ok(()),
            difference => Ok(self.crm.note_usage(self.take_note(difference)).await?),
        }
    }

    /// What was asked beyond what was noted. What was noted and not asked is taken back at the end, not before.
    pub(super) fn unnoted(&self, n_checks: u64) -> Result<Option<Usage>> {
        let difference = self.to_note(n_checks)?;
        Ok((difference > 0).then(|| self.take_note(difference)))
    }

    fn to_note(&self, n_checks: u64) -> Result<i64> {
        let noted = self.noted.load(Ordering::SeqCst);
        Ok(i64::try_from(n_checks)? - i64::try_from(noted)?)
    }

    /// Takes it for noted, which the caller does.
    fn take_note(&self, n_checks: i64) -> Usage {
        // Another batch may have reserved since, which must not be forgotten.
        self.noted.fetch_add(n_checks.cast_unsigned(), Ordering::SeqCst);
        Usage { method: self.method, at: Timestamp::now(), n_checks }
    }

    /// What is used up and when it comes back.
    pub(super) async fn when_free(&self) -> String {
        let Some(Bound { what, period, .. }) = &self.bound else { return format!("nothing may be checked ({LOAD})") };
        let oldest = self.crm.oldest_usage_since(self.method, Timestamp::now() - *period).await.ok().flatten();
        let again = oldest.map_or(String::new(), |it| format!("; some of it comes back at {}", it + *period));
        format!("{what} is used up{again} ({LOAD})")
    }
}
