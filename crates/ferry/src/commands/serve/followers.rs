//! The tasks that work behind the answers to platforms.

use std::sync::Arc;

use campaign::sending::{ConfirmEvent, confirm_stops};
use crm::Crm;
use jiff::{SignedDuration, Timestamp};
use model::ContactKey;
use notify::Target;
use plan::Plan;
use results::{ServeNotice, ServeNotification};
use serve::{ForwardPace, ForwardTarget, ForwardWake, KeepTimes, Notice, Status, derive, forward, keep, watch};
use tokio::sync::{Notify, mpsc, oneshot, watch as watch_value};
use tokio::task::JoinHandle;

use crate::commands::notification;

/// Limits what waits to be told.
const MOST_UNTOLD: usize = 16;

/// The programs that get bodies too.
pub(super) struct Forwarding {
    pub(super) targets: Vec<ForwardTarget>,
    pub(super) wake: ForwardWake,
}

/// The tasks that work behind the answers to platforms.
pub(super) struct Followers {
    /// These can be stopped at any time.
    tasks: Vec<JoinHandle<()>>,
    forwarding: JoinHandle<()>,
    /// Ends `forwarding` when it is dropped.
    end_forwarding: oneshot::Sender<()>,
    /// Confirms stops, if the plan has a text for it, until it is told to end.
    confirming: Option<(JoinHandle<()>, watch_value::Sender<bool>)>,
}

impl Followers {
    pub(super) fn start(
        plan: &Arc<Plan>,
        crm: &Crm,
        key: ContactKey,
        status: &Status,
        stored: Arc<Notify>,
        Forwarding { targets, wake }: Forwarding,
        target: Option<Target>,
    ) -> Self {
        let (crm, status) = (|| crm.clone(), || status.clone());
        let (end_forwarding, forwarding_ends) = oneshot::channel::<()>();
        let ends = async { drop(forwarding_ends.await) };
        let answer_within = SignedDuration::from_hours(plan.replies.answer_within_hours.into());
        // Without a target the other end is dropped, and what begins and ends stands in the log alone.
        let (notices, to_tell) = mpsc::channel(MOST_UNTOLD);
        let telling = target.map(|it| tokio::spawn(tell(it, to_tell)));
        let tasks = [
            tokio::spawn(derive(crm(), key, stored, status())),
            tokio::spawn(keep(crm(), KeepTimes::of(plan))),
            tokio::spawn(watch(crm(), status(), answer_within, notices)),
        ];
        let forwarding = forward(crm(), targets, ForwardPace::default(), status(), wake, ends);
        let confirming = confirming(plan, status());
        let tasks = tasks.into_iter().chain(telling).collect();
        Self { tasks, forwarding: tokio::spawn(forwarding), end_forwarding, confirming }
    }

    /// Ends all tasks. What is on its way to another program or to a person arrives first; all else stays in the queue.
    pub(super) async fn end(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        drop(self.end_forwarding);
        if let Some((_, end)) = &self.confirming {
            end.send_replace(true);
        }
        // A task that panicked has left its queue as it was.
        let _ = self.forwarding.await;
        if let Some((confirming, _)) = self.confirming {
            let _ = confirming.await;
        }
    }
}

/// The task that confirms stops; none if the plan has no text for it.
fn confirming(plan: &Arc<Plan>, status: Status) -> Option<(JoinHandle<()>, watch_value::Sender<bool>)> {
    let text = plan.sending.as_ref()?.confirm_stop.clone()?;
    let (end, ends) = watch_value::channel(false);
    let plan = Arc::clone(plan);
    let task = tokio::spawn(async move {
        confirm_stops(&plan, &text, ends, &|event| match event {
            ConfirmEvent::Sent { outcome, n } => status.count_confirmations(outcome, n),
            ConfirmEvent::Failed(error) => {
                status.count_failed_confirmations();
                tracing::error!(%error, "stops are not confirmed now");
            }
        })
        .await;
    });
    Some((task, end))
}

/// Tells a target what begins and ends.
async fn tell(target: Target, mut notices: mpsc::Receiver<Vec<Notice>>) {
    while let Some(notices) = notices.recv().await {
        let notice =
            |it: Notice| ServeNotice { kind: it.kind.name(), subject: it.subject, text: it.text, is_over: it.is_over };
        let told = ServeNotification::of(notices.into_iter().map(notice).collect(), Timestamp::now());
        notification::send(&target, &told, &[("FERRY_STATUS", told.status.to_owned())]).await;
    }
}
