//! Says which values may be printed. Of all others only the form is.

use consent::{Meaning, Words};
use model::RawContact;
use phone::Region;

use crate::inspect::profile::form::write_form;
use crate::unread::is_shown;

/// The words of a field that say nothing about one person.
#[derive(Clone, Copy)]
enum KnownWords {
    Countries,
    Languages,
    Consent,
    /// Words that software writes, such as `delivered`. One that comes again and again is known.
    Repeated,
}

/// The fields that hold no personal data. Values of any other field, and of columns that no field reads, are not printed.
const IMPERSONAL: [(&str, KnownWords); 7] = [
    ("region", KnownWords::Countries),
    ("language", KnownWords::Languages),
    ("consent", KnownWords::Consent),
    ("opt_out", KnownWords::Consent),
    ("direction", KnownWords::Repeated),
    ("status", KnownWords::Repeated),
    ("channel", KnownWords::Repeated),
];

/// Writing systems that a language code may name.
const SCRIPTS: [&str; 5] = ["Arab", "Cyrl", "Hans", "Hant", "Latn"];
/// Spanish of Latin America, the only region of a language code that is a number.
const LATIN_AMERICA: &str = "419";

/// Whether a value that `n` cells have may be printed, if all these fields read its column.
pub(super) fn may_show(read_as: &[String], value: &str, n: u64, words: &Words) -> bool {
    !read_as.is_empty() && read_as.iter().all(|it| is_known(it, value, n, words))
}

/// Whether all these fields hold no personal data.
pub(super) fn are_impersonal(read_as: &[String]) -> bool {
    !read_as.is_empty() && read_as.iter().all(|it| known_words(it).is_some())
}

fn known_words(field: &str) -> Option<KnownWords> {
    IMPERSONAL.iter().find(|it| it.0 == field).map(|it| it.1)
}

fn is_known(field: &str, value: &str, n: u64, words: &Words) -> bool {
    match known_words(field) {
        Some(KnownWords::Countries) => Region::from_name(value).is_some(),
        Some(KnownWords::Languages) => is_language(value),
        Some(KnownWords::Consent) => is_consent(value, words),
        Some(KnownWords::Repeated) => is_shown(value, n),
        None => false,
    }
}

/// Whether a value is the name of a language, or its code with a known country or writing system. `AB-120-CD` is none,
/// although it has the form of a code.
fn is_language(value: &str) -> bool {
    let mut parts = value.split(['-', '_']);
    let is_known = parts.next().is_some_and(|it| !it.contains('(') && clean::language(it).is_some());
    let is_script = |it: &str| SCRIPTS.iter().any(|script| script.eq_ignore_ascii_case(it));
    is_known && parts.all(|it| Region::from_code(it).is_some() || is_script(it) || it == LATIN_AMERICA)
}

/// Whether a value is a word of consent, without a number in it.
fn is_consent(value: &str, words: &Words) -> bool {
    let is_plain = value.len() == 1 || !value.contains(char::is_numeric);
    is_plain && !matches!(words.cell(value), Meaning::Nothing | Meaning::Unclear)
}

/// The fields of a row: known words, the first digits of a phone number, and of all other values the form.
pub(in crate::inspect) fn masked(raw: &RawContact) -> Vec<(String, String)> {
    let words = Words::default();
    let cells = raw.cells().into_iter().map(|(field, cell)| (field.to_owned(), cell.trim()));
    let cells = cells.filter(|it| !it.1.is_empty()).map(|(field, cell)| {
        let shown = shown(&field, cell, &words);
        (field, shown)
    });
    let event = raw.event.filter(|it| !it.is_implied).map(|it| ("says".to_owned(), it.state.name().to_owned()));
    cells.chain(event).collect()
}

fn shown(field: &str, cell: &str, words: &Words) -> String {
    const FEWEST_CHARS: usize = 8;
    const SHOWN_CHARS: usize = 5;
    if is_known(field, cell, 1, words) {
        return cell.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let is_number =
        cell.len() >= FEWEST_CHARS && cell.bytes().all(|it| it.is_ascii_digit() || b"+-./() ".contains(&it));
    if matches!(field, "phone" | "shared_phone") && is_number {
        return format!("{}***", &cell[..SHOWN_CHARS]);
    }
    let mut form = String::new();
    write_form(cell, &mut form);
    format!("<{form}>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_printed_if_it_is_a_known_word_of_a_field_without_personal_data() {
        for (fields, value, expected) in [
            ("region", "France", true),
            ("region", "fr", true),
            ("region", "Brunhilde", false),
            ("language", "fr", true),
            ("language", "pt_BR", true),
            ("language", "zh-Hans", true),
            ("language", "es-419", true),
            ("language", "Deutsch", true),
            ("language", "AB-120-CD", false),
            ("language", "fr-Zoe", false),
            ("language", "Chinese (Brunhilde)", false),
            ("consent", "oui", true),
            ("consent", "1", true),
            ("consent", "oui Brunhilde", false),
            ("opt_out", "STOP 36180", false),
            ("status", "delivered", true),
            ("status", "since 2024", false),
            ("name", "Georgia", false),
            ("tags", "fr", false),
            ("region,name", "Georgia", false),
            ("", "Georgia", false),
        ] {
            let fields: Vec<String> = fields.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect();
            assert_eq!(may_show(&fields, value, 9, &Words::default()), expected, "{fields:?} {value}");
        }
    }

    #[test]
    fn a_sample_shows_known_words_and_forms() {
        for (field, cell, expected) in [
            ("phone", "+33 1 99 00 00 01", "+33 1***"),
            ("phone", "Jean Petit", "<x x>"),
            ("phone", "36180", "<99999>"),
            ("name", "Zoé Lévy", "<x x>"),
            ("email", "ana@example.com", "<x@x.x>"),
            ("region", "New  Zealand", "New Zealand"),
            ("language", "AB-120-CD", "<x-999-x>"),
            ("consent", "after Easter", "<x x>"),
            ("tags", "diabetic", "<x>"),
            ("last_at", "2026-01-02", "<9999-99-99>"),
        ] {
            assert_eq!(shown(field, cell, &Words::default()), expected, "{field} {cell}");
        }
    }
}
