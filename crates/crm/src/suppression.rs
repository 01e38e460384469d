//! People whom the business does not write to.
//!
//! The list holds digests under a key that is outside of the database: whoever has the database alone can neither read
//! the numbers nor try them. The keys can be replaced. An entry under an older key still keeps people out, and is written
//! again under the current key when its number is seen.

mod change;
mod digest_of;
mod entries;
pub(crate) mod list;
mod person;
mod rekey;
mod seen;

use std::collections::HashSet;

use jiff::Timestamp;
use model::ContactId;
use phone::PhoneNumber;

pub use crate::suppression::entries::{SuppressedContact, SuppressionCounts};

use crate::sql::{OnConflict, Table, Tx, Type};
use crate::{Crm, LoadError};

const SUPPRESSION: Table = Table {
    name: "suppression",
    columns: &[
        ("key_id", Type::Text),
        ("digest", Type::Bytes),
        ("at", Type::Time),
        ("action", Type::Text),
        ("digest_of", Type::Text),
        ("reason", Type::Text),
    ],
    on_conflict: OnConflict::Ignore,
};

const LINK: Table = Table {
    name: "suppression_contact",
    columns: &[("contact_id", Type::Bytes), ("key_id", Type::Text), ("digest", Type::Bytes), ("at", Type::Time)],
    on_conflict: OnConflict::Ignore,
};

/// The reason for which people are suppressed between two runs, until a run has loaded what they said:
/// [`Crm::release_held`] takes it back.
pub const HELD: &str = "refused since the last run (ferry extract --follow)";

const SUPPRESSED: &str = "select contact_id from suppressed";
const SUPPRESSED_AT: &str = "select distinct link.contact_id from suppression_contact as link \
    join suppression as last on last.key_id = link.key_id and last.digest = link.digest \
    where last.action = 'add' and last.at <= $1 and link.at <= $1 and not exists (select 1 from suppression as later \
    where later.key_id = last.key_id and later.digest = last.digest and later.at > last.at and later.at <= $1)";
const REFUSING: &str = "select contact_id from consent_summary where consent in ('no', 'stop', 'unclear')";
const TAKE_OVER: &str = "insert into suppression_contact (contact_id, key_id, digest, at) \
    select $1, key_id, digest, $2 from suppression_contact where contact_id = $3 on conflict do nothing";

/// A change to the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressAction {
    Add,
    Remove,
}

impl SuppressAction {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}

/// A person to be suppressed. The number need not be known if the database holds the contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suppressee {
    pub contact: ContactId,
    pub phone: Option<PhoneNumber>,
}

impl From<ContactId> for Suppressee {
    fn from(contact: ContactId) -> Self {
        Self { contact, phone: None }
    }
}

impl Crm {
    /// The contacts that are suppressed now.
    pub async fn suppressed(&self) -> Result<HashSet<ContactId>, LoadError> {
        self.reader("read who is suppressed").await?.suppressed().await
    }

    /// The contacts that have refused, or whose consent is not understood.
    pub async fn refusing(&self) -> Result<HashSet<ContactId>, LoadError> {
        let all = self.select("read who has refused", REFUSING, &[], |it| it.contact_id(0)).await?;
        Ok(all.into_iter().collect())
    }

    /// The contacts that were suppressed at a moment.
    pub async fn suppressed_at(&self, moment: Timestamp) -> Result<HashSet<ContactId>, LoadError> {
        let moment = moment.as_microsecond().into();
        let all = self.select("read who was suppressed", SUPPRESSED_AT, &[moment], |it| it.contact_id(0)).await?;
        Ok(all.into_iter().collect())
    }
}

impl Tx {
    /// Makes the entries about a contact that is merged into another entries about that other one too: if one of the two
    /// is suppressed, the one who stays is.
    pub(crate) async fn take_over_suppression(
        &mut self,
        survivor: ContactId,
        absorbed: ContactId,
    ) -> Result<(), LoadError> {
        self.execute(TAKE_OVER, &[(&survivor).into(), Timestamp::now().into(), (&absorbed).into()]).await
    }
}
