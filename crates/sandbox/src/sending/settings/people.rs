use serde::{Deserialize, Serialize};

use super::Chosen;

/// Who the people are.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PeopleSettings {
    /// Whether everybody is on WhatsApp but those below. Otherwise the share of `--registered` is, as for checks of numbers.
    pub all_registered: bool,
    /// Numbers that are not on WhatsApp.
    pub unregistered: Vec<String>,
    /// Numbers that have stopped marketing in the app.
    pub stopped: Vec<String>,
}

/// How messages fare, and what is told of it. Times are in seconds of the sandbox's clock: from the least to the most.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusSettings {
    /// From the acceptance to `sent`.
    pub sent_after: [f64; 2],
    /// From `sent` to `delivered`.
    pub delivered_after: [f64; 2],
    /// From `delivered` to `read`.
    pub read_after: [f64; 2],
    /// From the acceptance to `failed`.
    pub failed_after: [f64; 2],
    /// The share of messages that are sent and never delivered: a phone that is off.
    pub never_delivered: f64,
    /// The share of delivered messages that are read.
    pub read: f64,
    /// Messages that fail, with their codes. The first that occurs is taken.
    pub failures: Vec<Failure>,
    /// The share of statuses that never come.
    pub missing: f64,
    /// The share of statuses that come later than they happened, and by how much.
    pub late: f64,
    pub late_by: [f64; 2],
    /// The share of statuses that come twice.
    pub doubled: f64,
    /// The share of messages whose `sent` comes after what followed it.
    pub reordered: f64,
    /// The share of messages in the free entry point of an advertisement.
    pub free_entry_point: f64,
    /// Delivered free-form messages of a number and a month that are not billed (medium confidence).
    pub free_service_messages: u32,
    /// `pywa-compat` puts contacts on failed statuses, which Meta documents without.
    pub profile: StatusProfile,
    /// The form of the limit in `business_capability_update`, which Meta documents as a text and shows as a number.
    pub capability_as_number: bool,
}

impl Default for StatusSettings {
    fn default() -> Self {
        Self {
            sent_after: [0.2, 1.0],
            delivered_after: [0.5, 5.0],
            read_after: [10.0, 1_800.0],
            failed_after: [0.5, 3.0],
            never_delivered: 0.0,
            read: 0.6,
            failures: Vec::new(),
            missing: 0.0,
            late: 0.0,
            late_by: [3_600.0, 86_400.0],
            doubled: 0.0,
            reordered: 0.0,
            free_entry_point: 0.0,
            free_service_messages: 1_000,
            profile: StatusProfile::MetaDoc,
            capability_as_number: false,
        }
    }
}

/// Whose reading of Meta's documents statuses follow.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum StatusProfile {
    MetaDoc,
    PywaCompat,
}

/// Messages that fail after they were accepted.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    pub code: u32,
    #[serde(default)]
    pub when: Chosen,
}

/// What a person does some seconds after a message was delivered.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerSettings {
    pub does: Answer,
    pub after: [f64; 2],
    #[serde(default)]
    pub when: Chosen,
}

/// What a person does.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Writes a text, such as `STOP`, `START` or `OUI`.
    Writes(String),
    /// Presses a button of the template, which is its payload and its text.
    Presses(String),
    /// Stops marketing in the app: `user_preferences`.
    Stops,
    /// Resumes marketing in the app.
    Resumes,
}
