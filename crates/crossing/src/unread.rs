//! Values that were not understood: their counts, and how the manifest keeps them.

use std::collections::BTreeMap;
use std::fmt;

use clean::{FieldValues, ReadField, UnreadValues};
use model::{RowFinding, RowFindings, grouped, share};
use plan::GatesSection;
use run::UnreadField;

/// Limits shown values to those seen at least three times: a value about one person is seen once or twice.
const FEWEST_SEEN: u64 = 3;
/// Limits the length of shown values: longer ones are texts that people wrote.
const MOST_CHARS: usize = 40;
/// Limits the values that are kept per field; the most common are kept.
const MOST_SHOWN: usize = 10;
/// Limits the values that are named in one line.
const MOST_NAMED: usize = 5;

/// Values that were not understood, by source and field.
pub type UnreadBySource = BTreeMap<String, BTreeMap<String, UnreadField>>;

/// Returns the counts for the manifest, without values that may be about one person.
pub(crate) fn by_source(sources: &BTreeMap<String, UnreadValues>, gates: &GatesSection) -> UnreadBySource {
    let fields = |values: &UnreadValues| -> BTreeMap<String, UnreadField> {
        let unread = values.fields().filter(|it| it.1.unread > 0);
        unread.map(|(field, values)| (field.name().to_owned(), field_of(field, values, gates))).collect()
    };
    let all = sources.iter().map(|(name, values)| (name.clone(), fields(values)));
    all.filter(|it| !it.1.is_empty()).collect()
}

fn field_of(field: ReadField, values: &FieldValues, gates: &GatesSection) -> UnreadField {
    // A name is about one person, even if several people share it.
    let may_show = |it: &(&str, u64)| field != ReadField::Name && is_shown(it.0, it.1);
    let shown = values.commonest().into_iter().filter(may_show).take(MOST_SHOWN);
    let shown: Vec<(String, u64)> = shown.map(|(value, n)| (value.to_owned(), n)).collect();
    UnreadField {
        filled: values.filled,
        unread: values.unread,
        hidden: values.unread - shown.iter().map(|it| it.1).sum::<u64>(),
        values: shown,
        is_over: gates.max_unreadable(field).is_some_and(|most| values.share() > most),
    }
}

/// Returns whether a value may be printed: seen several times, short, without digits and without @.
pub(crate) fn is_shown(value: &str, n: u64) -> bool {
    let is_telling = |it: char| it.is_numeric() || it == '@' || it.is_control();
    n >= FEWEST_SEEN && value.chars().count() <= MOST_CHARS && !value.contains(is_telling)
}

/// Returns the findings of rows whose people are held back.
pub(crate) fn held(fields: &BTreeMap<String, UnreadField>) -> RowFindings {
    let mut held = RowFindings::default();
    for (field, finding) in [
        (ReadField::Region, RowFinding::Region),
        (ReadField::Date, RowFinding::Date),
        (ReadField::Language, RowFinding::Language),
        (ReadField::Email, RowFinding::Email),
        (ReadField::Name, RowFinding::Garbled),
    ] {
        if fields.get(field.name()).is_some_and(|it| it.is_over) {
            held.add(finding);
        }
    }
    held
}

/// Returns whether any field of any source exceeds what the plan allows.
pub(crate) fn is_over(unread: &UnreadBySource) -> bool {
    unread.values().flat_map(BTreeMap::values).any(|it| it.is_over)
}

/// Displays the values of one field of a source that were not understood, as a line.
pub struct UnreadLine<'a> {
    pub source: &'a str,
    pub field: &'a str,
    pub values: &'a UnreadField,
}

/// Displays the most common of these values with their counts, and how many are not shown.
pub struct ShownValues<'a>(pub &'a UnreadField);

impl fmt::Display for UnreadLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { source, field, values } = self;
        write!(
            f,
            "source \"{source}\": {} of {} {} ({:.1} %) are not understood: {}",
            grouped(values.unread),
            grouped(values.filled),
            plural(field),
            100.0 * share(values.unread, values.filled),
            ShownValues(values)
        )
    }
}

impl fmt::Display for ShownValues<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let shown = || self.0.values.iter().take(MOST_NAMED);
        let mut named: Vec<String> = shown().map(|(value, n)| format!("\"{value}\" {}", grouped(*n))).collect();
        let n_others = self.0.unread - shown().map(|it| it.1).sum::<u64>();
        if n_others > 0 {
            named.push(format!("{}{} not shown here", if named.is_empty() { "" } else { "and " }, grouped(n_others)));
        }
        f.write_str(&named.join(", "))
    }
}

fn plural(field: &str) -> &'static str {
    match field {
        "consent" => "statements about consent",
        "date" => "dates",
        "region" => "countries",
        "language" => "languages",
        "name" => "names",
        _ => "e-mail addresses",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_may_be_about_one_person_is_not_shown() {
        for (value, n, expected) in [
            ("perhaps", 3, true),
            ("perhaps", 2, false),
            ("ana@example.com", 9, false),
            ("since 2024", 9, false),
            ("٢٠٢٤", 9, false),
            (&"x".repeat(41), 9, false),
        ] {
            assert_eq!(is_shown(value, n), expected, "{value} {n}");
        }
    }
}
