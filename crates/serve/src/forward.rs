//! Hands bodies on to the program that has answered people until now, after they were stored.
//!
//! Each webhook with `forward` has a task of its own, so no program waits for another, and no answer to a platform waits
//! for any of them. A round posts the oldest bodies that are due, a few at once, and notes what came of all of them in one
//! transaction. A body leaves the queue when the program has answered with 2xx. If that answer or the note is lost, it is
//! posted again.

mod metrics;
mod rules;
mod target;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crm::{Crm, Handed, WaitingBody};
use futures::future::join_all;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::Status;

pub(crate) use self::metrics::ForwardMetrics;
use self::rules::{Attempt, pause_after, what_becomes};
pub use self::target::{ForwardTarget, forward_targets};

/// How bodies are handed on. Tests make the waits short.
#[derive(Clone, Debug)]
pub struct ForwardPace {
    /// Limits one attempt.
    pub timeout: Duration,
    /// Limits the bodies of a round, which are posted at once.
    pub at_once: u32,
    /// Limits the bytes of a round. A larger body is posted alone.
    pub round_bytes: u64,
    /// The wait after a first failure. It doubles with each further one.
    pub first_wait: Duration,
    /// The longest wait of one body.
    pub longest_wait: Duration,
    /// The longest pause of a program that takes nothing.
    pub longest_pause: Duration,
    /// The attempts that are answered with 4xx before a body is given up: the program does not want it.
    pub most_refusals: u64,
    /// How long a body is tried. Platforms try for as long.
    pub try_for: Duration,
    /// The time between two looks at the queue, if nothing wakes the task.
    pub look_every: Duration,
    /// The time between two counts of the queue.
    pub count_every: Duration,
}

impl Default for ForwardPace {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            at_once: 16,
            round_bytes: 16 << 20,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60 * 60),
            longest_pause: Duration::from_secs(5 * 60),
            most_refusals: 20,
            try_for: Duration::from_secs(7 * 24 * 60 * 60),
            look_every: Duration::from_secs(1),
            count_every: Duration::from_secs(10),
        }
    }
}

/// Wakes the task that hands bodies on, when some were stored. Clones wake the same task.
#[derive(Clone, Debug)]
pub struct ForwardWake(watch::Sender<()>);

impl Default for ForwardWake {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl ForwardWake {
    /// Says that bodies were stored. It never waits.
    pub fn wake(&self) {
        self.0.send_replace(());
    }
}

/// Hands bodies on until `stop` ends. The attempts that have begun then end first, and all others stay in the queue.
///
/// Run it also without targets: it gives up what has waited too long for a program that the plan no longer names, and
/// counts the queue.
pub async fn forward(
    crm: Crm,
    targets: Vec<ForwardTarget>,
    pace: ForwardPace,
    status: Status,
    wake: ForwardWake,
    stop: impl Future<Output = ()>,
) {
    targets.iter().for_each(|it| status.forward().watch(&it.webhook));
    let (end, ended) = watch::channel(false);
    let of_target = |target| {
        let (crm, pace, status) = (crm.clone(), pace.clone(), status.clone());
        let task = Task { crm, target, pace, status, n_failed: 0, wait: Duration::ZERO };
        task.run(wake.0.subscribe(), ended.clone())
    };
    let tasks = join_all(targets.into_iter().map(of_target).collect::<Vec<_>>());
    let counts = count(&crm, &pace, &status, ended.clone());
    let stop = async {
        stop.await;
        end.send_replace(true);
    };
    tokio::join!(tasks, counts, stop);
}

/// Counts the queue and gives up what is too old, again and again.
async fn count(crm: &Crm, pace: &ForwardPace, status: &Status, mut ended: watch::Receiver<bool>) {
    loop {
        let now = Timestamp::now();
        let counted = async {
            let n_given_up = crm.give_up_handing_on(before(now, pace.try_for)).await?;
            if n_given_up > 0 {
                tracing::error!(n_bodies = n_given_up, "bodies were not handed on in time and are given up");
            }
            crm.forward_counts().await
        };
        match counted.await {
            Ok(counts) => status.forward().set(counts, now),
            Err(error) => tracing::error!(%error, "the bodies that wait to be handed on were not counted"),
        }
        tokio::select! {
            _ = ended.wait_for(|it| *it) => return,
            () = tokio::time::sleep(pace.count_every) => {}
        }
    }
}

/// Hands on the bodies of one webhook.
struct Task {
    crm: Crm,
    target: ForwardTarget,
    pace: ForwardPace,
    status: Status,
    /// The rounds in a row in which the program has taken nothing.
    n_failed: u32,
    /// The wait that the program has asked for.
    wait: Duration,
}

impl Task {
    async fn run(mut self, mut wake: watch::Receiver<()>, mut ended: watch::Receiver<bool>) {
        loop {
            // What is stored from here on wakes the next look.
            wake.mark_unchanged();
            let has_more = self.round().await;
            let pause = match self.n_failed {
                0 => {
                    if has_more {
                        Duration::ZERO
                    } else {
                        self.pace.look_every
                    }
                }
                n => pause_after(n, &self.pace).max(self.wait),
            };
            let is_failing = self.n_failed > 0;
            tokio::select! {
                biased;
                _ = ended.wait_for(|it| *it) => return,
                () = tokio::time::sleep(pause) => {}
                Ok(()) = wake.changed(), if !is_failing => {}
            }
        }
    }

