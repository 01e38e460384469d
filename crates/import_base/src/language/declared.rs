//! Doubts declared languages: an export says `en` for every flow, and people write what they want.

use std::collections::HashMap;

use rayon::prelude::*;
use scenario::{LanguageBasis, Scenario};
use whatlang::Script;

use super::{DETECTOR, code, texts, without_links};

/// Letters and words that a text must have so that the models are believed against what is declared.
const MIN_LETTERS: usize = 40;
const MIN_WORDS: usize = 6;

/// Letters that tell the script. A name or a word of another script is shorter.
const MIN_LETTERS_OF_SCRIPT: usize = 12;

/// Limits the text that the models read, in characters: more changes nothing.
const MAX_CHARACTERS: usize = 1_000;

/// Confidence of the first model, from 0 to 1, that a declaration is doubted from, where the second names the same language.
const MIN_CONFIDENCE: f64 = 0.4;
/// The same where the second is not certain.
const MIN_CONFIDENCE_ALONE: f64 = 0.9;
/// Limits the confidence that the declared language may be right all the same.
const MAX_OF_DECLARED: f64 = 0.1;

/// The languages that are written in each script besides Latin.
const SCRIPTS: [(Script, &str); 24] = [
    (Script::Arabic, "ar fa ur ps ckb ku sd ug az ha ms"),
    (Script::Armenian, "hy"),
    (Script::Bengali, "bn as"),
    (Script::Cyrillic, "ru uk be bg mk sr kk ky uz mn tg az bs me"),
    (Script::Devanagari, "hi mr ne"),
    (Script::Ethiopic, "am ti"),
    (Script::Georgian, "ka"),
    (Script::Greek, "el"),
    (Script::Gujarati, "gu"),
    (Script::Gurmukhi, "pa"),
    (Script::Hangul, "ko"),
    (Script::Hebrew, "he yi"),
    (Script::Hiragana, "ja"),
    (Script::Kannada, "kn"),
    (Script::Katakana, "ja"),
    (Script::Khmer, "km"),
    (Script::Malayalam, "ml"),
    (Script::Mandarin, "zh ja ko"),
    (Script::Myanmar, "my"),
    (Script::Oriya, "or"),
    (Script::Sinhala, "si"),
    (Script::Tamil, "ta"),
    (Script::Telugu, "te"),
    (Script::Thai, "th"),
];

/// Languages whose texts look alike to the models.
const ALIKE: [&str; 11] = [
    "id ms jv su",
    "hr sr bs sl mk bg me",
    "nb nn no da sv",
    "pt gl es ca",
    "it ca",
    "cs sk",
    "ru uk be bg",
    "nl af",
    "tr az uz",
    "xh zu sw rw",
    "hi mr ne",
];

/// Languages that both models find only where they are.
const WELL_KNOWN: &str = "en fr es pt de it nl";

/// The languages that the first model knows.
const OF_DETECTOR: &str = "nb bg da nl en fr de id it pl pt ro ru es sw sv fil tr uk vi";

/// Languages that people do not write in Latin letters, as they do Hindi, Arabic or Greek.
const NEVER_LATIN: &str = "zh ja ko th";

