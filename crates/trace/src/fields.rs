//! The fields of a contact, where each value came from, and which values it was preferred to.

use crossing::TracedRow;
use model::{Contact, SHOWN_FIELDS, ShownField};
use plan::MergeSection;

/// The fields of a contact: name, value, and the row that each came from.
pub(crate) fn fields(contact: &Contact) -> Vec<(&'static str, String, String)> {
    let values = |(name, field): (&'static str, &ShownField)| {
        let row = (field.row)(contact).map_or_else(String::new, ToString::to_string);
        (field.values)(contact).into_iter().map(move |value| (name, value, row.clone()))
    };
    SHOWN_FIELDS.iter().filter_map(|it| Some((it.trace?, it))).flat_map(values).collect()
}

/// The merge rule of a field; none for fields without a rule.
pub(crate) fn rule_of(field: &str, rules: MergeSection) -> Option<&'static str> {
    let rule = match field {
        "name" => rules.name,
        "email" => rules.email,
        "language" => rules.language,
        "consent" => return Some(rules.consent.name()),
        _ => return None,
    };
    Some(rule.name())
}

/// Other values of a field, each with the first row that has it.
pub(crate) fn lost(field: &str, kept: &str, rows: &[TracedRow]) -> Vec<(String, String)> {
    let mut lost: Vec<(String, String)> = Vec::new();
    for row in rows {
        for (_, value) in row.said.iter().filter(|it| it.0 == field && it.1 != kept) {
            if !lost.iter().any(|it| it.0 == *value) {
                lost.push((value.clone(), format!("{}:{}", row.source, row.record)));
            }
        }
    }
    lost
}
