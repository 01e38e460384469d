//! The fields in which two states of a contact differ.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Contact, IdentityKind, NAME_PARTS, SHOWN_FIELDS};

/// A field with its values in two states of a contact. A value is empty if nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldChange {
    /// The column of an export.
    pub field: String,
    pub before: String,
    pub after: String,
}

/// Lists the fields that differ, in the order of [`SHOWN_FIELDS`], then other identities and attributes.
///
/// The names of source rows are left out: a row that is added at the top of a file gives all others another number.
pub fn field_changes(before: &Contact, after: &Contact) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let mut compare = |field: &str, before: String, after: String| {
        if before != after {
            changes.push(FieldChange { field: field.to_owned(), before, after });
        }
    };
    for field in &SHOWN_FIELDS {
        let Some(name) = field.export.filter(|it| *it != "contact_id") else { continue };
        compare(name, (field.values)(before).join(","), (field.values)(after).join(","));
    }
    compare("identities", other_identities(before), other_identities(after));
    let attributes: BTreeSet<&String> = before.attributes.keys().chain(after.attributes.keys()).collect();
    for attribute in attributes.into_iter().filter(|it| !NAME_PARTS.contains(&it.as_str())) {
        let value = |it: &Contact| it.attributes.get(attribute).map(|it| it.0.clone()).unwrap_or_default();
        compare(&attribute_column(attribute), value(before), value(after));
    }
    changes
}

/// The identities that have no column of an export.
fn other_identities(contact: &Contact) -> String {
    let is_other = |kind| !matches!(kind, IdentityKind::External | IdentityKind::Viber);
    let others = contact.identities.iter().filter(|it| is_other(it.kind));
    others.map(|it| format!("{} {}", it.kind.name(), it.value.0)).collect::<Vec<_>>().join(",")
}

/// The name of an attribute, told apart from a field of the same name as exports do.
fn attribute_column(attribute: &str) -> String {
    match SHOWN_FIELDS.iter().any(|it| it.export == Some(attribute)) {
        true => format!("attribute_{attribute}"),
        false => attribute.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContactId, Field, Personal};

    #[test]
    fn a_change_has_both_values_and_the_name_of_the_column() {
        let contact = Contact::new(ContactId([1; 16]), "sms:1".into());
        let named = |name: &str| Field { value: Personal(name.to_owned()), row: "sms:1".into() };
        let before = Contact { name: Some(named("Ana")), ..contact.clone() };
        let mut after = Contact { name: Some(named("Anna")), tags: vec!["a".into(), "b".into()], ..contact };
        after.attributes.insert("region".into(), Personal("Alsace".into()));
        // Another row is no change.
        after.rows = "sms:7".into();
        let changes = field_changes(&before, &after);
        let shown: Vec<String> =
            changes.iter().map(|it| format!("{}: {} > {}", it.field, it.before, it.after)).collect();
        assert_eq!(shown, ["name: Ana > Anna", "tags:  > a,b", "attribute_region:  > Alsace"]);
    }
}
