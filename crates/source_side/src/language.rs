//! Codes of languages.

/// The codes of three letters of ISO 639-3 that flows use, and their codes of two letters.
const CODES: [(&str, &str); 40] = [
    ("afr", "af"),
    ("ara", "ar"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("est", "et"),
    ("fas", "fa"),
    ("fil", "fil"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("hau", "ha"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hun", "hu"),
    ("ind", "id"),
    ("ita", "it"),
    ("jpn", "ja"),
    ("kin", "rw_RW"),
    ("kor", "ko"),
    ("msa", "ms"),
    ("nld", "nl"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("spa", "es"),
    ("swa", "sw"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tha", "th"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("vie", "vi"),
    ("zul", "zu"),
];

/// The code of two letters, or the code as it is; `base` and `und` are no language.
pub(crate) fn short_code(code: &str) -> String {
    match CODES.iter().find(|it| it.0.eq_ignore_ascii_case(code)) {
        Some((_, short)) => (*short).to_owned(),
        None if ["base", "und", "mul"].contains(&code) => String::new(),
        None => code.replace('-', "_"),
    }
}
