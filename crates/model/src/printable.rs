//! Text of files, providers and people, made safe to print.
//!
//! A terminal acts on control characters, and hidden characters show a text as something that it is not. Both are
//! written out, such as `\u{1b}`. Ordinary text in any script is left as it is.

use std::borrow::Cow;

/// Limits the characters of one value. A longer one would fill the screen and push everything else out of sight.
const MOST_CHARS: usize = 1_000;

/// One value for a person to read, such as a cell, a file name or the status of a provider: on one line, at most 1,000
/// characters, with hidden characters written out.
pub fn printable(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(MOST_CHARS) {
        None => written_out(value, |it| is_unprintable(it) || is_line_break(it)),
        Some((end, _)) => {
            let n_left = value[end..].chars().count();
            let start = written_out(&value[..end], |it| is_unprintable(it) || is_line_break(it));
            Cow::Owned(format!("{start}… and {n_left} more characters"))
        }
    }
}

/// A whole text for a person to read, of any length. Its line breaks stay; hidden characters are written out.
pub fn printable_text(text: &str) -> Cow<'_, str> {
    written_out(text, is_unprintable)
}

/// Whether a character does something other than being seen: a control character such as ESC, a bidi control, or a
/// character of no width.
///
/// The joiners U+200C and U+200D are no such characters, because Persian, Hindi and emoji are written with them. Nor is a
/// line feed.
pub fn is_unprintable(it: char) -> bool {
    match it {
        '\n' => false,
        // C0 and C1, and the soft hyphen.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' => true,
        // Bidi marks, embeddings, overrides and isolates.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        // No width: spaces, word joiners, fillers, shorthand controls, annotations, tags.
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}' => true,
        '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' => true,
        '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => true,
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

fn is_line_break(it: char) -> bool {
    matches!(it, '\n' | '\u{2028}' | '\u{2029}')
}

fn written_out(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    for it in text.chars() {
        match it {
            it if !is_hidden(it) => written.push(it),
            '\t' => written.push_str("\\t"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            it => written.extend(it.escape_unicode()),
        }
    }
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_written_out() {
        for (value, shown) in [
            ("Ana\u{1b}[2J", "Ana\\u{1b}[2J"),
            ("\u{1b}]0;owned\u{7}", "\\u{1b}]0;owned\\u{7}"),
            ("a\u{9b}31m", "a\\u{9b}31m"),
            ("a\u{202e}gpj.exe", "a\\u{202e}gpj.exe"),
            ("A\u{200b}na", "A\\u{200b}na"),
            ("a\tb\r\nc", "a\\tb\\r\\nc"),
            ("a\u{2028}b", "a\\u{2028}b"),
        ] {
            assert_eq!(printable(value), shown);
        }
    }

    #[test]
    fn text_in_any_script_stays_as_it_is() {
        for value in [
            "Zoë",
            "O'Neill \"x\" \\ %",
            "Prêt\u{202f}! 12\u{a0}€",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "👩\u{200d}🚀 ✔\u{fe0f}",
        ] {
            assert_eq!(printable(value), value);
        }
    }

    #[test]
    fn a_long_value_is_cut_and_says_by_how_much() {
        let shown = printable(&"é".repeat(30_000)).into_owned();
        assert!(shown.starts_with("éé") && shown.ends_with("é… and 29000 more characters"));
    }

    #[test]
    fn a_text_keeps_its_lines() {
        assert_eq!(printable_text("Ana\n  \u{1b}[2J\n"), "Ana\n  \\u{1b}[2J\n");
    }

    proptest! {
        #[test]
        fn nothing_printed_is_hidden_and_printing_twice_changes_nothing(value in any::<String>()) {
            let shown = printable(&value).into_owned();
            prop_assert!(!shown.contains(|it| is_unprintable(it) || is_line_break(it)));
            prop_assert_eq!(printable_text(&shown), shown.as_str());
        }
    }
}
