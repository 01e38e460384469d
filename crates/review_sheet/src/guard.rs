//! Apostrophes before texts in CSV that a program would take for something else.

/// Puts an apostrophe before a text that a program would take for something else.
///
/// A text that has such apostrophes already gets one more, so that [`unguarded`] always gives back the same text.
pub(crate) fn guarded(text: &str) -> String {
    match is_mistaken(text.trim_start_matches('\'')) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// Takes one such apostrophe away.
pub(crate) fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_mistaken(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

/// Whether a program could take a text for a formula, a number, a date or a truth value.
fn is_mistaken(text: &str) -> bool {
    let trimmed = text.trim_start();
    let is_formula =
        trimmed.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) || text.starts_with(['\t', '\r']);
    let is_short = trimmed.len() <= 40 && !text.contains('\n');
    is_formula || (is_short && (is_value(trimmed) || is_truth(trimmed)))
}

/// Digits and at most two words, such as `12.50 €`, `5 May 2026` or `1e5`.
fn is_value(text: &str) -> bool {
    let is_word = |it: &&str| it.chars().any(char::is_alphabetic);
    let n_words = text.split(|it: char| !it.is_alphanumeric() && it != '_').filter(is_word).count();
    text.contains(|it: char| it.is_ascii_digit()) && !text.contains(['_', '{']) && n_words <= 2
}

/// Excel turns its own words into capitals, in the language of its user.
fn is_truth(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "true",
        "false",
        "vrai",
        "faux",
        "wahr",
        "falsch",
        "verdadero",
        "falso",
        "vero",
        "verdadeiro",
        "sant",
        "falskt",
    ];
    WORDS.iter().any(|it| it.eq_ignore_ascii_case(text.trim()))
}
