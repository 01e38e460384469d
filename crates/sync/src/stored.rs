//! An event as the database keeps it.

use jiff::Timestamp;
use model::{ContactId, Event};

/// An event as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// The order in which events were stored.
    pub number: i64,
    /// The keyed digest of [`Event::key`], which names the event for good.
    pub key: [u8; 32],
    pub received_at: Timestamp,
    /// Whether its body was signed. What is not signed proves nothing about who a person is.
    pub is_signed: bool,
    /// The contact whom the ids of the person named when the event came in.
    pub contact: Option<ContactId>,
    /// Whether the words of the person are read as STOP or START. Ferry itself does what they ask, so they want no answer.
    pub is_stop_or_start: bool,
    pub event: Event,
}

impl StoredEvent {
    /// When it happened by the word of the platform, or else when it came in. Nothing happened before 1970.
    pub fn at(&self) -> Timestamp {
        self.event.at.unwrap_or(self.received_at).max(Timestamp::UNIX_EPOCH)
    }
}
