//! How far a campaign has come, and what can be proven from the database alone.

use jiff::Timestamp;
use model::ConsentPurpose;

use crate::outbox::MessageId;
use crate::sql::Row;
use crate::{Crm, LoadError};

const BY_STATE: &str =
    "select step, state, count(*) from outbox where campaign = $1 group by step, state order by step, state";
const WAITING_FOR: &str = "select waits_for, count(*), min(not_before) from outbox where campaign = $1 and state = 'planned' \
    and waits_for is not null and not_before > $2 group by waits_for order by count(*) desc, waits_for";
const REFUSED: &str =
    "select code, count(*) from outbox where campaign = $1 and state = 'refused' group by code order by count(*) desc";
const WATCH: &str = "select outbox.step, outbox.wave, count(*), \
    coalesce(sum(case when delivery.delivered_at is not null or delivery.read_at is not null then 1 else 0 end), 0), \
    coalesce(sum(case when delivery.read_at is not null then 1 else 0 end), 0), \
    coalesce(sum(case when delivery.failed_at is not null and delivery.delivered_at is null and delivery.read_at is null \
        then 1 else 0 end), 0), \
    coalesce(sum(case when message_answer.state <> 'accepted' and delivery.sent_at is null and delivery.delivered_at is null \
        and delivery.read_at is null and delivery.failed_at is null then 1 else 0 end), 0), \
    coalesce(sum(case when outbox.intent_at <= $1 and (message_answer.state is null or message_answer.state = 'accepted' \
        or delivery.sent_at is not null) then 1 else 0 end), 0), \
    coalesce(sum(case when outbox.intent_at <= $1 and (message_answer.state is null or message_answer.state = 'accepted' \
        or delivery.sent_at is not null) and (delivery.delivered_at is not null or delivery.read_at is not null) \
        then 1 else 0 end), 0), \
    coalesce(sum(case when delivery.failed_code = 131050 then 1 else 0 end), 0), \
    coalesce(sum(case when outbox.state = 'unknown' then 1 else 0 end), 0) \
    from outbox left join message_answer on message_answer.message_id = outbox.message_id \
    left join delivery on delivery.message_id = outbox.message_id \
    where outbox.campaign = $2 and outbox.claimed_at > $3 and outbox.state <> 'planned' and outbox.state <> 'cancelled' and outbox.state <> 'not_sent' \
    and outbox.state <> 'refused' group by outbox.step, outbox.wave order by outbox.step, outbox.wave";
const REFUSED_OF: &str = "select step, wave, count(*) from outbox where campaign = $1 and claimed_at > $2 and state = 'refused' \
    group by step, wave";
const STOPS: &str = "select count(distinct outbox.contact_id) from outbox join event on event.contact_id = outbox.contact_id \
    where outbox.campaign = $1 and outbox.intent_at is not null and event.reading = 'stop' \
    and coalesce(event.at, event.received_at) >= outbox.intent_at";
const OPEN: &str = "select message_id, step, intent_at, claimed_at from outbox where campaign = $1 and state = 'unknown' \
    order by intent_number";
const PROOF: &str = "select coalesce(sum(case when state = 'planned' or state = 'not_sent' then 1 else 0 end), 0), \
    coalesce(sum(case when state = 'intent' then 1 else 0 end), 0), \
    coalesce(sum(case when state = 'accepted' then 1 else 0 end), 0), \
    coalesce(sum(case when state = 'refused' then 1 else 0 end), 0), \
    coalesce(sum(case when state = 'unknown' then 1 else 0 end), 0), \
    coalesce(sum(case when state = 'cancelled' then 1 else 0 end), 0) from outbox where campaign = $1";
const DOUBLED: &str = "select cast(coalesce(sum(n - 1), 0) as bigint) from (select count(*) as n from outbox where campaign = $1 \
    and (state = 'intent' or state = 'accepted' or state = 'unknown') group by step, channel, recipient having count(*) > 1) as more";
