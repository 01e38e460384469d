//! The task that forgets raw bodies, which hold what people wrote, after the time that the plan says.

use std::collections::BTreeMap;
use std::time::Duration;

use crm::{Crm, LoadError, PurgeBefore, PurgedBodies};
use jiff::{SignedDuration, Timestamp};
use plan::{Plan, WebhookSection};

const LOOK_EVERY: Duration = Duration::from_secs(3600);
const HOURS_OF_DAY: i64 = 24;

/// How long the raw bodies of each webhook are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepTimes {
    by_webhook: BTreeMap<String, SignedDuration>,
    /// For webhooks that are in the plan no more.
    others: SignedDuration,
}

impl KeepTimes {
    /// The times of a plan.
    pub fn of(plan: &Plan) -> Self {
        let days = |n: u32| SignedDuration::from_hours(i64::from(n) * HOURS_OF_DAY);
        let time = |it: &WebhookSection| (it.name().to_owned(), days(it.keep_days()));
        Self { by_webhook: plan.webhooks.iter().map(time).collect(), others: days(plan::KEEP_DAYS) }
    }

    /// Forgets what has been kept for long enough at a moment.
    pub async fn purge(&self, crm: &Crm, now: Timestamp) -> Result<PurgedBodies, LoadError> {
        let by_webhook = self.by_webhook.iter().map(|(webhook, time)| (webhook.clone(), now - *time)).collect();
        crm.purge_bodies(&PurgeBefore { by_webhook, others: now - self.others }).await
    }
}

/// Forgets raw bodies every hour, as long as it is polled.
pub async fn keep(crm: Crm, times: KeepTimes) {
    loop {
        match times.purge(&crm, Timestamp::now()).await {
            Ok(purged) if purged.n_purged > 0 => {
                tracing::info!(n_purged = purged.n_purged, "raw bodies of webhooks were forgotten");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "raw bodies of webhooks were not forgotten"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
