//! What a contact is after an import, given what the database held of it.

use std::collections::HashSet;

use model::{Basis, Contact, Field, Identity, IdentityKind, Personal, RowName, Statement};
use phone::{LineType, PhoneNumber, Region};

use crate::held::Held;
use crate::journal::LoadRun;
use crate::statements;

/// The contact as it should be after an import: what the import knows wins, and nothing that was known is lowered.
///
/// Dates are the latest of both sides, message counts the greatest ("at least": two exports of one time overlap), and
/// statements about consent those of both, of which what counts is derived anew.
pub(crate) fn reconciled(run: &LoadRun, held: &Held, incoming: Contact) -> Contact {
    let held = match run.earlier_id(held.run_number) {
        Some(id) => qualified(held.contact.clone(), id),
        None => held.contact.clone(),
    };
    let mut rows = all_rows(&held.rows, &incoming.rows);
    let held = without_mended(held, &run.id, &incoming);
    let mut contact = combined(held, incoming);
    statements::derive(run.rule, &run.id, &mut contact);
    for (_, row) in contact.value_rows() {
        rows = with_row(rows, row);
    }
    contact.n_rows = count_rows(&rows);
    contact.rows = rows;
    contact
}

/// The contact without statements that this import mends: what was held back because a row could not be read, of
/// sources that have been read again, and cells that this very run had read with another date or channel before its plan
/// was corrected. Cells with other words stay: a file that was exchanged may have lost a refusal.
fn without_mended(mut held: Contact, run_id: &str, incoming: &Contact) -> Contact {
    let sources: Vec<&str> = incoming.rows.split(' ').map(source_of).collect();
    let cell = |it: &Statement| (RowName::clone(&it.row), it.basis, it.words.0.clone());
    let read_again: HashSet<_> = incoming.statements.iter().map(cell).collect();
    held.statements.retain(|it| match it.basis {
        Basis::Unreadable => !sources.contains(&source_of(&it.row)),
        _ => &*it.first_run.id != run_id || !read_again.contains(&cell(it)),
    });
    held
}

/// The name of the source of a row such as `2026-11-28-spring/sms:12`.
fn source_of(row: &str) -> &str {
    let row = row.rsplit_once('/').map_or(row, |it| it.1);
    row.split_once(':').map_or(row, |it| it.0)
}

/// The rows with one more, of an earlier run, that a value still comes from.
fn with_row(rows: RowName, row: Option<&RowName>) -> RowName {
    let Some((of_source, _)) = row.filter(|it| it.contains('/')).and_then(|it| it.rsplit_once(':')) else {
        return rows;
    };
    let is_there = rows.split(' ').any(|it| it.rsplit_once(':').is_some_and(|it| it.0 == of_source));
    match row {
        Some(row) if !is_there => format!("{rows} {row}").into(),
        _ => rows,
    }
}

fn combined(held: Contact, incoming: Contact) -> Contact {
    let (phone, region, line_type) = phone_of(&held, &incoming);
    let other_phone = incoming.phone.filter(|it| phone != Some(*it)).map(phone_identity);
    let held_is_later = held.last_at.as_ref().map(|it| it.value) > incoming.last_at.as_ref().map(|it| it.value);
    Contact {
        id: incoming.id,
        phone,
        region,
        line_type,
        name: incoming.name.or(held.name),
        email: incoming.email.or(held.email),
        language: incoming.language.or(held.language),
        first_at: [held.first_at, incoming.first_at].into_iter().flatten().min(),
        last_at: if held_is_later { held.last_at } else { incoming.last_at },
        last_inbound_at: incoming.last_inbound_at.max(held.last_inbound_at),
        last_outbound_at: incoming.last_outbound_at.max(held.last_outbound_at),
        n_messages: incoming.n_messages.max(held.n_messages),
        is_reachable: incoming.is_reachable.or(held.is_reachable),
        // Derived from all statements by the caller.
        consent: None,
        consent_at: None,
        consent_channel: None,
        whatsapp_consent: None,
        statements: statements::union(held.statements, incoming.statements),
        identities: union(held.identities, incoming.identities.into_iter().chain(other_phone).collect()),
        tags: union(held.tags, incoming.tags),
        channels: union(held.channels, incoming.channels),
        n_rows: incoming.n_rows,
        rows: incoming.rows,
    }
}

