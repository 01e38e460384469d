//! Sends webhooks over many connections that are kept, and again until they are answered as they must be.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::webhooks::exchange::{Answer, Connection};
use crate::webhooks::log::{LoggedRequest, RequestLog};
use crate::webhooks::queue::{Job, Queue};
use crate::webhooks::settled::Settled;
use crate::webhooks::tally::{Sent, Tally};
use crate::webhooks::target::Target;
use crate::webhooks::webhook::{Manner, Webhook};

/// How webhooks are sent.
#[derive(Clone, Debug)]
pub struct SendSettings {
    /// The connections that are open at once.
    pub connections: usize,
    /// The longest time that an answer is waited for.
    pub answer_timeout: Duration,
    /// How long a slow request takes.
    pub slow: Duration,
    /// How long a webhook is sent again that is not answered as it must be. Meta does so for 7 days.
    pub retry_for: Duration,
    /// The time before the second attempt. It doubles with each further one.
    pub first_backoff: Duration,
    /// The longest time between two attempts.
    pub longest_backoff: Duration,
}

impl Default for SendSettings {
    fn default() -> Self {
        Self {
            connections: 64,
            answer_timeout: Duration::from_secs(20),
            slow: Duration::from_secs(5),
            retry_for: Duration::from_secs(60),
            first_backoff: Duration::from_millis(100),
            longest_backoff: Duration::from_secs(5),
        }
    }
}

/// The webhooks that wait for a connection while more can still be added, for each connection.
const WAITING: usize = 16;

/// Takes webhooks one by one and sends them.
///
/// It can be shared: a stand-in enqueues a webhook wherever something happens that the platform would tell of.
pub struct Sender {
    shared: Arc<Shared>,
    workers: JoinSet<()>,
}

struct Shared {
    target: Target,
    settings: SendSettings,
    log: Option<RequestLog>,
    queue: Queue,
    counts: Mutex<Counts>,
    /// A permit for each webhook that is settled.
    settled: Semaphore,
}

#[derive(Default)]
struct Counts {
    tally: Tally,
    n_taken: u32,
    /// When the first webhook came.
    began: Option<Instant>,
    /// When the last answer came.
    ended: Option<Instant>,
    /// The first failure of the log.
    failure: Option<io::Error>,
}

impl Sender {
    /// Starts the connections. They open when there is something to send.
    pub fn start(target: Target, settings: SendSettings, log: Option<RequestLog>) -> Self {
        let n_connections = settings.connections.max(1);
        let queue = Queue::new(n_connections * WAITING);
        let (counts, settled) = (Mutex::default(), Semaphore::new(0));
        let shared = Arc::new(Shared { target, settings, log, queue, counts, settled });
        let mut workers = JoinSet::new();
        for _ in 0..n_connections {
            workers.spawn(work(Arc::clone(&shared)));
        }
        Self { shared, workers }
    }

    /// Takes a webhook. Waits while too many wait for a connection.
    pub async fn send(&self, webhook: Webhook) {
        self.send_due(webhook, Instant::now()).await;
    }

    /// Takes a webhook, and returns what tells of its end.
    pub(crate) async fn deliver(&self, webhook: Webhook) -> oneshot::Receiver<Settled> {
        let (receipt, settled) = oneshot::channel();
        self.put(webhook, Instant::now(), Some(receipt)).await;
        settled
    }

    /// Takes a webhook that was to be sent at this moment.
    pub(super) async fn send_due(&self, webhook: Webhook, due: Instant) {
        self.put(webhook, due, None).await;
    }

    async fn put(&self, webhook: Webhook, due: Instant, receipt: Option<oneshot::Sender<Settled>>) {
        let sha256 = hex::encode(Sha256::digest(&webhook.body));
        let number = {
            let mut counts = self.shared.counts();
            counts.tally.add_webhook(webhook.trick);
            counts.n_taken += 1;
            counts.began.get_or_insert(due);
            u64::from(counts.n_taken)
        };
        self.shared.queue.put(Job { number, webhook, sha256, attempts: 0, due, first_at: None, receipt }).await;
    }

