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
    fn a_tap_on_the_button_that_stops_marketing_is_read_as_a_refusal() {
        let words = consent::Words::default();
        for (language, it) in ALL.iter() {
            assert_eq!(words.message(it.stop), consent::Meaning::Stop, "{language}: {}", it.stop);
        }
    }
}
