//! Puts an import of a contact together with what the database holds.

use std::collections::HashSet;

use model::{Basis, Contact, Identity, IdentityKind, Personal, RowName, Statement};
use phone::PhoneNumber;

use crate::contact::StoredContact;
use crate::contact::columns::COLUMNS;
use crate::contact::source_rows::SourceRows;
use crate::contact::stay::{N_MESSAGES, name_values, rows_of_messages, unite, with_rows_of_values};
use crate::load_run::LoadRun;
use crate::statements::{ConsentRules, derive, union};

/// The contact as it should be after an import: what the import knows wins, and nothing that was known is lowered.
///
/// Each column says what it takes over from the database. Statements about consent are those of both, and what counts
/// is derived from all of them.
///
/// `is_survivor` says that somebody was merged into the contact: then the rows of both stay named while one run loads.
pub(crate) fn reconciled(run: &LoadRun, held: &StoredContact, incoming: Contact, is_survivor: bool) -> Contact {
    let is_of_this_run = held.run_number == run.number;
    let held = of_its_run(run, held);
    let rows = match is_survivor && is_of_this_run {
        true => both_rows(&held.rows, &incoming.rows),
        false => all_rows(&held.rows, &incoming.rows),
    };
    let held = without_mended(held, run, &incoming);
    with_rows(derived(run, combined(&held, incoming)), &rows)
}

/// The contact after an import of somebody who was merged into it, and who has its id here.
///
/// The statements of both count. A value of the import replaces one of the contact only if it is newer by its date:
/// whether this run has said the same of the contact itself is not known.
pub(crate) fn reconciled_into(run: &LoadRun, held: &StoredContact, incoming: Contact) -> Contact {
    let held = of_its_run(run, held);
    let rows = both_rows(&held.rows, &incoming.rows);
    let at = |it: &Contact| it.last_at.as_ref().map(|it| it.value);
    let is_newer = at(&held).zip(at(&incoming)).is_some_and(|(held, incoming)| incoming > held);
    let contact = if is_newer { combined(&held, incoming) } else { completed(held, incoming) };
    with_rows(derived(run, contact), &rows)
}

/// The contact that the database holds. Rows of an earlier run are named with the id of that run.
fn of_its_run(run: &LoadRun, held: &StoredContact) -> Contact {
    let contact = held.contact.clone();
    match run.earlier_id(held.run_number) {
        Some(id) => qualified(contact, id),
        None => contact,
    }
}

/// The contact with the consent that follows from its statements.
fn derived(run: &LoadRun, mut contact: Contact) -> Contact {
    derive(&run.consent, &run.id, &mut contact);
    contact
}

/// The contact with these rows and all that its values name, and with their number.
fn with_rows(contact: Contact, rows: &str) -> Contact {
    let (rows, n_rows) = with_rows_of_values(rows, &contact);
    Contact { n_rows, rows, ..contact }
}

/// The contact without the statements that this import replaces: those about rows that could not be read, if their
/// source has been read again, and cells of the same files that were read with another date or channel before the plan
/// was corrected. Cells with other words stay: a file that was exchanged may have lost a refusal.
fn without_mended(mut held: Contact, run: &LoadRun, incoming: &Contact) -> Contact {
    let sources: Vec<&str> = incoming.rows.split(' ').map(source_of).collect();
    let cell = |it: &Statement| (row_of(&it.row).to_owned(), it.basis, it.words.0.clone());
    let read_again: HashSet<_> = incoming.statements.iter().map(cell).collect();
    held.statements.retain(|it| match it.basis {
        Basis::Unreadable => !sources.contains(&source_of(&it.row)),
        _ => !run.reads_again(&it.first_run.id, source_of(&it.row)) || !read_again.contains(&cell(it)),
    });
    held
}

/// The row without its run: `sms:12` of `2026-11-28-spring/sms:12`.
fn row_of(row: &str) -> &str {
    row.rsplit_once('/').map_or(row, |it| it.1)
}

