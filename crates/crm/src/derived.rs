//! What follows from the events of webhooks: how far messages have come, who may be answered, what platforms say of numbers and
//! accounts.
//!
//! [`Crm::derive`] reads the events behind a cursor, asks the crate `sync` what they change, and writes the changes together
//! with the cursor, in one transaction. `schema/derived.sql` has the tables that are made anew by [`Crm::derive_anew`]. Beside
//! them it writes what is never taken back, each of it so that a second time adds nothing: evidence, what is
//! said of submitted templates, and messages of the outbox that a status proves to be accepted.

mod apply;
mod platform;
mod tables;
mod templates;
mod unanswered;

pub use platform::{PlatformFacts, StoppedTemplate, UnknownKinds};
pub use unanswered::Unanswered;

use model::{ContactKey, EventChannel, StatusEvent};
use sync::{Changes, StoredEvent};

use crate::sql::{Cell, Tx};
use crate::{Crm, LoadError, MessageId, Reading};

const DERIVE: &str = "derive from the events of webhooks";

/// The name of the cursor.
pub(crate) const CURSOR: &str = "derived";
const EMPTY: &str = "delete from delivery; delete from conversation; delete from number_state; delete from account_state; \
    update event_cursor set number = 0 where name = 'derived';";
const NOTE: &str =
    "insert into message_answer (message_key, message_id, state, at) values ($1, $2, $3, $4) on conflict do nothing";
/// Events are numbered without a gap.
const WAITING: &str = "select coalesce((select max(number) from event), 0) \
    - coalesce((select number from event_cursor where name = $1), 0)";

/// How many events [`Crm::derive_anew`] takes at once.
const BATCH: u32 = 1000;

/// What a call has derived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// The events that were read. Fewer than were asked for means that all are derived.
    pub n_events: u64,
    /// The messages of the outbox that a status has proven to be accepted.
    pub n_settled: u64,
    /// Statuses of messages of the outbox that cannot have been sent by what we know: planned, cancelled, refused or proven not
    /// sent. Somebody should look.
    pub n_contradictions: u64,
}

/// The answer of a platform to a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotedAnswer {
    /// [`ContactKey::message_key`] of the platform's id.
    pub message_key: [u8; 32],
    pub id: MessageId,
    pub state: AnsweredState,
    pub at: jiff::Timestamp,
}

/// What a platform answers of a message that it has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnsweredState {
    #[default]
    Accepted,
    /// It is kept back until others of its kind are judged.
    Held,
    /// Sending of its template is paused.
    Paused,
}

impl AnsweredState {
    fn name(self) -> &'static str {
        ["accepted", "held", "paused"][self as usize]
    }
}

impl Crm {
    /// Derives what the next events change, at most `limit` of them. The database must be one of this contact key. It does not
    /// matter how often this is stopped: events and cursor are one transaction.
    pub async fn derive(&self, key: &ContactKey, limit: u32) -> Result<Derived, LoadError> {
        // There is one writer at a time, so nobody else derives the same events meanwhile.
        let mut tx = self.begin_durable(DERIVE).await?;
        let cursor = tx.event_cursor(CURSOR).await?;
        let events: Vec<StoredEvent> = tx.events_after(cursor, limit).await?.into_iter().map(stored).collect();
        let Some(last) = events.last().map(|it| it.number) else { return Ok(Derived::default()) };
        let changes = Changes::of(&events, |channel, status| message_key(key, channel, status));
        let mut derived = tx.apply(changes).await?;
        derived.n_events = events.len() as u64;
        tx.move_event_cursor(CURSOR, last).await?;
        tx.commit().await?;
        Ok(derived)
    }

    /// How many stored events are not derived yet.
    pub async fn events_to_derive(&self) -> Result<u64, LoadError> {
        let waiting = self.select(DERIVE, WAITING, &[CURSOR.into()], |it| it.count(0)).await?;
        Ok(waiting.first().copied().unwrap_or(0))
    }

    /// Empties what is derived and derives it anew from all events. Nothing is sent, forwarded or told. Whoever is stopped on
    /// the way goes on with [`Crm::derive`].
    pub async fn derive_anew(&self, key: &ContactKey) -> Result<Derived, LoadError> {
        let mut tx = self.begin_durable(DERIVE).await?;
        tx.execute_script(EMPTY.to_owned()).await?;
        tx.commit().await?;
        let mut all = Derived::default();
        loop {
            let derived = self.derive(key, BATCH).await?;
            all.n_events += derived.n_events;
            all.n_settled += derived.n_settled;
            all.n_contradictions += derived.n_contradictions;
            if derived.n_events < u64::from(BATCH) {
                return Ok(all);
            }
        }
    }

    /// Notes under which id a platform knows messages. A status that lacks our id is joined to its message by that, whether it
    /// came before or comes after.
    pub async fn note_answers(&self, answers: &[NotedAnswer]) -> Result<(), LoadError> {
        let mut tx = self.begin_durable("note the answers to messages").await?;
        tx.note_answers(answers).await?;
        tx.commit().await
    }
}

/// The digest by which the message of a status is known. A message to a group has one for each member.
fn message_key(key: &ContactKey, channel: EventChannel, status: &StatusEvent) -> [u8; 32] {
    let person = &status.person;
    let member = person.user_id.as_ref().or(person.wa_id.as_ref()).filter(|_| status.group.is_some());
    key.message_key(channel, &status.message.0, member.map(|it| it.0.as_str()))
}

fn stored(event: crate::inbox::StoredEvent) -> StoredEvent {
    StoredEvent {
        number: event.number,
        key: event.digest,
        received_at: event.received_at,
        is_signed: event.is_signed,
        contact: event.contact,
        is_stop_or_start: matches!(event.reading, Some(Reading::Stop | Reading::Start)),
        event: event.event,
    }
}

impl Tx {
    pub(crate) async fn note_answers(&mut self, answers: &[NotedAnswer]) -> Result<(), LoadError> {
        self.execute_each(NOTE, &answers.iter().map(NotedAnswer::row).collect::<Vec<_>>()).await
    }

    /// Writes what events change.
    async fn apply(&mut self, changes: Changes) -> Result<Derived, LoadError> {
        self.join_derived(&changes).await?;
        self.observe_templates(&changes.templates).await?;
        self.settle_by_status(changes.settled).await
    }
}

impl NotedAnswer {
    /// The parameters of [`NOTE`].
    fn row(&self) -> Vec<Cell<'_>> {
        vec![self.message_key.as_slice().into(), self.id.to_string().into(), self.state.name().into(), self.at.into()]
    }
}
