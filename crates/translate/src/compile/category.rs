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
        _ => match first.filter(|it| {
            is_plain
                && second.is_none()
                && (is_code(it) || is_nameless(it) && says_code(&words))
                && is_about_login(&words)
        }) {
            Some(slot) => ("AUTHENTICATION", format!("{{{{{slot}}}}} is a code, and there is little other text")),
            None => (
                "UTILITY",
                "it is about something that the customer did or asked for, and nothing in it is promotional".to_owned(),
            ),
        },
    }
}

/// Stems of words about who somebody is: a code without them, such as that of a parcel, proves nothing.
const LOGIN: &[&str] = &[
    "verif",
    "vérif",
    "login",
    "log in",
    "sign in",
    "access",
    "accès",
    "acces",
    "acceso",
    "acesso",
    "security",
    "sécurité",
    "securit",
    "segur",
    "one-time",
    "one time",
    "unique",
    "único",
    "otp",
    " pin",
    "confirm",
    "bestätig",
    "share",
    "partage",
    "communiquez",
    "compart",
    "condivid",
    "teilen",
    "deel ",
    "password",
    "passe",
    "senha",
    "contraseña",
    "passwort",
    "wachtwoord",
    "auth",
    "anmeld",
    "einmal",
    "sicherheit",
    "connexion",
    "inlog",
    "toegang",
    "rahasia",
    "jangan",
    "sandi",
    "weryfik",
    "logowan",
    "doğrulama",
    "giriş",
    "şifre",
    "подтвержд",
    "вход",
    "никому",
    "парол",
    "التحقق",
    "تأكيد",
    "सत्यापन",
    "साझा",
    "ओटीपी",
    "पासवर्ड",
];

/// Words that mean a code for one login, whatever its slot is called: the lists of India's operators name no slots.
const CODE_FOR_LOGIN: &[&str] = &["otp", "ओटीपी", "one-time password", "verification code"];

fn is_nameless(slot: &str) -> bool {
    slot == "value" || slot.starts_with("value_") || slot == "var"
}

fn says_code(words: &str) -> bool {
    let lower = words.to_lowercase();
    let is_end = |it: Option<char>| it.is_none_or(|it| !it.is_alphanumeric());
    CODE_FOR_LOGIN.iter().any(|code| {
        let mut found = lower.match_indices(code);
        found.any(|(n, it)| is_end(lower[..n].chars().next_back()) && is_end(lower[n + it.len()..].chars().next()))
    })
}

/// Limits the words of a text that says nothing but a code: “Your code is 1234”.
const MAX_WORDS_OF_CODE: usize = 6;

fn is_about_login(words: &str) -> bool {
    let lower = words.to_lowercase();
    lower.split_whitespace().count() <= MAX_WORDS_OF_CODE || LOGIN.iter().any(|it| lower.contains(it))
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
    fn a_text_may_say_that_its_slot_is_a_code() {
        assert!(is_nameless("value") && says_code("आपका ओटीपी   है। इसे किसी से साझा न करें।") && says_code("OTP:  "));
        assert!(!says_code("Your postal code is  ") && !is_nameless("valuer"));
    }

    #[test]
    fn codes_are_known_by_what_they_are_called() {
        for slot in ["code", "otp", "kode", "verification_code", "codigo_acesso"] {
            assert!(is_code(slot), "{slot}");
        }
        assert!(is_about_login("Votre code de connexion est  . Il expire dans 10 minutes."));
        assert!(!is_about_login("Sua troca foi autorizada. Código de postagem:  . Leve o pacote a uma agência."));
        for slot in ["postal_code", "promo_code", "shipping", "name", "login"] {
            assert!(!is_code(slot), "{slot}");
        }
    }
}