/// The name of the source of a row such as `2026-11-28-spring/sms:12`.
fn source_of(row: &str) -> &str {
    let row = row_of(row);
    row.split_once(':').map_or(row, |it| it.0)
}

/// The import with what the database knows beside it, column by column. The caller derives the consent from the
/// statements.
fn combined(held: &Contact, incoming: Contact) -> Contact {
    let other_phone = incoming.phone;
    let mut contact = incoming;
    COLUMNS.iter().for_each(|it| (it.combine)(&mut contact, held));
    let other_phone = other_phone.filter(|it| contact.phone != Some(*it)).map(phone_identity);
    contact.identities.extend(other_phone);
    unite(&mut contact.identities, &held.identities);
    contact.statements = union(held.statements.clone(), contact.statements);
    contact
}

/// Two contacts as one: what the first knows wins, and the phone of the other becomes an identity where the first
/// has one. `run_id` is the run of the rows that are named without one.
pub(crate) fn joined(rules: &ConsentRules, run_id: &str, kept: Contact, other: Contact) -> Contact {
    let n_messages = kept.n_messages + other.n_messages;
    let rows_of_messages = rows_of_messages(&kept, &other);
    let rows = both_rows(&kept.rows, &other.rows);
    let mut contact = Contact { n_messages, ..completed(kept, other) };
    contact.earlier_rows.set(N_MESSAGES.to_owned(), rows_of_messages);
    derive(rules, run_id, &mut contact);
    with_rows(contact, &rows)
}

/// The first contact with what the other knows beside it. The phone of the other becomes an identity where the first
/// has one.
fn completed(kept: Contact, other: Contact) -> Contact {
    let from = if kept.phone.is_some() { &kept } else { &other };
    let (phone, region, line_type) = (from.phone, from.region, from.line_type);
    let other_phone = other.phone.filter(|it| phone != Some(*it)).map(phone_identity);
    let mut contact = combined(&Contact { phone: None, ..other }, kept);
    contact.identities.extend(other_phone);
    unite(&mut contact.identities, &[]);
    Contact { phone, region, line_type, ..contact }
}

/// The contact with the id of its run before the names of its rows, such as `2026-11-28-spring/sms:12`. Names that
/// already have an id stay as they are.
pub(crate) fn qualified(mut contact: Contact, run_id: &str) -> Contact {
    let name = |row: &RowName| -> RowName {
        let part = |it: &str| if it.contains('/') { it.to_owned() } else { format!("{run_id}/{it}") };
        row.split(' ').map(part).collect::<Vec<_>>().join(" ").into()
    };
    name_values(&mut contact);
    contact.value_rows_mut().into_iter().flatten().for_each(|row| *row = name(row));
    contact.earlier_rows.rows_mut().for_each(|rows| *rows = name(rows));
    contact.rows = name(&contact.rows);
    contact
}

/// The rows of the import, and those that the database names of sources that the import does not have for this contact.
fn all_rows(held: &str, incoming: &str) -> RowName {
    let known: Vec<&str> = incoming.split(' ').map(source_of).collect();
    let mut others = SourceRows::of(held);
    others.retain(|it| it.rsplit_once('/').is_some_and(|it| !known.contains(&it.1)));
    both_rows(incoming, &others.to_string())
}

/// The rows of both, each once.
fn both_rows(one: &str, other: &str) -> RowName {
    let mut rows = SourceRows::of(one);
    rows.add(other);
    rows.to_string().into()
}

fn phone_identity(phone: PhoneNumber) -> Identity {
    Identity { kind: IdentityKind::Phone, scope: String::new(), value: Personal(phone.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_an_earlier_import_stay_unless_their_source_is_imported_again() {
        let rows = |held, incoming| all_rows(held, incoming).to_string();
        assert_eq!(rows("2026-11-01-a/sms:1-3 2026-11-01-a/crm:2", "crm:5"), "crm:5 2026-11-01-a/sms:1-3");
        assert_eq!(rows("2026-11-01-a/sms:1", "sms:9"), "sms:9");
        assert_eq!(rows("sms:1", "crm:9"), "crm:9");
    }
}
