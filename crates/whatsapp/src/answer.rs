use std::borrow::Cow;

use model::{MAX_STATUS, MAX_WA_ID, WaId, cleaned, is_plain};
use phone::PhoneNumber;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A provider's answer about one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckAnswer {
    /// The number as the provider named it; `None` if that is not a number.
    pub number: Option<PhoneNumber>,
    pub status: CheckStatus,
    /// The status in the provider's own words.
    pub raw: Cow<'static, str>,
    pub wa_id: Option<WaId>,
}

/// The meaning of a status, the same for all protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStatus {
    Registered,
    NotRegistered,
    /// Still being looked up: ask again.
    Processing,
    /// A status that we do not know.
    Unknown,
    /// The answer is not what the protocol says, or has a word or an id that is too long or has control characters. It
    /// says nothing.
    Odd,
}

/// One entry of an answer. An entry that is not what the protocol says spoils none of the others.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Entry<T> {
    Readable(T),
    Unreadable(IgnoredAny),
}

/// Makes answers of entries that are read one by one; none if no entry is readable.
pub(crate) fn entry_answers<T>(entries: Vec<Entry<T>>, answer: impl Fn(&T) -> CheckAnswer) -> Option<Vec<CheckAnswer>> {
    let is_any_readable = entries.iter().any(|it| matches!(it, Entry::Readable(_)));
    let odd = || CheckAnswer { number: None, status: CheckStatus::Odd, raw: "".into(), wa_id: None };
    let answers = entries.iter().map(|it| match it {
        Entry::Readable(entry) => answer(entry),
        Entry::Unreadable(_) => odd(),
    });
    is_any_readable.then(|| answers.collect())
}

impl CheckAnswer {
    /// The answer with its word and id as they may be kept. `id` is the id as the provider wrote it.
    pub(crate) fn bounded(self, id: Option<&str>) -> Self {
        if is_plain(&self.raw, MAX_STATUS) && id.is_none_or(|it| is_plain(it, MAX_WA_ID)) {
            return self;
        }
        Self { status: CheckStatus::Odd, raw: cleaned(&self.raw, MAX_STATUS).into(), wa_id: None, ..self }
    }
}

/// Reads a number as providers repeat it: `+33…`, or only the digits.
pub(crate) fn read_number(text: &str) -> Option<PhoneNumber> {
    PhoneNumber::from_e164(text).or_else(|| {
        let text = text.trim();
        PhoneNumber::from_e164(&format!("+{}", text.strip_prefix('+').unwrap_or(text)))
    })
}

/// Returns the WhatsApp id: the digits before the `@` in `33199000001@s.whatsapp.net` or `33199000001@c.us`. The ids of
/// other servers, such as `@lid`, are not phone numbers.
fn phone_of_jid(jid: &str) -> Option<&str> {
    let (user, server) = jid.split_once('@')?;
    let user = user.split(':').next().unwrap_or(user);
    let is_phone = ["s.whatsapp.net", "c.us"].contains(&server) && user.bytes().all(|it| it.is_ascii_digit());
    (is_phone && !user.is_empty()).then_some(user)
}

/// Makes the answer of a protocol that says only whether a number exists.
pub(crate) fn exists_answer(number: Option<PhoneNumber>, exists: bool, jid: Option<&str>) -> CheckAnswer {
    let (status, raw) = match exists {
        true => (CheckStatus::Registered, "true"),
        false => (CheckStatus::NotRegistered, "false"),
    };
    let wa_id = jid.and_then(phone_of_jid).zip(number).and_then(|(id, number)| WaId::read(id, number));
    CheckAnswer { number, status, raw: raw.into(), wa_id: wa_id.filter(|_| exists) }.bounded(jid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_with_a_control_character_makes_an_answer_odd() {
        let number = Some(PhoneNumber::from_digits(33_199_000_001));
        let status = |jid: &str| exists_answer(number, true, Some(jid)).status;
        assert_eq!(status("33199000001@c.us"), CheckStatus::Registered);
        assert_eq!(status("33199000001\0@c.us"), CheckStatus::Odd);
        assert_eq!(status(&format!("{}@c.us", "3".repeat(200))), CheckStatus::Odd);
    }

    #[test]
    fn only_the_id_of_a_phone_is_a_whatsapp_id() {
        assert_eq!(phone_of_jid("33199000001@s.whatsapp.net"), Some("33199000001"));
        assert_eq!(phone_of_jid("33199000001:2@c.us"), Some("33199000001"));
        assert_eq!(
            (phone_of_jid("123@lid"), phone_of_jid("@c.us"), phone_of_jid("33199000001"), phone_of_jid("a@c.us")),
            (None, None, None, None)
        );
    }
}
