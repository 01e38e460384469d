//! The tasks that work behind the answers to platforms.

use std::sync::Arc;

use crm::Crm;
use jiff::{SignedDuration, Timestamp};
use model::ContactKey;
use notify::Target;
use plan::Plan;
use results::{ServeNotice, ServeNotification};
use serve::{ForwardPace, ForwardTarget, ForwardWake, KeepTimes, Notice, Status, derive, forward, keep, watch};
use tokio::sync::{Notify, mpsc, oneshot};
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
}

impl Followers {
    pub(super) fn start(
        plan: &Plan,
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
        Self { tasks: tasks.into_iter().chain(telling).collect(), forwarding: tokio::spawn(forwarding), end_forwarding }
    }

    /// Ends all tasks. What is on its way to another program arrives first; all else stays in the queue.
    pub(super) async fn end(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        drop(self.end_forwarding);
        // A task that panicked has left its queue as it was.
        let _ = self.forwarding.await;
    }
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
