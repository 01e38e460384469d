//! Contacts on their way into a database that holds none of them.

use std::ops::Range;

use model::{Contact, ContactId};

use crate::bulk::Rows;
use crate::contacts::{CONTACT, IDENTITY, push_contact};
use crate::edits::Marks;
use crate::statements::CONSENT;

/// Contacts that the database does not hold, as the rows that they become.
///
/// A contact is many small pieces of memory. These are a few large ones, which go cheaply from thread to thread.
pub struct NewContacts {
    pub(crate) ids: Vec<ContactId>,
    /// The run that loads them.
    run_number: i64,
    /// Of contacts, identities and statements.
    pub(crate) rows: [Rows; 3],
    /// Where the rows of each contact end.
    ends: Vec<[usize; 3]>,
}

impl NewContacts {
    /// No contacts yet of a run, and room for so many.
    pub fn with_room(run_number: i64, n_contacts: usize) -> Self {
        let mut rows = [&CONTACT, &IDENTITY, &CONSENT].map(Rows::new);
        rows[0].reserve(n_contacts);
        Self { run_number, ids: Vec::with_capacity(n_contacts), rows, ends: Vec::with_capacity(n_contacts) }
    }

    pub fn of<'a>(run_number: i64, contacts: impl IntoIterator<Item = &'a Contact>) -> Self {
        let mut new = Self::with_room(run_number, 0);
        contacts.into_iter().for_each(|it| new.push(it));
        new
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Forgets all contacts, and keeps the room for others.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.rows.iter_mut().for_each(Rows::clear);
        self.ends.clear();
    }

    pub fn push(&mut self, contact: &Contact) {
        push_contact(&mut self.rows, self.run_number, contact, Marks::of(contact));
        self.ids.push(contact.id);
        self.ends.push(self.rows.each_ref().map(Rows::n_rows));
    }

    /// Adds some of the contacts of `other`.
    pub fn append(&mut self, other: &Self, contacts: Range<usize>) {
        let start = contacts.start.checked_sub(1).map_or([0; 3], |it| other.ends[it]);
        let mut end = start;
        let before = self.rows.each_ref().map(Rows::n_rows);
        for ends in &other.ends[contacts.clone()] {
            end = *ends;
            self.ends.push(std::array::from_fn(|n| before[n] + end[n] - start[n]));
        }
        for (n, rows) in self.rows.iter_mut().enumerate() {
            rows.append(&other.rows[n], start[n]..end[n]);
        }
        self.ids.extend_from_slice(&other.ids[contacts]);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{
        Basis, Channel, ConsentChannel, ConsentState, ContactKey, Identity, IdentityKind, PURPOSE_MESSAGES, Personal,
        RunMark, Statement,
    };
    use phone::PhoneNumber;

    use super::*;

    /// A contact with so many identities and so many statements.
    fn contact(n: u64, n_identities: usize, n_statements: usize) -> Contact {
        let phone = PhoneNumber::from_e164(&format!("+3319900{n:04}")).unwrap();
        let identity = |it| Identity {
            kind: IdentityKind::Viber,
            scope: "bot".into(),
            value: Personal(format!("viber {n} {it}")),
        };
        let run = RunMark { id: "2026-11-28-spring".into(), started_at: Timestamp::UNIX_EPOCH };
        let statement = |it: usize| Statement {
            channel: ConsentChannel::Sms,
            at: None,
            state: ConsentState::Yes,
            basis: Basis::Cell,
            words: Personal(format!("yes {it}")),
            purpose: PURPOSE_MESSAGES.into(),
            row: "sms:1".into(),
            first_run: run.clone(),
            last_run: run.clone(),
        };
        Contact {
            id: ContactKey::from_hex(&"5a".repeat(32)).unwrap().of_phone(phone),
            phone: Some(phone),
            region: None,
            line_type: None,
            name: None,
            email: None,
            language: None,
            first_at: None,
            last_at: None,
            last_inbound_at: None,
            last_outbound_at: None,
            n_messages: n,
            is_reachable: None,
            consent: None,
            consent_at: None,
            consent_channel: None,
            whatsapp_consent: None,
            statements: (0..n_statements).map(statement).collect(),
            identities: (0..n_identities).map(identity).collect(),
            tags: Vec::new(),
            channels: vec![Channel::Sms],
            n_rows: 1,
            rows: "sms:1".into(),
        }
    }

    #[test]
    fn contacts_that_are_cut_and_put_together_again_are_the_same_rows() {
        let mut whole = NewContacts::with_room(1, 0);
        let people = (0..40).map(|n| contact(n, n as usize % 3, n as usize % 2));
        people.for_each(|it| whole.push(&it));
        for size in [1, 7, 40] {
            let mut again = NewContacts::with_room(1, 0);
            for start in (0..whole.len()).step_by(size) {
                let mut piece = NewContacts::with_room(1, 0);
                piece.append(&whole, start..whole.len().min(start + size));
                again.append(&piece, 0..piece.len());
            }
            assert_eq!((&again.ids, &again.ends), (&whole.ids, &whole.ends));
            for (again, whole) in again.rows.iter().zip(&whole.rows) {
                assert_eq!(again.cells().collect::<Vec<_>>(), whole.cells().collect::<Vec<_>>());
            }
        }
        let n_rows = whole.rows.each_ref().map(Rows::n_rows);
        assert_eq!(n_rows, [40, 39, 20]);
    }
}
