//! Finds out the language of a scenario: what the source declares, else what its texts are written in.
//!
//! Languages with a script of their own are known by it. Those that share one are told apart by a detector with models
//! of the languages that Ferry's texts are written in; a second detector, which knows more languages and is less certain
//! on short texts, names the others.

mod declared;
mod mixed;

use std::sync::LazyLock;

use lingua::{Language, LanguageDetector, LanguageDetectorBuilder};
use rayon::prelude::*;
use scenario::{LanguageBasis, Scenario, Text, TextPart, Trigger};
use whatlang::{Lang, Script};

/// Confidence of the detector, from 0 to 1, from which a language is believed. The confidences of all languages add up
/// to 1. Nearly every sentence has more; a name or a number has less.
const MIN_CONFIDENCE: f64 = 0.5;

/// Confidence from which a language is believed if no other has half as much. A short sentence has that.
const MIN_LEADING_CONFIDENCE: f64 = 0.2;

static DETECTOR: LazyLock<LanguageDetector> = LazyLock::new(|| LanguageDetectorBuilder::from_all_languages().build());

/// Scripts that one language of WhatsApp is written in, or nearly all texts of that script.
const OF_SCRIPT: [(Script, &str); 19] = [
    (Script::Bengali, "bn"),
    (Script::Devanagari, "hi"),
    (Script::Georgian, "ka"),
    (Script::Greek, "el"),
    (Script::Gujarati, "gu"),
    (Script::Gurmukhi, "pa"),
    (Script::Hangul, "ko"),
    (Script::Hebrew, "he"),
    (Script::Hiragana, "ja"),
    (Script::Katakana, "ja"),
    (Script::Kannada, "kn"),
    (Script::Malayalam, "ml"),
    (Script::Mandarin, "zh_CN"),
    (Script::Sinhala, "si_LK"),
    (Script::Tamil, "ta"),
    (Script::Telugu, "te"),
    (Script::Thai, "th"),
    (Script::Ethiopic, ""),
    (Script::Khmer, ""),
];

/// Letters that tell the languages of a script apart, and the share of the words that has one, as one in so many. A name in
/// another language is less. The letters of the first language do not occur in the next ones of its script.
const LETTERS: [(&str, usize, &str); 7] = [
    ("ѓќѕ", 30, "mk"),
    ("ђћј", 8, "sr"),
    ("ў", 12, "be_BY"),
    ("әғқңөұһ", 4, "kk"),
    ("ٹڈڑےں", 6, "ur"),
    ("ټډړښځ", 12, "ps_AF"),
    ("پچژگ", 12, "fa"),
];

/// Fills in the languages that the sources do not declare, and doubts those that the texts contradict. `wanted` is the language that the user names.
///
/// A text that is too short to tell is in the language of the other scenarios, if they all have one, else in `wanted`. If
/// there is none either, the language stays empty, which is an error of the scenario.
pub fn fill_in(scenarios: &mut [Scenario], wanted: Option<&str>) {
    scenarios.par_iter_mut().filter(|it| it.language.is_empty()).for_each(|scenario| {
        if let Some(code) = detect(&texts(scenario)) {
            scenario.language = with_region(code, wanted);
            scenario.language_basis = LanguageBasis::Guessed;
        }
    });
    declared::doubt(scenarios);
    let common = common(scenarios);
    for scenario in scenarios.iter_mut().filter(|it| it.language.is_empty()) {
        scenario.language_basis = LanguageBasis::Assumed;
        if let Some(language) = common.as_deref().or(wanted) {
            scenario.language = language.to_owned();
        }
    }
    mixed::name_other_languages(scenarios);
}

/// The one language of all scenarios that have one.
fn common(scenarios: &[Scenario]) -> Option<String> {
    let mut known = scenarios.iter().map(|it| it.language.as_str()).filter(|it| !it.is_empty());
    let first = known.next()?;
    known.all(|it| it == first).then(|| first.to_owned())
}

/// The region of a language that the user names, such as `pt_PT`, holds for texts of which only `pt` is known.
fn with_region(code: &str, wanted: Option<&str>) -> String {
    let is_same = |it: &&str| it.split(['_', '-']).next() == Some(code);
    wanted.filter(is_same).unwrap_or(code).to_owned()
}

/// All texts that a customer reads and writes, without slots.
fn texts(scenario: &Scenario) -> String {
    let mut all = match &scenario.trigger {
        Trigger::Message { phrases } => phrases.iter().map(|it| Text::parse(it).fill(|_| "".into()) + "\n").collect(),
        _ => String::new(),
    };
    for step in &scenario.steps {
        for part in step.act.text().into_iter().flat_map(|it| it.parts()) {
            if let TextPart::Plain(text) = part {
                all.push_str(text);
            }
            all.push(' ');
        }
        if let scenario::Act::Message(message) = &step.act {
            for card in &message.cards {
                all.push_str(&card.body().fill(|_| " ".into()));
                all.push('\n');
            }
            for (_, choice) in message.all_choices() {
                all.push_str(choice.title());
                all.push('\n');
            }
        }
    }
    all
}

/// The language of a text; none if it is not certain enough.
pub fn detect(text: &str) -> Option<&'static str> {
    let text = without_links(text);
    let script = whatlang::detect_script(&text)?;
    if let Some((_, code)) = OF_SCRIPT.iter().find(|it| it.0 == script) {
        return Some(*code).filter(|it| !it.is_empty()).map(|it| if has_kana(&text) { "ja" } else { it });
    }
    match (script, by_letters(&text)) {
        (Script::Arabic | Script::Cyrillic, Some(code)) => Some(code),
        (Script::Arabic, None) => Some("ar"),
        _ => by_model(&text),
    }
}

