//! The loop of a sender.
//!
//! This file says what is due in which order; each thing that is due has a file of its own in this folder.

mod asking;
mod claims;
mod outcomes;
mod releases;
mod waiting;
mod watching;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use crm::{CampaignState, FrozenTemplate, OrderWord};
use jiff::Timestamp;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use whatsapp::SendingNumber;

use self::asking::ASK;
pub(super) use self::outcomes::MOST_DIFFERENCE;
use super::decide::FrozenKey;
use super::open::{CONCURRENCY, SendingAccount};
use super::outcome::SentOutcome;
use super::release::Release;
use super::trouble::{Trouble, TroubleNews};
use super::usage::UsageState;

/// A sender that waits looks at least this often whether it was stopped.
const LOOK: Duration = Duration::from_millis(200);
/// Fewer released messages than this that can go soon, and the next wave is released.
const FEW_READY: u64 = 500;
/// A database that is away is tried for this long.
const DATABASE_AWAY: Duration = Duration::from_secs(300);

/// The key of the plan that is waited for before a campaign begins.
const NOT_BEFORE: &str = "not_before";

/// What a sender tells while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendEvent {
    /// A wave was released.
    Released { step: String, wave: i64, n: u64, is_test: bool },
    /// A test wave was judged, and is well.
    Judged { step: String, wave: i64 },
    /// Messages have been sent.
    Progress { n_sent: u64, n_waiting: u64 },
    /// Nothing can be sent before a moment, for this limit.
    Waiting { limit: String, until: Option<Timestamp> },
    /// The database does not answer.
    DatabaseAway,
    /// The platform gave a code that our table does not have.
    UnknownCode(i64),
    /// The platform lets the number write to another number of people in 24 hours; none is without a limit.
    PeoplePerDay { before: Option<u32>, now: Option<u32> },
    /// The platform lets the number send another number of messages in a second.
    NumberRate { before: u32, now: u32 },
    /// The platform, or the way to it, is in trouble, or answers again.
    Trouble(TroubleNews),
}

/// Why a sender has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendStop {
    /// Everybody was written to or left out.
    Finished,
    /// A gate, a code of the platform or a person paused the campaign; the reason is with the last order.
    Paused,
    Stopped,
    /// The process was asked to end. Another sender goes on.
    Interrupted,
}

/// What a sender has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendReport {
    pub stop: SendStop,
    pub n_accepted: u64,
    pub n_refused: u64,
    pub n_unknown: u64,
    /// Attempts of which it is proven that nothing left; their messages were planned again.
    pub n_not_sent: u64,
}

/// Sends a campaign.
pub struct Sender {
    account: Arc<SendingAccount>,
    state: UsageState,
    frozen: HashMap<FrozenKey, FrozenTemplate>,
    templates: Vec<String>,
    trouble: Trouble,
    /// The news that are still to be told.
    trouble_news: Vec<TroubleNews>,
    report: SendReport,
    give: UnboundedSender<SentOutcome>,
    outcomes: UnboundedReceiver<SentOutcome>,
    n_flying: usize,
    pending: Vec<SentOutcome>,
    pending_since: Option<Instant>,
    ending: Option<SendStop>,
    watch_at: Timestamp,
    ask_at: Timestamp,
    /// A question to the platform that is not answered yet.
    asking: Option<JoinHandle<Option<SendingNumber>>>,
    release_at: Timestamp,
    /// A wave that is being released. Others are sent meanwhile.
    releasing: Option<JoinHandle<Result<Release>>>,
    n_planned: u64,
    /// Those among them that can go soon. What waits until the morning in one country must not keep back the others.
    n_ready: u64,
    /// Whether something was sent since it was last looked at who else can be released.
    has_sent: bool,
    began_at: Timestamp,
    /// When somebody last resumed the campaign, by the clock of the database.
    resumed_at: Option<Timestamp>,
    told_waiting: Option<(String, Option<Timestamp>)>,
}

impl Sender {
    /// Reads what was sent, and whether the database is behind the log of sends.
    pub async fn new(account: Arc<SendingAccount>) -> Result<Self> {
        account.check_log().await?;
        let crm = &account.crm;
        let now = account.clock.now();
        crm.abandon_intents(now).await?;
        crm.take_into_epoch(&account.plan.name).await?;
        let state = UsageState::load(crm, account.plan.limits.clone(), &account.number, now).await?;
        let (give, outcomes) = mpsc::unbounded_channel();
        let report = SendReport { stop: SendStop::Finished, n_accepted: 0, n_refused: 0, n_unknown: 0, n_not_sent: 0 };
        let began_at = crm.waves(&account.plan.name).await?.iter().map(|it| it.released_at).min().unwrap_or(now);
        let orders = crm.campaign_orders(&account.plan.name).await?;
        let resumed_at = orders.iter().rfind(|it| it.word == OrderWord::Resume).map(|it| it.recorded_at);
        let n_planned = crm.n_planned(&account.plan.name).await?;
        let mut sender = Self {
            account,
            state,
            frozen: HashMap::new(),
            templates: Vec::new(),
            trouble: Trouble::default(),
            trouble_news: Vec::new(),
            report,
            give,
            outcomes,
            n_flying: 0,
            pending: Vec::new(),
            pending_since: None,
            ending: None,
            watch_at: now,
            // The preflight has just asked.
            ask_at: now.saturating_add(ASK).unwrap_or(now),
            asking: None,
            release_at: now,
            releasing: None,
            n_planned,
            // Read before the first release.
            n_ready: 0,
            has_sent: true,
            began_at,
            resumed_at,
            told_waiting: None,
        };
        sender.read_frozen().await?;
        Ok(sender)
    }

