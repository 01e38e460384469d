//! What platforms tell by webhooks, stored so that nothing acknowledged is lost or doubled.
//!
//! A group of bodies is one transaction: raw bodies, events that are new, parts that could not be read, and what people said
//! in them about being written to, with the cancelling of messages that wait. It is committed as a whole or not at all, so
//! the answer to a body may go out as soon as [`Inbox::store`] returns. All else is derived from the events later, by
//! programs with a cursor of their own.
//!
//! Rows are added and never changed: see `schema/inbox.sql`.

mod counts;
mod dead_letters;
mod events;
mod ids;
mod people;
mod person;
mod said;
mod scoped_ids;
mod store;
mod tables;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use consent::Words;
use jiff::Timestamp;
use model::{ContactKey, EventsRead};

use crate::contact::Merges;
use crate::{Crm, HandOn};

pub(crate) use tables::column_text;

pub use counts::{InboxCounts, PurgeBefore, PurgedBodies, UnknownEvents, WebhookCounts};
pub use dead_letters::{DeadLetter, DeadLetterState, RawBody, Retried};
pub use events::StoredEvent;
pub use said::{Reading, WEBHOOK_RUN};

/// A body that was received, its signature checked, and read.
#[derive(Clone, Debug)]
pub struct ReceivedBody {
    /// The name of the webhook that received it.
    pub webhook: String,
    /// Whether a signature proves who sent it.
    pub is_signed: bool,
    pub received_at: Timestamp,
    pub raw: Bytes,
    pub read: EventsRead,
    /// What goes with the body if another program gets it too.
    pub hand_on: Option<HandOn>,
}

/// What became of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredBody {
    pub body_id: i64,
    /// The events that it held.
    pub n_events: u64,
    /// Those that no body had brought before.
    pub n_new: u64,
    /// Parts that could not be read.
    pub n_broken: u64,
    /// New events in which a person stops messages.
    pub n_withdrawals: u64,
    /// Whether somebody may not be written to any more by what the body says.
    pub may_withdraw: bool,
    /// How long a message to somebody who has withdrawn can still leave: the answer to the body waits as long.
    pub leaving_for: Duration,
}

/// Stores what webhooks bring.
pub struct Inbox {
    crm: Crm,
    key: ContactKey,
    words: Words,
    /// The merges as they were read last.
    merges: Mutex<Arc<Merges>>,
}

impl Inbox {
    /// `words` read the messages of people. The database must be one of this contact key: see [`Crm::claim_key`].
    pub fn new(crm: Crm, key: ContactKey, words: Words) -> Self {
        Self { crm, key, words, merges: Mutex::default() }
    }

    fn known_merges(&self) -> Arc<Merges> {
        Arc::clone(&self.merges.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep_merges(&self, merges: Arc<Merges>) {
        *self.merges.lock().unwrap_or_else(PoisonError::into_inner) = merges;
    }
}
