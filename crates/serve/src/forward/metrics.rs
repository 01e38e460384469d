//! What is handed on, in numbers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crm::ForwardCounts;
use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

type Label = (&'static str, Arc<str>);

/// Counts of what is handed on, by webhook.
#[derive(Default)]
pub(crate) struct ForwardMetrics {
    handed_on: Family<[Label; 1], Counter>,
    failures: Family<[Label; 2], Counter>,
    waiting: Family<[Label; 1], Gauge>,
    given_up: Family<[Label; 1], Gauge>,
    oldest_seconds: Family<[Label; 1], Gauge>,
    counts: Mutex<BTreeMap<String, ForwardCounts>>,
}

impl ForwardMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("handed_on", "Bodies that another program has taken", self.handed_on.clone());
        registry.register("forward_failures", "Attempts that failed, by their cause", self.failures.clone());
        registry.register("forward_waiting", "Bodies that wait to be handed on", self.waiting.clone());
        registry.register("forward_given_up", "Bodies that are not tried again", self.given_up.clone());
        registry.register("forward_oldest_seconds", "The age of the oldest that waits", self.oldest_seconds.clone());
    }

    pub(crate) fn count_handed_on(&self, webhook: &Arc<str>) {
        self.handed_on.get_or_create(&[("webhook", Arc::clone(webhook))]).inc();
    }

    pub(crate) fn count_failure(&self, webhook: &Arc<str>, cause: &str) {
        self.failures.get_or_create(&[("webhook", Arc::clone(webhook)), ("cause", Arc::from(cause))]).inc();
    }

    /// Shows a webhook also while nothing of it waits.
    pub(crate) fn watch(&self, webhook: &str) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(webhook.to_owned()).or_default();
    }

    /// Sets what is in the queue. A webhook that has nothing there any more has zeros.
    pub(crate) fn set(&self, counts: BTreeMap<String, ForwardCounts>, now: Timestamp) {
        let mut known = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (webhook, of) in
            known.keys().map(|it| (it, ForwardCounts::default())).chain(counts.iter().map(|it| (it.0, *it.1)))
        {
            let labels = [("webhook", Arc::from(webhook.as_str()))];
            let age = of.oldest_at.map_or(0, |it| (now.as_second() - it.as_second()).max(0));
            self.waiting.get_or_create(&labels).set(i64::try_from(of.n_waiting).unwrap_or(i64::MAX));
            self.given_up.get_or_create(&labels).set(i64::try_from(of.n_given_up).unwrap_or(i64::MAX));
            self.oldest_seconds.get_or_create(&labels).set(age);
        }
        let gone: Vec<String> = known.keys().filter(|it| !counts.contains_key(*it)).cloned().collect();
        *known = counts;
        known.extend(gone.into_iter().map(|it| (it, ForwardCounts::default())));
    }

    /// What was in the queue at the last count, by webhook.
    pub(crate) fn counts(&self) -> BTreeMap<String, ForwardCounts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
