//! People who wrote and got no answer.

use jiff::{SignedDuration, Timestamp};

use crate::sql::Row;
use crate::{Crm, LoadError};

const READ: &str = "look for people who wait for an answer";

/// How far back is looked. Somebody who wrote earlier was answered elsewhere, or it is too late.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A message to a contact or to one that was merged with it, sent after the contact wrote, is an answer. One that failed and
/// did not arrive is none.
const SELECT: &str = "with survivor as (select merged_id, contact_id from contact_survivor), \
    answer as (select contact_id, case when failed_at is not null and delivered_at is null and read_at is null then null \
      else coalesce(sent_at, delivered_at, read_at) end as at from delivery), \
    asked as (select coalesce(survivor.contact_id, conversation.contact_id) as contact_id, conversation.contact_id as own_id, \
      asked_at from conversation left join survivor on survivor.merged_id = conversation.contact_id \
      where asked_at >= $1 and asked_at < $2 and not exists (select 1 from event \
        where event.number = conversation.last_event and event.reading = 'stop')) \
    select count(*), min(asked_at) from asked \
    where not exists (select 1 from answer where answer.contact_id = asked.own_id and answer.at >= asked_at) \
      and not exists (select 1 from answer where answer.contact_id = asked.contact_id and answer.at >= asked_at) \
      and not exists (select 1 from survivor join answer on answer.contact_id = survivor.merged_id \
        where survivor.contact_id = asked.contact_id and answer.at >= asked_at)";

/// Conversations in which a person waits for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unanswered {
    pub n_conversations: u64,
    /// When the person wrote who has waited for the longest time.
    pub oldest_at: Option<Timestamp>,
}

impl Crm {
    /// The conversations whose last message waits for an answer for longer than `answer_within`.
    ///
    /// An answer is any message that went out to the person at the same time or later: by its status, or as the app of the
    /// business tells. STOP, START, reactions and calls want no answer, and nobody answers a person whose last word is STOP.
    /// What was asked more than 30 days ago is left out.
    pub async fn unanswered(&self, now: Timestamp, answer_within: SignedDuration) -> Result<Unanswered, LoadError> {
        let before = |it: SignedDuration| now.saturating_sub(it).unwrap_or(Timestamp::UNIX_EPOCH);
        let (since, until) = (before(LOOK_BACK), before(answer_within));
        let row = |it: &dyn Row| Ok(Unanswered { n_conversations: it.count(0)?, oldest_at: it.opt_time(1)? });
        let found = self.select(READ, SELECT, &[since.into(), until.into()], row).await?;
        Ok(found.first().copied().unwrap_or_default())
    }
}
