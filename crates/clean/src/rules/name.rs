use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;
use model::{is_nothing, is_unprintable};
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Cleans a name, and tells whether its encoding was repaired. None if the cell says nothing.
///
/// UTF-8 that was once read as Windows-1252 is repaired (`ZoÃ«` is `Zoë`), Unicode is composed (NFC), every run of
/// white space becomes one space, control characters and hidden characters are dropped, and a name all in capitals or
/// all in small letters gets capitals at word starts.
pub fn name(cell: &str) -> (Option<Cow<'_, str>>, bool) {
    if is_plain(cell) {
        return ((!is_nothing(cell)).then_some(Cow::Borrowed(cell)), false);
    }
    let repaired = repaired(cell);
    let is_repaired = repaired.is_some();
    let name = repaired.map_or(Cow::Borrowed(cell), Cow::Owned);
    let name = mapped(name, |it| (!is_composed(it)).then(|| it.nfc().collect()));
    let name = mapped(name, visible);
    let name = mapped(name, spaced);
    let name = mapped(name, capitalised);
    ((!is_nothing(&name)).then_some(name), is_repaired)
}

/// Whether a name is clean already, as most are: ASCII with capitals and small letters, and single spaces.
fn is_plain(text: &str) -> bool {
    let (mut before, mut has_capital, mut has_small) = (b' ', false, false);
    for byte in text.bytes() {
        let is_single_space = byte == b' ' && before != b' ';
        if !byte.is_ascii_graphic() && !is_single_space {
            return false;
        }
        has_capital |= byte.is_ascii_uppercase();
        has_small |= byte.is_ascii_lowercase();
        before = byte;
    }
    has_capital && has_small && before != b' '
}

/// Whether the text is composed. Characters below U+0300, which include the letters of Western Europe, always are.
fn is_composed(text: &str) -> bool {
    const LEAD_OF_U_0300: u8 = 0xcc;
    text.bytes().all(|it| it < LEAD_OF_U_0300) || is_nfc(text)
}

fn mapped<'a>(text: Cow<'a, str>, rule: impl Fn(&str) -> Option<String>) -> Cow<'a, str> {
    match rule(&text) {
        Some(changed) => Cow::Owned(changed),
        None => text,
    }
}

/// Undoes one reading of UTF-8 as Windows-1252. A name that was broken twice comes out broken once; a name that only
/// looks broken does not encode to UTF-8, and stays.
fn repaired(text: &str) -> Option<String> {
    // A sequence of several bytes ends with one of 0x80 to 0xbf. The Western letters from À on encode to greater bytes,
    // so most names need no encoding at all.
    let last = text.chars().rev().find(|it| !it.is_ascii())?;
    if matches!(last, 'À'..='ÿ') {
        return None;
    }
    let (bytes, _, has_unmappable) = WINDOWS_1252.encode(text);
    if has_unmappable { None } else { String::from_utf8(bytes.into_owned()).ok() }
}

/// Whether a name looks as if its file was read in a wrong encoding: it has signs within words, pairs of letters that
/// UTF-8 becomes in a Western encoding, nothing but accented letters, or the replacement character.
pub(crate) fn is_garbled(name: &str) -> bool {
    if name.is_ascii() {
        return false;
    }
    let is_control = |it: char| matches!(it, '\u{fffd}' | '\u{80}'..='\u{9f}');
    name.contains(is_control) || name.split_whitespace().any(is_garbled_word)
}

fn is_garbled_word(word: &str) -> bool {
    // Signs of Western encodings in place of letters. Ordinal signs and apostrophes are not here: real names have them.
    let is_sign = |it: char| {
        matches!(it, '¡'..='§' | '©' | '«'..='°' | '±'..='¶' | '¸' | '¹' | '»'..='¿' | '×' | '÷')
            || matches!(it, '€' | '†' | '‡' | '‰' | '™')
    };
    // Cyrillic in UTF-8, read as Windows-1251 or Windows-1252, becomes pairs that begin with one of these.
    let is_lead = |it: char| matches!(it, 'Ð' | 'Ñ' | 'Ã' | 'Â' | 'Î' | 'Ï' | 'Р' | 'С');
    let letters: Vec<char> = word.chars().collect();
    let n_letters = letters.iter().filter(|it| it.is_alphabetic()).count();
    let has_sign = n_letters > 1 && letters.iter().any(|it| is_sign(*it));
    let n_leads = letters.iter().filter(|it| is_lead(**it)).count();
    let n_pairs = letters.windows(2).filter(|it| is_lead(it[0]) && !it[1].is_ascii()).count();
    let are_pairs = letters.len() >= 6 && n_leads * 5 >= letters.len() * 2 && n_pairs * 5 >= letters.len() * 2;
    // Cyrillic and Greek, read as Western letters, become nearly all accented letters.
    let n_western = letters.iter().filter(|it| matches!(it, 'À'..='ÿ')).count();
    let is_all_accents = letters.len() >= 4 && n_western * 10 >= letters.len() * 8;
    has_sign || are_pairs || is_all_accents
}

