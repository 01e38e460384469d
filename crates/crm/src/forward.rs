//! Bodies of webhooks that another program gets too: which wait, and what became of each.
//!
//! A body is put into the queue by [`crate::Inbox::store`], in the transaction that stores it. It leaves the queue when
//! the program has taken it. If the answer of the program, or the note of it, is lost, the body is handed on again.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;

use crate::inbox::column_text;
use crate::sql::{Cell, OnConflict, Row, Rows, Table, Tx, Type};
use crate::{Crm, LoadError};

const READ: &str = "read the bodies that wait to be handed on";
const NOTE: &str = "note which bodies were handed on";

const DUE: &str = "select forward_queue.body_id, cast(coalesce(length(body), 0) as bigint) from forward_queue \
    join webhook_body on webhook_body.body_id = forward_queue.body_id \
    where forward_queue.webhook = $1 and state = 'waiting' and next_at <= $2 order by forward_queue.body_id limit $3";
const BODIES: &str = "select forward_queue.body_id, headers, query, queued_at, n_attempts, n_refused, body \
    from forward_queue join webhook_body on webhook_body.body_id = forward_queue.body_id \
    where forward_queue.webhook = $1 and state = 'waiting' and next_at <= $2 and forward_queue.body_id <= $3 \
    order by forward_queue.body_id";
const DONE: &str = "delete from forward_queue where body_id = $1 and state = 'waiting'";
const FAILED: &str = "update forward_queue set state = $1, n_attempts = n_attempts + 1, n_refused = n_refused + $2, \
    next_at = $3, failure = $4 where body_id = $5 and state = 'waiting'";
const TOO_OLD: &str = "update forward_queue set state = 'given_up', failure = 'too old' \
    where state = 'waiting' and queued_at < $1 returning body_id";
const COUNTS: &str = "select webhook, state, count(*), min(queued_at) from forward_queue group by webhook, state";
const AGAIN: &str = "update forward_queue set state = 'waiting', n_attempts = 0, n_refused = 0, next_at = $1, \
    queued_at = $1 where webhook = $2 and state = 'given_up' and exists (select 1 from webhook_body \
    where webhook_body.body_id = forward_queue.body_id and body is not null) returning body_id";

const FORWARD_QUEUE: Table = Table {
    name: "forward_queue",
    columns: &[
        ("body_id", Type::Int),
        ("webhook", Type::Text),
        ("headers", Type::Text),
        ("query", Type::Text),
        ("queued_at", Type::Time),
        ("n_attempts", Type::Int),
        ("n_refused", Type::Int),
        ("next_at", Type::Time),
        ("state", Type::Text),
        ("failure", Type::Text),
    ],
    on_conflict: OnConflict::Fail,
};

/// What a program needs beside a body to check its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOn {
    /// The headers, as names and values.
    pub headers: Vec<(String, String)>,
    /// What stood behind the `?` of the address.
    pub query: Option<String>,
}

/// A body that waits to be handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingBody {
    pub body_id: i64,
    pub with: HandOn,
    pub queued_at: Timestamp,
    pub n_attempts: u64,
    /// The attempts that were answered with 4xx.
    pub n_refused: u64,
    /// None if it is kept no longer.
    pub raw: Option<Bytes>,
}

/// What came of an attempt to hand a body on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// The program has taken it.
    Done,
    /// It waits for the next attempt.
    Later { next_at: Timestamp, is_refused: bool, failure: String },
    /// It is not tried again by itself.
    GivenUp { is_refused: bool, failure: String },
}

/// The bodies of a webhook that were not handed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForwardCounts {
    pub n_waiting: u64,
    /// When the oldest of them came in.
    pub oldest_at: Option<Timestamp>,
    pub n_given_up: u64,
}

impl Crm {
    /// The bodies of a webhook whose attempt is due, the oldest first: at most `n`, and no more than `n_bytes` together, but
    /// at least one.
    pub async fn bodies_to_hand_on(
        &self,
        webhook: &str,
        now: Timestamp,
        n: u32,
        n_bytes: u64,
    ) -> Result<Vec<WaitingBody>, LoadError> {
        let mut reader = self.reader(READ).await?;
        let size = |it: &dyn Row| Ok((it.int(0)?, it.count(1)?));
        let due = reader.select(DUE, &[webhook.into(), now.into(), i64::from(n).into()], size).await?;
        let mut together = 0;
        let fits = |it: &&(i64, u64)| {
            together += it.1;
            together <= n_bytes
        };
        let last = due.iter().take_while(fits).last().or(due.first()).map(|it| it.0);
        let Some(last) = last else { return Ok(Vec::new()) };
        reader.select(BODIES, &[webhook.into(), now.into(), last.into()], waiting_body).await
    }

