//! People whom the business does not write to.

use std::collections::HashSet;

use jiff::Timestamp;
use model::ContactId;

use crate::sql::{OnConflict, Rows, Table, Type};
use crate::{Crm, LoadError};

const SUPPRESSION: Table = Table {
    name: "suppression",
    columns: &[("contact_id", Type::Bytes), ("at", Type::Time), ("action", Type::Text), ("reason", Type::Text)],
    on_conflict: OnConflict::Ignore,
};

const SUPPRESSED: &str = "select contact_id from suppressed";
const SUPPRESSED_AT: &str = "select contact_id from suppression as last where action = 'add' and at <= $1 \
    and not exists (select 1 from suppression as later where later.contact_id = last.contact_id \
    and later.at > last.at and later.at <= $1) group by contact_id";
const SUPPRESSED_BECAUSE: &str = "select contact_id from suppression as last where action = 'add' and reason = $1 \
    and at < $2 and not exists (select 1 from suppression as later where later.contact_id = last.contact_id \
    and later.at > last.at) group by contact_id";
const REFUSING: &str = "select contact_id from consent_summary where consent in ('no', 'stop', 'unclear')";
const LAST: &str = "select max(at) from suppression";

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

impl Crm {
    /// Suppresses contacts, or takes that back. Gives those for which it changed something; the others are left alone.
    /// Contacts need not be in the database yet. A change counts after all changes before it, even if the clock was set
    /// back.
    pub async fn suppress(
        &self,
        contacts: &[ContactId],
        action: SuppressAction,
        reason: &str,
        at: Timestamp,
    ) -> Result<HashSet<ContactId>, LoadError> {
        let mut tx = self.begin("suppress contacts").await?;
        let known: HashSet<ContactId> = tx.select(SUPPRESSED, &[], |it| it.contact_id(0)).await?.into_iter().collect();
        let last = tx.select(LAST, &[], |it| it.opt_int(0)).await?.pop().flatten();
        let at = at.as_microsecond().max(last.map_or(i64::MIN, |it| it.saturating_add(1)));
        let is_news = |it: &&ContactId| known.contains(*it) == (action == SuppressAction::Remove);
        let changed: HashSet<ContactId> = contacts.iter().filter(is_news).copied().collect();
        let mut rows = Rows::new(&SUPPRESSION);
        for contact in &changed {
            rows.push([contact.into(), at.into(), action.name().into(), reason.into()]);
        }
        if !changed.is_empty() {
            tx.write_rows([rows]).await?;
            tx.raise_decision_number().await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// The contacts that are suppressed now.
    pub async fn suppressed(&self) -> Result<HashSet<ContactId>, LoadError> {
        let all = self.select("read who is suppressed", SUPPRESSED, &[], |it| it.contact_id(0)).await?;
        Ok(all.into_iter().collect())
    }

    /// The contacts that are suppressed now, for this reason and since before a moment.
    pub async fn suppressed_because(&self, reason: &str, before: Timestamp) -> Result<Vec<ContactId>, LoadError> {
        let parameters = [reason.into(), before.as_microsecond().into()];
        self.select("read who is suppressed", SUPPRESSED_BECAUSE, &parameters, |it| it.contact_id(0)).await
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
