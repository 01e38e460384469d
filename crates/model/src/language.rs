use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use phone::{folded, says_nothing};

/// The result of reading a cell with a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadLanguage<'a> {
    Nothing,
    /// An ISO 639 code in lower case: of two letters if there is one, else of three.
    Language(Cow<'a, str>),
    Unknown,
}

/// Reads a language code, with script and region or without (`fr`, `fra`, `pt_BR`, `zh-Hans`), or the name of a
/// language (`anglais`, `Spanish`, `русский`).
pub fn read_language(cell: &str) -> ReadLanguage<'_> {
    let text = cell.trim();
    if let &[first @ b'a'..=b'z', second @ b'a'..=b'z'] = text.as_bytes()
        && IS_KNOWN[place(first, second)]
    {
        return match text {
            "na" => ReadLanguage::Nothing,
            code => ReadLanguage::Language(Cow::Borrowed(code)),
        };
    }
    if says_nothing(text) || NOT_ONE.iter().any(|it| text.eq_ignore_ascii_case(it)) {
        return ReadLanguage::Nothing;
    }
    match code_of_tag(text).or_else(|| code_of_name(text)) {
        Some(code) => ReadLanguage::Language(Cow::Borrowed(code)),
        None => ReadLanguage::Unknown,
    }
}

/// ISO 639 codes for "undetermined", "no linguistic content" and the like.
const NOT_ONE: [&str; 4] = ["und", "mul", "zxx", "mis"];

/// Every language by its own code, other codes and folded names. `scripts/data/countries.py` writes the file.
static LANGUAGES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut languages = HashMap::new();
    for (code, names) in lines() {
        languages.extend(names.map(|name| (name, code)));
        languages.insert(code, code);
    }
    languages
});

/// Which pairs of letters are the code of a language. It is a table because nearly all cells are such codes.
static IS_KNOWN: LazyLock<[bool; 26 * 26]> = LazyLock::new(|| {
    let mut is_known = [false; 26 * 26];
    for (code, _) in lines() {
        if let &[first @ b'a'..=b'z', second @ b'a'..=b'z'] = code.as_bytes() {
            is_known[place(first, second)] = true;
        }
    }
    is_known
});

/// The place of two small letters among all such pairs.
fn place(first: u8, second: u8) -> usize {
    usize::from(first - b'a') * 26 + usize::from(second - b'a')
}

fn lines() -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static str>)> {
    include_str!("languages.tsv").lines().filter(|it| !it.starts_with('#')).filter_map(|line| {
        let mut names = line.split('\t');
        Some((names.next()?, names))
    })
}

/// The language of `fr`, `fr-FR`, `zh_Hans_CN` or `es-419`.
fn code_of_tag(text: &str) -> Option<&'static str> {
    let mut parts = text.split(['-', '_']);
    let code = parts.next().filter(|it| matches!(it.len(), 2 | 3))?.to_ascii_lowercase();
    let is_part = |it: &str| (2..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric());
    parts.all(is_part).then(|| LANGUAGES.get(code.as_str()).copied())?
}

/// The language of `Chinese` or `Chinese (Simplified)`.
fn code_of_name(text: &str) -> Option<&'static str> {
    let code = |name: &str| LANGUAGES.get(folded(name).as_str()).copied().filter(|_| is_name(name));
    code(text).or_else(|| text.strip_suffix(')')?.split_once('(').and_then(|(name, _)| code(name)))
}

/// Whether a text is a name and not a code: it has a letter beyond ASCII, or more than three letters.
fn is_name(text: &str) -> bool {
    !text.is_ascii() || text.bytes().filter(u8::is_ascii_alphabetic).count() > 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: &str) -> String {
        match read_language(cell) {
            ReadLanguage::Nothing => "nothing".to_owned(),
            ReadLanguage::Language(code) => code.into_owned(),
            ReadLanguage::Unknown => "unknown".to_owned(),
        }
    }

    #[test]
    fn a_language_is_a_code_or_a_name_in_most_languages() {
        for (cell, expected) in [
            ("fr", "fr"),
            ("FR", "fr"),
            ("fr-FR", "fr"),
            ("fr_FR", "fr"),
            ("pt-br", "pt"),
            ("pt_BR", "pt"),
            (" en-US ", "en"),
            ("zh-Hans", "zh"),
            ("zh_Hant_TW", "zh"),
            ("es-419", "es"),
            ("fra", "fr"),
            ("fre", "fr"),
            ("GER", "de"),
            ("iw", "he"),
            ("fil", "fil"),
            ("no", "no"),
            ("anglais", "en"),
            ("Anglais", "en"),
            ("Spanish", "es"),
            ("German", "de"),
            ("Deutsch", "de"),
            ("français", "fr"),
            ("FRANCAIS", "fr"),
            ("русский", "ru"),
            ("Español", "es"),
            ("castellano", "es"),
            ("Englisch", "en"),
            ("italiano", "it"),
            ("Українська", "uk"),
            ("български", "bg"),
            ("Ελληνικά", "el"),
            ("العربية", "ar"),
            ("中文", "zh"),
            ("日本語", "ja"),
            ("한국어", "ko"),
            ("Bahasa Indonesia", "id"),
            ("Türkçe", "tr"),
            ("Brazilian Portuguese", "pt"),
            ("English (US)", "en"),
            ("Chinese (Simplified)", "zh"),
            ("Portuguese (Brazil)", "pt"),
            ("", "nothing"),
            ("-", "nothing"),
            ("n/a", "nothing"),
            ("NA", "nothing"),
            ("na", "nothing"),
            ("nan", "nothing"),
            ("und", "nothing"),
            ("unknown", "nothing"),
            ("xx", "unknown"),
            ("an ordinary sentence", "unknown"),
            ("fr/de", "unknown"),
            ("fr, de", "unknown"),
            ("UA", "unknown"),
            ("f", "unknown"),
            ("1", "unknown"),
        ] {
            assert_eq!(read(cell), expected, "{cell}");
        }
    }

    #[test]
    fn every_name_in_the_file_is_folded_and_means_one_language() {
        let mut seen = HashMap::new();
        for (code, names) in lines() {
            for name in names {
                assert_eq!(folded(name), name);
                assert_eq!(seen.insert(name, code), None, "{name}");
            }
        }
        assert!(seen.len() > 10_000);
    }
}
