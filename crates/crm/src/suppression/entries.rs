//! The suppression list as it is told to people.

use std::collections::HashMap;

use jiff::Timestamp;
use model::ContactId;
use phone::PhoneNumber;

use crate::sql::Row;
use crate::suppression::Suppressee;
use crate::{Crm, LoadError};

const READ: &str = "read the suppression list";
const SUPPRESSING: &str = "select contact_id, at, reason from suppressing order by contact_id, at";
const SHA256_ONLY: &str = "select count(*) from suppression as last where digest_of = 'sha256' and action = 'add' \
    and not exists (select 1 from suppression as later where later.key_id = last.key_id \
    and later.digest = last.digest and later.at > last.at)";
const UNDER_OLD_KEYS: &str =
    "select count(*) from (select key_id, digest from suppression where key_id <> $1 group by key_id, digest) as old";
const ABSORBED: &str = "select other_id, contact_id from decision where decision = 'merge'";

/// What the list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SuppressionCounts {
    /// Contacts that are suppressed, whether the database holds them or not.
    pub suppressed: u64,
    /// Entries that only others' SHA-256 digest is known of.
    pub sha256_only: u64,
    /// Entries under older keys.
    pub under_old_keys: u64,
}

/// A contact that is suppressed now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressedContact {
    pub contact: ContactId,
    /// When the last entry was made, and the reason that was given.
    pub at: Timestamp,
    pub reason: String,
    /// The numbers that the database knows, that of the contact first.
    pub phones: Vec<PhoneNumber>,
    /// The contact into which it was merged, which has the numbers.
    pub merged_into: Option<ContactId>,
}

impl Crm {
    pub async fn suppression_counts(&self) -> Result<SuppressionCounts, LoadError> {
        let mut reader = self.reader(READ).await?;
        let suppressed = reader.suppressed().await?.len() as u64;
        let count = |it: &dyn Row| it.count(0);
        let sha256_only = reader.select(SHA256_ONLY, &[], count).await?.pop().unwrap_or(0);
        let current = self.2.as_ref().map_or("", |it| it.current().id());
        let under_old_keys = reader.select(UNDER_OLD_KEYS, &[current.into()], count).await?.pop().unwrap_or(0);
        Ok(SuppressionCounts { suppressed, sha256_only, under_old_keys })
    }

    /// All contacts that are suppressed now, in the order of their ids.
    pub async fn suppressed_contacts(&self) -> Result<Vec<SuppressedContact>, LoadError> {
        let mut reader = self.reader(READ).await?;
        let merges = reader.select(ABSORBED, &[], |it| Ok((it.contact_id(0)?, it.contact_id(1)?))).await?;
        let merges: HashMap<ContactId, ContactId> = merges.into_iter().collect();
        let entry = |it: &dyn Row| Ok((it.contact_id(0)?, it.time(1)?, it.text(2)?));
        let entries = reader.select(SUPPRESSING, &[], entry).await?;
        let last = entries.chunk_by(|one, other| one.0 == other.0).filter_map(<[_]>::last);
        let mut all: Vec<SuppressedContact> = last
            .map(|(contact, at, reason)| SuppressedContact {
                contact: *contact,
                at: *at,
                reason: reason.clone(),
                phones: Vec::new(),
                merged_into: merges.get(contact).copied(),
            })
            .collect();
        let people: Vec<Suppressee> = all.iter().map(|it| it.contact.into()).collect();
        for (listed, person) in all.iter_mut().zip(reader.people(&people).await?) {
            listed.phones = person.phones.iter().filter_map(|it| PhoneNumber::from_e164(it)).collect();
        }
        Ok(all)
    }
}