/// Two contacts as one: what the first knows wins, and the phone of the other becomes an identity where the first
/// has one. `run_id` is the run of the rows that are named without one.
pub(crate) fn joined(rule: consent::Rule, run_id: &str, kept: Contact, other: Contact) -> Contact {
    let (phone, region, line_type) = phone_of(&kept, &other);
    let other_phone = other.phone.filter(|it| phone != Some(*it)).map(phone_identity);
    let n_messages = kept.n_messages + other.n_messages;
    let n_rows = kept.n_rows + other.n_rows;
    let rows = format!("{} {}", kept.rows, other.rows).into();
    let joined = combined(Contact { phone: None, ..other }, kept);
    let identities = union(joined.identities, other_phone.into_iter().collect());
    let mut contact = Contact { phone, region, line_type, n_messages, n_rows, rows, identities, ..joined };
    statements::derive(rule, run_id, &mut contact);
    contact
}

/// The contact with the id of its run before the names of its rows, such as `2026-11-28-spring/sms:12`. Names that have
/// one already are of an earlier run still.
pub(crate) fn qualified(mut contact: Contact, run_id: &str) -> Contact {
    let name = |row: &RowName| -> RowName {
        let part = |it: &str| if it.contains('/') { it.to_owned() } else { format!("{run_id}/{it}") };
        row.split(' ').map(part).collect::<Vec<_>>().join(" ").into()
    };
    fn of<T>(field: &mut Option<Field<T>>, name: impl Fn(&RowName) -> RowName) {
        if let Some(field) = field {
            field.row = name(&field.row);
        }
    }
    of(&mut contact.name, name);
    of(&mut contact.email, name);
    of(&mut contact.language, name);
    of(&mut contact.last_at, name);
    of(&mut contact.is_reachable, name);
    contact.rows = name(&contact.rows);
    contact
}

/// The rows of the import, and those that the database names of sources that the import does not have for this contact.
fn all_rows(held: &str, incoming: &RowName) -> RowName {
    let known: Vec<&str> = incoming.split(' ').map(source_of).collect();
    let others: Vec<&str> = held.split(' ').filter(|it| it.contains('/') && !known.contains(&source_of(it))).collect();
    if others.is_empty() { RowName::clone(incoming) } else { format!("{incoming} {}", others.join(" ")).into() }
}

/// How many rows a text such as `sms:1-3,9 2026-11-28-spring/viber:7` names.
fn count_rows(rows: &str) -> u64 {
    let range = |it: &str| match it.split_once('-') {
        Some((first, last)) => match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) => last.saturating_sub(first) + 1,
            _ => 1,
        },
        None => 1,
    };
    let of_source = |it: &str| it.rsplit_once(':').map_or("", |it| it.1).split(',').map(range).sum::<u64>();
    rows.split(' ').map(of_source).sum()
}

/// The phone of two states of one contact, with what is known of it. Rows of somebody who was merged into the contact
/// have another phone, which does not take the place of its own.
fn phone_of(first: &Contact, second: &Contact) -> (Option<PhoneNumber>, Option<Region>, Option<LineType>) {
    let from = if first.phone.is_some() { first } else { second };
    (from.phone, from.region, from.line_type)
}

fn phone_identity(phone: PhoneNumber) -> Identity {
    Identity { kind: IdentityKind::Phone, scope: String::new(), value: Personal(phone.to_string()) }
}

fn union<T: Ord>(held: Vec<T>, incoming: Vec<T>) -> Vec<T> {
    let mut all: Vec<T> = held.into_iter().chain(incoming).collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_an_earlier_import_stay_unless_their_source_is_imported_again() {
        let rows = |held, incoming: &str| all_rows(held, &incoming.into()).to_string();
        assert_eq!(rows("2026-11-01-a/sms:1-3 2026-11-01-a/crm:2", "crm:5"), "crm:5 2026-11-01-a/sms:1-3");
        assert_eq!(rows("2026-11-01-a/sms:1", "sms:9"), "sms:9");
        assert_eq!(rows("sms:1", "crm:9"), "crm:9");
    }

    #[test]
    fn a_row_that_a_value_still_comes_from_stays_named() {
        let rows = |rows: &str, row: &str| with_row(rows.into(), Some(&row.into())).to_string();
        assert_eq!(rows("crm:1", "2026-11-01-a/crm:3"), "crm:1 2026-11-01-a/crm:3");
        assert_eq!(rows("crm:1 2026-11-01-a/crm:3-4", "2026-11-01-a/crm:3"), "crm:1 2026-11-01-a/crm:3-4");
        assert_eq!(rows("crm:1", "crm:2"), "crm:1");
    }

    #[test]
    fn rows_are_counted_from_their_names() {
        assert_eq!(count_rows("sms:1-3,9 2026-11-01-a/viber:7"), 5);
    }
}
