//! Values that were not understood: as the manifest keeps them, as gates judge them, and in words.

use std::collections::BTreeMap;

use anyhow::Result;
use clean::{FieldValues, ReadField, UnreadValues};
use model::{RowFinding, RowFindings};
use run::UnreadField;

use crate::exit::Gate;
use crate::plan::GatesSection;
use crate::progress::grouped;
use crate::summary::share;

/// A value is shown if it was seen so often: a value of one person is seen once or twice.
const FEWEST_SEEN: u64 = 3;
/// Longer values are texts of people.
const MOST_CHARS: usize = 40;
/// How many values are kept of each field, the commonest.
const MOST_SHOWN: usize = 10;
/// How many of them are named in a line.
const MOST_NAMED: usize = 5;

/// Values that were not understood, by source and field.
pub(crate) type UnreadBySource = BTreeMap<String, BTreeMap<String, UnreadField>>;

/// Counts as the manifest keeps them: without values that may be about one person.
pub(crate) fn by_source(sources: &BTreeMap<String, UnreadValues>, gates: &GatesSection) -> UnreadBySource {
    let fields = |values: &UnreadValues| -> BTreeMap<String, UnreadField> {
        let unread = values.fields().filter(|it| it.1.unread > 0);
        unread.map(|(field, values)| (field.name().to_owned(), field_of(field, values, gates))).collect()
    };
    let all = sources.iter().map(|(name, values)| (name.clone(), fields(values)));
    all.filter(|it| !it.1.is_empty()).collect()
}

fn field_of(field: ReadField, values: &FieldValues, gates: &GatesSection) -> UnreadField {
    // A name is about one person, however many have it.
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

/// Whether a value may be printed: seen several times, short, without digits and without @.
pub(crate) fn is_shown(value: &str, n: u64) -> bool {
    let is_telling = |it: char| it.is_numeric() || it == '@' || it.is_control();
    n >= FEWEST_SEEN && value.chars().count() <= MOST_CHARS && !value.contains(is_telling)
}

/// The findings of rows whose people are held back.
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

/// Stops a run of which more is not understood than the plan allows, before anybody is asked or loaded.
pub(crate) fn check(unread: &UnreadBySource, gates: &GatesSection) -> Result<()> {
    for (source, fields) in unread {
        for (field, values) in fields {
            let share = share(values.unread, values.filled);
            if let Some(most) = gates.stop_unreadable.get(field).filter(|it| share > **it) {
                let line = line(source, field, values);
                let message = format!("{line}; stop_unreadable allows {:.1} %", most * 100.0);
                return Err(Gate(message).into());
            }
        }
    }
    Ok(())
}

/// Whether any field of any source is over what the plan allows.
pub(crate) fn is_over(unread: &UnreadBySource) -> bool {
    unread.values().flat_map(BTreeMap::values).any(|it| it.is_over)
}

/// A line about one field, in words.
pub(crate) fn line(source: &str, field: &str, values: &UnreadField) -> String {
    format!(
        "source \"{source}\": {} of {} {} ({:.1} %) are not understood: {}",
        grouped(values.unread),
        grouped(values.filled),
        plural(field),
        100.0 * share(values.unread, values.filled),
        named(values)
    )
}

/// The commonest values, each with how often it was seen, and how many are not shown.
pub(crate) fn named(values: &UnreadField) -> String {
    let shown = || values.values.iter().take(MOST_NAMED);
    let mut named: Vec<String> = shown().map(|(value, n)| format!("\"{value}\" {}", grouped(*n))).collect();
    let n_others = values.unread - shown().map(|it| it.1).sum::<u64>();
    if n_others > 0 {
        named.push(format!("{}{} not shown here", if named.is_empty() { "" } else { "and " }, grouped(n_others)));
    }
    named.join(", ")
}

/// The plan key that would mend it.
pub(crate) fn remedy(field: &str) -> &'static str {
    match field {
        "consent" => "say what they mean in [clean.consent_words]: yes, no or stop = [\"…\"]",
        "date" => "say how dates are written with date_order or date_format in the [[source]]",
        "region" => "correct the country in the file, or leave the column out and give the [[source]] a region",
        "language" => "a language is a code such as fr, or its name",
        "name" => "they look garbled by a wrong encoding: set encoding in the [[source]]",
        _ => "an e-mail address has one @ and no blanks",
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
