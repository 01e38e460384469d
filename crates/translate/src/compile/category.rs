//! The category of a template.

use scenario::{Choice, Message, Purpose, Scenario};
use template::promotional_word;

/// The category to propose for a template with this message, and the reason.
///
/// WhatsApp writes the text of an authentication template, so only a message with a code and nothing else becomes one.
pub(super) fn category(scenario: &Scenario, message: &Message) -> (&'static str, String) {
    let mut slots = message.text.slots();
    let (first, second) = (slots.next(), slots.next());
    let is_copied = |it: &Choice| matches!(it, Choice::CopyCode { .. });
    let is_plain = message.choices.iter().all(is_copied) && message.media.is_none();
    let words = [&message.header, &message.text, &message.footer].map(|it| it.fill(|_| " ".into())).join("\n");
    let promotion = promotional_word(&scenario.language, &words);
    match (scenario.purpose, promotion) {
        (Purpose::Authentication, _) if is_plain && first.is_some() => {
            ("AUTHENTICATION", "it carries a code that proves the identity of the customer".to_owned())
        }
        (Purpose::Promotion, _) => ("MARKETING", "the scenario is a promotion".to_owned()),
        (_, Some(word)) => ("MARKETING", format!("“{word}” is promotional, and Meta would make it marketing")),
        _ => match first.filter(|it| is_plain && second.is_none() && is_code(it)) {
            Some(slot) => ("AUTHENTICATION", format!("{{{{{slot}}}}} is a code, and there is little other text")),
            None => (
                "UTILITY",
                "it is about something that the customer did or asked for, and nothing in it is promotional".to_owned(),
            ),
        },
    }
}

/// Whether the name of a slot means a verification code, unlike `postal_code`.
pub(super) fn is_code(slot: &str) -> bool {
    const CODES: [&str; 5] = ["code", "codigo", "kode", "otp", "pin"];
    const BESIDES: [&str; 13] = [
        "verification",
        "access",
        "acceso",
        "acesso",
        "acces",
        "security",
        "securite",
        "login",
        "auth",
        "one",
        "time",
        "confirmation",
        "verifikasi",
    ];
    let mut words = slot.split('_');
    words.clone().any(|it| CODES.contains(&it)) && words.all(|it| CODES.contains(&it) || BESIDES.contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_by_what_they_are_called() {
        for slot in ["code", "otp", "kode", "verification_code", "codigo_acesso"] {
            assert!(is_code(slot), "{slot}");
        }
        for slot in ["postal_code", "promo_code", "shipping", "name", "login"] {
            assert!(!is_code(slot), "{slot}");
        }
    }
}
