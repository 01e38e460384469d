//! When people wrote, and the 24 hours in which they may be answered freely on WhatsApp.

use jiff::{SignedDuration, Timestamp};
use model::{EventChannel, EventContent};

use crate::stored::StoredEvent;

/// How long a message or call of a person lets the business answer without a template on WhatsApp (Meta, 2026-09-11).
pub const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// Messages that a person has not written: notices of the platform, an emoji on a message, a change of one, a chat that was
/// only opened. That a reaction opens the window is nowhere documented, so it does not.
const OPEN_NOTHING: &[&str] = &["system", "reaction", "edit", "revoke", "request_welcome", "unknown"];

/// Whether a person writes messages of this kind, so that they begin a conversation.
pub fn is_written(kind: &str) -> bool {
    !OPEN_NOTHING.contains(&kind)
}

/// The conversation of a person with a sender of the business on one channel. The latest message counts, so the order does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conversation {
    pub last_inbound_at: Timestamp,
    /// The digest of the event that opened it. Of two at once the greater counts.
    pub key: [u8; 32],
    /// The number of that event.
    pub last_event: i64,
    /// When the person last wrote something that wants an answer. A call and words such as STOP want none.
    pub asked_at: Option<Timestamp>,
}

impl Conversation {
    /// The conversation that an event opens; none if it opens none.
    ///
    /// A message of a group opens no window with one person. Nothing was written after it came in, whatever the platform
    /// says: else a wrong clock would keep the window open.
    pub fn of(stored: &StoredEvent) -> Option<Self> {
        let opens = match &stored.event.content {
            EventContent::Message(it) => it.group.is_none() && is_written(&it.kind),
            EventContent::Call(it) => it.is_by_person && it.event != "terminate",
            _ => false,
        };
        let last_inbound_at = stored.at().min(stored.received_at);
        let is_message = matches!(stored.event.content, EventContent::Message(_));
        let asked_at = (is_message && !stored.is_stop_or_start).then_some(last_inbound_at);
        opens.then_some(Self { last_inbound_at, key: stored.key, last_event: stored.number, asked_at })
    }

    /// What both say together.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let asked_at = self.asked_at.max(other.asked_at);
        Self { asked_at, ..self.max(other) }
    }

    /// From when on only templates may be sent; none on a channel that has no such rule.
    pub fn ends_at(&self, channel: EventChannel) -> Option<Timestamp> {
        match channel {
            EventChannel::Sms => None,
            EventChannel::Whatsapp => Some(self.last_inbound_at.saturating_add(WINDOW).unwrap_or(Timestamp::MAX)),
        }
    }
}
