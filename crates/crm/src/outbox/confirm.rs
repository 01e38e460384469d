//! The confirmation of a STOP: the only message that may go to somebody after it, once, while the conversation is open.
//!
//! The view `stop_to_confirm` says which STOP may be confirmed, and the gate of the outbox lets nothing else through. Here the
//! STOPs that events have brought are found, each once.

use std::collections::HashSet;

use jiff::Timestamp;
use model::{CONFIRM_STOP, ContactId};

use crate::derived::CURSOR as DERIVED;
use crate::outbox::{MessageId, NewMessage, NotPlanned};
use crate::sql::Row;
use crate::{Crm, LoadError};

/// The cursor of the events whose STOPs were looked at.
const CURSOR: &str = "confirmed";
/// The most events of one look.
const MOST_EVENTS: i64 = 10_000;

const BEGIN: &str = "insert into event_cursor (name, number) \
    select $1, coalesce((select max(number) from event), 0) where true on conflict do nothing";
const STOPPED: &str = "select distinct contact_id from event where number > $1 and number <= $2 and reading = 'stop' \
    and kind = 'message' and channel = 'whatsapp' and contact_id is not null";
const TO_CONFIRM: &str = "select contact_id, statement_id, sender, identity from stop_to_confirm";
/// A message of epoch 0 was learned from the log of sends: the database may have forgotten its STOP.
const SENT: &str = "select count(*), coalesce(sum(case when epoch > 0 and not exists (select 1 from consent \
    where consent.contact_id = outbox.contact_id and cast(consent.statement_id as text) = outbox.step \
    and consent.state = 'stop' and consent.basis = 'message' and consent.channel = 'whatsapp') then 1 else 0 end), 0) \
    from outbox where campaign = 'confirm-stop' and (state = 'intent' or state = 'accepted' or state = 'unknown')";
const DOUBLED: &str = "select cast(coalesce(sum(n - 1), 0) as bigint) from (select count(*) as n from outbox \
    where campaign = 'confirm-stop' and (state = 'intent' or state = 'accepted' or state = 'unknown') \
    group by step having count(*) > 1) as more";

const WHAT: &str = "look for what people have stopped";

/// A STOP that is to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopToConfirm {
    pub contact: ContactId,
    /// The id of the statement, which is the step of the confirmation.
    pub step: String,
    /// Where the person wrote from.
    pub address: String,
}

/// What events have brought since the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoppedSince {
    pub to_confirm: Vec<StopToConfirm>,
    /// Whether anybody has stopped anything.
    pub has_stops: bool,
    /// The number of the last event.
    pub until: i64,
}

/// What the database proves about confirmations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfirmationCounts {
    /// Those that may have left.
    pub n_sent: u64,
    /// Those of them without a STOP, and those beside the first of a STOP.
    pub n_wrong: u64,
}

impl Crm {
    /// Lets confirmations begin: what was said before is not confirmed. Once begun, this does nothing.
    pub async fn begin_confirmations(&self) -> Result<(), LoadError> {
        let mut tx = self.begin("begin to confirm what people stop").await?;
        tx.execute(BEGIN, &[CURSOR.into()]).await?;
        tx.commit().await
    }

    /// The STOPs to a number that events have brought since the last look and that are to be confirmed. Events count once they
    /// are derived, so that their conversations are known.
    pub async fn stops_to_confirm(&self, sender: &str) -> Result<StoppedSince, LoadError> {
        let mut reader = self.reader(WHAT).await?;
        let from = reader.event_cursor(CURSOR).await?;
        let until = reader.event_cursor(DERIVED).await?.min(from + MOST_EVENTS);
        if until <= from {
            return Ok(StoppedSince { until: from, ..StoppedSince::default() });
        }
        let between = [from.into(), until.into()];
        let stopped: Vec<ContactId> = reader.select(STOPPED, &between, |it| it.contact_id(0)).await?;
        if stopped.is_empty() {
            return Ok(StoppedSince { until, ..StoppedSince::default() });
        }
        let merges = reader.survivors().await?;
        let survivors: HashSet<ContactId> = stopped.into_iter().map(|it| merges.survivor(it).unwrap_or(it)).collect();
        let contacts: Vec<ContactId> = survivors.into_iter().collect();
        let read = |it: &dyn Row| Ok((it.contact_id(0)?, it.int(1)?, it.text(2)?, it.opt_text(3)?));
        let stops = reader.select_of(TO_CONFIRM, &contacts, read).await?;
        let addressed = reader.addressed(&contacts, sender).await?;
        let to_confirm =
            stops.into_iter().filter(|it| it.2 == sender).filter_map(|(contact, statement, _, speaker)| {
                let address = addressed.get(&contact)?.address.clone()?;
                // The conversation is that of the number that wrote. Without a name it was the contact's own.
                let is_speaker = speaker.is_none_or(|it| it.ends_with(&format!(":{address}")));
                is_speaker.then(|| StopToConfirm { contact, step: statement.to_string(), address })
            });
        Ok(StoppedSince { to_confirm: to_confirm.collect(), has_stops: true, until })
    }

    /// Plans confirmations, and notes up to which event was looked. Whatever is not planned now never is.
    pub async fn plan_confirmations(
        &self,
        messages: &[NewMessage],
        until: i64,
        at: Timestamp,
    ) -> Result<Vec<Result<MessageId, NotPlanned>>, LoadError> {
        debug_assert!(messages.iter().all(|it| it.campaign == CONFIRM_STOP));
        let mut tx = self.begin("plan confirmations").await?;
        let planned = tx.plan_messages(messages, at).await?;
        if tx.event_cursor(CURSOR).await? < until {
            tx.move_event_cursor(CURSOR, until).await?;
        }
        tx.commit().await?;
        Ok(planned)
    }

    /// What the database proves about confirmations.
    pub async fn confirmation_counts(&self) -> Result<ConfirmationCounts, LoadError> {
        let mut reader = self.reader("count confirmations").await?;
        let counts = reader.select(SENT, &[], |it| Ok((it.count(0)?, it.count(1)?))).await?;
        let (n_sent, n_without) = counts.first().copied().unwrap_or_default();
        let n_doubled = reader.select(DOUBLED, &[], |it| it.count(0)).await?.pop().unwrap_or(0);
        Ok(ConfirmationCounts { n_sent, n_wrong: n_without + n_doubled })
    }
}
