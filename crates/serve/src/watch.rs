//! Looks again and again at what somebody should hear of: the illness of the server, dead letters, bodies that are not handed
//! on, people who wait for an answer, and what platforms say of numbers, accounts and templates.

mod notice;
mod watcher;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crm::{Crm, LoadError};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use crate::Status;

pub use self::notice::{Notice, NoticeKind};
pub use self::watcher::{Seen, Watcher};

/// The time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Looks as long as it is polled, and sends what has begun or ended since the look before. If nobody receives it, it stands in the
/// log alone. It also sets what the metrics say of answers. It can be dropped at any time.
///
/// After a start, everything that is wrong is told once, and unknown kinds that were there before are not.
pub async fn watch(crm: Crm, status: Status, answer_within: SignedDuration, tell: mpsc::Sender<Vec<Notice>>) {
    let (mut watcher, mut eyes) = (Watcher::default(), Eyes { crm, last_event: 0, kinds: Default::default() });
    loop {
        let illness = status.illness();
        let seen = match eyes.look(&status, answer_within, Timestamp::now()).await {
            Ok(seen) => Seen { illness, ..seen },
            Err(error) => {
                tracing::error!(%error, "what somebody should hear of was not read");
                // What the database says stays as it was seen last.
                Seen { illness: illness.or(Some("database gone")), ..watcher.last().clone() }
            }
        };
        let notices = watcher.look(seen);
        if !notices.is_empty() {
            notices.iter().for_each(Notice::log);
            let _ = tell.send(notices).await;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Reads what the watcher looks at.
struct Eyes {
    crm: Crm,
    /// The last event whose kind was looked at.
    last_event: i64,
    kinds: crm::UnknownKinds,
}

impl Eyes {
    async fn look(
        &mut self,
        status: &Status,
        answer_within: SignedDuration,
        now: Timestamp,
    ) -> Result<Seen, LoadError> {
        let (last_event, kinds) = self.crm.unknown_kinds_after(self.last_event).await?;
        self.last_event = last_event;
        self.kinds.extend(kinds);
        let unanswered = self.crm.unanswered(now, answer_within).await?;
        status.set_unanswered(&unanswered, now);
        Ok(Seen {
            illness: None,
            facts: self.crm.platform_facts().await?,
            unknown_kinds: self.kinds.clone(),
            unanswered,
            forward: self.crm.forward_counts().await?,
            now,
        })
    }
}