const TWO_IDS: &str = "select count(*) from (select message_answer.message_id from message_answer join outbox \
    on outbox.message_id = message_answer.message_id where outbox.campaign = $1 \
    group by message_answer.message_id having count(*) > 1) as more";
const CONTRADICTED: &str = "select count(*) from outbox join delivery on delivery.message_id = outbox.message_id \
    where outbox.campaign = $1 and (outbox.state = 'planned' or outbox.state = 'not_sent' or outbox.state = 'cancelled' \
    or outbox.state = 'refused')";
/// A stop is received before it is committed, and an intent between both is right: five seconds are left for that.
const AFTER_STOP: &str = "select count(*) from outbox join event on event.contact_id = outbox.contact_id \
    where outbox.campaign = $1 and event.reading = 'stop' and outbox.claimed_at > event.received_at + 5000000 \
    and (outbox.state = 'intent' or outbox.state = 'accepted' or outbox.state = 'unknown') \
    and not exists (select 1 from consent where consent.contact_id = outbox.contact_id and consent.state = 'yes' \
        and consent.said_from > coalesce(event.at, event.received_at))";
const SENT_IDS: &str = "select message_id, state, intent_number, intent_at from outbox where campaign = $1 and intent_number is not null \
    and (state = 'intent' or state = 'accepted' or state = 'unknown')";
const SPEND: &str = "select contact.region, outbox.purpose, count(*) from outbox \
    left join contact on contact.contact_id = outbox.contact_id left join delivery on delivery.message_id = outbox.message_id \
    where outbox.campaign = $1 and (outbox.state = 'planned' or outbox.state = 'intent' or outbox.state = 'accepted' \
    or outbox.state = 'unknown') and (delivery.failed_at is null or delivery.delivered_at is not null) \
    group by contact.region, outbox.purpose";
const ANY: &str = "select wave from outbox where campaign = $1 limit 1";
const N_OPEN: &str = "select count(*) from outbox where campaign = $1 and state = 'intent'";
const FIRST_WAIT: &str = "select waits_for from outbox where campaign = $1 and state = 'planned' and waits_for is not null \
    order by not_before limit 1";
const N_READY: &str = "select count(*) from outbox where campaign = $1 and state = 'planned' and not_before <= $2";
const N_PLANNED: &str = "select count(*) from outbox where campaign = $1 and state = 'planned'";
const WHAT: &str = "count the messages of a campaign";

/// A message that may have left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentId {
    pub id: MessageId,
    pub state: String,
    /// The number of its last intent.
    pub intent_number: i64,
    /// The slot of that intent, by the campaign's clock.
    pub intent_at: Timestamp,
}

/// The messages of a step in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepCounts {
    pub step: String,
    /// The word of the column `state`.
    pub state: String,
    pub n: u64,
}

/// How far a campaign has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CampaignCounts {
    pub of_steps: Vec<StepCounts>,
    /// What planned messages wait for, how many, and until when at the earliest.
    pub waiting_for: Vec<(String, u64, Option<Timestamp>)>,
    /// Refusals by the platform's code.
    pub refused: Vec<(Option<i64>, u64)>,
    /// As [`Crm::n_stops`] gives it.
    pub n_stops: u64,
}

/// What is known of the messages of a wave, for its watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchCounts {
    pub step: String,
    pub wave: i64,
    /// The messages that may have left.
    pub n_sent: u64,
    pub n_delivered: u64,
    pub n_read: u64,
    /// Those that have failed and did not arrive.
    pub n_failed: u64,
    /// Those that the platform keeps back.
    pub n_held: u64,
    /// Those that are old enough to have arrived, without those that are kept back.
    pub n_old: u64,
    pub n_old_delivered: u64,
    /// Those that failed because the person stopped marketing in the app.
    pub n_stopped_in_app: u64,
    pub n_refused: u64,
    /// Those of which nobody knows whether they left.
    pub n_unknown: u64,
}

