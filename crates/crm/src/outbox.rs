//! Messages that are to be sent: each is planned, becomes an intent, and has an outcome.
//!
//! Triggers of the table `outbox` decide who is let in (`schema/outbox_guards_*.sql`). Everything here asks the same views
//! first, so that a message that is refused does not undo the others of its transaction. The triggers have the last word.

mod address;
mod claim;
mod confirm;
mod epoch;
mod keys;
mod permission;
mod plan;
mod reconcile;
mod sent;
mod settle;
mod waits_for;
mod withdraw;

pub use address::Addressed;
pub use claim::{
    Claim, ClaimDecision, ClaimDecisions, ClaimRequest, Claimable, ClaimedMessages, Intent, TemplateNow, WaitingMessage,
};
pub use confirm::{ConfirmationCounts, StopToConfirm, StoppedSince};
pub(crate) use epoch::{FIRST_EPOCH, OUTBOX_EPOCH};
pub use permission::NotPermitted;
pub use plan::{MessageContent, NewMessage, NotPlanned};
pub use reconcile::{LoggedIntent, Reconciled};
pub use sent::{FailedMessage, SentMessage};
pub use settle::{SendOutcome, Settled};
pub use waits_for::WaitsFor;
pub use withdraw::HORIZON;

use std::fmt;

use crate::LoadError;
use crate::sql::Row;

/// The id of a message, which goes out with it and comes back with what became of it. Says nothing about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId([u8; 16]);

impl MessageId {
    /// Reads the 32 hexadecimal digits that [`fmt::Display`] writes.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok().map(|()| Self(bytes))
    }

    /// The id of these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(crate) fn read(row: &dyn Row, column: usize) -> Result<Self, LoadError> {
        row.word(column, Self::from_hex)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
