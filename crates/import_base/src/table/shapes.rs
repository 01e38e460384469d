//! Shapes of cells: phone numbers, dates, texts, languages.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use crate::letters::base_letter;

/// Begins a text as a date or a time of a log does.
static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let numbers = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:\D.*)?|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})(?:\D.*)?|\d{4}年\d{1,2}月\d{1,2}日.*";
    let name = r"(?:\p{L}{2,10}[.,]*\s+)?\d{1,2}\.?[\s-]+(?:de\s+)?[\p{L}\p{M}]{3,12}\.?[\s-]+(?:de\s+)?\d{4}(?:\D.*)?|(?:[\p{L}\p{M}]{2,10},?\s+)?[\p{L}\p{M}]{3,12}\.?\s+\d{1,2},?\s+\d{4}(?:\D.*)?";
    // Seconds or milliseconds since 1970, from 2001 to 2033.
    Regex::new(&format!(r"^(?:{numbers}|{name}|1\d{{9}}(?:\d{{3}})?(?:\.\d+)?)$")).ok()
});

static PHONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:whatsapp:|tel:|sms:|')?(?:\+|00)?\(?\d[\d \u{a0}().\-/]*[\dxX*]{0,6}$").ok());

pub(super) fn is_date(text: &str) -> bool {
    text.len() <= 60 && DATE.as_ref().is_some_and(|it| it.is_match(text.trim()))
}

/// Whether a cell is a phone number, which a provider may have masked at its end.
pub fn is_phone(text: &str) -> bool {
    let text = text.trim();
    let n_digits = text.chars().filter(|it| it.is_ascii_digit() || *it == '*').count();
    let looks = (8..=15).contains(&n_digits) && PHONE.as_ref().is_some_and(|it| it.is_match(text));
    looks && (text.starts_with('+') || !is_date(text))
}

/// Whether a phone number is written so that it cannot be any other number.
pub(super) fn is_clear_phone(text: &str) -> bool {
    let rest = text.trim().trim_start_matches(['\'', '(']);
    let begins = ["+", "00", "0", "whatsapp:", "tel:"].iter().any(|it| rest.starts_with(it));
    is_phone(text) && (begins || rest.contains([' ', '(']))
}

/// The digits of a phone number, which are equal however it is written.
pub fn phone_digits(text: &str) -> String {
    text.chars().filter(|it| it.is_ascii_digit() || *it == '*').collect::<String>().trim_start_matches('0').to_owned()
}

/// A name of a column in small letters, without accents and signs: `Texte du SMS :` and `texte_du_sms` are one.
pub fn normal(name: &str) -> String {
    let mut plain = String::new();
    for it in name.nfkd().filter(|it| !matches!(it, '\u{300}'..='\u{36f}')).flat_map(char::to_lowercase) {
        match base_letter(it) {
            it if it.is_alphanumeric() || is_vowel_sign(it) => plain.push(it),
            _ if plain.is_empty() || plain.ends_with(' ') => {}
            _ => plain.push(' '),
        }
    }
    plain.nfc().collect::<String>().trim_end().to_owned()
}

/// Signs of Indic and other scripts that are no letters but parts of words.
fn is_vowel_sign(it: char) -> bool {
    matches!(it as u32, 0x0900..=0x0DFF | 0x0E31..=0x0EBC | 0x064B..=0x0655)
}

/// The words of a cell, as far as they are words.
pub(super) fn n_words(text: &str) -> usize {
    // Scripts without blanks have about two signs a word.
    let n_signs = text.chars().filter(|it| matches!(*it as u32, 0x0E00..=0x0EFF | 0x3040..=0x9FFF)).count();
    let words = text.split_whitespace().filter(|it| it.chars().any(char::is_alphabetic));
    words.count().max(n_signs / 2)
}

/// Whether a cell is a code of a language, such as `fr`, `pt-BR` or `zh_Hant_TW`.
pub(super) fn is_language_code(text: &str) -> bool {
    const CODES: &str = " af ar az be bg bn ca cs da de el en es et fa fi fil fr ga gu ha he hi hr hu id in it iw ja ka kk kn ko ky lo lt lv mk ml mr ms nb nl nn no pa pl ps pt ro ru rw si sk sl sq sr sv sw ta te th tr uk ur uz vi zh zu ";
    let mut parts = text.split(['-', '_']);
    let language = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_known = (2..=3).contains(&language.len()) && CODES.contains(&format!(" {language} "));
    is_known && parts.all(|it| (2..=4).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_phones_are_told_apart() {
        for date in [
            "01/02/2026",
            "2026-03-03T09:14:07+0000",
            "24.02.2026 18:40",
            "Wed, 04 Mar 2026 06:50:00 +0000",
            "3 mars 2026",
            "Mar 3, 2026 9:14 AM",
            "Tue Mar 03 2026 09:14:07 GMT+0000",
            "1772529247",
            "5 de marzo de 2026",
        ] {
            assert!(is_date(date) && !is_phone(date), "{date}");
        }
        for phone in [
            "+33199000001",
            "0199000001",
            "447700900301",
            "whatsapp:+33199000001",
            "01 99 00 00 01",
            "+33612345***",
            "+1 (202) 555-0123",
        ] {
            assert!(is_phone(phone) && !is_date(phone), "{phone}");
        }
        for other in ["Bonjour", "12", "0.0650", "ZK4824001MX", ""] {
            assert!(!is_phone(other) && !is_date(other), "{other}");
        }
    }
}
