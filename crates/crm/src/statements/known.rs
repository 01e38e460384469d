//! What the database knows of people before statements about them are recorded.

use std::collections::{HashMap, HashSet};

use model::{ContactId, IdentityKind, MAX_BATCH, Statement};

use crate::contact::Merges;
use crate::sql::Row;
use crate::statements::{READ, read_statement, select_statements};
use crate::{Crm, LoadError};

const WHAT: &str = "look for the statements that are there";
const HELD: &str = "select contact_id, statement_id from consent_held";
const CONTACT: &str = "select contact_id from contact";
const OF_IDENTITY: &str = "select contact_id from identity where kind = $1 and scope = $2 and value = $3 \
    order by contact_id limit 1";

/// The held statements of some ids, and which of the ids are contacts.
#[derive(Debug, Default)]
pub struct KnownStatements {
    survivors: Merges,
    contacts: HashSet<ContactId>,
    held: HashSet<(ContactId, i64)>,
}

impl KnownStatements {
    /// The contact that a statement about this id is recorded for.
    pub fn owner(&self, id: ContactId) -> ContactId {
        self.survivors.survivor(id).unwrap_or(id)
    }

    /// Whether the database has the contact of this id.
    pub fn is_contact(&self, id: ContactId) -> bool {
        self.contacts.contains(&self.owner(id))
    }

    /// Whether the contact of this id holds a statement already.
    pub fn holds(&self, id: ContactId, statement_id: i64) -> bool {
        self.held.contains(&(self.owner(id), statement_id))
    }
}

impl Crm {
    /// What the database knows of these ids.
    pub async fn known_statements(&self, ids: &[ContactId]) -> Result<KnownStatements, LoadError> {
        let mut reader = self.reader(WHAT).await?;
        let mut known = KnownStatements { survivors: reader.survivors().await?, ..KnownStatements::default() };
        let mut owners: Vec<ContactId> = ids.iter().map(|it| known.owner(*it)).collect();
        owners.sort_unstable();
        owners.dedup();
        for owners in owners.chunks(MAX_BATCH) {
            known.contacts.extend(reader.select_of(CONTACT, owners, |it| it.contact_id(0)).await?);
            known.held.extend(reader.select_of(HELD, owners, |it| Ok((it.contact_id(0)?, it.int(1)?))).await?);
        }
        Ok(known)
    }

    /// All statements of these contacts, retracted ones too, by contact and id.
    pub async fn statements_of(&self, ids: &[ContactId]) -> Result<HashMap<(ContactId, i64), Statement>, LoadError> {
        let mut reader = self.reader(WHAT).await?;
        let mut statements = HashMap::new();
        for ids in ids.chunks(MAX_BATCH) {
            let read = |it: &dyn Row| Ok(((it.contact_id(0)?, it.int(1)?), read_statement(it)?));
            statements.extend(reader.select_of(&select_statements(READ), ids, read).await?);
        }
        Ok(statements)
    }

    /// The contact that has an identity; none if no contact has it.
    pub async fn contact_of(
        &self,
        kind: IdentityKind,
        scope: &str,
        value: &str,
    ) -> Result<Option<ContactId>, LoadError> {
        let parameters = [kind.name().into(), scope.into(), value.into()];
        let found = self.select("find a contact", OF_IDENTITY, &parameters, |it| it.contact_id(0)).await?;
        Ok(found.first().copied())
    }
}
