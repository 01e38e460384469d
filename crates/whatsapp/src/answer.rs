use std::borrow::Cow;

use model::WaId;
use phone::PhoneNumber;

/// What a provider said of one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckAnswer {
    /// The number that it spoke of; none if what it named is no number.
    pub number: Option<PhoneNumber>,
    pub status: CheckStatus,
    /// The provider's own word.
    pub raw: Cow<'static, str>,
    pub wa_id: Option<WaId>,
}

/// What the words of all wires mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStatus {
    Registered,
    NotRegistered,
    /// To be asked again.
    Processing,
    /// Nothing that we know.
    Unknown,
}

/// A number as providers repeat it: what they were asked, `+33…`, or its digits.
pub(crate) fn number(text: &str) -> Option<PhoneNumber> {
    PhoneNumber::from_e164(text).or_else(|| {
        let text = text.trim();
        PhoneNumber::from_e164(&format!("+{}", text.strip_prefix('+').unwrap_or(text)))
    })
}

/// The digits before the `@` of `33199000001@s.whatsapp.net` or `33199000001@c.us`, which are the WhatsApp id. The
/// names of other servers, such as `@lid`, are none.
fn user(jid: &str) -> Option<&str> {
    let (user, server) = jid.split_once('@')?;
    let user = user.split(':').next().unwrap_or(user);
    let is_phone = ["s.whatsapp.net", "c.us"].contains(&server) && user.bytes().all(|it| it.is_ascii_digit());
    (is_phone && !user.is_empty()).then_some(user)
}

/// The answer of a wire that says whether a number exists.
pub(crate) fn existing(number: Option<PhoneNumber>, exists: bool, jid: Option<&str>) -> CheckAnswer {
    let (status, raw) = match exists {
        true => (CheckStatus::Registered, "true"),
        false => (CheckStatus::NotRegistered, "false"),
    };
    let wa_id = jid.and_then(user).zip(number).map(|(user, number)| WaId::of(user, number));
    CheckAnswer { number, status, raw: raw.into(), wa_id: wa_id.filter(|_| exists) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_of_a_phone_is_a_whatsapp_id() {
        assert_eq!(user("33199000001@s.whatsapp.net"), Some("33199000001"));
        assert_eq!(user("33199000001:2@c.us"), Some("33199000001"));
        assert_eq!((user("123@lid"), user("@c.us"), user("33199000001"), user("a@c.us")), (None, None, None, None));
    }
}
