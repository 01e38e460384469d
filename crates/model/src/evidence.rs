use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ContactId, Personal, is_unprintable};
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

/// The longest word of a provider that is kept, in characters.
pub const MAX_STATUS: usize = 64;
/// The longest WhatsApp id, in characters.
pub const MAX_WA_ID: usize = 128;

/// Whether a text of a provider has at most `most` characters, none of which is invisible. Neither database takes all
/// texts, and a terminal obeys control characters, so other texts are not kept as they came.
pub fn is_plain(text: &str, most: usize) -> bool {
    text.len() <= 4 * most && text.chars().count() <= most && !text.chars().any(is_invisible)
}

/// The first `most` characters of a text of a provider, with U+FFFD in the place of each invisible one.
pub fn cleaned(text: &str, most: usize) -> String {
    text.chars().take(most).map(|it| if is_invisible(it) { char::REPLACEMENT_CHARACTER } else { it }).collect()
}

/// Whether a character is unprintable, a line feed or a joiner. Texts of people have line feeds and joiners; words and ids
/// of a provider do not.
fn is_invisible(it: char) -> bool {
    is_unprintable(it) || matches!(it, '\n' | '\u{200c}' | '\u{200d}')
}

impl WaId {
    /// Reads the id of an answer about `asked`; none if the text is not plain or too long. The number itself, with or
    /// without its plus, becomes its digits.
    pub fn read(text: &str, asked: PhoneNumber) -> Option<Self> {
        is_plain(text, MAX_WA_ID).then(|| {
            Self(Personal(match text.parse() == Ok(asked.digits()) {
                true => asked.digits().to_string(),
                false => text.to_owned(),
            }))
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_a_provider_is_kept_only_if_it_is_short_and_visible() {
        for text in ["", "valid", "numéro inconnu", "\u{1f600}\u{1f600}"] {
            assert!(is_plain(text, 14), "{text}");
            assert_eq!(cleaned(text, 14), text);
        }
        for (text, kept) in [
            ("a\0b", "a\u{fffd}b"),
            ("\u{1b}[2J", "\u{fffd}[2J"),
            ("\u{202e}dilav", "\u{fffd}dilav"),
            ("123456789012345", "12345678901234"),
        ] {
            assert!(!is_plain(text, 14), "{text:?}");
            assert_eq!(cleaned(text, 14), kept);
        }
    }

    #[test]
    fn an_id_with_a_control_character_or_of_a_hundred_and_thirty_characters_is_none() {
        let read = |text: &str| WaId::read(text, PhoneNumber::from_digits(33_199_000_001)).map(|it| it.0.0);
        assert_eq!(read("+33199000001").as_deref(), Some("33199000001"));
        assert_eq!(read("US.12345").as_deref(), Some("US.12345"));
        assert_eq!((read("33\u{0}1"), read(&"3".repeat(129))), (None, None));
    }
}
