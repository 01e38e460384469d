use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// The result of `ferry campaign plan` and `ferry campaign dry-run`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CampaignPlanned {
    pub campaign: String,
    /// `sandbox`, `test` or `live`.
    pub mode: &'static str,
    pub segment: String,
    /// The people of the segment now.
    pub members: u64,
    /// Messages that are released already and not sent yet.
    pub waiting: u64,
    pub steps: Vec<PlannedStep>,
    /// What must be in order; empty if it was not looked at.
    pub checks: Vec<PlannedCheck>,
    /// Day by day, by the code that sends, with all steps. A step with `only` is planned for the most people who can get it.
    pub days: Vec<PlannedDay>,
    /// The last message of all steps, if all goes as the calendar says.
    pub finishes_at: Option<String>,
    /// What lifting a limit would save.
    pub savings: Vec<LimitSaving>,
    /// What the first step costs if all is delivered; none without a rate card.
    pub cost: Option<PlannedCost>,
    /// A message of each language as it would be sent, with invented values. Only `dry-run`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<SampleMessage>,
}

/// A step, with whom it would go to now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlannedStep {
    pub step: String,
    /// The people who would get it now.
    pub people: u64,
    /// The people who are left out, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// When the first of those would get it for whom the time after an earlier step is not over.
    pub next_at: Option<String>,
    /// The people who can get it later, after an earlier step. The calendar has them.
    pub later: u64,
    /// The condition that decides who of them gets it, such as `consented in invite`; none if all of them do. With it, `later` is
    /// the most, because nobody knows yet how many they will be.
    pub only: Option<String>,
}

/// A check before the first message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlannedCheck {
    pub about: &'static str,
    /// `good`, `doubtful` or `bad`. A campaign with a bad one does not begin.
    pub state: &'static str,
    pub text: String,
}

/// A day of the calendar.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlannedDay {
    /// In UTC.
    pub day: String,
    pub messages: u64,
    /// The messages of each step that has any.
    pub steps: BTreeMap<String, u64>,
    /// The limit that kept more from going; none if nothing was left.
    pub limit: Option<String>,
}

/// What lifting a limit would save.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LimitSaving {
    pub limit: String,
    pub hours: f64,
}

/// What messages cost.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlannedCost {
    /// In millionths of the currency.
    pub amount_micros: u128,
    pub currency: String,
    /// People in whose country the card has no rate.
    pub people_without_rate: u64,
}

/// A message as it would be sent, with invented values.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SampleMessage {
    pub step: String,
    pub language: String,
    pub path: String,
    pub body: serde_json::Value,
}

/// The result of `ferry campaign start`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CampaignSent {
    pub campaign: String,
    /// `finished`, `paused`, `stopped` or `interrupted`; `not_started` if a check was bad, or nobody typed what begins.
    pub ended: &'static str,
    /// Why, in the words of the last order, or of the checks.
    pub reason: String,
    /// What this sender has done.
    pub accepted: u64,
    pub refused: u64,
    /// Messages of which nobody knows whether they left.
    pub unknown: u64,
    /// Attempts of which nothing left. Their messages were planned again.
    pub not_sent: u64,
}

/// The result of `ferry campaign pause`, `resume` and `stop`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CampaignOrdered {
    pub campaign: String,
    /// The state before the order.
    pub before: &'static str,
    pub state: &'static str,
    /// How long after the order the last message was let go, in milliseconds; 0 if none was.
    pub last_intent_after_ms: f64,
}

/// The result of `ferry campaign status`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CampaignShown {
    pub campaign: String,
    pub state: &'static str,
    /// The reason of the last order.
    pub reason: String,
    pub steps: Vec<ShownStep>,
    pub waves: Vec<ShownWave>,
    /// What planned messages wait for.
    pub waiting_for: Vec<ShownWait>,
    /// Messages that the platform refused, by its code.
    pub refused: BTreeMap<String, u64>,
    /// People who have said stop since they were written to.
    pub stops: u64,
    /// The limit that keeps the next message back; none if one may go now.
    pub limit: Option<String>,
    pub limit_until: Option<String>,
    /// People who were written to in the last 24 hours outside of open conversations.
    pub people_in_24_hours: u64,
    pub orders: Vec<ShownOrder>,
}

/// A step of a campaign.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShownStep {
    pub step: String,
    /// Messages by their state.
    pub messages: BTreeMap<String, u64>,
    /// People who are left out, by reason.
    pub excluded: BTreeMap<String, u64>,
}

/// A wave of a step.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShownWave {
    pub step: String,
    pub wave: i64,
    pub is_test: bool,
    pub released_at: String,
    pub judged_at: Option<String>,
    pub size: u64,
    pub sent: u64,
    pub delivered: u64,
    pub read: u64,
    pub failed: u64,
    /// Messages that the platform keeps back.
    pub held: u64,
}

/// What planned messages wait for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShownWait {
    pub reason: String,
    pub messages: u64,
    pub until: Option<String>,
}

/// An order about a campaign.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShownOrder {
    pub order: &'static str,
    pub reason: String,
    pub by: String,
    pub at: String,
    /// How long after the order the last message before the next order was let go, in milliseconds; none if none was.
    pub last_intent_after_ms: Option<f64>,
}

/// The result of `ferry campaign settle`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CampaignSettled {
    pub campaign: String,
    /// Messages that were settled by this command.
    pub settled: u64,
    /// Messages of the log of sends that it added as unknown.
    pub added: u64,
    /// Messages of which nobody knows whether they left, after it.
    pub unknown: Vec<UnknownMessage>,
}

/// A message of which nobody knows whether it left.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnknownMessage {
    pub message: String,
    pub step: String,
    pub sent_at: String,
}

/// The result of `ferry campaign prove`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CampaignProven {
    pub campaign: String,
    /// Whether nobody got a message twice, none was lost, and none went out after a stop or by mistake.
    pub is_good: bool,
    pub doubled: u64,
    pub after_stop: u64,
    pub planned: u64,
    pub intents: u64,
    pub accepted: u64,
    pub refused: u64,
    pub unknown: u64,
    pub cancelled: u64,
    pub excluded: u64,
    /// Messages of which a status came although nothing can have left.
    pub contradicted: u64,
    /// Messages of the log of sends that the database does not know.
    pub forgotten: u64,
    /// Unknown messages that the log of this machine does not have. If no other one sends, no byte of them left.
    pub not_logged: u64,
    /// Messages that are known to have left, and that the log of this machine does not have.
    pub sent_not_logged: u64,
    /// Confirmations of stops that may have left, by all campaigns: the only messages that go to somebody after a stop.
    pub confirmations: u64,
    /// Those of them without a stop, and those beside the one of a stop.
    pub confirmations_wrong: u64,
    /// What the log of the sandbox proves; none without it.
    pub sandbox: Option<SandboxProven>,
}

/// What the log of a sandbox proves.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SandboxProven {
    pub requests: u64,
    /// Messages of the campaign that it took.
    pub taken: u64,
    pub doubled: u64,
    /// Messages that the database holds for accepted and the sandbox never took.
    pub lost: u64,
    /// Messages that it took and the database does not hold for sent.
    pub unnoticed: u64,
    /// Messages of which the database does not know whether they left, and that did.
    pub unknown_taken: u64,
    pub stops: u64,
    pub after_stop: u64,
    /// Confirmations of stops that it took.
    pub confirmations: u64,
    /// Windows of a limit of the platform that were exceeded.
    pub over_limits: u64,
}
