//! Contacts as rows of the database.

use std::ops::Range;

use model::{Contact, ContactId, Identity};

use crate::contact::edits::cells;
use crate::contact::{CONTACT, ContactHashes, IDENTITY};
use crate::sql::{Cell, Rows, Table};
use crate::statements::{CONSENT, push_statements};

/// The tables that make up contacts, in the order of [`NewContacts::rows`].
pub(crate) const TABLES: [&Table; 3] = [&CONTACT, &CONSENT, &IDENTITY];

/// Contacts that the database does not hold, as the rows that they become.
///
/// A contact is many small allocations. These are a few large ones, which are cheap to pass between threads.
pub struct NewContacts {
    pub(crate) ids: Vec<ContactId>,
    /// The run that loads them.
    run_number: i64,
    /// The rows of contacts, statements and identities.
    pub(crate) rows: [Rows; 3],
    /// Where the rows of each contact end.
    ends: Vec<[usize; 3]>,
}

impl NewContacts {
    /// No contacts yet of a run, and room for this many.
    pub fn with_room(run_number: i64, n_contacts: usize) -> Self {
        let mut rows = TABLES.map(Rows::new);
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

    /// Removes all contacts and keeps the memory for others.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.rows.iter_mut().for_each(Rows::clear);
        self.ends.clear();
    }

    pub fn push(&mut self, contact: &Contact) {
        let cells = cells(contact);
        let hashes = ContactHashes::of(contact, &cells);
        push(&mut self.rows, self.run_number, contact, cells, hashes);
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

/// The rows of contacts, in the order of [`TABLES`].
pub(crate) fn contact_rows<'a>(
    run_number: i64,
    contacts: impl IntoIterator<Item = (&'a Contact, ContactHashes)>,
) -> [Rows; 3] {
    let mut rows = TABLES.map(Rows::new);
    contacts.into_iter().for_each(|(contact, hashes)| push(&mut rows, run_number, contact, cells(contact), hashes));
    rows
}

fn push<'a>(
    [contacts, statements, identities]: &mut [Rows; 3],
    run_number: i64,
    contact: &'a Contact,
    cells: impl IntoIterator<Item = Cell<'a>>,
    hashes: ContactHashes,
) {
    let bookkeeping: [Cell; 3] = [run_number.into(), hashes.written.0.into(), hashes.import.map(|it| it.0).into()];
    contacts.push(cells.into_iter().chain(bookkeeping));
    for Identity { kind, scope, value } in &contact.identities {
        identities.push([(&contact.id).into(), kind.name().into(), scope.into(), (&value.0).into()]);
    }
    push_statements(statements, contact);
}

#[cfg(test)]
mod tests {
    use phone::PhoneNumber;

    use super::*;
    use crate::check::{contact, identity, statement};

    #[test]
    fn contacts_that_are_cut_and_put_together_again_are_the_same_rows() {
        let mut whole = NewContacts::with_room(1, 0);
        for n in 0..40_u64 {
            let phone = PhoneNumber::from_e164(&format!("+3319900{n:04}")).unwrap();
            let identities = (0..n % 3).map(|it| identity(&format!("viber {n} {it}"))).collect();
            let statements = (0..n % 2).map(|it| statement(&format!("yes {it}"))).collect();
            whole.push(&Contact { identities, statements, ..contact(phone) });
        }
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
        assert_eq!(n_rows, [40, 20, 39]);
    }
}