    /// Notes what came of attempts, in one transaction.
    pub async fn note_handed_on(&self, handed: &[(i64, Handed)]) -> Result<(), LoadError> {
        let mut tx = self.begin(NOTE).await?;
        for (body_id, handed) in handed {
            let (state, next_at, is_refused, failure) = match handed {
                Handed::Done => {
                    tx.execute(DONE, &[(*body_id).into()]).await?;
                    continue;
                }
                Handed::Later { next_at, is_refused, failure } => ("waiting", *next_at, *is_refused, failure),
                Handed::GivenUp { is_refused, failure } => ("given_up", Timestamp::UNIX_EPOCH, *is_refused, failure),
            };
            let n_refused = i64::from(is_refused).into();
            tx.execute(FAILED, &[state.into(), n_refused, next_at.into(), failure.into(), (*body_id).into()]).await?;
        }
        tx.commit().await
    }

    /// Gives up all bodies that have waited since before a moment, also those of webhooks that hand nothing on any more. Gives
    /// how many these are.
    pub async fn give_up_handing_on(&self, before: Timestamp) -> Result<u64, LoadError> {
        let mut tx = self.begin(NOTE).await?;
        let given_up = tx.select(TOO_OLD, &[before.into()], |_| Ok(())).await?;
        tx.commit().await?;
        Ok(given_up.len() as u64)
    }

    /// Counts what was not handed on, by webhook.
    pub async fn forward_counts(&self) -> Result<BTreeMap<String, ForwardCounts>, LoadError> {
        let row = |it: &dyn Row| Ok((it.text(0)?, it.text(1)?, it.count(2)?, it.time(3)?));
        let mut counts: BTreeMap<String, ForwardCounts> = BTreeMap::new();
        for (webhook, state, n, oldest_at) in self.select(READ, COUNTS, &[], row).await? {
            let of = counts.entry(webhook).or_default();
            match state.as_str() {
                "waiting" => (of.n_waiting, of.oldest_at) = (n, Some(oldest_at)),
                _ => of.n_given_up = n,
            }
        }
        Ok(counts)
    }

    /// Lets the bodies of a webhook wait again that were given up, if they are still kept. Gives how many these are.
    pub async fn hand_on_again(&self, webhook: &str, now: Timestamp) -> Result<u64, LoadError> {
        let mut tx = self.begin(NOTE).await?;
        let again = tx.select(AGAIN, &[now.into(), webhook.into()], |_| Ok(())).await?;
        tx.commit().await?;
        Ok(again.len() as u64)
    }
}

impl Tx {
    /// Puts bodies into the queue. They belong into the transaction that stores them.
    pub(crate) async fn queue_to_hand_on(&mut self, bodies: &[Queued<'_>]) -> Result<(), LoadError> {
        let mut rows = Rows::new(&FORWARD_QUEUE);
        for Queued { body_id, webhook, received_at, with } in bodies {
            // Names and values are always JSON.
            let headers = serde_json::to_string(&with.headers).unwrap_or_default();
            rows.push([
                (*body_id).into(),
                column_text(webhook).into(),
                headers.into(),
                with.query.as_deref().into(),
                (*received_at).into(),
                0_i64.into(),
                0_i64.into(),
                (*received_at).into(),
                "waiting".into(),
                Cell::None,
            ]);
        }
        if rows.is_empty() { Ok(()) } else { self.write_rows([rows]).await }
    }
}

/// A body that is put into the queue.
pub(crate) struct Queued<'a> {
    pub(crate) body_id: i64,
    pub(crate) webhook: &'a str,
    pub(crate) received_at: Timestamp,
    pub(crate) with: &'a HandOn,
}

fn waiting_body(row: &dyn Row) -> Result<WaitingBody, LoadError> {
    let headers = row.word(1, |it| serde_json::from_str(it).ok())?;
    Ok(WaitingBody {
        body_id: row.int(0)?,
        with: HandOn { headers, query: row.opt_text(2)? },
        queued_at: row.time(3)?,
        n_attempts: row.count(4)?,
        n_refused: row.count(5)?,
        raw: row.cell(6, Type::Bytes)?.bytes().flatten().map(Bytes::copy_from_slice),
    })
}
