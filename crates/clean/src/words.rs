//! The small rules: consent words, e-mail, language, tags.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::ConsentState;

use crate::name::is_nothing;

/// Which words of an export mean yes, no and stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentWords(BTreeMap<String, ConsentState>);

impl Default for ConsentWords {
    fn default() -> Self {
        let mut words = Self(BTreeMap::new());
        words.add(ConsentState::Yes, &["yes", "y", "true", "1", "oui", "opt-in", "subscribed"]);
        words.add(ConsentState::No, &["no", "n", "false", "0", "non", "opt-out", "unsubscribed"]);
        words.add(ConsentState::Stop, &["stop", "arret", "stopall"]);
        words
    }
}

impl ConsentWords {
    /// Adds words for `state`, in any case; a word that meant something else means this now.
    pub fn add(&mut self, state: ConsentState, words: &[impl AsRef<str>]) {
        self.0.extend(words.iter().map(|it| (it.as_ref().trim().to_lowercase(), state)));
    }

    /// What a cell says; none for any other word.
    pub fn read(&self, cell: &str) -> Option<ConsentState> {
        let word = cell.trim();
        let lower = word.bytes().any(|it| !it.is_ascii_lowercase()).then(|| word.to_lowercase());
        self.0.get(lower.as_deref().unwrap_or(word)).copied()
    }
}

/// An e-mail address, trimmed and in small letters; what has no `@` is none.
pub fn email(cell: &str) -> Option<Cow<'_, str>> {
    let text = cell.trim();
    text.contains('@').then(|| match text.chars().any(char::is_uppercase) {
        true => Cow::Owned(text.to_lowercase()),
        false => Cow::Borrowed(text),
    })
}

/// The first two letters of a language code, in small letters: `fr` of `fr-FR`.
pub fn language(cell: &str) -> Option<Cow<'_, str>> {
    let text = cell.trim();
    if let [b'a'..=b'z', b'a'..=b'z'] = text.as_bytes() {
        return Some(Cow::Borrowed(text));
    }
    let letters: String = text.chars().take(2).filter(|it| it.is_alphabetic()).flat_map(char::to_lowercase).collect();
    (!is_nothing(text) && letters.chars().count() == 2).then_some(Cow::Owned(letters))
}

/// The tags of a cell: words between commas, semicolons or bars, or a list in JSON.
pub fn tags(cell: &str) -> impl Iterator<Item = &str> {
    let list = cell.trim().strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let is_quote = move |it: char| it == '"' && list.is_some();
    list.unwrap_or(cell)
        .split([',', ';', '|'])
        .map(move |it| it.trim().trim_matches(is_quote).trim())
        .filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_words_are_read_in_any_case() {
        let words = ConsentWords::default();
        for (cell, state) in [
            ("yes", "yes"),
            ("Y", "yes"),
            (" TRUE ", "yes"),
            ("1", "yes"),
            ("Oui", "yes"),
            ("opt-in", "yes"),
            ("Subscribed", "yes"),
            ("no", "no"),
            ("N", "no"),
            ("false", "no"),
            ("0", "no"),
            ("NON", "no"),
            ("opt-out", "no"),
            ("unsubscribed", "no"),
            ("STOP", "stop"),
            ("arret", "stop"),
            ("StopAll", "stop"),
        ] {
            assert_eq!(words.read(cell).map(ConsentState::name), Some(state), "{cell}");
        }
        for cell in ["", "maybe", "2", "yes please", "ye s"] {
            assert_eq!(words.read(cell), None, "{cell}");
        }
    }

    #[test]
    fn a_plan_can_add_consent_words() {
        let mut words = ConsentWords::default();
        words.add(ConsentState::Stop, &["Arrêt"]);
        assert_eq!(words.read("ARRÊT"), Some(ConsentState::Stop));
    }

    #[test]
    fn an_email_is_lowered_and_needs_an_at_sign() {
        for (cell, expected) in [
            (" Ana@Example.COM ", Some("ana@example.com")),
            ("ana@example.com", Some("ana@example.com")),
            ("ana", None),
            ("", None),
        ] {
            assert_eq!(email(cell).as_deref(), expected, "{cell}");
        }
    }

    #[test]
    fn a_language_is_its_first_two_letters() {
        for (cell, expected) in [
            ("fr", Some("fr")),
            ("FR", Some("fr")),
            ("pt_BR", Some("pt")),
            (" en-US ", Some("en")),
            ("", None),
            ("n/a", None),
            ("-", None),
        ] {
            assert_eq!(language(cell).as_deref(), expected, "{cell}");
        }
    }

    #[test]
    fn tags_are_split_at_commas_semicolons_and_bars() {
        assert_eq!(tags("vip, spring;; b2b|").collect::<Vec<_>>(), ["vip", "spring", "b2b"]);
        assert_eq!(tags(r#"["vip","spring sale"]"#).collect::<Vec<_>>(), ["vip", "spring sale"]);
    }
}