/// The languages of the second model, by their codes in ISO 639-3.
const SHORT: [(&str, &str); 66] = [
    ("afr", "af"),
    ("amh", "am"),
    ("ara", "ar"),
    ("aze", "az"),
    ("bel", "be"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("cym", "cy"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("est", "et"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("guj", "gu"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("ind", "id"),
    ("ita", "it"),
    ("jav", "jv"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kat", "ka"),
    ("khm", "km"),
    ("kor", "ko"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("mal", "ml"),
    ("mar", "mr"),
    ("mkd", "mk"),
    ("mya", "my"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("nob", "nb"),
    ("ori", "or"),
    ("pan", "pa"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("sin", "si"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("sna", "sn"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tgl", "fil"),
    ("tha", "th"),
    ("tuk", "tk"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("vie", "vi"),
    ("zul", "zu"),
];

/// What texts say about a declared language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    TooShort,
    Agrees,
    Doubted(LanguageBasis),
}

/// Doubts the declared languages that the texts contradict. Texts that are too short count with all others of their
/// language.
pub(super) fn doubt(scenarios: &mut [Scenario]) {
    let is_declared = |it: &&mut Scenario| it.language_basis == LanguageBasis::Declared && !it.language.is_empty();
    let mut declared: Vec<&mut Scenario> = scenarios.iter_mut().filter(is_declared).collect();
    let own: Vec<Verdict> = declared.par_iter().map(|it| verdict(&texts(it), &base(&it.language))).collect();
    let mut together: HashMap<String, String> = HashMap::new();
    for (scenario, _) in declared.iter().zip(&own).filter(|it| *it.1 == Verdict::TooShort) {
        let all = together.entry(scenario.language.clone()).or_default();
        // The models read no more.
        if all.len() < 8 * MAX_CHARACTERS {
            all.push_str(&texts(scenario));
            all.push('\n');
        }
    }
    let together: HashMap<String, Verdict> =
        together.into_iter().map(|(language, all)| (language.clone(), verdict(&all, &base(&language)))).collect();
    for (scenario, own) in declared.iter_mut().zip(own) {
        let said = if own == Verdict::TooShort { together.get(&scenario.language).cloned() } else { Some(own) };
        if let Some(Verdict::Doubted(basis)) = said {
            scenario.language_basis = basis;
        }
    }
}

/// The language of a code without its region: `pt` of `pt_BR`, `en` of `eng`.
pub(super) fn base(language: &str) -> String {
    let language = language.split(['_', '-']).next().unwrap_or_default().to_ascii_lowercase();
    let known = match language.as_str() {
        "iw" => Some("he"),
        "in" => Some("id"),
        "tl" => Some("fil"),
        "zho" | "chi" => Some("zh"),
        "swa" | "swh" => Some("sw"),
        "msa" | "zsm" => Some("ms"),
        long => short(long),
    };
    known.map_or(language, str::to_owned)
}

pub(super) fn verdict(text: &str, declared: &str) -> Verdict {
    let text: String = without_links(text).chars().take(MAX_CHARACTERS).collect();
    let n_letters = text.chars().filter(|it| it.is_alphabetic()).count();
    if n_letters < MIN_LETTERS_OF_SCRIPT {
        return Verdict::TooShort;
    }
    let doubted = |looks_like: &str, is_impossible| {
        Verdict::Doubted(LanguageBasis::Doubted { looks_like: looks_like.to_owned(), is_impossible })
    };
    let script = whatlang::detect_script(&text);
    let possible = SCRIPTS.iter().find(|it| Some(it.0) == script);
    if possible.is_some_and(|it| !is_in(it.1, declared)) {
        return doubted(super::detect(&text).unwrap_or_default(), true);
    }
    let is_without = script == Some(Script::Latin) && is_in(NEVER_LATIN, declared);
    match by_models(&text, n_letters, declared) {
        Some(other) => doubted(other, false),
        None if is_without => doubted("", false),
        None if n_letters < MIN_LETTERS => Verdict::TooShort,
        None => Verdict::Agrees,
    }
}

/// The language that the models are certain of; none if the text is too short for that.
fn by_models(text: &str, n_letters: usize, declared: &str) -> Option<&'static str> {
    let n_words = text.split_whitespace().filter(|it| it.chars().any(char::is_alphabetic)).count();
    if n_letters < MIN_LETTERS || n_words < MIN_WORDS {
        return None;
    }
    let second = whatlang::detect(text).and_then(|it| short(it.lang().code()));
    if second == Some(declared) {
        return None;
    }
    let confidences = DETECTOR.compute_language_confidence_values(text);
    let (language, confidence) = *confidences.first()?;
    let of_declared = confidences.iter().find(|it| code(it.0) == declared).map_or(0.0, |it| it.1);
    let first = code(language);
    let is_of_first = is_in(OF_DETECTOR, declared);
    let is_of_any = is_of_first || SHORT.iter().any(|it| it.1 == declared) || is_in(WELL_KNOWN, first);
    let is_certain = confidence >= MIN_CONFIDENCE_ALONE && is_of_first
        || confidence >= MIN_CONFIDENCE && second == Some(first) && is_of_any;
    (is_certain && of_declared <= MAX_OF_DECLARED && !are_alike(first, declared)).then_some(first)
}

fn is_in(languages: &str, language: &str) -> bool {
    languages.split(' ').any(|it| it == language)
}

fn are_alike(one: &str, other: &str) -> bool {
    one == other || ALIKE.iter().any(|it| is_in(it, one) && is_in(it, other))
}

/// The code that WhatsApp has for a language, without its region.
fn short(long: &str) -> Option<&'static str> {
    SHORT.iter().find(|it| it.0 == long).map(|it| it.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(declared: &str, text: &str) -> String {
        match verdict(text, &base(declared)) {
            Verdict::Doubted(LanguageBasis::Doubted { looks_like, is_impossible: true }) => {
                format!("never {looks_like}")
            }
            Verdict::Doubted(LanguageBasis::Doubted { looks_like, .. }) => format!("looks like {looks_like}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn texts_in_another_language_than_the_declared_one_are_doubted() {
        for (declared, text, expected) in [
            ("en", "Halo, pesanan Anda sudah dikirim dan akan tiba besok pagi di rumah.", "looks like id"),
            ("eng", "Bonjour, votre rendez-vous est confirmé pour demain matin à dix heures.", "looks like fr"),
            ("msa", "Il tuo ordine è pronto per il ritiro in negozio da domani mattina.", "looks like it"),
            ("pt_BR", "Your order has been sent and will arrive at your home tomorrow.", "looks like en"),
            ("hi", "Your order has been sent and will arrive at your home tomorrow.", "looks like en"),
            ("zh_CN", "droite ou gauche ou tout droit", "looks like "),
            ("en", "مرحبا، طلبك جاهز للاستلام", "never ar"),
            ("ru", "Η παραγγελία σας είναι έτοιμη", "never el"),
            ("ar", "आपका ऑर्डर तैयार है और कल पहुँचेगा", "never hi"),
        ] {
            assert_eq!(said(declared, text), expected, "{declared}: {text}");
        }
    }

    #[test]
    fn declared_languages_that_may_be_right_are_believed() {
        for (declared, text) in [
            ("ms", "Halo, pesanan Anda sudah dikirim dan akan tiba besok pagi di rumah."),
            ("hi", "Namaste, aapka order taiyaar hai, kal subah aapke ghar pahunch jaayega."),
            ("sr", "Поштовани, ваша поруџбина је спремна за преузимање у продавници."),
            ("nb", "Hej, din ordre er klar til afhentning i butikken i morgen tidlig."),
            ("ha", "Sannu, odarka ta shirya, za ka iya karba a shagonmu gobe da safe."),
            ("hr", "Poštovani, vaša narudžba je spremna za preuzimanje u našoj trgovini."),
            ("en", "Hi Ana, your Café Crème order is ready at Bäckerei Müller until 6 pm."),
            ("fr", "OK"),
            ("en", "Nom, prénom"),
        ] {
            let said = said(declared, text);
            assert!(["Agrees", "TooShort"].contains(&said.as_str()), "{declared}: {text}: {said}");
        }
    }
}
