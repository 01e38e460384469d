//! What is asked of the database: exports, traces.

use jiff::Timestamp;
use model::{Contact, ContactId, Registration, Segment};
use phone::PhoneNumber;

use crate::crm::on;
use crate::held::ContactRow;
use crate::{Crm, LoadError};

/// A contact and what is believed of its WhatsApp registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub contact: Contact,
    /// None if nobody has asked.
    pub registration: Option<Registration>,
    pub is_suppressed: bool,
}

impl Exported {
    /// What can be done with the contact.
    pub fn segment(&self) -> Segment {
        let consent = self.contact.consent.as_ref().map(|it| it.value);
        Segment::of(consent, self.is_suppressed, self.registration.as_ref().map(|it| it.answer))
    }
}

/// So many contacts are read with their evidence at once.
pub(crate) const PAGE: i64 = 4000;

const CONTACTS: &str = "select contact.* from contact where contact_id > $1 order by contact_id limit $2";
const NUMBERS: &str = "select contact_id, e164 from contact where e164 >= $1 and e164 < $2";
const ANYBODY: &str = "select contact_id from contact union all select contact_id from consent limit 1";

impl Crm {
    /// Gives every contact to `each`, with what is believed of it at the moment `now`, in the order of their ids, in
    /// constant memory.
    pub async fn export<E: From<LoadError>>(
        &self,
        now: Timestamp,
        mut each: impl FnMut(Exported) -> Result<(), E>,
    ) -> Result<u64, E> {
        let suppressed = self.suppressed().await?;
        let mut n_contacts = 0;
        let mut after = Vec::new();
        loop {
            let page: Vec<ContactRow> = on!(self, pool => {
                sqlx::query_as(CONTACTS).bind(&after).bind(PAGE).fetch_all(pool).await
                    .map_err(LoadError::query("read the contacts"))?
            });
            let contacts = page.into_iter().map(ContactRow::contact).collect::<Result<Vec<Contact>, _>>()?;
            let (Some(first), Some(last)) = (contacts.first(), contacts.last()) else { return Ok(n_contacts) };
            after = last.id.0.to_vec();
            let evidence = self.evidence_between(first.id, last.id).await?;
            for contact in contacts {
                n_contacts += 1;
                let registration = evidence.get(&contact.id).and_then(|it| Registration::of(it, now));
                let is_suppressed = suppressed.contains(&contact.id);
                each(Exported { contact, registration, is_suppressed })?;
            }
        }
    }

    /// The contacts whose numbers are written from `start` on and before `end`, and those numbers.
    pub async fn phones_between(&self, start: &str, end: &str) -> Result<Vec<(ContactId, PhoneNumber)>, LoadError> {
        let rows: Vec<(Vec<u8>, String)> = on!(self, pool => {
            sqlx::query_as(NUMBERS).bind(start).bind(end).fetch_all(pool).await
                .map_err(LoadError::query("read the numbers of a country"))?
        });
        let phone = |it: &str| PhoneNumber::from_e164(it).ok_or(LoadError::Value { column: "contact.e164" });
        rows.into_iter().map(|(contact, e164)| Ok((id(&contact)?, phone(&e164)?))).collect()
    }

    /// Whether the database holds neither contacts nor consents, which is known at once.
    pub async fn is_empty(&self) -> Result<bool, LoadError> {
        let first: Option<(Vec<u8>,)> = on!(self, pool => {
            sqlx::query_as(ANYBODY).fetch_optional(pool).await.map_err(LoadError::query("look for a contact"))?
        });
        Ok(first.is_none())
    }

    /// How many contacts the database holds.
    pub async fn n_contacts(&self) -> Result<u64, LoadError> {
        let (n,): (i64,) = on!(self, pool => {
            sqlx::query_as("select count(*) from contact").fetch_one(pool).await.map_err(LoadError::query("count the contacts"))?
        });
        Ok(count(n))
    }

    /// The contacts that have this text as phone (`+…`) or as another identity.
    pub async fn find(&self, text: &str) -> Result<Vec<ContactId>, LoadError> {
        let statement =
            "select contact_id from contact where e164 = $1 union select contact_id from identity where value = $1";
        let rows: Vec<(Vec<u8>,)> = on!(self, pool => {
            sqlx::query_as(statement).bind(text).fetch_all(pool).await.map_err(LoadError::query("find a contact"))?
        });
        rows.iter().map(|it| id(&it.0)).collect()
    }
}

pub(crate) fn id(bytes: &[u8]) -> Result<ContactId, LoadError> {
    ContactId::from_bytes(bytes).ok_or(LoadError::Value { column: "contact_id" })
}

pub(crate) fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
