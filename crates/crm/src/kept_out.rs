//! The people whom something beside consent keeps out of messages.

use std::collections::HashSet;

use model::{ContactId, KeptOut};

use crate::{Crm, LoadError};

/// The contacts that are suppressed or held.
#[derive(Default)]
pub(crate) struct PeopleKeptOut {
    suppressed: HashSet<ContactId>,
    held: HashSet<ContactId>,
}

impl PeopleKeptOut {
    pub(crate) fn of(&self, contact: ContactId) -> KeptOut {
        KeptOut { is_suppressed: self.suppressed.contains(&contact), is_held: self.held.contains(&contact) }
    }
}

impl Crm {
    pub(crate) async fn people_kept_out(&self) -> Result<PeopleKeptOut, LoadError> {
        Ok(PeopleKeptOut { suppressed: self.suppressed().await?, held: self.contacts_on_hold().await? })
    }
}
