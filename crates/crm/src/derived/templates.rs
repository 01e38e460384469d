//! What events say of templates that were submitted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sync::{SeenTemplate, follow};

use crate::LoadError;
use crate::account_templates::{AccountTemplate, TEMPLATE, swap};
use crate::sql::{Tx, Wanted};

/// Our own words: nothing that WhatsApp says of the name is about such a row yet.
const NOT_THERE: [&str; 3] = ["SENDING", "REFUSED", "NOT_SENT"];

impl Tx {
    /// Takes observations into the rows of their templates. Templates that nobody here submitted are left out, and so are rows
    /// whose order is open: the next listing says all about them.
    pub(super) async fn observe_templates(&mut self, seen: &[SeenTemplate]) -> Result<(), LoadError> {
        let accounts: BTreeSet<String> = seen.iter().map(|it| it.account.clone()).collect();
        let wanted = Wanted::Texts(accounts.into_iter().collect());
        let rows = self.select_by(&TEMPLATE.select(), "account", wanted, AccountTemplate::read).await?;
        let mut rows: BTreeMap<_, _> = rows.into_iter().map(|it| (name_of(&it), it)).collect();
        let now = Timestamp::now();
        for seen in seen {
            let name = (seen.account.clone(), seen.name.clone(), seen.language.clone());
            let Some(row) = rows.get_mut(&name) else { continue };
            if row.claim.is_some() || NOT_THERE.contains(&row.status.as_str()) {
                continue;
            }
            let known = row.known(now)?;
            let followed = follow(&known, &seen.observation);
            if followed.now == known {
                continue;
            }
            let mut after = row.with_known(followed.now, followed.alerts)?;
            after.changed_at = row.changed_at.max(seen.observation.at.as_microsecond());
            if swap(self, Some(row), &after).await? {
                *row = after;
            }
        }
        Ok(())
    }
}

fn name_of(row: &AccountTemplate) -> (String, String, String) {
    (row.account.clone(), row.name.clone(), row.language.clone())
}
