//! People whom the business does not write to.

use std::collections::HashSet;

use jiff::Timestamp;
use model::ContactId;

use crate::bulk::{Rows, Table, Type};
use crate::crm::on;
use crate::queries::id;
use crate::writing::Writing;
use crate::{Crm, LoadError};

const SUPPRESSION: Table = Table {
    name: "suppression",
    columns: &[("contact_id", Type::Bytes), ("at", Type::Int), ("action", Type::Text), ("reason", Type::Text)],
    conflict: "on conflict do nothing",
};

const SUPPRESSED: &str = "select contact_id from suppressed";
const LAST: &str = "select max(at) from suppression";
const WHAT: &str = "read who is suppressed";

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
    /// Contacts need not be in the database yet. A change counts after all before it, though the clock were set back.
    pub async fn suppress(
        &self,
        contacts: &[ContactId],
        action: SuppressAction,
        reason: &str,
        at: Timestamp,
    ) -> Result<HashSet<ContactId>, LoadError> {
        let failed = LoadError::query("suppress contacts");
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        let rows: Vec<(Vec<u8>,)> = match &mut writing {
            Writing::Sqlite(it) => sqlx::query_as(SUPPRESSED).fetch_all(&mut **it).await,
            Writing::Postgres(it) => sqlx::query_as(SUPPRESSED).fetch_all(&mut **it).await,
        }
        .map_err(LoadError::query(WHAT))?;
        let known: HashSet<ContactId> = rows.iter().map(|it| id(&it.0)).collect::<Result<_, _>>()?;
        let last: Option<(Option<i64>,)> = match &mut writing {
            Writing::Sqlite(it) => sqlx::query_as(LAST).fetch_optional(&mut **it).await,
            Writing::Postgres(it) => sqlx::query_as(LAST).fetch_optional(&mut **it).await,
        }
        .map_err(LoadError::query(WHAT))?;
        let at = at.as_microsecond().max(last.and_then(|it| it.0).map_or(i64::MIN, |it| it.saturating_add(1)));
        let is_news = |it: &&ContactId| known.contains(*it) == (action == SuppressAction::Remove);
        let changed: HashSet<ContactId> = contacts.iter().filter(is_news).copied().collect();
        let mut rows = Rows::new(&SUPPRESSION);
        for contact in &changed {
            rows.push([contact.into(), Some(at).into(), action.name().into(), reason.into()]);
        }
        writing.write_rows(vec![rows]).await.map_err(&failed)?;
        writing.commit().await.map_err(&failed)?;
        Ok(changed)
    }

    /// The contacts that are suppressed now.
    pub async fn suppressed(&self) -> Result<HashSet<ContactId>, LoadError> {
        let rows: Vec<(Vec<u8>,)> = on!(self, pool => {
            sqlx::query_as(SUPPRESSED).fetch_all(pool).await.map_err(LoadError::query(WHAT))?
        });
        rows.iter().map(|it| id(&it.0)).collect()
    }
}
