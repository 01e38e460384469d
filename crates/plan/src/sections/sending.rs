//! `[sending]`: how messages are sent, within which limits, and what pauses a campaign.

mod read;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use phone::PhoneNumber;
use rollout::Window;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::{Plan, PlanError};

pub(crate) use read::{default_hours, hours};

/// The default file with the log of sends, beside the contact key.
const DEFAULT_LOG: &str = "sends.log";
/// After this an answer is not waited for. The platform usually answers within a second.
const TIMEOUT_MS: u64 = 5_000;
/// Our own limit, as in the table of `rollout`.
const PER_HOUR: u32 = 1_000;
/// Our own hours, as in the table of `rollout`.
pub(crate) const HOURS: &str = "09:00-20:00";
const TEST_WAVE: u32 = 150;
const WATCH_MINUTES: u32 = 30;
const MIN_DELIVERED: f64 = 0.9;
const MAX_FAILED: f64 = 0.1;
const MAX_REFUSERS: f64 = 0.03;
const MAX_NOT_REGISTERED: f64 = 0.05;
const MAX_STOPS: f64 = 0.03;
/// The most characters of a message without a template (Cloud API, text messages).
const MOST_TEXT: usize = 4_096;

/// How messages are sent, as the plan has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendingSection {
    /// Where messages go. Begin with `sandbox`.
    #[schemars(with = "SendingMode")]
    mode: Spanned<SendingMode>,
    /// The id of the WhatsApp number that sends: `phone_number_id`, digits. It is not the phone number.
    #[schemars(with = "String", regex(pattern = "^[0-9]{1,32}$"))]
    number: Spanned<String>,
    /// `test` only: the phone numbers that may get messages, such as `+33199000001`. Nobody else gets one.
    #[schemars(with = "Option<Vec<String>>", length(max = 200))]
    test_recipients: Option<Spanned<Vec<Spanned<String>>>>,
    /// How many messages a second leave at most. Default: what the platform says of the number, else 80.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1000))]
    per_second: Option<Spanned<u32>>,
    /// How many messages leave in any hour at most; `0` lifts this limit. The platform has no such limit: it keeps the first
    /// messages of a campaign few enough to be watched.
    #[schemars(with = "Option<u32>", extend("default" = PER_HOUR))]
    per_hour: Option<Spanned<u32>>,
    /// How many different people are written to in any 24 hours at most. Default: what the platform says.
    #[schemars(with = "Option<u32>", range(min = 1))]
    people_per_day: Option<Spanned<u32>>,
    /// The hours of the day at which people get messages, by the clock where they live, such as `09:00-20:00`; `any` leaves
    /// only the rules of countries.
    #[schemars(with = "Option<String>", regex(pattern = r"^(any|\d{2}:\d{2}-\d{2}:\d{2})$"), extend("default" = HOURS))]
    hours: Option<Spanned<String>>,
    /// The time zone of people whose country is not known, such as `Europe/Paris`. Without it these people get nothing. Days of
    /// `not_before` and `not_after` are days of this zone, or of UTC.
    #[schemars(with = "Option<String>")]
    zone: Option<Spanned<String>>,
    /// The timeout of a message, in milliseconds. A message without an answer counts as sent until there is proof.
    #[schemars(with = "Option<u64>", range(min = 1, max = 60_000), extend("default" = TIMEOUT_MS))]
    timeout_ms: Option<Spanned<u64>>,
    /// The name of the `[[webhook]]` that says what was delivered, of kind `meta` or `360dialog`. Default: the only one of
    /// these kinds.
    #[schemars(with = "Option<String>")]
    webhook: Option<Spanned<String>>,
    /// The log of sends: each message is noted there before it leaves. Relative to the plan. Default: `sends.log` beside the
    /// contact key. A database that was restored sends nothing before it has read what the log has more.
    log: Option<PathBuf>,
    /// The lowest share of delivered messages among those of a wave that are 30 minutes old. Below it the campaign pauses.
    #[schemars(with = "Option<f64>", range(min = 0, max = 1), extend("default" = MIN_DELIVERED))]
    min_delivered: Option<Spanned<f64>>,
    /// The highest share of failed messages of a wave. Above it the campaign pauses.
    #[schemars(with = "Option<f64>", range(min = 0, max = 1), extend("default" = MAX_FAILED))]
    max_failed: Option<Spanned<f64>>,
    /// The highest share of contacts of the database who have refused messages. Above it nothing is sent. The 3 % are those
    /// of the requirements, which no page of the platform confirms.
    #[schemars(with = "Option<f64>", range(min = 0, max = 1), extend("default" = MAX_REFUSERS))]
    max_refusers: Option<Spanned<f64>>,
    /// The highest share of people in the segment who are not on WhatsApp by their last check. Above it nothing is sent: choose
    /// people with `registration = 'registered'`. The 5 % are those of the requirements for invalid numbers, which no page of
    /// the platform confirms.
    #[schemars(with = "Option<f64>", range(min = 0, max = 1), extend("default" = MAX_NOT_REGISTERED))]
    max_not_registered: Option<Spanned<f64>>,
    /// The highest share of people who say stop, in a message or in the app, among those whom a message reached. Above it the
    /// campaign pauses. No platform tells how many people report a number: this is the nearest sign.
    #[schemars(with = "Option<f64>", range(min = 0, max = 1), extend("default" = MAX_STOPS))]
    max_stops: Option<Spanned<f64>>,
    /// The people of the first wave of a step, which is judged before the next one: from 100 to 200. `sandbox` also takes `0`,
    /// which sends no test wave.
    #[schemars(with = "Option<u32>", range(min = 0, max = 200), extend("default" = TEST_WAVE))]
    test_wave: Option<Spanned<u32>>,
    /// The minutes from the first message on in which a campaign is watched closely: fewer messages are enough to pause it.
    #[schemars(with = "Option<u32>", range(min = 0, max = 1440), extend("default" = WATCH_MINUTES))]
    watch_minutes: Option<Spanned<u32>>,
    /// Who is left out of campaigns because messages to them risk blocks and reports. `never-delivered`: three messages or more
    /// went to the person, and none arrived. `long-silent`: the last message from or to the person is two years old.
    /// `reassigned`: the number is shared, or was given to somebody else.
    #[schemars(with = "Option<Vec<Risk>>", extend("default" = Risk::ALL.map(Risk::name)))]
    leave_out: Option<Vec<Spanned<Risk>>>,
    /// Whether marketing goes to people with a number of the United States. The platform does not deliver it there.
    #[serde(default)]
    allow_us_marketing: bool,
    /// The text with which `ferry serve` confirms a STOP that somebody has written or pressed on WhatsApp, such as `You get no
    /// more messages from us.`: once, at once, and nothing after it. Default: a STOP is not confirmed.
    #[schemars(with = "Option<String>", length(min = 1, max = MOST_TEXT))]
    confirm_stop: Option<Spanned<String>>,
}

