//! Emoji, formatting marks and runs of line breaks.

use std::sync::LazyLock;

use regex::Regex;

use crate::variable::variables;

static EMOJI: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[\p{Extended_Pictographic}--[©®™]]\x{FE0F}?|[©®™]\x{FE0F}|\p{RI}\p{RI}|[0-9#*]\x{FE0F}?\x{20E3}").ok()
});
static LINE_BREAKS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:[ \t]*\r?\n){3,}").ok());

/// A part of a text, in characters.
type Span = (usize, usize);

/// The first emoji of a text. The signs © ® ™ are letters unless they are written as emoji.
pub(crate) fn emoji(text: &str) -> Option<Span> {
    first(&EMOJI, text)
}

/// The text without emoji, with single spaces.
pub(crate) fn without_emoji(text: &str) -> String {
    let plain = EMOJI.as_ref().map_or(text.into(), |it| it.replace_all(text, " "));
    // A joiner or a skin tone is nothing without its emoji.
    let plain: String =
        plain.chars().filter(|it| !matches!(it, '\u{200d}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first of three or more line breaks in a row.
pub(crate) fn line_break_run(text: &str) -> Option<Span> {
    first(&LINE_BREAKS, text)
}

/// The text with one empty line in the place of several.
pub(crate) fn without_line_break_runs(text: &str) -> String {
    LINE_BREAKS.as_ref().map_or(text.to_owned(), |it| it.replace_all(text, "\n\n").into_owned())
}

/// The first formatting mark, if the text has a pair, and not just a `_` in a word.
pub(crate) fn formatting_mark(text: &str) -> Option<Span> {
    let (found, _) = variables(text);
    let plain: String = found.iter().rev().fold(text.to_owned(), |mut it, variable| {
        it.replace_range(variable.bytes.0..variable.bytes.1, "");
        it
    });
    let mark = ['*', '_', '~', '`'].into_iter().find(|mark| plain.matches(*mark).count() >= 2)?;
    let at = text.chars().position(|it| it == mark)?;
    Some((at, at + 1))
}

fn first(pattern: &LazyLock<Option<Regex>>, text: &str) -> Option<Span> {
    let found = pattern.as_ref()?.find(text)?;
    let at = |byte: usize| text[..byte].chars().count();
    Some((at(found.start()), at(found.end())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_are_found_and_taken_out() {
        for (text, plain) in [
            ("✅ Yes", "Yes"),
            ("Your order 🎉", "Your order"),
            ("👍🏽 Parfait", "Parfait"),
            ("👩‍💻 Aide", "Aide"),
            ("🇫🇷 Français", "Français"),
            ("1️⃣ Suivi", "Suivi"),
            ("❤️", ""),
        ] {
            assert!(emoji(text).is_some(), "{text}");
            assert_eq!(without_emoji(text), plain, "{text}");
        }
        for text in ["Ferry™", "© Ana", "100 %", "#1", "5*"] {
            assert_eq!(emoji(text), None, "{text}");
        }
    }

    #[test]
    fn one_empty_line_is_enough() {
        assert_eq!(line_break_run("a\n\nb"), None);
        assert_eq!(line_break_run("a\n\n\nb"), Some((1, 4)));
        assert_eq!(without_line_break_runs("a\r\n \r\n\r\nb"), "a\n\nb");
    }
}
