use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ContactId, Personal};

/// What one check said about a contact's WhatsApp registration.
///
/// Evidence is added, never overwritten; what is believed of a contact is derived from all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub contact_id: ContactId,
    /// How it was found out, such as `contacts` for the wire of `POST /v1/contacts`.
    pub method: String,
    pub checked_at: Timestamp,
    pub answer: Answer,
    /// The WhatsApp id that the answer gave. Often, but not always, the digits of the number.
    pub wa_id: Option<Personal<String>>,
    /// The word that the provider used, as it came.
    pub raw_status: Option<String>,
}

/// What a check can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Registered,
    NotRegistered,
    /// Nothing can be concluded: no answer came, or the one that came is worth nothing.
    NoAnswer,
    /// The provider said two things about one number.
    Contradictory,
}

impl Answer {
    pub const ALL: [Self; 4] = [Self::Registered, Self::NotRegistered, Self::NoAnswer, Self::Contradictory];

    /// The name as it stands in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::NotRegistered => "not_registered",
            Self::NoAnswer => "no_answer",
            Self::Contradictory => "contradictory",
        }
    }

    /// Reads back what [`Answer::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}
