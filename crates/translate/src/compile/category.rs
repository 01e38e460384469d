//! The category of a template.

use scenario::{Choice, Message, Purpose, Scenario, Trigger};
use template::promotional_word;

use super::examples;

/// The category to propose for a template with this message, and the reason.
///
/// WhatsApp writes the text of an authentication template, so only a message with a code and nothing else becomes one. A
/// utility template is about something that the customer did or asked for (Meta, template categorization): the text or the
/// source must show it. A category that the source declares is kept unless a word contradicts it.
pub(super) fn category(scenario: &Scenario, message: &Message) -> (&'static str, String) {
    let words = [&message.header, &message.text, &message.footer].map(|it| it.fill(|_| " ".into())).join("\n");
    let declared = scenario.category.as_deref().unwrap_or_default();
    if let Some(reason) = code(scenario, message, &words) {
        return ("AUTHENTICATION", reason);
    }
    if declared == "MARKETING" || scenario.purpose == Purpose::Promotion {
        return ("MARKETING", "the source says that it is a promotion".to_owned());
    }
    match promotional_word(&scenario.language, &words) {
        Some(word) if declared == "UTILITY" => (
            "MARKETING",
            format!("the source says UTILITY, but “{word}” is promotional, and Meta would make it marketing"),
        ),
        Some(word) => ("MARKETING", format!("“{word}” is promotional, and Meta would make it marketing")),
        None if declared == "UTILITY" => ("UTILITY", "the source says so".to_owned()),
        None => by_what_it_shows(scenario, message, &words),
    }
}

/// Why a message is a code for one login; none if it is not.
fn code(scenario: &Scenario, message: &Message, words: &str) -> Option<String> {
    let mut slots = message.text.slots();
    let (first, second) = (slots.next()?, slots.next());
    let is_copied = |it: &Choice| matches!(it, Choice::CopyCode { .. });
    if !message.choices.iter().all(is_copied) || message.media.is_some() {
        return None;
    }
    if scenario.purpose == Purpose::Authentication {
        return Some("it carries a code that proves the identity of the customer".to_owned());
    }
    let is_code = is_code(first) || is_nameless(first) && says_code(words);
    let is_login = second.is_none() && is_code && is_about_login(words) && scenario.purpose != Purpose::Promotion;
    (is_login && promotional_word(&scenario.language, words).is_none())
        .then(|| format!("{{{{{first}}}}} is a code, and there is little other text"))
}

/// Utility where the text, its slots or the name of the event show something that the customer did or asked for.
fn by_what_it_shows(scenario: &Scenario, message: &Message, words: &str) -> (&'static str, String) {
    if let Some((word, about)) = template::utility_word(&scenario.language, words) {
        return ("UTILITY", format!("“{word}” shows {about}, and nothing is promotional"));
    }
    if !scenario.trigger.is_by_business() {
        return ("UTILITY", "it goes on with what the customer began, and nothing in it is promotional".to_owned());
    }
    let event = match &scenario.trigger {
        Trigger::Event { name: Some(name) } => name.as_str(),
        _ => "",
    };
    let names = message.text.slots().chain([event, scenario.intent.as_str()]);
    if let Some(name) = names.filter(|it| !it.is_empty()).find(|it| means_business(it)) {
        return ("UTILITY", format!("“{name}” is about something that the customer did, and nothing is promotional"));
    }
    const SHOWS_NOTHING: &str =
        "nothing in it shows an order, an appointment, a payment, a delivery, an account or a request of the customer";
    // What differs from customer to customer, and is no name or link, is about the customer. A number for a slot says
    // nothing of it.
    let is_own = |it: &&str| {
        !matches!(examples::of(it).as_str(), "Ana" | "Ferry Shop")
            && !["link", "url", "slot_"].iter().any(|no| it.contains(no))
    };
    if let Some(slot) = message.text.slots().find(is_own) {
        return (
            "UTILITY",
            format!(
                "{{{{{slot}}}}} differs for each customer and nothing is promotional, but {SHOWS_NOTHING}: check it"
            ),
        );
    }
    // A scenario in the neutral form says itself what it is for.
    if scenario.origin.is_none() {
        return ("UTILITY", format!("the scenario is no promotion, but {SHOWS_NOTHING}: check it"));
    }
    if scenario.purpose == Purpose::Conversation {
        return (
            "UTILITY",
            format!("it begins a conversation and nothing is promotional, but {SHOWS_NOTHING}: check it"),
        );
    }
    match template::knows_utility_words(&scenario.language) {
        true => ("MARKETING", SHOWS_NOTHING.to_owned()),
        false => (
            "UTILITY",
            format!(
                "nothing in it is known to be promotional, and words of “{}” that show an order or a request are not known: \
                 check it",
                scenario.language
            ),
        ),
    }
}

