use std::borrow::Cow;

use dec_from_char::DecimalExtended;
use unicode_normalization::char::decompose_canonical;

/// The text in lower case, without accents, with ASCII digits, spaces, dashes and slashes. Borrowed if it is already
/// so.
///
/// Other than [`phone::folded`], it keeps digits and separators apart, which carry the meaning of a date.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|it| matches!(it, b' '..=b'@' | b'['..=b'~')) {
        return text.into();
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' => folded.push(' '),
            '\'' => {}
            _ if letter.is_ascii() => folded.push(letter.to_ascii_lowercase()),
            _ => decompose_canonical(letter, |part| {
                folded.extend(part.to_lowercase().filter(|it| !is_mark(*it)).map(plain));
            }),
        }
    }
    folded.into()
}

/// Removes spaces and invisible signs at both ends, and the apostrophe that marks a text in Excel.
pub(super) fn clean_ends(cell: &str) -> &str {
    let text = cell.trim_matches(|it: char| it.is_whitespace() || matches!(it, '\u{feff}' | '\u{200b}'..='\u{200f}'));
    text.strip_prefix('\'').unwrap_or(text)
}

/// Whether the fold drops a character: accents, vowel points, apostrophes of other scripts and invisible signs. Dates
/// are written with and without them.
fn is_mark(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' // Latin, Greek and Cyrillic accents
        | '\u{640}' | '\u{64b}'..='\u{655}' | '\u{670}' // Arabic vowel points, hamza and stretching
        | '\u{93c}' // Devanagari nukta
        | '\u{2018}' | '\u{2019}' | '\u{2bc}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

fn plain(letter: char) -> char {
    match letter {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{60c}' => ',',
        '\u{970}' => '.',
        'ı' => 'i',
        'ς' => 'σ',
        'º' | '°' => 'o',
        'ª' => 'a',
        it if it.is_whitespace() => ' ',
        it => it.normalize_decimal().unwrap_or(it),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_same_with_and_without_accents_and_in_any_script_of_digits() {
        for (text, folded) in [
            ("Février", "fevrier"),
            ("AĞUSTOS", "agustos"),
            ("Ağustos", "agustos"),
            ("Kasım İ", "kasim i"),
            ("ΜΆΡΤΙΟΣ", "μαρτιοσ"),
            ("Μάρτιος", "μαρτιοσ"),
            ("أغسطس", "اغسطس"),
            ("फ़रवरी", "फरवरी"),
            ("١٨‏/٣‏/٢٠٢٥", "18/3/2025"),
            ("10:20\u{202f}PM", "10:20 pm"),
            ("18–03−2025", "18-03-2025"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }
}
