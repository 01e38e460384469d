//! The results of `ferry events` and `ferry serve --replay`.

use std::collections::BTreeMap;

use crm::{DeadLetter, Derived, ForwardCounts, InboxCounts, StoredEvent, Unanswered, UnknownEvents, WebhookCounts};
use jiff::Timestamp;
use model::Event;
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `ferry events stats`.
#[derive(Serialize, JsonSchema)]
pub struct EventsStats {
    #[serde(flatten)]
    pub total: WebhookStats,
    /// Stored events from which nothing is derived yet.
    pub waiting: u64,
    /// Bodies that are not handed on yet to the program that `forward` names.
    pub to_hand_on: u64,
    /// Bodies that this program has not taken, and that are tried no more.
    pub given_up: u64,
    /// People who wait for an answer for longer than the plan says.
    pub unanswered: u64,
    /// When the one of them wrote who has waited for the longest time.
    pub unanswered_since: Option<String>,
    /// By the name of the webhook.
    pub webhooks: BTreeMap<String, WebhookStats>,
    /// Kinds of events that Ferry does not know. They are kept, and change nothing.
    pub unknown: Vec<UnknownEventsShown>,
}

/// What came in by a webhook.
#[derive(Serialize, JsonSchema)]
pub struct WebhookStats {
    /// Requests that were stored.
    pub bodies: u64,
    /// Those of them that nothing signs: anyone who knows the password can have sent them.
    pub unsigned_bodies: u64,
    /// Events, each counted once.
    pub events: u64,
    /// How often an event came again.
    pub duplicates: u64,
    /// Parts of bodies that could not be read, and about which nothing is decided.
    pub dead: u64,
}

/// Events of a kind that Ferry does not know.
#[derive(Serialize, JsonSchema)]
pub struct UnknownEventsShown {
    pub webhook: String,
    /// What they are about, in the platform's word.
    pub field: String,
    /// Their kind, in the platform's word; empty if it has none.
    pub r#type: String,
    pub events: u64,
    /// The number of the first one.
    pub first: i64,
    /// What the first one looks like, with all values taken out.
    pub shape: Option<String>,
}

/// The result of `ferry events show`.
#[derive(Serialize, JsonSchema)]
pub struct EventsShown {
    /// The contact whose events are shown; null if they are those of everybody.
    pub contact_id: Option<String>,
    /// The newest first.
    pub events: Vec<ShownEvent>,
}

/// An event.
#[derive(Serialize, JsonSchema)]
pub struct ShownEvent {
    /// Counts the events in the order in which they were stored, from 1.
    pub number: i64,
    pub body: i64,
    pub webhook: String,
    pub received_at: String,
    pub signed: bool,
    /// The contact whom its ids named when it was stored; null if it names nobody.
    pub contact_id: Option<String>,
    /// How the words of a person were read: `stop`, `start` or `unclear`; null of all other events.
    pub reading: Option<&'static str>,
    /// What was told. Texts of messages are not kept.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub event: Event,
}

/// The result of `ferry events dead`.
#[derive(Serialize, JsonSchema)]
pub struct DeadLetters {
    pub dead: Vec<ShownDeadLetter>,
}

/// A part of a body that could not be read.
#[derive(Serialize, JsonSchema)]
pub struct ShownDeadLetter {
    pub number: i64,
    pub body: i64,
    pub webhook: String,
    /// Where it stands in the body, as a JSON pointer; empty for the whole body.
    pub place: String,
    pub reason: String,
    pub received_at: String,
    /// `open`, `done` if it was read later, or `dropped`.
    pub state: &'static str,
}

/// The result of `ferry events retry`.
#[derive(Serialize, JsonSchema)]
pub struct RetryResult {
    /// Bodies that were read again.
    pub bodies: u64,
    /// Events that were not there yet.
    pub events: u64,
    /// Those of them in which a person stops messages.
    pub withdrawals: u64,
    /// Dead letters that could be read now.
    pub done: u64,
    /// Dead letters that still cannot be read.
    pub open: u64,
    /// Bodies that could not be read again, because their webhook is in the plan no more.
    pub without_webhook: u64,
}

/// The result of `ferry events drop`.
#[derive(Serialize, JsonSchema)]
pub struct DropResult {
    /// Dead letters that were dropped. Others were not open.
    pub dropped: u64,
}

/// The result of `ferry serve --replay`.
#[derive(Serialize, JsonSchema)]
pub struct ReplayResult {
    /// The events from which everything was derived.
    pub events: u64,
    /// Messages that were found to be accepted by a status that had not been read.
    pub settled: u64,
    /// Statuses of messages that cannot have been sent by what is known.
    pub contradictions: u64,
}

impl EventsStats {
    pub fn of(
        counts: &InboxCounts,
        waiting: u64,
        unknown: Vec<UnknownEvents>,
        forwarded: &BTreeMap<String, ForwardCounts>,
        unanswered: Unanswered,
    ) -> Self {
        let webhooks = counts.by_webhook.iter().map(|(name, it)| (name.clone(), WebhookStats::of(it))).collect();
        let unknown = unknown.into_iter().map(UnknownEventsShown::of).collect();
        Self {
            total: WebhookStats::of(&counts.total),
            waiting,
            to_hand_on: forwarded.values().map(|it| it.n_waiting).sum(),
            given_up: forwarded.values().map(|it| it.n_given_up).sum(),
            unanswered: unanswered.n_conversations,
            unanswered_since: unanswered.oldest_at.map(shown),
            webhooks,
            unknown,
        }
    }
}

impl WebhookStats {
    fn of(counts: &WebhookCounts) -> Self {
        let WebhookCounts { bodies, unsigned_bodies, events, duplicates, dead } = *counts;
        Self { bodies, unsigned_bodies, events, duplicates, dead }
    }
}

impl UnknownEventsShown {
    fn of(it: UnknownEvents) -> Self {
        let UnknownEvents { webhook, field, kind, n_events, first, shape } = it;
        Self { webhook, field, r#type: kind, events: n_events, first, shape }
    }
}

impl ShownEvent {
    pub fn of(stored: StoredEvent) -> Self {
        Self {
            number: stored.number,
            body: stored.body_id,
            webhook: stored.webhook,
            received_at: shown(stored.received_at),
            signed: stored.is_signed,
            contact_id: stored.contact.map(|it| it.to_string()),
            reading: stored.reading.map(crm::Reading::name),
            event: stored.event,
        }
    }
}

impl ShownDeadLetter {
    pub fn of(letter: DeadLetter) -> Self {
        Self {
            number: letter.number,
            body: letter.body_id,
            webhook: letter.webhook,
            place: letter.place,
            reason: letter.reason,
            received_at: shown(letter.received_at),
            state: letter.state.name(),
        }
    }
}

impl ReplayResult {
    pub fn of(derived: &Derived) -> Self {
        let Derived { n_events, n_settled, n_contradictions } = *derived;
        Self { events: n_events, settled: n_settled, contradictions: n_contradictions }
    }
}

fn shown(at: Timestamp) -> String {
    at.strftime("%FT%TZ").to_string()
}
