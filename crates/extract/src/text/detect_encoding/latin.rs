//! Chooses between the encodings of Latin alphabets where a text is too short for the statistics of the detector.
//!
//! The detector reads `Hélène` alone as `Hélčne`. A list of names is mostly in one language, so the better encoding is the
//! one whose text uses the letters of one language and alternates vowels and consonants.

use encoding_rs::{
    Encoding, ISO_8859_2, ISO_8859_4, WINDOWS_1250, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257, WINDOWS_1258,
};
use unicode_normalization::UnicodeNormalization;

/// Most different words for which the alphabets decide. With more words the detector is right more often.
const MOST_WORDS: usize = 30;

/// Letters outside of ASCII, by language.
const WESTERN: &[&str] = &["àâæçéèêëîïôœùûüÿ", "äöüßé", "áéíóúüñç", "áâãàçéêíóôõú", "àèéìòù", "åäöæøé"];
const CENTRAL: &[&str] = &["ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ"];
const TURKISH: &[&str] = &["çğıöşüâî"];
const BALTIC: &[&str] = &["ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"];

/// The best and the second-best encoding. Returns none if the guess is not an encoding of a Latin alphabet, or if there are
/// enough words for the detector.
pub(super) fn best_two(guess: &'static Encoding, cells: &[Vec<u8>]) -> Option<(&'static Encoding, &'static Encoding)> {
    let is_rare = [ISO_8859_4, WINDOWS_1258].contains(&guess);
    let is_latin = [WINDOWS_1252, WINDOWS_1250, WINDOWS_1254, WINDOWS_1257, ISO_8859_2].contains(&guess);
    let words: Vec<&[u8]> =
        cells.iter().flat_map(|it| it.split(|it| it.is_ascii_whitespace())).filter(|it| !it.is_ascii()).collect();
    if !(is_latin || is_rare) || words.len() > MOST_WORDS {
        return None;
    }
    // The sort is stable, so that windows-1252 wins a tie: most old files are Western.
    let mut order = vec![WINDOWS_1252];
    let guess = if is_rare { WINDOWS_1252 } else { guess };
    for encoding in [guess, WINDOWS_1250, WINDOWS_1254, WINDOWS_1257, ISO_8859_2] {
        if !order.contains(&encoding) {
            order.push(encoding);
        }
    }
    order.sort_by_cached_key(|it| oddness(it, &words));
    Some((*order.first()?, *order.get(1)?))
}

fn alphabets(encoding: &'static Encoding) -> &'static [&'static str] {
    match encoding {
        it if it == WINDOWS_1252 => WESTERN,
        it if it == WINDOWS_1254 => TURKISH,
        it if it == WINDOWS_1257 => BALTIC,
        _ => CENTRAL,
    }
}

/// How unlike words of one language the words are; 0 is best.
fn oddness(encoding: &'static Encoding, words: &[&[u8]]) -> usize {
    let words: Vec<Vec<char>> =
        words.iter().map(|it| encoding.decode_without_bom_handling(it).0.chars().collect()).collect();
    let letters = || words.iter().flatten().filter(|it| letter(**it) != Letter::Other && !it.is_ascii());
    let foreign = |alphabet: &&str| letters().filter(|it| !alphabet.contains(lower(**it))).count();
    let n_foreign = alphabets(encoding).iter().map(foreign).min().unwrap_or_default();
    3 * n_foreign + words.iter().map(|it| oddness_of_word(it)).sum::<usize>()
}

fn oddness_of_word(word: &[char]) -> usize {
    let mut oddness = 0;
    for (place, character) in word.iter().enumerate().filter(|it| !it.1.is_ascii()) {
        let before = place.checked_sub(1).and_then(|it| word.get(it)).copied();
        let after = word.get(place + 1).copied();
        let is_letter = |it: Option<char>| it.is_some_and(|it| letter(it) != Letter::Other);
        oddness += match (letter(*character), character) {
            (_, '\u{80}'..='\u{9f}' | '\u{fffd}') => 10,
            (Letter::Other, '«') => 3 * usize::from(is_letter(before)),
            (Letter::Other, '»') => 3 * usize::from(is_letter(after)),
            (Letter::Other, it) if "’‘“”„–—…·´®™\u{a0}ºª°".contains(*it) => 0,
            (Letter::Other, _) => 3 * usize::from(is_letter(before) || is_letter(after)),
            (letter_here, _) => {
                let is_like = |it: Option<char>| usize::from(it.is_some_and(|it| letter(it) == letter_here));
                let is_upper = |it: Option<char>| it.is_some_and(char::is_uppercase);
                let rises = character.is_uppercase() && before.is_some_and(char::is_lowercase);
                let dips = character.is_lowercase() && is_upper(before) && is_upper(after);
                is_like(before) + is_like(after) + 2 * usize::from(rises || dips)
            }
        };
    }
    oddness
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Letter {
    Vowel,
    Consonant,
    Other,
}

fn letter(character: char) -> Letter {
    if !character.is_alphabetic() || matches!(character, 'º' | 'ª') {
        return Letter::Other;
    }
    let base = character.nfd().next().unwrap_or(character);
    match lower(base) {
        'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'ø' | 'æ' | 'œ' | 'ı' => Letter::Vowel,
        _ => Letter::Consonant,
    }
}

fn lower(character: char) -> char {
    match character {
        'İ' => 'ı',
        other => other.to_lowercase().next().unwrap_or(other),
    }
}
