//! What was sent, as limits count it.

use jiff::Timestamp;
use model::{ConsentPurpose, ContactId};

use crate::outbox::MessageId;
use crate::sql::{Row, Tx};
use crate::{Crm, LoadError};

/// `claimed_at` says that it was an intent of WhatsApp's. A planned message keeps the intent of which nothing left.
const SENT: &str = "select intent_number, message_id, recipient, purpose, intent_at, opens, state, sender \
    from outbox where channel = 'whatsapp' and ";
const FAILED: &str = "select delivery.last_event, delivery.failed_at, \
    delivery.failed_code, delivery.delivered_at, delivery.read_at, outbox.contact_id, outbox.recipient, \
    outbox.intent_number, outbox.campaign \
    from delivery left join message_answer on message_answer.message_key = delivery.message_key \
    join outbox on outbox.message_id = coalesce(delivery.message_id, message_answer.message_id) \
    where delivery.last_event > $1 and delivery.failed_at is not null order by delivery.last_event";

/// An intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    pub number: i64,
    pub id: MessageId,
    pub recipient: [u8; 32],
    pub purpose: ConsentPurpose,
    /// The campaign's clock.
    pub at: Timestamp,
    /// Whether no conversation of the person was open.
    pub opens: bool,
    /// Whether it may have left.
    pub may_have_left: bool,
    /// The number that sent it.
    pub sender: String,
}

/// A message of which the platform says that it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedMessage {
    /// The number of the last event about it.
    pub last_event: i64,
    pub failed_at: Timestamp,
    pub code: Option<i64>,
    /// Whether the platform says as well that it has arrived.
    pub is_delivered: bool,
    pub contact: ContactId,
    pub recipient: [u8; 32],
    /// The number of its intent; none if it was planned again.
    pub number: Option<i64>,
    pub campaign: String,
}

impl Crm {
    /// Every intent since a moment of the campaign's clock, in the order of their numbers.
    pub async fn sent_since(&self, since: Timestamp) -> Result<Vec<SentMessage>, LoadError> {
        let select = format!("{SENT} intent_at > $1 order by intent_number");
        self.select("read what was sent", &select, &[since.into()], read).await
    }

    /// How many intents the database has ever made.
    pub async fn n_intents(&self) -> Result<i64, LoadError> {
        let select = "select number from intent_counter";
        Ok(self.select("count what was sent", select, &[], |it| it.int(0)).await?.pop().unwrap_or(0))
    }

    /// The messages that failed by events behind this one.
    pub async fn failed_after(&self, event: i64) -> Result<Vec<FailedMessage>, LoadError> {
        self.select("read which messages failed", FAILED, &[event.into()], read_failed).await
    }
}

impl Tx {
    pub(super) async fn sent_after(&mut self, number: i64) -> Result<Vec<SentMessage>, LoadError> {
        let select = format!("{SENT} intent_number > $1 order by intent_number");
        self.select(&select, &[number.into()], read).await
    }
}

fn read(row: &dyn Row) -> Result<SentMessage, LoadError> {
    let state = row.text(6)?;
    Ok(SentMessage {
        number: row.int(0)?,
        id: MessageId::read(row, 1)?,
        recipient: row.digest(2)?,
        purpose: row.word(3, ConsentPurpose::from_name)?,
        at: row.time(4)?,
        opens: row.opt_int(5)? != Some(0),
        may_have_left: matches!(state.as_str(), "intent" | "accepted" | "unknown"),
        sender: row.text(7)?,
    })
}

fn read_failed(row: &dyn Row) -> Result<FailedMessage, LoadError> {
    Ok(FailedMessage {
        last_event: row.int(0)?,
        failed_at: row.time(1)?,
        code: row.opt_int(2)?,
        is_delivered: row.opt_int(3)?.is_some() || row.opt_int(4)?.is_some(),
        contact: row.contact_id(5)?,
        recipient: row.digest(6)?,
        number: row.opt_int(7)?,
        campaign: row.text(8)?,
    })
}