    /// Sends until the campaign is finished, paused or stopped, or `interrupted` says so.
    pub async fn run(
        mut self,
        mut interrupted: watch::Receiver<bool>,
        on: &mut (dyn FnMut(SendEvent) + Send),
    ) -> Result<SendReport> {
        loop {
            self.collect().await?;
            self.trouble_news.drain(..).for_each(|it| on(SendEvent::Trouble(it)));
            if *interrupted.borrow_and_update() && self.ending.is_none() {
                self.ending = Some(SendStop::Interrupted);
            }
            if let Some(stop) = &self.ending {
                if self.n_flying == 0 && self.pending.is_empty() {
                    self.report.stop = stop.clone();
                    return Ok(self.report);
                }
                self.wait_for_outcome(LOOK).await;
                continue;
            }
            let next = self.step(on).await?;
            if self.ending.is_none() {
                self.wait(next, &mut interrupted).await?;
            }
        }
    }

    /// Does what is due now. Gives when the next thing is due.
    async fn step(&mut self, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<Timestamp> {
        let now = self.account.clock.now();
        if let Some(begins_at) = self.account.plan.not_before.filter(|it| now < *it) {
            let waited = self.wait_for_beginning(begins_at, on).await;
            self.unless_away(waited, on).await?;
            return Ok(begins_at);
        }
        if now >= self.watch_at {
            let watched = self.watch(on).await;
            self.unless_away(watched, on).await?;
        }
        self.ask(on).await?;
        let is_due = now >= self.release_at && self.n_ready < FEW_READY && self.releasing.is_none();
        if is_due && self.ending.is_none() {
            let begun = self.begin_release().await;
            self.unless_away(begun, on).await?;
        }
        let released = self.end_release(on).await;
        self.unless_away(released, on).await?;
        if self.ending.is_some() {
            return Ok(now);
        }
        // A rehearsal does not stop at a moment only to look.
        let mut next = if self.account.clock.is_rehearsal() { Timestamp::MAX } else { self.watch_at };
        if self.n_ready < FEW_READY && self.releasing.is_none() {
            next = next.min(self.release_at);
        }
        if let Some(until) = self.trouble.pauses_until(now) {
            return Ok(next.min(until));
        }
        if self.n_flying >= CONCURRENCY || (self.trouble.is_probing() && self.n_flying > 0) {
            return Ok(next);
        }
        let due = self.claim(on).await?;
        Ok(due.map_or(next, |it| next.min(it)))
    }

    /// Nothing goes before the first moment of the campaign. An order to pause or to stop counts before it, too.
    async fn wait_for_beginning(&mut self, at: Timestamp, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<()> {
        match self.account.crm.campaign_state(&self.account.plan.name).await? {
            CampaignState::Running => self.tell_waiting(Some((NOT_BEFORE, Some(at))), 0, on).await,
            state => {
                self.ending = Some(stop_of(state)?);
                Ok(())
            }
        }
    }

    async fn pause(&mut self, reason: &str) -> Result<()> {
        if self.ending.is_none() {
            self.account.crm.order_campaign(&self.account.row(), OrderWord::Pause, (reason, "ferry")).await?;
            self.ending = Some(SendStop::Paused);
        }
        Ok(())
    }

    async fn read_frozen(&mut self) -> Result<()> {
        let frozen = self.account.crm.frozen_templates(&self.account.plan.name).await?;
        self.templates = frozen.iter().map(|it| it.template.clone()).collect();
        self.templates.sort();
        self.templates.dedup();
        self.frozen = frozen.into_iter().map(|it| ((it.step.clone(), it.wave, it.language.clone()), it)).collect();
        Ok(())
    }
}

fn stop_of(state: CampaignState) -> Result<SendStop> {
    match state {
        CampaignState::Paused => Ok(SendStop::Paused),
        CampaignState::Stopped => Ok(SendStop::Stopped),
        CampaignState::Finished => Ok(SendStop::Finished),
        CampaignState::New | CampaignState::Running => bail!("the campaign was never started"),
    }
}
