use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Channel, RowName};

/// The purpose of a consent that an export states without naming one.
pub const PURPOSE_MESSAGES: &str = "messages";

/// What a person said about being written to. Ordered by strictness: a later one wins a tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    Yes,
    No,
    Stop,
}

impl ConsentState {
    /// The name as it stands in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Stop => "stop",
        }
    }

    /// Reads back what [`ConsentState::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Yes, Self::No, Self::Stop].into_iter().find(|it| it.name() == name)
    }
}

/// A person's consent on one old channel, with the row that shows it.
///
/// Consent to SMS or Viber never counts as consent to WhatsApp; an opt-out does carry over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Consent {
    pub channel: Channel,
    /// [`PURPOSE_MESSAGES`] of all that Ferry reads itself.
    pub purpose: Cow<'static, str>,
    pub state: ConsentState,
    /// When it was said; none where the row had no date.
    pub at: Option<Timestamp>,
    /// The source row that shows it, such as `sms:12`.
    pub row: RowName,
}
