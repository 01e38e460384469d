//! How the server is: its health and its metrics. They count and name no person.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crm::{Derived, ForwardCounts, Unanswered};
use hyper::StatusCode;
use jiff::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use crate::answer::{Answer, text};
use crate::cause::Cause;
use crate::forward::ForwardMetrics;
use crate::queue::Queue;
use crate::store::{CommittedBody, StoreError};

/// The longest commit of a database that is well.
const LONGEST_COMMIT: Duration = Duration::from_secs(10);
/// Upper ends of the classes of commit times, in seconds. Platforms want answers within one second or two.
const COMMIT_SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The beginning of the name of each metric.
const PREFIX: &str = "ferry_webhook";

/// A label and its value.
type Label = (&'static str, Arc<str>);

/// How the server is. Clones share one state: give one to the task that reads stored events, so that it can say how far
/// behind it is.
#[derive(Clone)]
pub struct Status(Arc<State>);

struct State {
    most_lag: u64,
    lag: AtomicU64,
    is_store_failing: AtomicBool,
    /// When the commit that runs began.
    commit_begun: Mutex<Option<Instant>>,
    load: OnceLock<Load>,
    metrics: Metrics,
    forward: ForwardMetrics,
    registry: Registry,
}

/// What the server has in its hands.
struct Load {
    queue: Queue,
    reading: Arc<Semaphore>,
    reading_bytes: usize,
}

#[derive(Default)]
struct Metrics {
    requests: Family<[Label; 2], Counter>,
    rejects: Family<[Label; 2], Counter>,
    bodies: Family<[Label; 1], Counter>,
    events: Family<[Label; 1], Counter>,
    duplicates: Family<[Label; 1], Counter>,
    dead_letters: Family<[Label; 1], Counter>,
    failed_commits: Counter,
    derived: Counter,
    contradictions: Counter,
    confirmations: Family<[Label; 1], Counter>,
    failed_confirmations: Counter,
    queued_bodies: Gauge,
    queued_bytes: Gauge,
    reading_bytes: Gauge,
    connections: Gauge,
    lag: Gauge,
    unanswered: Gauge,
    unanswered_seconds: Gauge,
    commit_seconds: Option<Histogram>,
    group_bodies: Option<Histogram>,
}

impl Status {
    /// The server calls itself ill when more than `most_lag` stored events wait to be read.
    pub fn new(most_lag: u64) -> Self {
        let mut registry = Registry::default();
        let metrics = Metrics {
            commit_seconds: Some(Histogram::new(COMMIT_SECONDS)),
            group_bodies: Some(Histogram::new([1.0, 4.0, 16.0, 64.0, 256.0])),
            ..Metrics::default()
        };
        metrics.register(&mut registry);
        let forward = ForwardMetrics::default();
        forward.register(registry.sub_registry_with_prefix(PREFIX));
        Self(Arc::new(State {
            most_lag,
            lag: AtomicU64::new(0),
            is_store_failing: AtomicBool::new(false),
            commit_begun: Mutex::new(None),
            load: OnceLock::new(),
            metrics,
            forward,
            registry,
        }))
    }

    /// Sets how many stored events were not read yet.
    pub fn set_lag(&self, n_events: u64) {
        self.0.lag.store(n_events, Ordering::Relaxed);
    }

    /// Whether bodies wait for their commit.
    pub(crate) fn has_waiting_bodies(&self) -> bool {
        self.0.load.get().is_some_and(|it| it.queue.n_bodies() > 0)
    }

    /// Why the server is ill, in one or two words; none if it is well.
    pub fn illness(&self) -> Option<&'static str> {
        let is_full = self.0.load.get().is_some_and(|it| it.queue.is_full());
        let begun = *self.0.commit_begun.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_store_failing() || begun.is_some_and(|it| it.elapsed() > LONGEST_COMMIT) {
            Some("database gone")
        } else if is_full {
            Some("queue full")
        } else if self.0.lag.load(Ordering::Relaxed) > self.0.most_lag {
            Some("lag")
        } else {
            None
        }
    }

    /// Returns the metrics in the text format of OpenMetrics, which Prometheus reads.
    pub fn metrics(&self) -> String {
        let metrics = &self.0.metrics;
        if let Some(Load { queue, reading, reading_bytes }) = self.0.load.get() {
            metrics.reading_bytes.set(count((reading_bytes - reading.available_permits()) as u64));
            metrics.queued_bodies.set(count(queue.n_bodies() as u64));
            metrics.queued_bytes.set(count(queue.n_bytes() as u64));
        }
        metrics.lag.set(count(self.0.lag.load(Ordering::Relaxed)));
        let mut text = String::new();
        match encode(&mut text, &self.0.registry) {
            Ok(()) => text,
            // Writing to a string does not fail.
            Err(_) => String::new(),
        }
    }

    /// The answer to `GET /health`.
    pub(crate) fn health(&self) -> Answer {
        match self.illness() {
            None => text(StatusCode::OK, "ok\n".into()),
            Some(illness) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{illness}\n").into()),
        }
    }

    pub(crate) fn watch(&self, queue: Queue, reading: Arc<Semaphore>, reading_bytes: usize) {
        // A status belongs to one server.
        let _ = self.0.load.set(Load { queue, reading, reading_bytes });
    }

    /// Sets how many conversations wait for an answer for too long.
    pub fn set_unanswered(&self, unanswered: &Unanswered, now: Timestamp) {
        let age = unanswered.oldest_at.map_or(0, |it| (now.as_second() - it.as_second()).max(0));
        self.0.metrics.unanswered.set(count(unanswered.n_conversations));
        self.0.metrics.unanswered_seconds.set(age);
    }

    /// What waits to be handed on to other programs and what was given up, by webhook, as counted last.
    pub fn forward_counts(&self) -> BTreeMap<String, ForwardCounts> {
        self.0.forward.counts()
    }

    pub(crate) fn forward(&self) -> &ForwardMetrics {
        &self.0.forward
    }

    pub(crate) fn is_store_failing(&self) -> bool {
        self.0.is_store_failing.load(Ordering::Relaxed)
    }

    pub(crate) fn store_works(&self) {
        self.0.is_store_failing.store(false, Ordering::Relaxed);
    }

    pub(crate) fn commit_begins(&self, at: Instant) {
        *self.0.commit_begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    pub(crate) fn commit_ends(
        &self,
        begun: Instant,
        n_bodies: usize,
        committed: &Result<Vec<CommittedBody>, StoreError>,
    ) {
        *self.0.commit_begun.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let metrics = &self.0.metrics;
        metrics.commit_seconds.iter().for_each(|it| it.observe(begun.elapsed().as_secs_f64()));
        metrics.group_bodies.iter().for_each(|it| it.observe(n_bodies as f64));
        match committed {
            Ok(_) => self.store_works(),
            Err(error) => {
                metrics.failed_commits.inc();
                // One bad body is no illness of the database.
                if error.is_passing {
                    self.0.is_store_failing.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    pub(crate) fn count_committed(&self, webhook: &Arc<str>, committed: &CommittedBody) {
        let (metrics, labels) = (&self.0.metrics, [("webhook", Arc::clone(webhook))]);
        metrics.bodies.get_or_create(&labels).inc();
        metrics.events.get_or_create(&labels).inc_by(committed.n_new);
        metrics.duplicates.get_or_create(&labels).inc_by(committed.n_duplicates);
        metrics.dead_letters.get_or_create(&labels).inc_by(committed.n_broken);
    }

    pub(crate) fn count_answered(&self, webhook: &Arc<str>) {
        self.count_request(webhook, "answered");
    }

    pub(crate) fn count_rejected(&self, webhook: &str, cause: Cause) {
        let webhook = Arc::from(webhook);
        self.count_request(&webhook, "rejected");
        let labels = [("webhook", webhook), ("cause", Arc::from(cause.name()))];
        self.0.metrics.rejects.get_or_create(&labels).inc();
    }

    pub(crate) fn connection_begins(&self) {
        self.0.metrics.connections.inc();
    }

    pub(crate) fn connection_ends(&self) {
        self.0.metrics.connections.dec();
    }

    pub(crate) fn count_derived(&self, derived: &Derived) {
        self.0.metrics.derived.inc_by(derived.n_events);
        self.0.metrics.contradictions.inc_by(derived.n_contradictions);
    }

    /// Counts confirmations of stops by what became of them.
    pub fn count_confirmations(&self, outcome: &'static str, n: u64) {
        self.0.metrics.confirmations.get_or_create(&[("outcome", Arc::from(outcome))]).inc_by(n);
    }

    /// Counts a time in which stops could not be confirmed.
    pub fn count_failed_confirmations(&self) {
        self.0.metrics.failed_confirmations.inc();
    }

    fn count_request(&self, webhook: &Arc<str>, outcome: &'static str) {
        let labels = [("webhook", Arc::clone(webhook)), ("outcome", Arc::from(outcome))];
        self.0.metrics.requests.get_or_create(&labels).inc();
    }
}

impl Metrics {
    fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix(PREFIX);
        registry.register("requests", "Requests, by what became of them", self.requests.clone());
        registry.register("rejects", "Rejected requests, by their cause", self.rejects.clone());
        registry.register("bodies", "Bodies that were committed", self.bodies.clone());
        registry.register("events", "Events that were new", self.events.clone());
        registry.register("duplicates", "Events that had come before", self.duplicates.clone());
        registry.register("dead_letters", "Parts of bodies that could not be read", self.dead_letters.clone());
        registry.register("failed_commits", "Commits that failed", self.failed_commits.clone());
        registry.register("derived_events", "Stored events that were read", self.derived.clone());
        registry.register(
            "contradictions",
            "Statuses of messages that cannot have been sent by what we know",
            self.contradictions.clone(),
        );
        registry.register(
            "confirmations",
            "Confirmations of stops, by what became of them",
            self.confirmations.clone(),
        );
        registry.register(
            "failed_confirmations",
            "Times when stops could not be confirmed",
            self.failed_confirmations.clone(),
        );
        registry.register("queue_bodies", "Bodies that wait for the writer", self.queued_bodies.clone());
        registry.register("queue_bytes", "Bytes that are not committed yet", self.queued_bytes.clone());
        registry.register("reading_bytes", "Bytes of large bodies that are arriving", self.reading_bytes.clone());
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register("lag_events", "Stored events that were not read yet", self.lag.clone());
        registry.register(
            "unanswered_conversations",
            "Conversations that wait for an answer too long",
            self.unanswered.clone(),
        );
        registry.register(
            "unanswered_oldest_seconds",
            "How long the oldest of them waits",
            self.unanswered_seconds.clone(),
        );
        for (name, help, histogram) in [
            ("commit_seconds", "Times of commits", &self.commit_seconds),
            ("commit_bodies", "Bodies of a commit", &self.group_bodies),
        ] {
            histogram.iter().for_each(|it| registry.register(name, help, it.clone()));
        }
    }
}

/// A count as a gauge shows it.
fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
