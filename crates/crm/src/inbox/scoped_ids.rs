//! The business-scoped ids by which contacts are known.

use std::collections::BTreeSet;

use model::{ContactId, IdentityKind, Personal};
use sync::KnownScopedIds;

use crate::LoadError;
use crate::sql::{Row, Tx};

/// Wherever an id is named: kind, scope and value after the contact.
const NAMED: [&str; 3] = [
    "select contact_id, kind, scope, value from identity_event",
    "select contact_id, from_kind, from_scope, from_value from identity_event",
    "select contact_id, kind, scope, value from identity",
];

impl Tx {
    /// All business-scoped ids that contacts were ever known by.
    pub(super) async fn known_scoped_ids(
        &mut self,
        contacts: BTreeSet<ContactId>,
    ) -> Result<KnownScopedIds, LoadError> {
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        let mut known = KnownScopedIds::default();
        if contacts.is_empty() {
            return Ok(known);
        }
        for select in NAMED {
            for (contact, id) in self.select_of(select, &contacts, scoped).await? {
                if let Some((scope, value)) = id {
                    known.add(contact, &scope, &Personal(value));
                }
            }
        }
        Ok(known)
    }
}

type Scoped = (ContactId, Option<(String, String)>);

fn scoped(row: &dyn Row) -> Result<Scoped, LoadError> {
    let is_scoped = row.opt_text(1)?.as_deref() == Some(IdentityKind::Bsuid.name());
    Ok((row.contact_id(0)?, if is_scoped { Some((row.text(2)?, row.text(3)?)) } else { None }))
}
