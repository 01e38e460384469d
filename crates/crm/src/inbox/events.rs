//! Events as they are stored, and how far those have come that derive state from them.

use jiff::Timestamp;
use model::{ContactId, Event};

use crate::inbox::Reading;
use crate::sql::{Row, Tx};
use crate::{Crm, LoadError};

const READ: &str = "read the events of webhooks";
const SELECT: &str =
    "select number, digest, body_id, place, webhook, received_at, is_signed, contact_id, reading, fact from event";
const CURSOR: &str = "select number from event_cursor where name = $1";
const MOVE: &str = "insert into event_cursor (name, number) values ($1, $2) \
    on conflict (name) do update set number = excluded.number";

/// An event as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Counts the events in the order in which they were stored, from 1.
    pub number: i64,
    /// The digest of the event's key, which names it for good.
    pub digest: [u8; 32],
    pub body_id: i64,
    /// Its position among the events of the body.
    pub place: i64,
    pub webhook: String,
    pub received_at: Timestamp,
    pub is_signed: bool,
    /// The contact whom its ids named when it was stored, which may have been merged into another since.
    pub contact: Option<ContactId>,
    pub reading: Option<Reading>,
    /// Without its key and without the text of a message, which are not stored.
    pub event: Event,
}

impl Crm {
    /// At most `n` events after the event of a number, in the order of their numbers.
    pub async fn events_after(&self, number: i64, n: u32) -> Result<Vec<StoredEvent>, LoadError> {
        self.reader(READ).await?.events_after(number, n).await
    }

    /// The last `n` events, the newest first.
    pub async fn newest_events(&self, n: u32) -> Result<Vec<StoredEvent>, LoadError> {
        let select = format!("{SELECT} order by number desc limit $1");
        self.select(READ, &select, &[i64::from(n).into()], read).await
    }

    /// The number of the last event that is in what is derived under a name; 0 if there is none.
    pub async fn event_cursor(&self, name: &str) -> Result<i64, LoadError> {
        self.reader(READ).await?.event_cursor(name).await
    }

    /// At most `n` events of a contact, before the event of a number or the last ones, the newest first.
    pub async fn events_of(
        &self,
        contact: ContactId,
        before: Option<i64>,
        n: u32,
    ) -> Result<Vec<StoredEvent>, LoadError> {
        let select = format!("{SELECT} where contact_id = $1 and number < $2 order by number desc limit $3");
        let page = [(&contact).into(), before.unwrap_or(i64::MAX).into(), i64::from(n).into()];
        self.select(READ, &select, &page, read).await
    }
}

impl Tx {
    /// See [`Crm::events_after`].
    pub(crate) async fn events_after(&mut self, number: i64, n: u32) -> Result<Vec<StoredEvent>, LoadError> {
        let select = format!("{SELECT} where number > $1 order by number limit $2");
        self.select(&select, &[number.into(), i64::from(n).into()], read).await
    }

    /// See [`Crm::event_cursor`].
    pub(crate) async fn event_cursor(&mut self, name: &str) -> Result<i64, LoadError> {
        Ok(self.select(CURSOR, &[name.into()], |it| it.int(0)).await?.pop().unwrap_or(0))
    }

    /// Belongs into the transaction of what is derived.
    pub(crate) async fn move_event_cursor(&mut self, name: &str, number: i64) -> Result<(), LoadError> {
        self.execute(MOVE, &[name.into(), number.into()]).await
    }
}

fn read(row: &dyn Row) -> Result<StoredEvent, LoadError> {
    let contact = match row.cell(7, crate::sql::Type::Bytes)?.bytes().flatten() {
        Some(_) => Some(row.contact_id(7)?),
        None => None,
    };
    let reading = match row.opt_text(8)? {
        Some(name) => Some(Reading::from_name(&name).ok_or_else(|| row.unknown(8))?),
        None => None,
    };
    Ok(StoredEvent {
        number: row.int(0)?,
        digest: row.digest(1)?,
        body_id: row.int(2)?,
        place: row.int(3)?,
        webhook: row.text(4)?,
        received_at: row.time(5)?,
        is_signed: row.int(6)? == 1,
        contact,
        reading,
        event: row.word(9, |it| serde_json::from_str(it).ok())?,
    })
}
