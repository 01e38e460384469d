//! Words that show what a text is about. Columns of `words/*.tsv`: language, word (`*` means any ending or beginning, `#` a number), topic, source.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;

/// Words of one kind, by language. The patterns of a language are made when a text in it is first looked at.
pub(crate) struct WordList(HashMap<&'static str, LanguageWords>);

/// The words of one language.
#[derive(Default)]
struct LanguageWords {
    /// Each word with its topic.
    words: Vec<(&'static str, &'static str)>,
    patterns: OnceLock<Vec<(&'static str, Regex)>>,
}

/// A word that was found.
pub(crate) struct FoundWord<'a> {
    pub(crate) word: &'a str,
    pub(crate) about: &'static str,
    /// In characters.
    pub(crate) span: (usize, usize),
}

static PROMOTION: LazyLock<WordList> = LazyLock::new(|| WordList::read(include_str!("words/promotion.tsv")));
static UTILITY: LazyLock<WordList> = LazyLock::new(|| WordList::read(include_str!("words/utility.tsv")));
static SECTORS: LazyLock<WordList> = LazyLock::new(|| WordList::read(include_str!("words/sectors.tsv")));

/// A discount such as `-20 %`. `10-20 %` is a range.
static DISCOUNT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[^\p{N}\s])?(?:^|\s|\()([-−–]\s?(?:\p{N}{1,3}\s?)?[%٪])").ok());

/// Hosts of link shorteners.
const LINK_SHORTENERS: [&str; 18] = [
    "bit.ly",
    "tinyurl.com",
    "goo.gl",
    "t.co",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "cutt.ly",
    "rebrand.ly",
    "lnkd.in",
    "shorturl.at",
    "rb.gy",
    "t.ly",
    "bl.ink",
    "tiny.cc",
    "s.id",
    "urlz.fr",
    "v.gd",
];

impl WordList {
    fn read(table: &'static str) -> Self {
        let mut languages: HashMap<&str, LanguageWords> = HashMap::new();
        for line in table.lines().skip(1) {
            let mut cells = line.split('\t');
            let (Some(language), Some(word)) = (cells.next(), cells.next()) else { continue };
            languages.entry(language).or_default().words.push((word, cells.next().unwrap_or_default()));
        }
        Self(languages)
    }

    pub(crate) fn promotion() -> &'static Self {
        &PROMOTION
    }

    pub(crate) fn sectors() -> &'static Self {
        &SECTORS
    }

    /// The first word of each kind in a text of that language.
    pub(crate) fn find<'a>(&self, language: &str, text: &'a str) -> Vec<FoundWord<'a>> {
        let patterns = self.0.get(base(language).as_str()).map(LanguageWords::patterns).unwrap_or_default();
        let mut found: Vec<FoundWord<'a>> = Vec::new();
        for (about, pattern) in patterns {
            let Some(word) = pattern.find(text) else { continue };
            let chars = |bytes: usize| text[..bytes].chars().count();
            let span = (chars(word.start()), chars(word.end()));
            // `code promo` is found once, not as `promo` too.
            if found.iter().all(|it| span.1 <= it.span.0 || it.span.1 <= span.0) {
                found.push(FoundWord { word: word.as_str(), about, span });
            }
        }
        found.sort_by_key(|it| it.span);
        found
    }
}