/// A message of which nobody knows whether it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenMessage {
    pub id: MessageId,
    pub step: String,
    pub intent_at: Timestamp,
    /// By the real clock.
    pub claimed_at: Timestamp,
}

/// What the database proves about a campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProofCounts {
    pub n_planned: u64,
    pub n_intents: u64,
    pub n_accepted: u64,
    pub n_refused: u64,
    pub n_unknown: u64,
    pub n_cancelled: u64,
    /// Addresses that a step went to more than once.
    pub n_doubled: u64,
    /// Messages that the platform knows under two ids.
    pub n_two_ids: u64,
    /// Messages that cannot have left by what we know, and of which a status came.
    pub n_contradicted: u64,
    /// Messages to people who had said stop before, and nothing else since.
    pub n_after_stop: u64,
}

impl Crm {
    /// Counts the messages of a campaign at a moment of its clock.
    pub async fn campaign_counts(&self, campaign: &str, now: Timestamp) -> Result<CampaignCounts, LoadError> {
        let mut reader = self.reader(WHAT).await?;
        let key = [campaign.into()];
        let of_step = |it: &dyn Row| Ok(StepCounts { step: it.text(0)?, state: it.text(1)?, n: it.count(2)? });
        let of_steps = reader.select(BY_STATE, &key, of_step).await?;
        let waiting = |it: &dyn Row| Ok((it.text(0)?, it.count(1)?, it.opt_time(2)?));
        let waiting_for = reader.select(WAITING_FOR, &[campaign.into(), now.into()], waiting).await?;
        let refused = reader.select(REFUSED, &key, |it| Ok((it.opt_int(0)?, it.count(1)?))).await?;
        let n_stops = reader.select(STOPS, &key, |it| it.count(0)).await?.pop().unwrap_or(0);
        Ok(CampaignCounts { of_steps, waiting_for, refused, n_stops })
    }

    /// The people of a campaign who have said stop since they were written to.
    pub async fn n_stops(&self, campaign: &str) -> Result<u64, LoadError> {
        Ok(self.select(WHAT, STOPS, &[campaign.into()], |it| it.count(0)).await?.pop().unwrap_or(0))
    }

    /// What is known of the messages of each wave. A message is old enough to have arrived if its intent is from `old` or before.
    /// Only messages count whose intents are younger than `since`, by the clock of the database.
    pub async fn watch_counts(
        &self,
        campaign: &str,
        (old, since): (Timestamp, Timestamp),
    ) -> Result<Vec<WatchCounts>, LoadError> {
        let mut reader = self.reader(WHAT).await?;
        let read = |it: &dyn Row| {
            Ok(WatchCounts {
                step: it.text(0)?,
                wave: it.int(1)?,
                n_sent: it.count(2)?,
                n_delivered: it.count(3)?,
                n_read: it.count(4)?,
                n_failed: it.count(5)?,
                n_held: it.count(6)?,
                n_old: it.count(7)?,
                n_old_delivered: it.count(8)?,
                n_stopped_in_app: it.count(9)?,
                n_unknown: it.count(10)?,
                n_refused: 0,
            })
        };
        let mut counts = reader.select(WATCH, &[old.into(), campaign.into(), since.into()], read).await?;
        let refused = |it: &dyn Row| Ok((it.text(0)?, it.int(1)?, it.count(2)?));
        for (step, wave, n) in reader.select(REFUSED_OF, &[campaign.into(), since.into()], refused).await? {
            match counts.iter_mut().find(|it| it.step == step && it.wave == wave) {
                Some(known) => known.n_refused = n,
                None => counts.push(WatchCounts { step, wave, n_refused: n, ..WatchCounts::default() }),
            }
        }
        Ok(counts)
    }

    /// The messages of a campaign that are released and not yet sent.
    pub async fn n_planned(&self, campaign: &str) -> Result<u64, LoadError> {
        let n = self.select(WHAT, N_PLANNED, &[campaign.into()], |it| it.count(0)).await?;
        Ok(n.first().copied().unwrap_or(0))
    }

