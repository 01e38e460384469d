//! Orders about campaigns.

use jiff::Timestamp;

use crate::sql::{Row, Tx};
use crate::{Crm, LoadError};

const CAMPAIGN: &str = "select name, mode, account, sender, created_at from campaign where name = $1";
const CREATE: &str = "insert into campaign (name, mode, account, sender, created_at) \
    values ($1, $2, $3, $4, clock_micros()) on conflict do nothing";
const LAST: &str = "select word from campaign_order where campaign = $1 order by number desc limit 1";
const ORDERS: &str = "select word, reason, by_whom, at, recorded_at, number from campaign_order where campaign = $1 \
    order by number";
const LAST_INTENT: &str =
    "select max(claimed_at) from outbox where campaign = $1 and claimed_at > $2 and claimed_at < $3";
const ORDER: &str = "insert into campaign_order (campaign, number, word, reason, by_whom, at, recorded_at) \
    select $1, coalesce((select max(number) from campaign_order where campaign = $2), 0) + 1, $3, $4, $5, $6, clock_micros()";
const NOTE_WAIT: &str = "insert into campaign_wait (campaign, limit_name, until_at, at) values ($1, $2, nullif($3, 0), clock_micros()) \
    on conflict (campaign) do update set limit_name = excluded.limit_name, until_at = excluded.until_at, at = excluded.at";
const WAIT: &str = "select limit_name, until_at from campaign_wait where campaign = $1 and limit_name <> ''";
const CANCEL_ALL: &str = "update outbox set state = 'cancelled', settled_at = clock_micros(), waits_for = 'stopped' \
    where campaign = $1 and (state = 'planned' or state = 'not_sent')";
const NOW: &str = "select clock_micros()";
const WHAT: &str = "give an order about a campaign";
/// Who gives the orders of Ferry's own gates.
const FERRY: &str = "ferry";

/// A campaign that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignRow {
    pub name: String,
    /// `sandbox`, `test` or `live`.
    pub mode: String,
    pub account: String,
    /// The number that sends.
    pub sender: String,
    pub created_at: Timestamp,
}

/// Whether a campaign runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignState {
    /// It was never started.
    New,
    Running,
    Paused,
    /// For good.
    Stopped,
    /// Everybody has been written to or left out.
    Finished,
}

impl CampaignState {
    /// The word of `campaign_view`.
    pub fn name(self) -> &'static str {
        ["new", "running", "paused", "stopped", "finished"][self as usize]
    }
}

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderWord {
    Start,
    Pause,
    Resume,
    Stop,
    Finish,
}

impl OrderWord {
    const ALL: [(Self, &'static str, CampaignState); 5] = [
        (Self::Start, "start", CampaignState::Running),
        (Self::Pause, "pause", CampaignState::Paused),
        (Self::Resume, "resume", CampaignState::Running),
        (Self::Stop, "stop", CampaignState::Stopped),
        (Self::Finish, "finish", CampaignState::Finished),
    ];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|it| it.1 == name).map(|it| it.0)
    }

    fn state(self) -> CampaignState {
        Self::ALL[self as usize].2
    }
}

/// An order as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignOrder {
    pub number: i64,
    pub word: OrderWord,
    pub reason: String,
    pub by_whom: String,
    /// When it was given, by the clock of the database.
    pub at: Timestamp,
    /// When it was written: no intent after a pause or a stop is younger.
    pub recorded_at: Timestamp,
    /// The last intent between the order and the next one.
    pub last_intent_at: Option<Timestamp>,
}

impl Crm {
    /// A campaign that was started; none if it never was.
    pub async fn campaign(&self, name: &str) -> Result<Option<CampaignRow>, LoadError> {
        let read = |it: &dyn Row| {
            Ok(CampaignRow {
                name: it.text(0)?,
                mode: it.text(1)?,
                account: it.text(2)?,
                sender: it.text(3)?,
                created_at: it.time(4)?,
            })
        };
        Ok(self.select("read a campaign", CAMPAIGN, &[name.into()], read).await?.pop())
    }

    /// Whether a campaign runs.
    pub async fn campaign_state(&self, campaign: &str) -> Result<CampaignState, LoadError> {
        self.reader("read whether a campaign runs").await?.campaign_state(campaign).await
    }

