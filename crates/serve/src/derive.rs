//! The task that derives state from stored events, behind the answers to platforms.

use std::sync::Arc;
use std::time::Duration;

use crm::{Crm, LoadError};
use model::ContactKey;
use tokio::sync::Notify;

use crate::Status;

/// The events of one transaction. While it runs, no body is committed.
const BATCH: u32 = 500;
/// The time between two looks if nothing is told: another process may store events too.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The time after an error.
const PAUSE: Duration = Duration::from_secs(1);
/// How long bodies that wait for their answers come first, and how many events may be left behind for them.
const GIVE_WAY: Duration = Duration::from_millis(200);
const MOST_LEFT: u64 = 20_000;
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Derives state from events as long as it is polled. It can be dropped at any time: events and cursor are one transaction.
pub async fn derive(crm: Crm, key: ContactKey, stored: Arc<Notify>, status: Status) {
    loop {
        match derive_waiting(&crm, &key, &status).await {
            Ok(()) => {
                tokio::select! {
                    () = stored.notified() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "events of webhooks were not read");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Derives until no event waits.
async fn derive_waiting(crm: &Crm, key: &ContactKey, status: &Status) -> Result<(), LoadError> {
    loop {
        let n_waiting = crm.events_to_derive().await?;
        status.set_lag(n_waiting);
        if n_waiting == 0 {
            return Ok(());
        }
        if n_waiting < MOST_LEFT {
            // There is one writer at a time. Nobody waits for what is derived, and platforms wait for answers.
            let _ = tokio::time::timeout(GIVE_WAY, no_body_waits(status)).await;
        }
        let derived = crm.derive(key, BATCH).await?;
        status.count_derived(&derived);
    }
}

async fn no_body_waits(status: &Status) {
    while status.has_waiting_bodies() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
