//! Contacts that are held back, and their release.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use model::{ContactId, HoldReason, IdentityChange, IdentityEvent, cleaned};

use crate::identity_history::{MAX_TEXT, READ, RECORD, with_merged};
use crate::sql::{Row, Tx};
use crate::{Crm, LoadError};

const HELD: &str = "select contact_id, since, reason from contact_hold \
    where contact_id in (select contact_id from hold_candidate) order by since, contact_id";
const ON_HOLD: &str = "select contact_id from held";
const HOLD_OF: &str = "select contact_id, since, reason from contact_hold where contact_id = $1";

/// How far the clock of a platform can be ahead of ours. An acknowledgement is not dated later: what happens after it would
/// not hold the contact.
const CLOCK_AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// A contact to which nothing may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    pub contact: ContactId,
    pub since: Timestamp,
    pub reason: HoldReason,
}

/// What an acknowledgement has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// The contact was held for this, and is held no longer.
    Released(Hold),
    /// The contact was not held, and nothing was recorded.
    NotHeld,
    /// The contact stays held: by its date, this is still to come.
    InFuture(Hold),
    /// The contact stays held until it is merged with another.
    Shared(Hold),
}

impl Crm {
    /// All contacts that are held, the longest first.
    pub async fn holds(&self) -> Result<Vec<Hold>, LoadError> {
        self.select(READ, HELD, &[], read_hold).await
    }

    /// The contacts that are held. The answer takes no longer when the database holds many contacts.
    pub async fn contacts_on_hold(&self) -> Result<HashSet<ContactId>, LoadError> {
        Ok(self.select(READ, ON_HOLD, &[], |it| it.contact_id(0)).await?.into_iter().collect())
    }

    /// Records that a person, `by`, has made sure at `at` that the contact is still the one who has its identities. This
    /// ends all holds of what happened before, also of contacts that were merged into it.
    pub async fn acknowledge(
        &self,
        contact: ContactId,
        by: &str,
        note: &str,
        at: Timestamp,
    ) -> Result<Acknowledged, LoadError> {
        let merges = self.merged_pairs().await?;
        let mut tx = self.begin_durable(RECORD).await?;
        let Some(hold) = tx.hold_of(contact).await? else { return Ok(Acknowledged::NotHeld) };
        let latest = at.checked_add(CLOCK_AHEAD).unwrap_or(at);
        let mut answered = at;
        // Whoever acknowledges has seen all that was recorded, even if the clock of the platform is ahead.
        while let Some(next) = tx.hold_of(contact).await? {
            if next.reason == HoldReason::NumberShared {
                return Ok(Acknowledged::Shared(next));
            }
            answered = answered.max(next.since);
            if answered > latest {
                return Ok(Acknowledged::InFuture(next));
            }
            let acknowledgement = |it: ContactId| IdentityEvent {
                id: format!("acknowledged {it} {}", answered.as_microsecond()),
                contact: it,
                change: IdentityChange::Acknowledged,
                at: answered,
                source: cleaned(by, MAX_TEXT),
                note: cleaned(note, MAX_TEXT),
            };
            let events: Vec<IdentityEvent> = with_merged(contact, &merges).into_iter().map(acknowledgement).collect();
            if tx.record_identity_events(&events).await?.added == 0 {
                return Err(LoadError::Value { column: "identity_event.source".to_owned() });
            }
        }
        tx.commit().await?;
        Ok(Acknowledged::Released(hold))
    }
}

impl Tx {
    /// Why nothing may be sent to the contact; none if it may.
    pub(crate) async fn hold_of(&mut self, contact: ContactId) -> Result<Option<Hold>, LoadError> {
        Ok(self.select(HOLD_OF, &[(&contact).into()], read_hold).await?.pop())
    }
}

fn read_hold(row: &dyn Row) -> Result<Hold, LoadError> {
    Ok(Hold { contact: row.contact_id(0)?, since: row.time(1)?, reason: row.word(2, HoldReason::from_name)? })
}