    /// Waits until every webhook is settled or given up, and returns what became of them.
    pub async fn finish(mut self) -> io::Result<Sent> {
        let n_taken = self.shared.counts().n_taken;
        let _ = self.shared.settled.acquire_many(n_taken).await;
        self.shared.queue.close();
        while self.workers.join_next().await.is_some() {}
        let counts = std::mem::take(&mut *self.shared.counts());
        let took = counts.began.zip(counts.ended).map(|(began, ended)| ended.duration_since(began));
        match counts.failure {
            Some(failure) => Err(failure),
            None => Ok(counts.tally.finish(took.unwrap_or_default())),
        }
    }
}

/// Sends what the queue has, on one connection at a time.
async fn work(shared: Arc<Shared>) {
    let mut kept = None;
    while let Some(mut job) = shared.queue.next().await {
        let began = Instant::now();
        let manner = job.manner();
        let status = shared.attempt(&mut kept, &job, manner).await;
        job.attempts += 1;
        job.first_at.get_or_insert(began);
        shared.note(&job, manner, status, began);
        Shared::settle(&shared, job, status);
    }
}

impl Shared {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a webhook once. None if there is no answer.
    async fn attempt(&self, kept: &mut Option<Connection>, job: &Job, manner: Manner) -> Option<u16> {
        let answered = tokio::time::timeout(self.settings.answer_timeout, async {
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => Connection::open(&self.target.address).await?,
            };
            let answer = connection.exchange(&self.target.host, &job.webhook, manner, self.settings.slow).await?;
            io::Result::Ok((connection, answer))
        });
        let (connection, Answer { status, is_kept }) = answered.await.ok()?.ok()?;
        *kept = is_kept.then_some(connection);
        Some(status)
    }

    /// Counts an attempt and writes it into the log.
    fn note(&self, job: &Job, manner: Manner, status: Option<u16>, began: Instant) {
        let now = Instant::now();
        let took = now.duration_since(began);
        let waited = if job.attempts == 1 { began.saturating_duration_since(job.due) } else { Duration::ZERO };
        let first = {
            let mut counts = self.counts();
            counts.tally.add_request(status, (manner == Manner::Whole).then_some(took), waited);
            counts.ended = Some(now);
            counts.began.unwrap_or(now)
        };
        let Some(log) = &self.log else { return };
        let ms = |it: Duration| (it.as_secs_f64() * 1e5).round() / 100.0;
        let added = log.add(&LoggedRequest {
            number: job.number,
            attempt: job.attempts,
            kind: job.webhook.trick,
            manner,
            late: job.webhook.is_late,
            events: job.webhook.n_events,
            sha256: &job.sha256,
            expected: job.webhook.expected,
            status,
            ms: ms(took),
            at_ms: ms(now.duration_since(first)),
        });
        if let Err(error) = added {
            self.counts().failure.get_or_insert(error);
        }
    }

    /// Ends a webhook, or sends it again later.
    fn settle(shared: &Arc<Self>, job: Job, status: Option<u16>) {
        let settings = &shared.settings;
        let backoff = job.backoff(settings.first_backoff, settings.longest_backoff);
        let is_settled = job.webhook.is_settled_by(status);
        let tried_for = job.first_at.map(|it| it.elapsed()).unwrap_or_default();
        if is_settled || tried_for + backoff > settings.retry_for {
            shared.counts().tally.settle(&job.webhook, status.filter(|_| is_settled));
            shared.settled.add_permits(1);
            if let Some(receipt) = job.receipt {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                let real_at_us = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
                // Whoever does not wait has dropped the other end.
                let _ = receipt.send(Settled { is_accepted: is_settled, real_at_us });
            }
            return;
        }
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            tokio::time::sleep(backoff).await;
            shared.queue.put_back(job);
        });
    }
}
