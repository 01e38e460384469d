//! Compares texts of the same meaning: names in any spelling, and the many ways to say that there is no value.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// The letters and digits of a name in one spelling: `Côte d’Ivoire` and `cote d'ivoire` fold to the same.
///
/// Accents are dropped. Vowel signs stay, because names of India and Thailand differ by them.
/// `scripts/data/countries.py` must fold the same way: it writes the names that folded texts are looked up in.
pub fn folded(name: &str) -> String {
    let letters = name.nfkd().filter(|it| canonical_combining_class(*it) == 0);
    let letters = letters.filter(|it| it.is_alphanumeric() || is_combining_mark(*it)).flat_map(char::to_lowercase);
    let mut folded = String::with_capacity(name.len());
    for letter in letters {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            'ى' | 'ی' => folded.push('ي'),
            'ک' => folded.push('ك'),
            'ة' => folded.push('ه'),
            'ʻ' | 'ʼ' | 'ʿ' | 'ـ' => {}
            letter => folded.push(letter),
        }
    }
    folded
}

/// Whether a cell says that there is no value: empty, `-`, `n/a`, `NULL`, `#N/A`, `(not set)` and the like.
pub fn says_nothing(cell: &str) -> bool {
    const WORDS: [&str; 40] = [
        "n/a",
        "na",
        "n.a.",
        "n.a",
        "n/d",
        "n.d.",
        "n/s",
        "k.a.",
        "#n/a",
        "#na",
        "#value!",
        "#ref!",
        "#name?",
        "#null!",
        "null",
        "nil",
        "none",
        "nan",
        "nat",
        "undefined",
        "unknown",
        "unbekannt",
        "inconnu",
        "inconnue",
        "desconocido",
        "desconocida",
        "desconhecido",
        "sconosciuto",
        "onbekend",
        "not set",
        "not specified",
        "not available",
        "not provided",
        "unspecified",
        "empty",
        "blank",
        "\\n",
        "void",
        "tbd",
        "missing",
    ];
    const LONGEST: usize = 16;
    let is_bracket =
        |it: char| matches!(it, '(' | ')' | '[' | ']' | '<' | '>' | '{' | '}' | '"' | '\'') || it.is_whitespace();
    let word = cell.trim_matches(is_bracket);
    word.chars().all(is_filler)
        || word == "0"
        || word.len() <= LONGEST && WORDS.iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// Whether a character fills an empty cell. Stars, crosses and the like are not fillers: they mask a value.
fn is_filler(it: char) -> bool {
    it.is_whitespace()
        || matches!(it, '—' | '–' | '−' | '…')
        || it.is_ascii_punctuation() && !matches!(it, '*' | '#' | '+' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_fold_to_the_same() {
        for (one, other) in [
            ("Côte d’Ivoire", "cote d'ivoire"),
            ("TÜRKİYE", "Turkiye"),
            ("SIRBİSTAN", "Sırbistan"),
            ("Großbritannien", "GROSSBRITANNIEN"),
            ("Włochy", "wlochy"),
            ("ΚΥΠΡΟΣ", "Κύπρος"),
            ("ＪＡＰＡＮ", "japan"),
            ("U.S.A.", "usa"),
            ("الإمارات", "الامارات"),
        ] {
            assert_eq!(folded(one), folded(other), "{one}");
        }
        // Ghana and Guinea: only the vowel signs differ.
        assert_ne!(folded("घाना"), folded("गिनी"));
    }

    #[test]
    fn there_are_many_ways_to_say_that_there_is_no_value() {
        for cell in [
            "",
            " ",
            "-",
            "--",
            "—",
            "?",
            "??",
            "...",
            "n/a",
            "N.A.",
            "#N/A",
            "NA",
            "null",
            "<NULL>",
            "None",
            "nan",
            "NaN",
            "unknown",
            "Unbekannt",
            "\\N",
            "not set",
            "(not set)",
            "(none)",
            "\"\"",
            "0",
            "undefined",
        ] {
            assert!(says_nothing(cell), "{cell}");
        }
        for cell in ["fr", "no", "France", "0033", "Nanterre", "nothing", "1", "***", "###", "🇫🇷", "✔"] {
            assert!(!says_nothing(cell), "{cell}");
        }
    }
}
