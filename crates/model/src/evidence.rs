use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ContactId, Personal};
use phone::PhoneNumber;

/// What one check said about a contact's WhatsApp registration.
///
/// Evidence is added, never overwritten; what is believed of a contact is derived from all of it
/// ([`crate::Registration::of`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub contact_id: ContactId,
    /// How it was found out, such as `contacts` for the wire of `POST /v1/contacts`.
    pub method: Cow<'static, str>,
    /// The number that was asked about, where it was a national variant and not the contact's own.
    pub variant: Option<PhoneNumber>,
    pub checked_at: Timestamp,
    /// From then on it counts no more; none if it counts for ever.
    pub expires_at: Option<Timestamp>,
    pub answer: Answer,
    /// In millionths of the currency of the plan.
    pub price_micros: u64,
    pub wa_id: Option<WaId>,
    /// The word that the provider used, as it came.
    pub raw_status: Option<Cow<'static, str>>,
}

/// A WhatsApp id. It is mostly, but not always, the digits of the number that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaId(pub Personal<String>);

impl WaId {
    /// Reads the id of an answer about `asked`. The number itself, with or without its plus, becomes its digits.
    pub fn of(text: &str, asked: PhoneNumber) -> Self {
        Self(Personal(match text.parse() == Ok(asked.digits()) {
            true => asked.digits().to_string(),
            false => text.to_owned(),
        }))
    }

    pub fn as_str(&self) -> &str {
        &self.0.0
    }
}

/// The method of evidence that came by itself, from messages that were delivered or written.
pub const PASSIVE: &str = "passive";
/// The raw status of evidence that somebody else may have the number now. What was said before no longer counts.
pub const IDENTITY_CHANGED: &str = "identity_changed";

/// What a check can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Registered,
    NotRegistered,
    /// Nothing can be concluded: no answer came, or the one that came is worth nothing.
    NoAnswer,
    /// Two things were said about one number.
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

    /// Whether it is a yes or a no.
    pub fn is_conclusive(self) -> bool {
        matches!(self, Self::Registered | Self::NotRegistered)
    }
}
