//! What waits to be sent. Any number of connections take from it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use crate::webhooks::settled::Settled;
use crate::webhooks::webhook::{Manner, Webhook};

/// A webhook with its attempts so far.
pub(super) struct Job {
    /// From 1.
    pub(super) number: u64,
    pub(super) webhook: Webhook,
    pub(super) sha256: String,
    /// The attempts that were made.
    pub(super) attempts: u32,
    /// When the first attempt was to be made.
    pub(super) due: Instant,
    /// When it was made.
    pub(super) first_at: Option<Instant>,
    /// Waits for the end of it.
    pub(super) receipt: Option<oneshot::Sender<Settled>>,
}

impl Job {
    /// How the bytes of the next attempt go out: only those of the first are disturbed.
    pub(super) fn manner(&self) -> Manner {
        if self.attempts == 0 { self.webhook.manner } else { Manner::Whole }
    }

    /// How long the platform waits before the next attempt.
    pub(super) fn backoff(&self, first: Duration, longest: Duration) -> Duration {
        longest.min(first.saturating_mul(1 << self.attempts.saturating_sub(1).min(16)))
    }
}

/// First in, first out. New webhooks wait for room; those that come back do not.
pub(super) struct Queue {
    jobs: Mutex<VecDeque<Job>>,
    ready: Semaphore,
    room: Semaphore,
}

impl Queue {
    pub(super) fn new(room: usize) -> Self {
        Self { jobs: Mutex::default(), ready: Semaphore::new(0), room: Semaphore::new(room) }
    }

    /// Adds a new webhook, as soon as there is room.
    pub(super) async fn put(&self, job: Job) {
        if let Ok(room) = self.room.acquire().await {
            room.forget();
        }
        self.put_back(job);
    }

    /// Adds a webhook that is sent again.
    pub(super) fn put_back(&self, job: Job) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push_back(job);
        self.ready.add_permits(1);
    }

    /// Takes the next one; none when the queue is closed.
    pub(super) async fn next(&self) -> Option<Job> {
        self.ready.acquire().await.ok()?.forget();
        let job = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
        if job.attempts == 0 {
            self.room.add_permits(1);
        }
        Some(job)
    }

    /// Lets everybody who waits for a webhook go.
    pub(super) fn close(&self) {
        self.ready.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::webhook::{OK, Trick};

    fn job(attempts: u32) -> Job {
        let webhook = Webhook {
            path: "/".to_owned(),
            headers: Vec::new(),
            body: "{}".into(),
            trick: Trick::Good,
            manner: Manner::Slow,
            is_late: false,
            n_events: 1,
            expected: OK,
        };
        Job { number: 1, webhook, sha256: String::new(), attempts, due: Instant::now(), first_at: None, receipt: None }
    }

    #[test]
    fn a_platform_waits_twice_as_long_each_time_up_to_a_limit() {
        let waits = |attempts| job(attempts).backoff(Duration::from_millis(100), Duration::from_secs(5)).as_millis();
        assert_eq!([1, 2, 3, 6, 7, 40].map(waits), [100, 200, 400, 3_200, 5_000, 5_000]);
        assert_eq!((job(0).manner(), job(1).manner()), (Manner::Slow, Manner::Whole));
    }

    #[tokio::test]
    async fn what_comes_back_needs_no_room() {
        let queue = Queue::new(1);
        queue.put(job(0)).await;
        queue.put_back(job(1));
        assert_eq!(queue.next().await.unwrap().attempts, 0);
        queue.put(job(0)).await;
        assert_eq!(queue.next().await.unwrap().attempts, 1);
        assert_eq!(queue.next().await.unwrap().attempts, 0);
        queue.close();
        assert!(queue.next().await.is_none());
    }
}