/// The language that enough words of a text have a letter of.
fn by_letters(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().filter(|it| it.contains(char::is_alphabetic)).collect();
    let n_words_with = |letters: &str| words.iter().filter(|it| it.contains(|letter| letters.contains(letter))).count();
    let has_enough = |it: &&(&str, usize, &str)| matches!(n_words_with(it.0), n if n > 0 && n * it.1 >= words.len());
    LETTERS.iter().find(has_enough).map(|it| it.2)
}

/// A text without links and addresses, which are in no language.
fn without_links(text: &str) -> String {
    let words = text.split_whitespace().filter(|it| !it.contains("://") && !it.contains('@'));
    words.collect::<Vec<_>>().join(" ")
}

fn has_kana(text: &str) -> bool {
    text.contains(|it: char| matches!(it, '\u{3040}'..='\u{30ff}'))
}

/// Words of Afrikaans that Dutch does not have, and of which a message has at least one.
const AFRIKAANS: [&str; 10] = ["'n", "’n", "nie", "jou", "jy", "vir", "hulle", "asseblief", "sal", "hierdie"];

fn by_model(text: &str) -> Option<&'static str> {
    let other = whatlang::detect(text).filter(|it| it.is_reliable()).map(|it| it.lang());
    // Dutch looks like Afrikaans, which has words of its own.
    let other = other.filter(|it| *it != Lang::Afr || text.to_lowercase().split(' ').any(|it| AFRIKAANS.contains(&it)));
    if let Some(other) = other.and_then(other_language) {
        return Some(other);
    }
    let confidences = DETECTOR.compute_language_confidence_values(text);
    let (language, first) = *confidences.first()?;
    let second = confidences.get(1).map_or(0.0, |it| it.1);
    let is_leading = first >= MIN_LEADING_CONFIDENCE && first >= 2.0 * second;
    (first >= MIN_CONFIDENCE || is_leading).then(|| code(language))
}

/// WhatsApp's code of a language that the first detector has no model of.
fn other_language(language: Lang) -> Option<&'static str> {
    Some(match language {
        Lang::Afr => "af",
        Lang::Aze => "az",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Uzb => "uz",
        Lang::Zul => "zu",
        _ => return None,
    })
}

fn code(language: Language) -> &'static str {
    match language {
        Language::Bokmal => "nb",
        Language::Bulgarian => "bg",
        Language::Danish => "da",
        Language::Dutch => "nl",
        Language::English => "en",
        Language::French => "fr",
        Language::German => "de",
        Language::Indonesian => "id",
        Language::Italian => "it",
        Language::Polish => "pl",
        Language::Portuguese => "pt",
        Language::Romanian => "ro",
        Language::Russian => "ru",
        Language::Spanish => "es",
        Language::Swahili => "sw",
        Language::Swedish => "sv",
        Language::Tagalog => "fil",
        Language::Turkish => "tr",
        Language::Ukrainian => "uk",
        Language::Vietnamese => "vi",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_by_their_script_and_by_their_words() {
        for (text, language) in [
            ("Bonjour, votre rendez-vous est à 10 h.", Some("fr")),
            ("Your order has been sent.", Some("en")),
            ("Hola, su pedido está en camino.", Some("es")),
            ("Olá, o seu pedido foi enviado.", Some("pt")),
            ("Halo, pesanan Anda sudah dikirim.", Some("id")),
            ("Uw pakket wordt morgen bezorgd. We hebben u gemist!", Some("nl")),
            ("Beste, uw afspraak op om uur is geannuleerd. Tot ziens.", Some("nl")),
            ("Ihr Termin ist morgen um 10 Uhr.", Some("de")),
            ("Il tuo ordine è pronto per il ritiro.", Some("it")),
            ("Siparişiniz yola çıktı.", Some("tr")),
            ("Đơn hàng của bạn đã được giao.", Some("vi")),
            ("Habari, oda yako imetumwa leo.", Some("sw")),
            ("Ваш заказ отправлен. Не понял вас.", Some("ru")),
            ("Ваше замовлення вже в дорозі.", Some("uk")),
            ("مرحبا، طلبك جاهز", Some("ar")),
            ("Дәрігеріңіз сізді ертең сағат 10-да күтеді.", Some("kk")),
            ("Здравствуйте! Это клиника «Дәрігер Плюс». Чем можем помочь?", Some("ru")),
            ("Вашата нарачка е подготвена и ќе ја добиете утре.", Some("mk")),
            ("Ваша поруџбина је спремна, видимо се сутра.", Some("sr")),
            ("Ваша замова ўжо ў дарозе, чакайце яе заўтра.", Some("be_BY")),
            ("آپ کا آرڈر تیار ہے اور کل پہنچ جائے گا۔", Some("ur")),
            ("طلبك من بيتزا چيكن جاهز، ويمكنك استلامه اليوم من الفرع القريب منك حتى الساعة العاشرة", Some("ar")),
            ("سفارش شما آماده است، چه زمانی می‌آیید؟", Some("fa")),
            ("आपका ऑर्डर तैयार है", Some("hi")),
            ("Η παραγγελία σας είναι έτοιμη", Some("el")),
            ("ご注文の商品を発送しました", Some("ja")),
            ("A rendelése elkészült, holnap átveheti az üzletünkben. Köszönjük, hogy minket választott!", Some("hu")),
            ("OK 123", None),
            ("https://example.com/orders", None),
            ("", None),
        ] {
            assert_eq!(detect(text), language, "{text}");
        }
    }

    #[test]
    fn a_language_that_is_named_gives_the_region() {
        assert_eq!(with_region("pt", Some("pt_PT")), "pt_PT");
        assert_eq!(with_region("pt", Some("fr")), "pt");
        assert_eq!(with_region("pt", None), "pt");
    }
}