/// Words of names for what a customer did, in the languages that most names are in.
const BUSINESS: [&str; 44] = [
    "order",
    "commande",
    "pedido",
    "bestellung",
    "ordine",
    "pesanan",
    "bestelling",
    "zakaz",
    "siparis",
    "appointment",
    "rdv",
    "cita",
    "termin",
    "afspraak",
    "appuntamento",
    "booking",
    "reservation",
    "reserva",
    "randevu",
    "invoice",
    "facture",
    "factura",
    "fatura",
    "rechnung",
    "payment",
    "pago",
    "paiement",
    "pagamento",
    "tagihan",
    "delivery",
    "livraison",
    "entrega",
    "shipment",
    "shipping",
    "tracking",
    "parcel",
    "colis",
    "account",
    "balance",
    "refund",
    "receipt",
    "otp",
    "password",
    "ticket",
];

/// Whether the name of a slot, an event or a scenario means something that the customer did.
fn means_business(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower
        .split(|it: char| !it.is_alphanumeric())
        .any(|it| BUSINESS.contains(&it.trim_end_matches(|it: char| it.is_ascii_digit())))
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
    use scenario::{Act, LanguageBasis, read_scenarios};

    use super::*;

    /// The category of an imported text, and the word that decided.
    fn told(language: &str, text: &str, declared: Option<&str>) -> (&'static str, String) {
        let json = serde_json::json!({ "intent": "it", "response": text, "language": language });
        let mut scenario = read_scenarios(&json.to_string()).unwrap().remove(0);
        scenario.category = declared.map(str::to_owned);
        scenario.language_basis = LanguageBasis::Declared;
        scenario.origin = serde_json::from_value(serde_json::json!({ "format": "sms-list", "file": "a.csv" })).unwrap();
        let Act::Message(message) = scenario.steps[0].act.clone() else { panic!("no message") };
        let (category, reason) = category(&scenario, &message);
        let word = reason.split(['“', '”']).nth(1).unwrap_or_default().to_owned();
        (category, word)
    }

    #[test]
    fn utility_is_proposed_only_where_something_shows_it() {
        for (language, text, category, word) in [
            ("en", "Dear {{name}}, your order was shipped.", "UTILITY", "your order"),
            ("de", "Guten Tag {{name}}, anbei Ihre Abschlagsrechnung.", "UTILITY", "Abschlagsrechnung"),
            ("en", "Dear {{name}}, we are pleased to invite you to our open day.", "MARKETING", "pleased to invite"),
            ("ar", "ندعوك لحضور حفل التخرج", "MARKETING", "ندعوك"),
            ("en", "Hello {{name}}, welcome to the campaign for cleaner streets.", "MARKETING", ""),
            ("en", "You started your form but didn't finish it.", "MARKETING", "didn't finish"),
        ] {
            assert_eq!(told(language, text, None), (category, word.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_category_that_the_source_declares_is_kept_unless_a_word_contradicts_it() {
        assert_eq!(told("en", "Hello to all.", Some("UTILITY")).0, "UTILITY");
        assert_eq!(told("en", "Your order is here.", Some("MARKETING")).0, "MARKETING");
        assert_eq!(told("en", "A discount for you.", Some("UTILITY")), ("MARKETING", "discount".to_owned()));
    }

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