/// Where messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SendingMode {
    /// To an address of this machine only, such as that of `ferry-sandbox`.
    Sandbox,
    /// To the platform, and only to `test_recipients`.
    Test,
    /// To the platform.
    Live,
}

impl SendingMode {
    /// The word for it in a plan.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// A category of people to whom messages are a risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// People to whom several messages went and none arrived, on any channel.
    NeverDelivered,
    /// People whose last message, from or to them, is long ago.
    LongSilent,
    /// People whose number is shared, or was given to somebody else.
    Reassigned,
}

impl Risk {
    pub const ALL: [Self; 3] = [Self::NeverDelivered, Self::LongSilent, Self::Reassigned];

    /// The word for it in a plan.
    pub fn name(self) -> &'static str {
        match self {
            Self::NeverDelivered => "never-delivered",
            Self::LongSilent => "long-silent",
            Self::Reassigned => "reassigned",
        }
    }
}

/// How messages are sent, checked, with all defaults.
#[derive(Clone, Debug)]
pub struct PlanSending {
    pub mode: SendingMode,
    /// The id of the number that sends.
    pub number: String,
    /// Who may get messages in the mode `test`.
    pub test_recipients: Vec<PhoneNumber>,
    /// None: what the platform says.
    pub per_second: Option<u32>,
    /// None: the limit is lifted.
    pub messages_per_hour: Option<u32>,
    /// None: what the platform says.
    pub people_per_day: Option<u32>,
    /// The hours of campaigns that have none of their own.
    pub hours: Window,
    /// The zone of people whose country is not known.
    pub zone: Option<String>,
    pub timeout: Duration,
    /// The webhook that brings statuses; none if the plan has none of such a kind.
    pub webhook: Option<String>,
    /// The log of sends.
    pub log: PathBuf,
    pub gates: SendingGates,
    /// Sorted, each once.
    pub leave_out: Vec<Risk>,
    pub allows_us_marketing: bool,
    /// The text that confirms a STOP; none if a STOP is not confirmed.
    pub confirm_stop: Option<String>,
    /// The place of the section in the plan.
    at: usize,
}

/// What pauses a campaign, or does not let it start. Shares are from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SendingGates {
    pub min_delivered: f64,
    pub max_failed: f64,
    pub max_refusers: f64,
    pub max_not_registered: f64,
    pub max_stops: f64,
    /// The people of the first wave of a step; 0 for no such wave.
    pub test_wave: u32,
    pub watch: Duration,
}

impl Plan {
    /// Returns how messages are sent; an error if the plan does not say.
    pub fn sending(&self) -> Result<&PlanSending, PlanError> {
        let message = "the plan has no [sending]: add it with mode = \"sandbox\" and the number that sends";
        self.sending.as_ref().ok_or_else(|| self.wrong(0, message.into()))
    }

    /// Returns an error about the section `[sending]`, with its line.
    pub fn wrong_sending(&self, message: String) -> PlanError {
        self.wrong(self.sending.as_ref().map_or(0, |it| it.at), message)
    }
}
