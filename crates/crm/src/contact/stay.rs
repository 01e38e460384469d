//! Values that stay when a later import lacks them or when two contacts become one, and the names of
//! their rows.
//!
//! A value without a [`Field`] has no name of its row on a first import: one of the rows in `source_rows`
//! gave it. When a later import replaces these rows, a value that stays is named with them. So a value without a name is
//! always from a row of the contact's own run.

use model::{Contact, Field, RowName, attribute_value, tag_value};

use crate::contact::source_rows::SourceRows;

pub(crate) const FIRST_AT: &str = "first_at";
pub(crate) const LAST_INBOUND_AT: &str = "last_inbound_at";
pub(crate) const LAST_OUTBOUND_AT: &str = "last_outbound_at";
pub(crate) const N_MESSAGES: &str = "n_messages";

/// Takes over a value that the import lacks, with its row.
pub(crate) fn keep_known<T: Clone>(now: &mut Option<T>, held: &Option<T>) {
    if now.is_none() {
        now.clone_from(held);
    }
}

/// Takes over an edit. The row of the value stays that of the import: an edit came from no row.
pub(crate) fn keep_edit<T: Clone>(now: &mut Option<Field<T>>, held: &Option<Field<T>>) {
    match (now.as_mut(), held) {
        (Some(now), Some(held)) => now.value.clone_from(&held.value),
        _ => now.clone_from(held),
    }
}

/// All values of both, sorted, each once.
pub(crate) fn unite<T: Ord + Clone>(now: &mut Vec<T>, held: &[T]) {
    now.extend_from_slice(held);
    now.sort();
    now.dedup();
}

/// Takes over the rows of a value that `contact` has from `other`.
pub(crate) fn take_rows(contact: &mut Contact, other: &Contact, value: impl Into<String>) {
    let value = value.into();
    let rows = other.earlier_rows.get(&value).cloned();
    contact.earlier_rows.set(value, rows);
}

/// Takes over the tags that `now` lacks.
pub(crate) fn take_tags(now: &mut Contact, held: &Contact) {
    let missing: Vec<&String> = held.tags.iter().filter(|it| !now.tags.contains(it)).collect();
    for tag in missing {
        now.tags.push(tag.clone());
        take_rows(now, held, tag_value(tag));
    }
    now.tags.sort();
    now.tags.dedup();
}

/// Takes over the attributes that `now` lacks.
pub(crate) fn take_attributes(now: &mut Contact, held: &Contact) {
    for (name, value) in &held.attributes {
        if !now.attributes.contains_key(name) {
            now.attributes.insert(name.clone(), value.clone());
            take_rows(now, held, attribute_value(name));
        }
    }
}

/// Names the values without a name after the rows of the contact's own run.
pub(crate) fn name_values(contact: &mut Contact) {
    let own = own_rows(&contact.rows);
    for value in values(contact) {
        if contact.earlier_rows.get(&value).is_none() {
            contact.earlier_rows.set(value, Some(RowName::clone(&own)));
        }
    }
}

/// The rows of the messages of two contacts together; none if all are rows of their own run.
pub(crate) fn rows_of_messages(one: &Contact, other: &Contact) -> Option<RowName> {
    let of = |it: &Contact| it.earlier_rows.get(N_MESSAGES).cloned();
    if of(one).is_none() && of(other).is_none() {
        return None;
    }
    let with_messages = [one, other].into_iter().filter(|it| it.n_messages > 0);
    let rows: Vec<RowName> = with_messages.map(|it| of(it).unwrap_or_else(|| own_rows(&it.rows))).collect();
    let mut all = SourceRows::default();
    rows.iter().for_each(|it| all.add(it));
    Some(all.to_string().into())
}

/// The rows, and all rows that the values of the contact name.
pub(crate) fn with_rows_of_values(rows: &str, contact: &Contact) -> (RowName, u64) {
    let mut all = SourceRows::of(rows);
    contact.value_rows().into_iter().filter_map(|it| it.1).for_each(|it| all.add(it));
    contact.earlier_rows.iter().for_each(|it| all.add(it.1));
    (all.to_string().into(), all.n_rows())
}

/// The rows of the contact's own run: they are named without one.
fn own_rows(rows: &RowName) -> RowName {
    let mut own = SourceRows::of(rows);
    own.retain(|it| !it.contains('/'));
    if own.is_empty() { RowName::clone(rows) } else { own.to_string().into() }
}

/// The names of the values without a [`Field`].
fn values(contact: &Contact) -> Vec<String> {
    let are_known = [
        (FIRST_AT, contact.first_at.is_some()),
        (LAST_INBOUND_AT, contact.last_inbound_at.is_some()),
        (LAST_OUTBOUND_AT, contact.last_outbound_at.is_some()),
        (N_MESSAGES, contact.n_messages > 0),
    ];
    let known = are_known.into_iter().filter(|it| it.1).map(|it| it.0.to_owned());
    let attributes = contact.attributes.keys().map(|it| attribute_value(it));
    known.chain(attributes).chain(contact.tags.iter().map(|it| tag_value(it))).collect()
}
