//! Reads contacts for exports and traces.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{Contact, ContactId, Identity, KeptOut, Registration, Segment};
use phone::PhoneNumber;

use crate::contact::{CONTACT, IDENTITY, StoredContact, read_contact, read_identity};
use crate::identity_history::contacts_with_number;
use crate::sql::{Row, postgres, sqlite};
use crate::statements::derive;
use crate::{Crm, Database, LoadError};

/// A contact and what is known of its WhatsApp registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub contact: Contact,
    /// None if no one has asked.
    pub registration: Option<Registration>,
    pub kept_out: KeptOut,
}

impl Exported {
    /// Gives the segment of the contact.
    pub fn segment(&self) -> Segment {
        self.segment_by(self.kept_out)
    }

    /// Gives the segment in which the contact would be if it were not held.
    pub fn segment_without_hold(&self) -> Segment {
        self.segment_by(KeptOut { is_held: false, ..self.kept_out })
    }

    fn segment_by(&self, kept_out: KeptOut) -> Segment {
        let consent = self.contact.consent.as_ref().map(|it| it.value);
        Segment::of(consent, kept_out, self.registration.as_ref().map(|it| it.answer))
    }
}

/// How many contacts are read with their evidence at once.
pub(crate) const PAGE: i64 = 4000;

const NUMBERS: &str = "select contact_id, e164 from contact where e164 >= $1 and e164 < $2";
const ANY: &str = "select contact_id from contact union all select contact_id from consent \
    union all select contact_id from identity limit 1";
const FIND: &str =
    "select contact_id from contact where e164 = $1 union select contact_id from identity where value = $1";

impl Crm {
    /// Gives every contact to `each`, with what is known of it at the moment `now`, in the order of their ids. Memory
    /// does not grow with their number.
    pub async fn export<E: From<LoadError>>(
        &self,
        now: Timestamp,
        mut each: impl FnMut(Exported) -> Result<(), E>,
    ) -> Result<u64, E> {
        let select = CONTACT.select() + " where contact_id > $1 order by contact_id limit $2";
        let kept_out = self.people_kept_out().await?;
        let run = self.reader("read the runs").await?.any_run().await?;
        let mut n_contacts = 0;
        let mut after = Vec::new();
        loop {
            let page = [after.as_slice().into(), PAGE.into()];
            let contacts = self.select("read the contacts", &select, &page, read_contact).await?;
            let (Some(first), Some(last)) = (contacts.first(), contacts.last()) else { return Ok(n_contacts) };
            let (first, last) = (first.contact.id, last.contact.id);
            after = last.0.to_vec();
            let mut statements = self.statements_between(first, last).await?;
            let evidence = self.evidence_between(first, last).await?;
            let mut identities = self.identities_between(first, last).await?;
            for StoredContact { mut contact, run_number, .. } in contacts {
                n_contacts += 1;
                contact.statements = statements.remove(&contact.id).unwrap_or_default();
                derive(&run.consent, run.id_of(run_number).unwrap_or_default(), &mut contact);
                contact.identities = identities.remove(&contact.id).unwrap_or_default();
                let registration = evidence.get(&contact.id).and_then(|it| Registration::of(it, now));
                let kept_out = kept_out.of(contact.id);
                each(Exported { contact, registration, kept_out })?;
            }
        }
    }

    /// All identities of contacts with ids from `first` to `last`, by contact, sorted.
    async fn identities_between(
        &self,
        first: ContactId,
        last: ContactId,
    ) -> Result<HashMap<ContactId, Vec<Identity>>, LoadError> {
        let select = IDENTITY.select() + " where contact_id >= $1 and contact_id <= $2";
        let all =
            self.select("read the identities", &select, &[(&first).into(), (&last).into()], read_identity).await?;
        let mut by_contact: HashMap<ContactId, Vec<Identity>> = HashMap::new();
        for (contact, identity) in all {
            by_contact.entry(contact).or_default().push(identity);
        }
        by_contact.values_mut().for_each(|it| it.sort());
        Ok(by_contact)
    }

    /// The names of the attributes that any contact has, sorted.
    pub async fn attribute_names(&self) -> Result<Vec<String>, LoadError> {
        let names = match &self.0 {
            Database::Sqlite(_) => sqlite::ATTRIBUTE_NAMES,
            Database::Postgres(_) => postgres::ATTRIBUTE_NAMES,
        };
        self.select("list the attributes", names, &[], |it| it.text(0)).await
    }

    /// The contacts with numbers from `start` on and before `end`, in the order of text, and those numbers.
    pub async fn phones_between(&self, start: &str, end: &str) -> Result<Vec<(ContactId, PhoneNumber)>, LoadError> {
        let number = |it: &dyn Row| Ok((it.contact_id(0)?, it.word(1, PhoneNumber::from_e164)?));
        self.select("read the numbers of a country", NUMBERS, &[start.into(), end.into()], number).await
    }

    /// Whether the database holds no contacts, statements or identities. The answer does not take longer when it holds
    /// many.
    pub async fn is_empty(&self) -> Result<bool, LoadError> {
        Ok(self.select("look for a contact", ANY, &[], |_| Ok(())).await?.is_empty())
    }

    /// How many contacts the database holds.
    pub async fn n_contacts(&self) -> Result<u64, LoadError> {
        let n = self.select("count the contacts", "select count(*) from contact", &[], |it| it.count(0)).await?;
        Ok(n.first().copied().unwrap_or(0))
    }

    /// The contacts that have this text as phone (`+…`) or as another identity, by what imports wrote or by what
    /// happened since.
    pub async fn find(&self, text: &str) -> Result<Vec<ContactId>, LoadError> {
        let find = format!("{FIND} union {}", contacts_with_number("$1", "substr($1, 2)"));
        self.select("find a contact", &find, &[text.into()], |it| it.contact_id(0)).await
    }
}
