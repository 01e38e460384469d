//! A database that is behind the log of sends, because it was restored, learns what it has forgotten.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{ConsentPurpose, ContactId};

use crate::outbox::MessageId;
use crate::sql::{Tx, Wanted};
use crate::{Crm, LoadError};

const KNOWN: &str = "select message_id, coalesce(intent_number, 0) from outbox";
const TAKEN: &str = "select state, message_id from outbox where campaign = $1 and step = $2 and contact_id = $3";
/// The moment is that of the log, so limits count it.
const ADD: &str = "insert into outbox (message_id, campaign, step, wave, contact_id, channel, purpose, recipient, sender, state, \
    epoch, planned_at, intent_number, intent_at, claimed_at, opens) \
    select $1, $2, $3, 0, $4, 'whatsapp', $5, $6, $7, 'unknown', 0, $8, number, $9, 0, 1 from intent_counter";
/// What is planned may have gone out by the log.
const PLANNED_TO_UNKNOWN: &str = "update outbox set state = 'unknown', settled_at = $1, \
    intent_number = (select number from intent_counter), intent_at = $2, claimed_at = 0, opens = 1 where message_id = $3";
const COUNT: &str = "update intent_counter set number = case when number < $1 then $1 else number + 1 end";

/// An intent as the log of sends has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIntent {
    /// The number of the intent in the database that made it.
    pub number: i64,
    pub id: MessageId,
    pub campaign: String,
    pub step: String,
    pub contact: ContactId,
    pub recipient: [u8; 32],
    pub purpose: ConsentPurpose,
    pub sender: String,
    /// The campaign's clock.
    pub at: Timestamp,
}

/// What a database has learned from the log of sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Messages that are unknown now: they may have gone out, and nobody gets them again.
    pub n_unknown: u64,
    /// Messages that the database has sent as well, under another id.
    pub n_doubled: u64,
}

impl Crm {
    /// The intents of a log that the database does not know to have been made, because it is older than the log.
    pub async fn forgotten(&self, logged: &[LoggedIntent]) -> Result<Vec<LoggedIntent>, LoadError> {
        let mut reader = self.reader("compare the database with the log of sends").await?;
        let ids = Wanted::Texts(logged.iter().map(|it| it.id.to_string()).collect());
        let known = reader.select_by(KNOWN, "message_id", ids, |it| Ok((it.text(0)?, it.int(1)?))).await?;
        // A message of which nothing left is planned again, with the number of that intent.
        let known: HashMap<String, i64> = known.into_iter().collect();
        let is_known = |it: &&LoggedIntent| known.get(&it.id.to_string()).is_some_and(|number| *number >= it.number);
        Ok(logged.iter().filter(|it| !is_known(it)).cloned().collect())
    }

    /// Adds intents that the database has forgotten, as unknown: whoever they went to does not get them again.
    pub async fn reconcile(&self, forgotten: &[LoggedIntent], at: Timestamp) -> Result<Reconciled, LoadError> {
        let mut tx = self.begin_durable("add what the log of sends knows").await?;
        let mut reconciled = Reconciled::default();
        for it in forgotten {
            match tx.add_forgotten(it, at).await? {
                true => reconciled.n_unknown += 1,
                false => reconciled.n_doubled += 1,
            }
        }
        tx.commit().await?;
        Ok(reconciled)
    }
}

impl Tx {
    /// Adds an intent, and gives whether its step was not sent to the contact here. What is planned for it, under whatever id,
    /// becomes unknown instead.
    async fn add_forgotten(&mut self, it: &LoggedIntent, at: Timestamp) -> Result<bool, LoadError> {
        let key = [(&it.campaign).into(), (&it.step).into(), (&it.contact).into()];
        let taken = self.select(TAKEN, &key, |row| Ok((row.text(0)?, row.text(1)?))).await?.pop();
        if taken.is_none() {
            self.execute(COUNT, &[it.number.into()]).await?;
            let row = [
                it.id.to_string().into(),
                (&it.campaign).into(),
                (&it.step).into(),
                (&it.contact).into(),
                it.purpose.name().into(),
                it.recipient.as_slice().into(),
                (&it.sender).into(),
                at.into(),
                it.at.into(),
            ];
            self.execute(ADD, &row).await?;
            return Ok(true);
        }
        match taken {
            Some((state, id)) if state == "planned" => {
                self.execute(COUNT, &[it.number.into()]).await?;
                self.execute(PLANNED_TO_UNKNOWN, &[at.into(), it.at.into(), id.into()]).await?;
                Ok(true)
            }
            Some((_, id)) => Ok(id == it.id.to_string()),
            None => Ok(true),
        }
    }
}