    /// Posts the bodies that are due, and says whether there may be more. After a failure one body is posted: there is no use in
    /// more, before the program is well again.
    async fn round(&mut self) -> bool {
        let now = Timestamp::now();
        let n = if self.n_failed == 0 { self.pace.at_once } else { 1 };
        let webhook = Arc::clone(&self.target.webhook);
        let due = match self.crm.bodies_to_hand_on(&webhook, now, n, self.pace.round_bytes).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(webhook = &*webhook, %error, "the bodies to hand on were not read");
                return false;
            }
        };
        if due.is_empty() {
            self.n_failed = 0;
            return false;
        }
        let attempts = join_all(due.iter().map(|it| self.target.post(it, self.pace.timeout))).await;
        self.judge(&due, &attempts);
        let now = Timestamp::now();
        let becomes =
            |(body, attempt): (&WaitingBody, &Attempt)| (body.body_id, what_becomes(body, attempt, now, &self.pace));
        let handed: Vec<(i64, Handed)> = due.iter().zip(&attempts).map(becomes).collect();
        self.count(&handed, &attempts);
        if let Err(error) = self.crm.note_handed_on(&handed).await {
            tracing::error!(webhook = &*webhook, %error, "what was handed on was not noted: it is handed on again");
            return false;
        }
        true
    }

    /// Says in the log when the program begins to fail and when it is well again.
    fn judge(&mut self, due: &[WaitingBody], attempts: &[Attempt]) {
        let webhook = &*self.target.webhook;
        let is_taken = attempts.contains(&Attempt::Taken);
        let failure = attempts.iter().find_map(Attempt::failure);
        self.wait = attempts.iter().filter_map(Attempt::wait).max().unwrap_or_default();
        match (is_taken, failure) {
            (false, Some(cause)) => {
                if self.n_failed == 0 {
                    tracing::warn!(webhook, cause = &*cause, n_bodies = due.len(), "the program takes no bodies");
                }
                self.n_failed = self.n_failed.saturating_add(1);
            }
            _ => {
                if self.n_failed > 0 {
                    tracing::info!(webhook, "the program takes bodies again");
                }
                self.n_failed = 0;
            }
        }
    }

    fn count(&self, handed: &[(i64, Handed)], attempts: &[Attempt]) {
        let webhook = &self.target.webhook;
        let metrics = self.status.forward();
        for attempt in attempts {
            match attempt.failure() {
                Some(cause) => metrics.count_failure(webhook, &cause),
                None if *attempt == Attempt::Taken => metrics.count_handed_on(webhook),
                None => metrics.count_failure(webhook, "no body"),
            }
        }
        for (body_id, handed) in handed {
            if let Handed::GivenUp { failure, .. } = handed {
                tracing::error!(webhook = &**webhook, body_id, cause = &**failure, "a body is given up");
            }
        }
    }
}

/// A moment so long before another.
fn before(now: Timestamp, time: Duration) -> Timestamp {
    now.saturating_sub(time).unwrap_or(Timestamp::UNIX_EPOCH)
}