    /// What the first of them waits for that was put off.
    pub async fn first_wait(&self, campaign: &str) -> Result<Option<String>, LoadError> {
        Ok(self.select(WHAT, FIRST_WAIT, &[campaign.into()], |it| it.text(0)).await?.pop())
    }

    /// How many of them are to be looked at by a moment: the others wait for hours or days.
    pub async fn n_ready(&self, campaign: &str, by: Timestamp) -> Result<u64, LoadError> {
        let n = self.select(WHAT, N_READY, &[campaign.into(), by.into()], |it| it.count(0)).await?;
        Ok(n.first().copied().unwrap_or(0))
    }

    /// Whether anything was ever released of a campaign, also by what a log of sends knows.
    pub async fn has_messages(&self, campaign: &str) -> Result<bool, LoadError> {
        let found = self.select(WHAT, ANY, &[campaign.into()], |it| it.int(0)).await?;
        Ok(!found.is_empty())
    }

    /// The messages of a campaign that are about to leave, or whose sender was stopped.
    pub async fn n_open(&self, campaign: &str) -> Result<u64, LoadError> {
        let n = self.select(WHAT, N_OPEN, &[campaign.into()], |it| it.count(0)).await?;
        Ok(n.first().copied().unwrap_or(0))
    }

    /// The messages of a campaign that may cost something, by country and purpose.
    pub async fn campaign_spend(
        &self,
        campaign: &str,
    ) -> Result<Vec<(Option<String>, ConsentPurpose, u64)>, LoadError> {
        let read = |it: &dyn Row| Ok((it.opt_text(0)?, it.word(1, ConsentPurpose::from_name)?, it.count(2)?));
        self.select(WHAT, SPEND, &[campaign.into()], read).await
    }

    /// The messages of a campaign of which nobody knows whether they left.
    pub async fn unknown_messages(&self, campaign: &str) -> Result<Vec<OpenMessage>, LoadError> {
        let read = |it: &dyn Row| {
            Ok(OpenMessage {
                id: MessageId::read(it, 0)?,
                step: it.text(1)?,
                intent_at: it.time(2)?,
                claimed_at: it.time(3)?,
            })
        };
        self.select(WHAT, OPEN, &[campaign.into()], read).await
    }

    /// What the database proves about a campaign.
    pub async fn proof_counts(&self, campaign: &str) -> Result<ProofCounts, LoadError> {
        let mut reader = self.reader("prove a campaign").await?;
        let key = [campaign.into()];
        let read = |it: &dyn Row| {
            Ok(ProofCounts {
                n_planned: it.count(0)?,
                n_intents: it.count(1)?,
                n_accepted: it.count(2)?,
                n_refused: it.count(3)?,
                n_unknown: it.count(4)?,
                n_cancelled: it.count(5)?,
                ..ProofCounts::default()
            })
        };
        let mut proof = reader.select(PROOF, &key, read).await?.pop().unwrap_or_default();
        for (select, n) in [
            (DOUBLED, &mut proof.n_doubled),
            (TWO_IDS, &mut proof.n_two_ids),
            (CONTRADICTED, &mut proof.n_contradicted),
            (AFTER_STOP, &mut proof.n_after_stop),
        ] {
            *n = reader.select(select, &key, |it| it.count(0)).await?.pop().unwrap_or(0);
        }
        Ok(proof)
    }

    /// The messages of a campaign that may have left.
    pub async fn sent_ids(&self, campaign: &str) -> Result<Vec<SentId>, LoadError> {
        let read = |it: &dyn Row| {
            let id = MessageId::read(it, 0)?;
            Ok(SentId { id, state: it.text(1)?, intent_number: it.int(2)?, intent_at: it.time(3)? })
        };
        self.select("prove a campaign", SENT_IDS, &[campaign.into()], read).await
    }
}
