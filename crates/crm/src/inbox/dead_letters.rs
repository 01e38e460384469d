//! Parts of bodies that could not be read: shown, read again by a later version, or dropped by a person.

use std::collections::HashSet;

use bytes::Bytes;
use jiff::Timestamp;
use model::EventsRead;

use crate::inbox::Inbox;
use crate::inbox::store::{Added, Incoming};
use crate::inbox::tables::column_text;
use crate::sql::{Row, Tx, Type};
use crate::{Crm, LoadError};

const READ: &str = "read dead letters";
const DROP: &str = "drop dead letters";
const RETRY: &str = "store what a dead letter holds";

const PAGE: &str = "select dead_letter.number, dead_letter.body_id, webhook, place, reason, at, state \
    from dead_letter join webhook_body on webhook_body.body_id = dead_letter.body_id \
    where dead_letter.number > $1 order by dead_letter.number limit $2";
const BODY: &str = "select webhook, is_signed, received_at, body from webhook_body where body_id = $1";
const OPEN: &str = "select number, place from dead_letter where body_id = $1 and state = 'open'";
const SETTLE: &str = "update dead_letter set state = $1 where number = $2 and state = 'open' returning number";

/// A part of a body that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub number: i64,
    pub body_id: i64,
    pub webhook: String,
    /// Where it stands in the body, as a JSON pointer; empty for the whole body.
    pub place: String,
    pub reason: String,
    pub received_at: Timestamp,
    pub state: DeadLetterState,
}

/// What became of a [`DeadLetter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadLetterState {
    Open,
    /// It was read later.
    Done,
    /// A person decided that it says nothing.
    Dropped,
}

/// A body as it was received. `raw` is none if it is kept no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawBody {
    pub webhook: String,
    pub is_signed: bool,
    pub received_at: Timestamp,
    pub raw: Option<Bytes>,
}

/// What reading a body again has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// Events that were not there yet.
    pub n_new: u64,
    pub n_withdrawals: u64,
    /// Dead letters of the body that could be read now.
    pub n_done: u64,
    /// Those that still cannot be read.
    pub n_open: u64,
}

impl DeadLetterState {
    const ALL: [Self; 3] = [Self::Open, Self::Done, Self::Dropped];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }

    /// Reads back what [`DeadLetterState::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl Crm {
    /// At most `n` dead letters after the one of a number, in the order in which they came in.
    pub async fn dead_letters(&self, after: i64, n: u32) -> Result<Vec<DeadLetter>, LoadError> {
        let letter = |it: &dyn Row| {
            Ok(DeadLetter {
                number: it.int(0)?,
                body_id: it.int(1)?,
                webhook: it.text(2)?,
                place: it.text(3)?,
                reason: it.text(4)?,
                received_at: it.time(5)?,
                state: it.word(6, DeadLetterState::from_name)?,
            })
        };
        self.select(READ, PAGE, &[after.into(), i64::from(n).into()], letter).await
    }

    /// A body by its number; none if there is no such body.
    pub async fn raw_body(&self, body_id: i64) -> Result<Option<RawBody>, LoadError> {
        Ok(self.select(READ, BODY, &[body_id.into()], raw_body).await?.pop())
    }

    /// Drops dead letters. Those that are not open stay as they are. Gives how many were dropped.
    pub async fn drop_dead_letters(&self, numbers: &[i64]) -> Result<u64, LoadError> {
        let mut tx = self.begin(DROP).await?;
        let n_dropped = tx.settle_letters(numbers, DeadLetterState::Dropped).await?;
        tx.commit().await?;
        Ok(n_dropped)
    }
}

impl Inbox {
    /// Stores what was read of a body that had come in before, in one transaction. Events that are known already add nothing.
    /// Dead letters of the body are done but for those that are among the broken parts again. None if there is no such body.
    pub async fn retry(&self, body_id: i64, read: &EventsRead) -> Result<Option<Retried>, LoadError> {
        let mut tx = self.crm.begin_durable(RETRY).await?;
        let Some(body) = tx.select(BODY, &[body_id.into()], raw_body).await?.pop() else { return Ok(None) };
        let incoming = Incoming {
            body_id,
            webhook: &body.webhook,
            is_signed: body.is_signed,
            received_at: body.received_at,
            events: &read.events,
        };
        let last = tx.last_numbers().await?;
        let (mut added, _) = self.add_events(&mut tx, last.event, &[incoming]).await?;
        let added = added.pop().unwrap_or_default();
        let broken: HashSet<String> = read.broken.iter().map(|it| column_text(&it.place)).collect();
        let open = tx.select(OPEN, &[body_id.into()], |it| Ok((it.int(0)?, it.text(1)?))).await?;
        let (still, done): (Vec<_>, Vec<_>) = open.into_iter().partition(|it| broken.contains(&it.1));
        let done: Vec<i64> = done.into_iter().map(|it| it.0).collect();
        let n_done = tx.settle_letters(&done, DeadLetterState::Done).await?;
        tx.commit().await?;
        let Added { n_new, n_withdrawals, .. } = added;
        Ok(Some(Retried { n_new, n_withdrawals, n_done, n_open: still.len() as u64 }))
    }
}

impl Tx {
    async fn settle_letters(&mut self, numbers: &[i64], state: DeadLetterState) -> Result<u64, LoadError> {
        let mut n_settled = 0;
        for number in numbers {
            let parameters = [state.name().into(), (*number).into()];
            n_settled += self.select(SETTLE, &parameters, |_| Ok(())).await?.len() as u64;
        }
        Ok(n_settled)
    }
}

fn raw_body(row: &dyn Row) -> Result<RawBody, LoadError> {
    Ok(RawBody {
        webhook: row.text(0)?,
        is_signed: row.int(1)? == 1,
        received_at: row.time(2)?,
        raw: row.cell(3, Type::Bytes)?.bytes().flatten().map(Bytes::copy_from_slice),
    })
}
