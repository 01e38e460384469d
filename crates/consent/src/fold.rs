//! Brings words into one spelling, whatever case, accents and script variants people use.
//!
//! Its rules are stricter than those of `phone::folded`, which compares names of countries: vowel points of Arabic and
//! Hebrew are dropped, letters are parted from digits, and separators end a word.

use unicode_normalization::char::decompose_compatible;

/// The most bytes of a word; longer words are cut. They are not keywords, and a long text without blanks must stay
/// cheap.
const MAX_TOKEN: usize = 120;

/// The words of a text in one spelling, separated by blanks: lower case without accents or punctuation, letters parted
/// from digits. `Arrêt  SMS!` is `arret sms`, `STOP36180` is `stop 36180`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for token in Tokens::of(text) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&token);
    }
    folded
}

/// The words of a text without blanks: `opt out`, `opt-out` and `OptOut` are all `optout`. A text without letters, such
/// as `0.0` or `✓`, is kept.
pub(crate) fn squash(text: &str) -> String {
    let text = text.trim();
    if !text.chars().any(char::is_alphabetic) {
        return text.chars().filter(|it| !is_ignored(*it)).collect();
    }
    let mut squashed = String::with_capacity(text.len());
    text.chars().for_each(|it| push_letters(it, &mut squashed));
    squashed
}

/// Cuts a text into folded words, one at a time, so that reading the start of a long text is cheap.
pub(crate) struct Tokens<'a>(std::str::Chars<'a>);

impl<'a> Tokens<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self(text.chars())
    }
}

impl Iterator for Tokens<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut token = String::new();
        let mut was_digit = false;
        while token.len() < MAX_TOKEN {
            let rest = self.0.clone();
            let Some(char) = self.0.next() else { break };
            if is_ignored(char) {
                continue;
            }
            let n = token.len();
            push_letters(char, &mut token);
            let Some(first) = token.get(n..).and_then(|it| it.chars().next()) else {
                match n {
                    0 => continue,
                    _ => break,
                }
            };
            let is_digit = first.is_ascii_digit();
            if n > 0 && is_digit != was_digit {
                token.truncate(n);
                self.0 = rest;
                break;
            }
            was_digit = is_digit;
        }
        (!token.is_empty()).then_some(token)
    }
}

/// Appends the letters and digits of a character in one spelling; nothing for a separator or a sign.
fn push_letters(char: char, folded: &mut String) {
    if char.is_ascii() {
        folded.extend(char.is_ascii_alphanumeric().then(|| char.to_ascii_lowercase()));
        return;
    }
    decompose_compatible(char, |part| {
        let letters = part.to_lowercase().flat_map(without_strokes);
        folded.extend(letters.filter(|it| (it.is_alphanumeric() || is_vowel_sign(*it)) && !is_ignored(*it)));
    });
}

/// Replaces letters that Unicode does not decompose by those that people type on a keyboard without them.
fn without_strokes(char: char) -> impl Iterator<Item = char> {
    let (first, second) = match char {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ł' => ('l', None),
        'ø' => ('o', None),
        'đ' | 'ð' => ('d', None),
        'ı' => ('i', None),
        'ς' => ('σ', None),
        'ى' | 'ی' => ('ي', None),
        'ک' => ('ك', None),
        'ة' => ('ه', None),
        other => (other, None),
    };
    [Some(first), second].into_iter().flatten()
}

/// Whether a word is the same without the character: accents, vowel points, the nukta of Hindi and invisible
/// characters.
fn is_ignored(char: char) -> bool {
    matches!(char,
        '\u{300}'..='\u{36F}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5C7}'
            | '\u{610}'..='\u{61A}'
            | '\u{640}'
            | '\u{64B}'..='\u{65F}'
            | '\u{670}'
            | '\u{93C}'
            | '\u{AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{20D0}'..='\u{20FF}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}')
}

/// Vowel signs of Indian scripts and Thai, without which a word is another word.
fn is_vowel_sign(char: char) -> bool {
    matches!(char, '\u{900}'..='\u{DFF}' | '\u{E31}'..='\u{E4E}') && !matches!(char, '\u{964}' | '\u{965}' | '\u{970}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_spelling() {
        for (text, folded) in [
            ("  ARRÊT ", "arret"),
            ("Opted_Out", "opted out"),
            ("s'il vous plaît", "s il vous plait"),
            ("STOP36180!!", "stop 36180"),
            ("HAYIR", "hayir"),
            ("hayır", "hayir"),
            ("FAŁSZ", "falsz"),
            ("ΌΧΙ", "οχι"),
            ("όχι", "οχι"),
            ("ΟΧΙΣ", "οχισ"),
            ("ｓｔｏｐ", "stop"),
            ("no 🙏🏽", "no"),
            ("أوقف", "اوقف"),
            ("مُوافِق", "موافق"),
            ("नहीं", "नहीं"),
            ("Straße", "strasse"),
            ("\u{FEFF}ye\u{200B}s", "yes"),
            ("🙏", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn a_word_without_letters_stays_as_it_is() {
        for (text, squashed) in
            [(" 0.0 ", "0.0"), ("✔\u{FE0F}", "✔"), ("-1", "-1"), ("N/A", "na"), ("OptedOut", "optedout")]
        {
            assert_eq!(squash(text), squashed, "{text}");
        }
    }
}