impl LanguageWords {
    fn patterns(&self) -> &[(&'static str, Regex)] {
        let made = || self.words.iter().filter_map(|(word, about)| Some((*about, pattern(word)?))).collect();
        self.patterns.get_or_init(made)
    }
}

/// The language of a code without its region.
fn base(language: &str) -> String {
    language.split(['_', '-']).next().unwrap_or_default().to_ascii_lowercase()
}

/// The pattern of a word of a table.
fn pattern(word: &str) -> Option<Regex> {
    let (stem, ending) = match word.strip_suffix('*') {
        Some(stem) => (stem, r"\w*"),
        None => (word, ""),
    };
    // The second part of a word, as in `Abschlagsrechnung`.
    let (stem, beginning) = stem.strip_prefix('*').map_or((stem, ""), |it| (it, r"\w*"));
    let edge = |is_letter: bool| if is_letter { r"\b" } else { "" };
    let (start, end) = (stem.starts_with(char::is_alphanumeric), stem.ends_with(char::is_alphanumeric));
    let (start, end) = (edge(start), edge(end || !ending.is_empty()));
    let stem = regex::escape(stem).replace(r"\#", r"\p{N}{1,3}\s?");
    Regex::new(&format!("(?i){start}{beginning}{stem}{ending}{end}")).ok()
}

/// The first word that sells something, in a text of that language, or a discount, which is the same in all languages.
pub fn promotional_word(language: &str, text: &str) -> Option<String> {
    let discount = || DISCOUNT.as_ref()?.captures(text)?.get(1).map(|it| it.as_str().trim().to_owned());
    WordList::promotion().find(language, text).into_iter().next().map(|it| it.word.to_owned()).or_else(discount)
}

/// The first word of an order, an appointment, a payment, a delivery, an account or a request in a text of that language,
/// with which of these it is about.
pub fn utility_word(language: &str, text: &str) -> Option<(String, &'static str)> {
    UTILITY.find(language, text).into_iter().next().map(|it| (it.word.to_owned(), it.about))
}

/// Whether such words are known in the language.
pub fn knows_utility_words(language: &str) -> bool {
    UTILITY.0.contains_key(base(language).as_str())
}

/// Whether a text says how to stop such messages, in the words of that language that `consent` knows.
pub fn says_how_to_stop(language: &str, text: &str) -> bool {
    // “Responda BAJA”: an everyday word in capitals is a keyword.
    let is_keyword = |it: &str| {
        it.chars().count() >= 3
            && it.chars().all(|it| it.is_alphabetic() && !it.is_lowercase())
            && consent::Words::is_stop_keyword(language, it)
    };
    if text.chars().any(char::is_lowercase) && text.split(|it: char| !it.is_alphanumeric()).any(is_keyword) {
        return true;
    }
    let text = format!(" {} ", consent::fold(text));
    consent::Words::stop_words(language).any(|it| text.contains(&format!(" {} ", consent::fold(it))))
}

/// The restricted goods and services in a text of that language, each with the word that was found.
pub fn sectors(language: &str, text: &str) -> Vec<(String, &'static str)> {
    WordList::sectors().find(language, text).into_iter().map(|it| (it.word.to_owned(), it.about)).collect()
}

/// Whether an address belongs to a link shortener.
pub fn is_shortened(url: &str) -> bool {
    let host = url.split("://").last().unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    LINK_SHORTENERS.contains(&host.strip_prefix("www.").unwrap_or(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_may_stand_beside_a_percentage() {
        let word = |language: &str, text: &str| promotional_word(language, text);
        assert_eq!(word("vi", "Cuối tuần này quán giảm 20% cho tất cả").as_deref(), Some("giảm 20%"));
        assert_eq!(word("vi", "Nhiệt độ giảm 5 độ"), None);
        assert_eq!(word("el", "Ένα δωρεάν μάθημα").as_deref(), Some("δωρεάν"));
    }

    #[test]
    fn words_that_sell_are_found_in_many_languages() {
        for (language, text, word) in [
            ("fr", "Profitez de 20 % de réduction !", Some("Profitez")),
            ("fr_CA", "Votre colis est en route.", None),
            ("en", "Everything must go: 50% off", Some("% off")),
            ("en", "We dealt with your request.", None),
            ("es", "Tu cupón te espera", Some("cupón")),
            ("pt_BR", "PROMOÇÃO só hoje", Some("PROMOÇÃO")),
            ("id", "Diskon besar", Some("Diskon")),
            ("de", "Nur heute 15 % Rabatt", Some("Nur heute")),
            ("it", "-20 % su tutto", Some("-20 %")),
            ("sw", "Pata punguzo leo", Some("punguzo")),
            ("ar", "خصم كبير", Some("خصم")),
            ("hi", "बड़ी छूट", Some("छूट")),
            ("ru", "Большие скидки", Some("скидки")),
            ("fr", "entre 10-20 %", None),
            ("xx", "discount", None),
        ] {
            assert_eq!(promotional_word(language, text).as_deref(), word, "{text}");
        }
    }

    #[test]
    fn an_invitation_sells_and_an_appointment_does_not() {
        for (language, text, word) in [
            ("en", "You are invited to the opening of our new shop.", Some("You are invited")),
            ("en", "Summer concert on 12 July, tickets from 20 EUR.", Some("tickets from")),
            ("en", "Your appointment is on Monday. Please join us ten minutes early.", None),
            ("fr", "Vous êtes invités à notre soirée, réservez votre place.", Some("Vous êtes invités")),
            ("de", "Wir laden Sie herzlich ein.", Some("Sie herzlich ein")),
        ] {
            assert_eq!(promotional_word(language, text).as_deref(), word, "{text}");
        }
    }

    #[test]
    fn a_text_says_how_to_stop_in_its_language() {
        for (language, text, says) in [
            ("fr", "Pour ne plus recevoir nos offres : STOP au 36180", true),
            ("fr_CA", "Désabonnement : example.com/s", true),
            ("fr", "Arret : repondez STOP", true),
            ("en", "Reply STOP to opt out", true),
            ("en_US", "Tap “Stop promotions”", true),
            ("en", "Cancel your booking until the end of the week", false),
            ("de", "Werbung abbestellen", true),
            ("de", "Ende der Aktion: 3. Mai", false),
            ("pt_BR", "Para não receber mais ofertas: Parar promoções", true),
            ("ru", "Чтобы отписаться, ответьте СТОП", true),
            ("hi", "संदेश बंद करें", true),
            ("tr", "Aboneliği iptal için RET yazın", true),
            ("es", "Responda BAJA y no recibirá más ofertas", true),
            ("es", "Temporada baja: 20 % menos", false),
            ("xx", "Unstoppable", false),
        ] {
            assert_eq!(says_how_to_stop(language, text), says, "{text}");
        }
    }

    #[test]
    fn shortened_links_are_known_by_their_host() {
        assert!(is_shortened("https://bit.ly/3abc") && is_shortened("http://WWW.t.co/x"));
        assert!(!is_shortened("https://example.com/bit.ly"));
    }
}
