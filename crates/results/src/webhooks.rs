use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// The result of `ferry sandbox webhooks`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WebhooksSent {
    /// Different requests, such as one body with its signature. Each is sent until it is settled.
    pub webhooks: u64,
    /// Requests that were sent, with those that were repeated.
    pub requests: u64,
    /// Webhooks that were answered with 200.
    pub acknowledged: u64,
    /// The events in them, each as often as it was sent.
    pub acknowledged_events: u64,
    /// Webhooks by what is special about them, such as `good`, `doubled` and `forged`.
    pub kinds: BTreeMap<String, u64>,
    /// Requests by the status of their answer.
    pub answers: BTreeMap<String, u64>,
    /// Requests without an answer.
    pub unanswered: u64,
    /// Webhooks that had to be accepted and were not in the end.
    pub given_up: u64,
    /// Forged webhooks that were accepted.
    pub forged_accepted: u64,
    /// From the first request to the last answer.
    pub seconds: f64,
    /// Answers a second.
    pub rate: f64,
    /// The median of the times until an answer, in milliseconds. Requests that were slow on purpose do not count.
    pub p50_ms: f64,
    /// The time in which 99 of 100 answers came.
    pub p99_ms: f64,
    /// The longest time until an answer.
    pub max_ms: f64,
    /// The longest time that a webhook waited for a free connection.
    pub behind_ms: f64,
}

/// The result of `ferry webhook retry`.
#[derive(Serialize, JsonSchema)]
pub struct WebhookRetried {
    /// Bodies that were given up and wait again. `ferry serve` hands them on.
    pub bodies: u64,
}
