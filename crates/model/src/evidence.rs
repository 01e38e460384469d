use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ContactId, Personal};
use phone::PhoneNumber;

/// The answer of one check of a contact's WhatsApp registration.
///
/// Evidence is added and never overwritten. The registration is derived from all of it ([`crate::Registration::of`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub contact_id: ContactId,
    /// The method of the check, such as `contacts` for `POST /v1/contacts`.
    pub method: Cow<'static, str>,
    /// The number that was checked, if it was a national variant and not the contact's own.
    pub variant: Option<PhoneNumber>,
    pub checked_at: Timestamp,
    /// The evidence no longer counts from this moment on; none if it never expires.
    pub expires_at: Option<Timestamp>,
    pub answer: Answer,
    /// The price in millionths of the currency of the plan.
    pub price_micros: u64,
    pub wa_id: Option<WaId>,
    /// The provider's word, as received.
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

/// The method of evidence from messages that were delivered or received, without a check.
pub const PASSIVE: &str = "passive";
/// The raw status of evidence that the number may have another owner. Earlier evidence no longer counts.
pub const IDENTITY_CHANGED: &str = "identity_changed";

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Registered,
    NotRegistered,
    /// Nothing can be concluded: there was no answer, or none that can be trusted.
    NoAnswer,
    /// There were different answers about one number.
    Contradictory,
}

impl Answer {
    pub const ALL: [Self; 4] = [Self::Registered, Self::NotRegistered, Self::NoAnswer, Self::Contradictory];

    /// The name in files and in the database.
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