/// Drops what is never part of a name: escapes, bidi controls, characters of no width. A character of 0x80 to 0x9f was a
/// letter in some other encoding, so it becomes the replacement character, which shows the name as garbled.
fn visible(text: &str) -> Option<String> {
    let is_hidden = |it: &char| is_unprintable(*it) && !it.is_whitespace();
    let seen = |it: char| match it {
        '\u{80}'..='\u{9f}' if !it.is_whitespace() => Some('\u{fffd}'),
        it => Some(it).filter(|it| !is_hidden(it)),
    };
    text.chars().any(|it| is_hidden(&it)).then(|| text.chars().filter_map(seen).collect())
}

fn spaced(text: &str) -> Option<String> {
    let is_spaced = !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace)
        && !text.contains("  ")
        && text.chars().all(|it| it == ' ' || !it.is_whitespace());
    (!is_spaced).then(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn capitalised(text: &str) -> Option<String> {
    let has_capitals = text.chars().any(char::is_uppercase);
    let has_small = text.chars().any(char::is_lowercase);
    if has_capitals == has_small {
        return None;
    }
    let mut capitalised = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(char::is_alphabetic) {
        capitalised.push_str(&rest[..start]);
        let word = &rest[start..];
        let end = word.find(|it: char| !it.is_alphabetic() && !is_combining_mark(it)).unwrap_or(word.len());
        push_capitalised(&mut capitalised, &word[..end]);
        rest = &word[end..];
    }
    capitalised.push_str(rest);
    Some(capitalised)
}

fn push_capitalised(text: &mut String, word: &str) {
    let mut letters = word.chars();
    text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
    // The whole word is put in lower case at once, because a Greek sigma differs at the end of a word.
    let lower = word.to_lowercase();
    let n_first: usize = word.chars().take(1).flat_map(char::to_lowercase).map(char::len_utf8).sum();
    text.push_str(&lower[n_first..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_repaired_spaced_and_capitalised() {
        for (cell, expected) in [
            ("Ana Pérez", "Ana Pérez"),
            ("JosÃ©", "José"),
            ("ZoÃ« MÃ¼ller", "Zoë Müller"),
            ("VoilÃ\u{a0}", "Voilà"),
            ("Ãlvaro", "Ãlvaro"),
            ("Ã\u{81}lvaro", "Álvaro"),
            ("Åsa", "Åsa"),
            ("FranÃƒÂ§ois", "FranÃ§ois"),
            ("Jose\u{301}", "José"),
            ("  Ana \n\t  Maria ", "Ana Maria"),
            ("Ana\u{a0}Maria", "Ana Maria"),
            ("ANA PÉREZ", "Ana Pérez"),
            ("ana pérez", "Ana Pérez"),
            ("JEAN-PIERRE O'NEILL", "Jean-Pierre O'Neill"),
            ("d’angelo", "D’Angelo"),
            ("ÎLE DE RÉ", "Île De Ré"),
            ("ΓΙΩΡΓΟΣ", "Γιωργος"),
            ("J", "J"),
            ("j", "J"),
            ("McDonald", "McDonald"),
            ("李雷", "李雷"),
        ] {
            assert_eq!(name(cell).0.as_deref(), Some(expected), "{cell}");
        }
    }

    #[test]
    fn a_name_has_no_control_characters_and_no_hidden_ones() {
        for (cell, expected) in [
            ("Ana\u{1b}[2J", "Ana[2J"),
            ("Ana\u{7} \u{200b} Pérez", "Ana Pérez"),
            ("\u{202e}anA\u{202c}", "anA"),
            ("\u{feff}Ana", "Ana"),
            ("Ana\tPérez\u{85}Gil", "Ana Pérez Gil"),
            ("Jo\u{ad}hann", "Johann"),
            // A letter of another encoding.
            ("Ren\u{82}", "Ren\u{fffd}"),
            // Written with joiners.
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ] {
            assert_eq!(name(cell).0.as_deref(), Some(expected), "{cell:?}");
        }
        assert_eq!(name("\u{200b}\u{1b}").0, None);
        assert!(is_garbled(&name("Ren\u{82}").0.unwrap()));
    }

    #[test]
    fn a_word_that_says_nothing_is_no_name() {
        for cell in ["", "  ", "-", "n/a", "N/A", "null", "NULL", "Unknown", " unknown "] {
            assert_eq!(name(cell).0, None, "{cell}");
        }
    }

    #[test]
    fn a_name_that_was_read_in_a_wrong_encoding_is_noticed() {
        for name in [
            "Èâàí Ïåòðîâ",
            "Ãéþñãïò Ðáðáäüðïõëïò",
            "£ukasz Wi¶niewski",
            "Go³¹b",
            "РћР»РµРі Р‘РѕР№РєРѕ",
            "ÐžÐ»ÐµÐ³",
            "Jos\u{fffd}",
            "Ren\u{82}",
        ] {
            assert!(is_garbled(name), "{name}");
        }
        for name in [
            "Zoé Lévy",
            "Иван Петров",
            "Роберт Рябов",
            "Сергей Соколов",
            "Łukasz Wiśniewski",
            "Ñuñez Íñigo",
            "Åse Ødegård",
            "Éloïse",
            "Œuvrard",
            "M.ª José",
            "Anne·Lise",
            "D’Angelo",
            "李雷",
            "Ðorđe",
            "Ana",
            "ÖZGÜÇ",
        ] {
            assert!(!is_garbled(name), "{name}");
        }
    }

    #[test]
    fn only_a_repaired_encoding_is_reported() {
        assert!(name("JosÃ©").1);
        assert!(!name("JOSÉ").1);
    }
}
