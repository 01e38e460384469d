//! Intents have an outcome.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::derived::AnsweredState;
use crate::outbox::{MessageId, WaitsFor};
use crate::sql::{Cell, Tx, Wanted};
use crate::{Crm, LoadError, NotedAnswer};

const SETTLE: &str = "update outbox set state = $1, settled_at = $2, code = nullif($3, -1) where message_id = $4";
const STATE: &str = "select message_id, state from outbox";
const AGAIN: &str = "update outbox set state = 'planned', attempts = attempts + 1, not_before = $1, waits_for = $2, code = null \
    where message_id = $3 and state = 'not_sent' returning contact_id";
/// An intent that is so old has lost its sender, which waits for an answer for a shorter time.
const ABANDONED: &str = "update outbox set state = 'unknown', settled_at = $1 where state = 'intent' \
    and claimed_at < clock_micros() - $2 returning message_id";
const SETTLED_BY_PERSON: &str = "insert into outbox_settlement (message_id, state, reason, by_whom, at) \
    values ($1, $2, $3, $4, clock_micros())";

/// In place of a code that there is not: PostgreSQL takes one type for a parameter.
const NO_CODE: i64 = -1;

/// How long an intent may be without an outcome before it is unknown, in microseconds.
const ABANDONED_AFTER: i64 = 30_000_000;

/// What became of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    Accepted,
    Refused,
    /// The message may have gone out. Only proof settles it, as accepted or refused, or a person.
    Unknown,
    /// It is proven that nothing left.
    NotSent,
}

impl SendOutcome {
    /// The state of the message after it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::NotSent => "not_sent",
        }
    }
}

/// What became of an intent, with what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    pub id: MessageId,
    pub outcome: SendOutcome,
    /// The platform's code, if it refused.
    pub code: Option<i64>,
    /// Under which digest the platform knows the message, and whether it keeps it back.
    pub answer: Option<([u8; 32], AnsweredState)>,
    /// When a message of which nothing left is tried again, and the reason.
    pub again: Option<(Timestamp, WaitsFor)>,
}

impl Settled {
    /// An outcome without more.
    pub fn new(id: MessageId, outcome: SendOutcome) -> Self {
        Self { id, outcome, code: None, answer: None, again: None }
    }
}

impl Crm {
    /// Notes what became of intents, in one transaction. An outcome that cannot follow on the last one changes nothing.
    pub async fn settle(&self, settled: &[Settled], at: Timestamp) -> Result<(), LoadError> {
        let mut tx = self.begin_durable("note what became of messages").await?;
        let answers = settled
            .iter()
            .filter_map(|it| it.answer.map(|(message_key, state)| NotedAnswer { message_key, id: it.id, state, at }));
        tx.note_answers(&answers.collect::<Vec<_>>()).await?;
        tx.settle_all(settled, at).await?;
        tx.commit().await
    }

    /// Makes unknown what is an intent for more than half a minute: its sender was stopped. Gives how many there were.
    pub async fn abandon_intents(&self, at: Timestamp) -> Result<u64, LoadError> {
        let mut tx = self.begin_durable("note what senders have left behind").await?;
        let abandoned =
            tx.select_with_clock(ABANDONED, &[at.into(), ABANDONED_AFTER.into()], |_| Ok(())).await?.len() as u64;
        tx.commit().await?;
        Ok(abandoned)
    }

    /// Notes what a person has decided about a message of which nobody knows whether it left. One that was not sent is
    /// planned again.
    pub async fn settle_by_person(
        &self,
        id: MessageId,
        was_sent: bool,
        (reason, by_whom): (&str, &str),
        at: Timestamp,
    ) -> Result<(), LoadError> {
        let mut tx = self.begin_durable("note what a person decided about a message").await?;
        let outcome = if was_sent { SendOutcome::Accepted } else { SendOutcome::NotSent };
        let row = [id.to_string().into(), outcome.name().into(), reason.into(), by_whom.into()];
        tx.execute_with_clock(SETTLED_BY_PERSON, &row).await?;
        // At once, by whatever clock the campaign has.
        let again = (!was_sent).then_some((Timestamp::UNIX_EPOCH, WaitsFor::Settled));
        tx.settle_all(&[Settled { again, ..Settled::new(id, outcome) }], at).await?;
        tx.commit().await
    }
}

impl Tx {
    /// Notes outcomes, as far as they can follow on the last ones.
    async fn settle_all(&mut self, settled: &[Settled], at: Timestamp) -> Result<(), LoadError> {
        let ids = Wanted::Texts(settled.iter().map(|it| it.id.to_string()).collect());
        let states = self.select_by(STATE, "message_id", ids, |it| Ok((MessageId::read(it, 0)?, it.text(1)?)));
        let states: HashMap<MessageId, String> = states.await?.into_iter().collect();
        let follow = |it: &&Settled| states.get(&it.id).is_some_and(|state| it.follows(state));
        let (mut outcomes, mut again): (Vec<Vec<Cell>>, Vec<Vec<Cell>>) = (Vec::new(), Vec::new());
        for it in settled.iter().filter(follow) {
            let id = it.id.to_string();
            if let (SendOutcome::NotSent, Some((moment, why))) = (it.outcome, it.again) {
                again.push(vec![moment.into(), why.name().into(), id.clone().into()]);
            }
            outcomes.push(vec![it.outcome.name().into(), at.into(), it.code.unwrap_or(NO_CODE).into(), id.into()]);
        }
        self.execute_each(SETTLE, &outcomes).await?;
        let contacts = self.select_each(AGAIN, &again, |it| it.contact_id(0)).await?.concat();
        // A withdrawal cancels what waits, and these were intents if their people withdrew meanwhile.
        self.cancel_what_waits(&contacts, at).await?;
        Ok(())
    }
}

impl Settled {
    /// Whether this can follow on a state. What is proven stays: a status may have come before the answer, and an intent that lost
    /// its sender may have become unknown, from which no answer leads back to a message that was not sent.
    fn follows(&self, state: &str) -> bool {
        let is_settled_by_person =
            self.outcome == SendOutcome::NotSent && self.again.is_some_and(|it| it.1 == WaitsFor::Settled);
        match state {
            "intent" => true,
            "unknown" => is_settled_by_person || matches!(self.outcome, SendOutcome::Accepted | SendOutcome::Refused),
            _ => false,
        }
    }
}
