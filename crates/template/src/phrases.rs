//! Phrases that Ferry adds to texts.

use std::sync::LazyLock;

/// Words that Ferry adds to texts, in one language.
#[derive(Debug)]
pub struct Phrases {
    /// Is put before a variable at the start of a text.
    pub greeting: &'static str,
    /// Is put after a variable at the end of a text.
    pub closing: &'static str,
    /// Opens a list.
    pub choose: &'static str,
    /// The rows that lead to the next page of a list, and back to the first.
    pub more: &'static str,
    pub back: &'static str,
    /// The quick reply that stops marketing, and the footer that names it.
    pub stop: &'static str,
    pub stop_line: &'static str,
    /// Answers a template, so that the conversation can go on.
    pub go_on: &'static str,
    /// Opens a link that has no title.
    pub open: &'static str,
}

impl Phrases {
    /// The phrases of a language, if Ferry has them.
    pub fn of(language: &str) -> Option<&'static Self> {
        let language = language.split(['_', '-']).next().unwrap_or_default().to_ascii_lowercase();
        ALL.iter().find(|it| it.0 == language).map(|it| &it.1)
    }
}

/// The words of lists and buttons, which Ferry has in more languages.
#[derive(Clone, Copy, Debug)]
pub struct ButtonWords {
    /// As in [`Phrases`].
    pub choose: &'static str,
    pub more: &'static str,
    pub back: &'static str,
    pub go_on: &'static str,
}

impl ButtonWords {
    /// The words of a language, if Ferry has them. Chinese has other signs in Taiwan and Hong Kong.
    pub fn of(language: &str) -> Option<Self> {
        if let Some(&Phrases { choose, more, back, go_on, .. }) = Phrases::of(language) {
            return Some(Self { choose, more, back, go_on });
        }
        let whole = language.replace('-', "_");
        let base = whole.split('_').next().unwrap_or_default();
        let of = |wanted: &str| BUTTON_WORDS.iter().find(|it| it.0.eq_ignore_ascii_case(wanted)).map(|it| it.1);
        of(&whole).or_else(|| of(base))
    }
}

/// One language a line: the usual words of the interfaces of phones and of WhatsApp itself.
static BUTTON_WORDS: LazyLock<Vec<(&str, ButtonWords)>> = LazyLock::new(|| {
    let lines = include_str!("words/buttons.tsv").lines().skip(1);
    let words = |line: &'static str| match *line.split('\t').collect::<Vec<_>>() {
        [language, choose, more, back, go_on] => Some((language, ButtonWords { choose, more, back, go_on })),
        _ => None,
    };
    lines.filter_map(words).collect()
});

/// One language a line, in the order of the fields of [`Phrases`].
static ALL: LazyLock<Vec<(&str, Phrases)>> = LazyLock::new(|| {
    let lines = include_str!("words/phrases.tsv").lines().skip(1);
    lines.filter_map(|line| phrases(line.split('\t').collect::<Vec<_>>().as_slice())).collect()
});

fn phrases(cells: &[&'static str]) -> Option<(&'static str, Phrases)> {
    let [language, greeting, closing, choose, more, back, stop, stop_line, go_on, open] = *cells else { return None };
    Some((language, Phrases { greeting, closing, choose, more, back, stop, stop_line, go_on, open }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MAX_BUTTON, MAX_LINE, MAX_ROW};

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(ALL.len(), include_str!("words/phrases.tsv").lines().count() - 1);
        assert_eq!(BUTTON_WORDS.len(), include_str!("words/buttons.tsv").lines().count() - 1);
    }

    #[test]
    fn every_phrase_fits_where_it_goes() {
        let length = |text: &str| text.chars().count();
        for (language, it) in ALL.iter() {
            for button in [it.choose, it.stop, it.go_on, it.open] {
                assert!(length(button) <= MAX_BUTTON, "{language}: {button}");
            }
            assert!(length(it.more) <= MAX_ROW && length(it.back) <= MAX_ROW, "{language}");
            assert!(length(it.stop_line) <= MAX_LINE, "{language}: {}", it.stop_line);
        }
    }

    #[test]
    fn every_word_of_a_list_fits_its_button_and_its_row() {
        let length = |text: &str| text.chars().count();
        for (language, it) in BUTTON_WORDS.iter() {
            assert!(length(it.choose) <= MAX_BUTTON && length(it.go_on) <= MAX_BUTTON, "{language}");
            assert!(length(it.more) <= MAX_ROW && length(it.back) <= MAX_ROW, "{language}");
            assert!(crate::language_code(language).is_some(), "{language}");
        }
        let of = |language: &str| ButtonWords::of(language).map(|it| it.choose);
        assert_eq!(
            [of("zh_TW"), of("zh-CN"), of("el"), of("fr_CA"), of("rw_RW")],
            [Some("選擇"), Some("选择"), Some("Επιλογή"), Some("Choisir"), None]
        );
    }

    #[test]
    fn a_tap_on_the_button_that_stops_marketing_is_read_as_a_refusal() {
        let words = consent::Words::default();
        for (language, it) in ALL.iter() {
            assert_eq!(words.message(it.stop), consent::Meaning::Stop, "{language}: {}", it.stop);
        }
    }
}
