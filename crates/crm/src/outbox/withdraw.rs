//! What waits is cancelled when its consent is withdrawn, and a withdrawal waits until nothing can leave any more.

use std::time::Duration;

use jiff::Timestamp;
use model::ContactId;

use crate::sql::{Row, Tx};
use crate::{Crm, LoadError};

/// How long after its intent the first byte of a message may leave, at most.
pub const HORIZON: Duration = Duration::from_millis(100);
/// What clocks and the way from a write to the wire may add to [`HORIZON`].
const HORIZON_SLACK: Duration = Duration::from_millis(20);

/// Nearly nobody of a long list of refusals has a message that waits.
const WITH_WAITING: &str = "select contact_id from ( \
    select distinct contact_id from outbox where state = 'planned' or state = 'not_sent') as waiting";
/// A second STOP leaves the confirmation of the first.
const CANCEL: &str = "update outbox set state = 'cancelled', settled_at = $1 \
    where contact_id = $2 and (state = 'planned' or state = 'not_sent') \
    and not (campaign = 'confirm-stop' and exists (select 1 from stop_to_confirm as stop where stop.contact_id = $2 \
        and stop.statement_id = outbox.consent_id) \
        and not exists (select 1 from suppressed where suppressed.contact_id = $2)) and ( \
    exists (select 1 from suppressed where suppressed.contact_id = $2) \
    or (channel = 'whatsapp' and not exists (select 1 from consent_now as now where now.contact_id = $2 \
        and now.channel = outbox.channel and now.purpose = outbox.purpose and now.state = 'yes')) \
    or (channel <> 'whatsapp' and exists (select 1 from consent_now as now where now.contact_id = $2 \
        and now.channel = outbox.channel and now.purpose = outbox.purpose and now.state <> 'yes'))) \
    returning message_id";
/// A STOP does not wait for its confirmation.
const LEAVING: &str = "select contact_id, claimed_at, clock_micros() from \
    (select contact_id, claimed_at from outbox where state = 'intent' and campaign <> 'confirm-stop') as leaving";
const LAST_LEAVING: &str =
    "select max(claimed_at), clock_micros() from outbox where state = 'intent' and campaign <> 'confirm-stop'";

impl Crm {
    /// How long a message to one of these contacts can still leave: their last intent may be younger than [`HORIZON`]. After a
    /// withdrawal was committed, no other intent follows, so nothing leaves after this time. By rows and clock of the database,
    /// because the sender is another process.
    pub async fn leaving_for(&self, contacts: &[ContactId]) -> Result<Duration, LoadError> {
        if contacts.is_empty() {
            return Ok(Duration::ZERO);
        }
        let mut reader = self.reader("read what is about to leave").await?;
        let leaving = reader.with_clock(LEAVING);
        let left = reader.select_of(&leaving, contacts, |it| Ok(can_leave_for(it.opt_int(1)?, it.int(2)?))).await?;
        Ok(left.into_iter().max().unwrap_or(Duration::ZERO))
    }

    /// How long a message to anybody can still leave.
    pub async fn leaving_to_anyone_for(&self) -> Result<Duration, LoadError> {
        let mut reader = self.reader("read what is about to leave").await?;
        let read = |it: &dyn Row| Ok(can_leave_for(it.opt_int(0)?, it.int(1)?));
        let left = reader.select_with_clock(LAST_LEAVING, &[], read).await?;
        Ok(left.into_iter().max().unwrap_or(Duration::ZERO))
    }
}

/// How long the message of an intent can still leave. Both times are microseconds of the database's clock.
fn can_leave_for(claimed_at: Option<i64>, now: i64) -> Duration {
    let Some(claimed_at) = claimed_at else { return Duration::ZERO };
    let age = Duration::from_micros(u64::try_from(now - claimed_at).unwrap_or(0));
    (HORIZON + HORIZON_SLACK).saturating_sub(age)
}

impl Tx {
    /// Cancels the messages to these contacts that wait, if the consent of a contact no longer counts for them. Belongs into
    /// the transaction of a withdrawal. Gives how many were cancelled.
    pub(crate) async fn cancel_what_waits(&mut self, contacts: &[ContactId], at: Timestamp) -> Result<u64, LoadError> {
        let waiting = match contacts.is_empty() {
            true => Vec::new(),
            false => self.select_of(WITH_WAITING, contacts, |it| it.contact_id(0)).await?,
        };
        let mut n_cancelled = 0;
        for contact in waiting {
            let parameters = [at.into(), (&contact).into()];
            n_cancelled += self.select(CANCEL, &parameters, |_| Ok(())).await?.len() as u64;
        }
        Ok(n_cancelled)
    }
}
