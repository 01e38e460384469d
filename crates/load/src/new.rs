//! Contacts on their way into a database that holds none of them.

use std::ops::Range;

use model::{Contact, ContactId};
use tokio::sync::mpsc;

use crate::bulk::Rows;
use crate::contacts::{CONSENT, CONTACT, IDENTITY, MakeReceipt, group_size, push_contact, receipt_of};
use crate::edits::Marks;
use crate::journal::receipt_rows;
use crate::loading::Loading;
use crate::writing::Writes;
use crate::{Crm, LoadError, Loaded};

/// Contacts that the database does not hold, as the rows that they become.
///
/// A contact is many small pieces of memory. These are a few large ones, which go cheaply from thread to thread.
pub struct NewContacts {
    ids: Vec<ContactId>,
    /// Of contacts, identities and consents.
    rows: [Rows; 3],
    /// Where the rows of each contact end.
    ends: Vec<[usize; 3]>,
}

/// A batch of them, and the receipt to be given for it.
pub struct NewBatch {
    pub contacts: NewContacts,
    pub receipt: MakeReceipt,
}

impl Default for NewContacts {
    fn default() -> Self {
        Self { ids: Vec::new(), rows: [&CONTACT, &IDENTITY, &CONSENT].map(Rows::new), ends: Vec::new() }
    }
}

impl NewContacts {
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub fn push(&mut self, contact: &Contact) {
        push_contact(&mut self.rows, contact, Marks::of(contact));
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

impl Crm {
    /// Loads batches of new contacts until no more come, and gives their receipts, `most` of them in a transaction. Whom the
    /// database holds all the same is written anew on SQLite, and an error on PostgreSQL.
    pub async fn load_new(
        &self,
        run_id: &str,
        mut batches: mpsc::Receiver<NewBatch>,
        most: usize,
    ) -> Result<Loaded, LoadError> {
        let mut loaded = Loaded::default();
        let mut next = batches.recv().await;
        while next.is_some() {
            let mut loading = Loading::begin(self).await?;
            let mut n_batches = 0;
            while n_batches < most && next.is_some() {
                let mut group = NewContacts::default();
                let mut receipts = Vec::new();
                while receipts.len() < group_size(self.dialect())
                    && let Some(NewBatch { contacts, receipt }) = next.take()
                {
                    receipts.push(receipt_of(receipt, contacts.ids.iter()));
                    match group.is_empty() {
                        true => group = contacts,
                        false => group.append(&contacts, 0..contacts.len()),
                    }
                    next = batches.recv().await;
                }
                n_batches += receipts.len();
                loaded.inserted += group.len() as u64;
                let [contacts, others @ ..] = group.rows;
                let writes = Writes {
                    forgotten: None,
                    new: vec![contacts],
                    merged: others.into_iter().chain([receipt_rows(run_id, &receipts)]).collect(),
                };
                let ready = writes.ready_to_load(self.dialect());
                loading.write(ready.map_err(LoadError::query("load new contacts"))?).await?;
            }
            loading.commit().await?;
        }
        Ok(loaded)
    }
}

#[cfg(test)]
mod tests {
    use model::{
        Channel, Consent, ConsentState, ContactKey, Identity, IdentityKind, PURPOSE_MESSAGES, Personal, PhoneNumber,
    };

    use super::*;

    /// Somebody with so many identities and so many consents.
    fn contact(n: u64, n_identities: usize, n_consents: usize) -> Contact {
        let phone = PhoneNumber::from_e164(&format!("+3319900{n:04}")).unwrap();
        let identity = |it| Identity {
            kind: IdentityKind::Viber,
            scope: "bot".into(),
            value: Personal(format!("viber {n} {it}")),
        };
        let consent = |it: Channel| Consent {
            channel: it,
            purpose: PURPOSE_MESSAGES.into(),
            state: ConsentState::Yes,
            at: None,
            row: "sms:1".into(),
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
            consents: Channel::ALL.into_iter().take(n_consents).map(consent).collect(),
            identities: (0..n_identities).map(identity).collect(),
            tags: Vec::new(),
            channels: vec![Channel::Sms],
            n_rows: 1,
            rows: "sms:1".into(),
        }
    }

    #[test]
    fn contacts_that_are_cut_and_put_together_again_are_the_same_rows() {
        let mut whole = NewContacts::default();
        let people = (0..40).map(|n| contact(n, n as usize % 3, n as usize % 2));
        people.for_each(|it| whole.push(&it));
        for size in [1, 7, 40] {
            let mut again = NewContacts::default();
            for start in (0..whole.len()).step_by(size) {
                let mut piece = NewContacts::default();
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
