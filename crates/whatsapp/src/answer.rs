use std::borrow::Cow;

use model::WaId;
use phone::PhoneNumber;

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
    let wa_id = jid.and_then(phone_of_jid).zip(number).map(|(id, number)| WaId::of(id, number));
    CheckAnswer { number, status, raw: raw.into(), wa_id: wa_id.filter(|_| exists) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
