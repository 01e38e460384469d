//! A campaign as the sender works with it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use model::Condition;
use rollout::Limits;

/// Where messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To a sandbox on this machine.
    Sandbox,
    /// To the platform, and only to the recipients that the plan names.
    Test,
    /// To everybody.
    Live,
}

impl Mode {
    /// The word in the plan and in the database.
    pub fn name(self) -> &'static str {
        ["sandbox", "test", "live"][self as usize]
    }
}

/// A campaign of the plan.
#[derive(Clone, Debug)]
pub struct CampaignPlan {
    pub name: String,
    /// The name of the segment, for messages.
    pub segment: String,
    pub condition: Condition,
    pub steps: Vec<StepPlan>,
    pub not_before: Option<Timestamp>,
    /// No message goes after this moment.
    pub not_after: Option<Timestamp>,
    pub max_people: Option<u64>,
    /// As micros of a currency.
    pub max_spend: Option<(i64, String)>,
    pub limits: Limits,
    pub gates: SendGates,
}

/// A message of a campaign.
#[derive(Clone, Debug)]
pub struct StepPlan {
    pub name: String,
    pub content: StepContent,
    /// The language of people in whose language there is no approved template.
    pub language: Option<String>,
    pub only: Option<StepCondition>,
    /// How long after the step that `only` names, or else the step before.
    pub wait: Option<Duration>,
    pub parameters: BTreeMap<String, ParameterValue>,
}

/// What a step sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepContent {
    Template(String),
    /// Free text, for people whose conversation is open.
    Text(String),
}

/// Whom a step goes to, by an earlier step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepCondition {
    Consented(String),
    NotConsented(String),
    Delivered(String),
    NotDelivered(String),
}

impl StepCondition {
    /// The earlier step.
    pub fn step(&self) -> &str {
        match self {
            Self::Consented(step) | Self::NotConsented(step) | Self::Delivered(step) | Self::NotDelivered(step) => step,
        }
    }
}

/// Where the value of a variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterSource {
    /// A field of the contact, such as `first_name`.
    Field(String),
    Attribute(String),
    Text(String),
}

/// The value of a variable, and another for people who have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterValue {
    pub first: ParameterSource,
    pub otherwise: Option<ParameterSource>,
}

/// When a campaign does not begin, or pauses. Shares are from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct SendGates {
    pub min_delivered: f64,
    pub max_failed: f64,
    pub max_refusers: f64,
    pub max_not_registered: f64,
    pub max_stops: f64,
    /// The size of the first wave of a step; 0 is none.
    pub test_wave: u32,
    /// For how long after its first message a campaign is watched closely.
    pub watch: Duration,
    /// Kinds of people who are left out, by the words of the plan.
    pub leave_out: Vec<String>,
    pub allows_us_marketing: bool,
}