    /// Every order about a campaign, the first one first.
    pub async fn campaign_orders(&self, campaign: &str) -> Result<Vec<CampaignOrder>, LoadError> {
        let mut reader = self.reader("read the orders about a campaign").await?;
        let read = |it: &dyn Row| {
            Ok(CampaignOrder {
                word: it.word(0, OrderWord::from_name)?,
                reason: it.text(1)?,
                by_whom: it.text(2)?,
                at: it.time(3)?,
                recorded_at: it.time(4)?,
                number: it.int(5)?,
                last_intent_at: None,
            })
        };
        let mut orders = reader.select(ORDERS, &[campaign.into()], read).await?;
        for place in 0..orders.len() {
            let until = orders.get(place + 1).map_or(Timestamp::MAX, |it| it.at);
            let between = [campaign.into(), orders[place].at.into(), until.into()];
            let last = reader.select(LAST_INTENT, &between, |it| it.opt_time(0)).await?.pop();
            orders[place].last_intent_at = last.flatten();
        }
        Ok(orders)
    }

    /// Notes what the sender of a campaign waits for; none while it sends.
    pub async fn note_campaign_wait(
        &self,
        campaign: &str,
        wait: Option<(&str, Option<Timestamp>)>,
    ) -> Result<(), LoadError> {
        let mut tx = self.begin("note what a campaign waits for").await?;
        let until = wait.and_then(|it| it.1).map_or(0, Timestamp::as_microsecond);
        let row = [campaign.into(), wait.map_or("", |it| it.0).into(), until.into()];
        tx.execute_with_clock(NOTE_WAIT, &row).await?;
        tx.commit().await
    }

    /// What the sender of a campaign waits for, as it said last.
    pub async fn campaign_wait(&self, campaign: &str) -> Result<Option<(String, Option<Timestamp>)>, LoadError> {
        let read = |it: &dyn Row| Ok((it.text(0)?, it.opt_time(1)?));
        Ok(self.select("read what a campaign waits for", WAIT, &[campaign.into()], read).await?.pop())
    }

    /// Gives an order, and gives the state in which the campaign was before. Nothing happens if the order would change nothing. A stop
    /// cancels what waits.
    /// The moment of the order is taken before anybody is waited for.
    pub async fn order_campaign(
        &self,
        campaign: &CampaignRow,
        word: OrderWord,
        (reason, by_whom): (&str, &str),
    ) -> Result<CampaignState, LoadError> {
        let mut reader = self.reader(WHAT).await?;
        let at = reader.select_with_clock(NOW, &[], |it| it.int(0)).await?.pop().unwrap_or(0);
        drop(reader);
        let mut tx = self.begin_durable(WHAT).await?;
        let CampaignRow { name, mode, account, sender, .. } = campaign;
        tx.execute_with_clock(CREATE, &[name.into(), mode.into(), account.into(), sender.into()]).await?;
        let before = tx.campaign_state(name).await?;
        // A finished campaign goes on if messages turn out not to have been sent.
        let is_over = match before {
            CampaignState::Stopped => true,
            CampaignState::Finished => word != OrderWord::Start,
            CampaignState::New | CampaignState::Running | CampaignState::Paused => false,
        };
        if !is_over && before != word.state() {
            tx.order(name, word, (reason, by_whom), at).await?;
            if word == OrderWord::Stop {
                tx.execute_with_clock(CANCEL_ALL, &[name.into()]).await?;
            }
            tx.commit().await?;
        }
        Ok(before)
    }
}

impl Tx {
    pub(crate) async fn campaign_state(&mut self, campaign: &str) -> Result<CampaignState, LoadError> {
        let last = self.select(LAST, &[campaign.into()], |it| it.word(0, OrderWord::from_name)).await?.pop();
        Ok(last.map_or(CampaignState::New, OrderWord::state))
    }

    /// Pauses a campaign in the name of a gate.
    pub(crate) async fn pause_campaign(&mut self, campaign: &str, reason: &str) -> Result<(), LoadError> {
        let at = self.select_with_clock(NOW, &[], |it| it.int(0)).await?.pop().unwrap_or(0);
        self.order(campaign, OrderWord::Pause, (reason, FERRY), at).await
    }

    async fn order(
        &mut self,
        campaign: &str,
        word: OrderWord,
        (reason, by_whom): (&str, &str),
        at: i64,
    ) -> Result<(), LoadError> {
        let row = [campaign.into(), campaign.into(), word.name().into(), reason.into(), by_whom.into(), at.into()];
        self.execute_with_clock(ORDER, &row).await
    }
}
