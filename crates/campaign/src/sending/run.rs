//! The loop of a sender.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use crm::{CampaignState, Claim, ClaimRequest, FrozenTemplate, Intent, LoadError, OrderWord, Settled};
use jiff::{SignedDuration, Timestamp};
use rollout::LimitName;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::decide::{Decider, FrozenKey};
use super::open::{SendingAccount, SendingError};
use super::outcome::SentOutcome;
use super::release::Release;
use super::send::Began;
use super::trouble::Trouble;
use super::usage::{UsageState, number};
use super::watch::{alarm, stops_alarm};

/// Outcomes are noted in groups of this size, or after this time.
const GROUP: usize = 64;
const GROUP_TIME: Duration = Duration::from_millis(20);
/// A sender that waits looks at least this often whether it was stopped.
const LOOK: Duration = Duration::from_millis(200);
/// Slots begin this long after a claim, so that its commit and the log do not make the first of them late, and end this long
/// after that.
const LEAD: SignedDuration = SignedDuration::from_millis(30);
const AHEAD: SignedDuration = SignedDuration::from_millis(40);
/// Messages under way at once.
const MOST_FLYING: usize = 256;
/// Fewer released messages than this, and the next wave is released.
const FEW_PLANNED: u64 = 500;
/// How often it is looked at whether somebody new can be released, by the campaign's clock.
const LOOK_FOR_PEOPLE: SignedDuration = SignedDuration::from_secs(60);
/// The same in a rehearsal, where days must take minutes.
const LOOK_IN_A_REHEARSAL: SignedDuration = SignedDuration::from_hours(1);
/// How long it takes until it is looked again at messages that others have not settled.
const OPEN: SignedDuration = SignedDuration::from_secs(2);
/// How often the messages are watched at the least, by the campaign's clock. The first half hour is watched as closely.
const WATCH: SignedDuration = SignedDuration::from_secs(5);
/// How often the platform is asked what the templates are now.
const TEMPLATES: SignedDuration = SignedDuration::from_mins(10);
/// The clock of the platform may differ by this.
const MOST_DIFFERENCE: i64 = 30;
/// A database that is away is tried for this long.
const DATABASE_AWAY: Duration = Duration::from_secs(300);

/// What only a person can end: the words of `waits_for`.
const HELD: [&str; 8] = [
    "no-consent",
    "refused",
    "suppressed",
    "identity",
    "no-address",
    "address-changed",
    "not-in-test-recipients",
    "no-conversation",
];

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
    Waiting { limit: &'static str, until: Option<Timestamp> },
    /// The database does not answer.
    DatabaseAway,
    /// The platform gave a code that our table does not have.
    UnknownCode(i64),
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
    report: SendReport,
    give: UnboundedSender<SentOutcome>,
    outcomes: UnboundedReceiver<SentOutcome>,
    n_flying: usize,
    pending: Vec<SentOutcome>,
    pending_since: Option<Instant>,
    ending: Option<SendStop>,
    watch_at: Timestamp,
    templates_at: Timestamp,
    release_at: Timestamp,
    /// A wave that is being released. Others are sent meanwhile.
    releasing: Option<JoinHandle<Result<Release>>>,
    n_planned: u64,
    /// Whether something was sent since it was last looked at who else can be released.
    has_sent: bool,
    began_at: Timestamp,
    /// When somebody last resumed the campaign, by the clock of the database.
    resumed_at: Option<Timestamp>,
    told_waiting: Option<(&'static str, Option<Timestamp>)>,
}

impl Sender {
    /// Reads what was sent, and whether the database is behind the log of sends.
    pub async fn new(account: Arc<SendingAccount>) -> Result<Self> {
        account.check_log().await?;
        let crm = &account.crm;
        let now = account.clock.now();
        crm.abandon_intents(now).await?;
        crm.take_into_epoch(&account.plan.name).await?;
        let state = UsageState::load(crm, account.plan.limits.clone(), now).await?;
        let (give, outcomes) = mpsc::unbounded_channel();
        let report = SendReport { stop: SendStop::Finished, n_accepted: 0, n_refused: 0, n_unknown: 0, n_not_sent: 0 };
        let began_at = crm.waves(&account.plan.name).await?.iter().map(|it| it.released_at).min().unwrap_or(now);
        let orders = crm.campaign_orders(&account.plan.name).await?;
        let resumed_at = orders.iter().rfind(|it| it.word == OrderWord::Resume).map(|it| it.recorded_at);
        let release_at = account.plan.not_before.unwrap_or(now).max(now);
        let n_planned = crm.n_planned(&account.plan.name).await?;
        let mut sender = Self {
            account,
            state,
            frozen: HashMap::new(),
            templates: Vec::new(),
            trouble: Trouble::default(),
            report,
            give,
            outcomes,
            n_flying: 0,
            pending: Vec::new(),
            pending_since: None,
            ending: None,
            watch_at: now,
            // The preflight has just asked.
            templates_at: now.saturating_add(TEMPLATES).unwrap_or(now),
            release_at,
            releasing: None,
            n_planned,
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
        if now >= self.watch_at {
            let watched = self.watch(on).await;
            self.unless_away(watched, on).await?;
        }
        let is_due = now >= self.release_at && self.n_planned < FEW_PLANNED && self.releasing.is_none();
        if is_due && self.ending.is_none() {
            self.begin_release().await?;
        }
        self.end_release(on).await?;
        if self.ending.is_some() {
            return Ok(now);
        }
        // A rehearsal does not stop at a moment only to look.
        let mut next = if self.account.clock.is_rehearsal() { Timestamp::MAX } else { self.watch_at };
        if self.n_planned < FEW_PLANNED && self.releasing.is_none() {
            next = next.min(self.release_at);
        }
        if let Some(until) = self.trouble.pauses_until(now) {
            return Ok(next.min(until));
        }
        if self.n_flying >= MOST_FLYING || (self.trouble.is_probing() && self.n_flying > 0) {
            return Ok(next);
        }
        let due = self.claim(on).await?;
        Ok(due.map_or(next, |it| next.min(it)))
    }

    /// Claims messages and sends them. Gives when there can be more.
    async fn claim(&mut self, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<Option<Timestamp>> {
        let account = Arc::clone(&self.account);
        let is_rehearsal = account.clock.is_rehearsal();
        let (lead, ahead) = if is_rehearsal { (SignedDuration::ZERO, SignedDuration::ZERO) } else { (LEAD, AHEAD) };
        let began = Began::now();
        let now = account.clock.now();
        let most = if self.trouble.is_probing() { 1 } else { MOST_FLYING - self.n_flying };
        let request = ClaimRequest {
            campaign: &account.plan.name,
            sender: &account.number,
            account: &account.account,
            now,
            known_intent: self.state.last_intent,
            templates: &self.templates,
        };
        let mut decider = Decider {
            state: &mut self.state,
            key: &account.key,
            now: now.saturating_add(lead).unwrap_or(now),
            ahead,
            frozen: &self.frozen,
            allowed: account.allowed.as_ref(),
            not_after: account.plan.not_after,
            most,
            bound: None,
            is_stale: false,
            categories: HashMap::new(),
        };
        let claimed = account.crm.claim(&request, &mut |claimable| decider.decide(claimable)).await;
        let Decider { bound, is_stale, categories, .. } = decider;
        let claimed = match claimed {
            Ok(Claim::Claimed(claimed)) => claimed,
            Ok(Claim::NotRunning(state)) => {
                self.ending = Some(stop_of(state)?);
                return Ok(None);
            }
            Err(error) => {
                self.database_away(error, on).await?;
                return Ok(None);
            }
        };
        if is_stale {
            self.read_frozen().await?;
            return Ok(Some(now));
        }
        self.n_planned = self.n_planned.saturating_sub(claimed.intents.len() as u64);
        let n = claimed.intents.len();
        self.send_all(claimed.intents, &categories, began).await?;
        self.tell_waiting(bound, n, on).await?;
        if n > 0 || claimed.n_later > 0 {
            let slot = self.state.usage.next_slot(now).unwrap_or(now);
            // The next claim comes a little before its first slot.
            return Ok(Some(slot.checked_sub(lead).unwrap_or(slot).max(now)));
        }
        if claimed.next_due.is_none() && self.n_flying == 0 && self.has_sent {
            // Everything is sent: somebody else may be due, or the campaign is finished.
            self.n_planned = 0;
            self.release_at = now;
            self.has_sent = false;
            return Ok(Some(now));
        }
        let free = bound.and_then(|it| it.1);
        Ok(match (free, claimed.next_due) {
            (Some(free), _) => Some(free.checked_sub(lead).unwrap_or(free)),
            // A message that is due and cannot be claimed is looked at again, and not at once.
            (None, due) => due.map(|it| if it > now { it } else { now.saturating_add(LOOK).unwrap_or(now) }),
        })
    }

    async fn send_all(
        &mut self,
        intents: Vec<Intent>,
        categories: &HashMap<(String, String), String>,
        began: Began,
    ) -> Result<()> {
        if intents.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.account.log_intents(&intents).await {
            let settled: Vec<Settled> = intents.iter().map(SentOutcome::not_logged).collect();
            self.account.crm.settle(&settled, self.account.clock.now()).await?;
            return Err(error.into());
        }
        self.n_flying += intents.len();
        self.has_sent = true;
        for intent in intents {
            let name = (intent.message.template.clone(), intent.message.language.clone());
            let category = categories.get(&name).map_or("", String::as_str);
            self.account.send(intent, category, began, self.give.clone());
        }
        Ok(())
    }

    /// Takes the outcomes that are there, and notes them if there are many, or they have waited.
    async fn collect(&mut self) -> Result<()> {
        while let Ok(outcome) = self.outcomes.try_recv() {
            self.take(outcome);
        }
        let is_old = self.pending_since.is_some_and(|it| it.elapsed() >= GROUP_TIME);
        if self.pending.len() >= GROUP || is_old || (self.n_flying == 0 && !self.pending.is_empty()) {
            self.note_outcomes().await?;
        }
        Ok(())
    }

    fn take(&mut self, outcome: SentOutcome) {
        self.n_flying -= 1;
        let now = self.account.clock.now();
        self.trouble.note(outcome.is_trouble, now);
        let count = match outcome.settled.outcome {
            crm::SendOutcome::Accepted => &mut self.report.n_accepted,
            crm::SendOutcome::Refused => &mut self.report.n_refused,
            crm::SendOutcome::Unknown => &mut self.report.n_unknown,
            crm::SendOutcome::NotSent => &mut self.report.n_not_sent,
        };
        *count += 1;
        match outcome.settled.outcome {
            crm::SendOutcome::NotSent => {
                self.state.usage.give_back_attempt(number(outcome.number));
                self.n_planned += 1;
            }
            crm::SendOutcome::Refused => {
                self.state.usage.credit(&outcome.recipient, outcome.at);
            }
            crm::SendOutcome::Accepted | crm::SendOutcome::Unknown => {}
        }
        if let Some((scope, until, why)) = outcome.hold.clone() {
            self.state.usage.hold(scope, Some(until), why);
        }
        self.pending_since.get_or_insert_with(Instant::now);
        self.pending.push(outcome);
    }

    /// Notes outcomes in the database. If it is away, they are tried again: an outcome that is lost makes its message unknown.
    async fn note_outcomes(&mut self) -> Result<()> {
        let settled: Vec<Settled> = self.pending.iter().map(|it| it.settled).collect();
        let began = Instant::now();
        while let Err(error) = self.account.crm.settle(&settled, self.account.clock.now()).await {
            if began.elapsed() > DATABASE_AWAY || !error.is_passing() {
                return Err(error).context("what became of some messages could not be noted: they are unknown now");
            }
            tokio::time::sleep(LOOK).await;
        }
        self.pending_since = None;
        for outcome in std::mem::take(&mut self.pending) {
            self.follow(outcome).await?;
        }
        if self.trouble.is_lasting() && self.ending.is_none() {
            self.pause("trouble: the platform has not answered as it should for some minutes").await?;
        }
        Ok(())
    }

    /// Does what an outcome asks for beside itself.
    async fn follow(&mut self, outcome: SentOutcome) -> Result<()> {
        if let Some(reason) = outcome.pause {
            self.pause(&reason).await?;
        }
        let seconds = outcome.clock_ahead.unwrap_or(0);
        if seconds.abs() > MOST_DIFFERENCE {
            self.pause(&format!("clock: {}", SendingError::ClockDiffers { seconds })).await?;
        }
        Ok(())
    }

    async fn pause(&mut self, reason: &str) -> Result<()> {
        if self.ending.is_none() {
            self.account.crm.order_campaign(&self.account.row(), OrderWord::Pause, (reason, "ferry")).await?;
            self.ending = Some(SendStop::Paused);
        }
        Ok(())
    }

    /// Looks at what has become of the messages, and pauses the campaign if they fare badly.
    async fn watch(&mut self, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<()> {
        let began = Instant::now();
        let account = Arc::clone(&self.account);
        self.read_templates().await?;
        let (crm, now, gates) = (&account.crm, account.clock.now(), &account.plan.gates);
        crm.abandon_intents(now).await?;
        let seen = self.state.read_failures(crm).await?;
        seen.unknown_codes.iter().for_each(|it| on(SendEvent::UnknownCode(*it)));
        if let Some((code, text)) = seen.stop {
            self.pause(&format!("code-{code}: {text}")).await?;
        }
        let old = now.checked_sub(super::watch::OLD).unwrap_or(Timestamp::MIN);
        let counts = crm.watch_counts(&account.plan.name, (old, Timestamp::UNIX_EPOCH)).await?;
        // Whoever resumes a campaign knows what was before.
        let resumed_at = self.resumed_at;
        let since = match resumed_at {
            Some(at) => crm.watch_counts(&account.plan.name, (old, at)).await?,
            None => counts.clone(),
        };
        let watched = SignedDuration::try_from(gates.watch).unwrap_or(SignedDuration::ZERO);
        let is_close = now.duration_since(self.began_at) < watched;
        let n_stops = crm.n_stops(&account.plan.name).await?;
        let alarm = since.iter().find_map(|it| alarm(it, gates, is_close));
        let alarm = alarm.or_else(|| stops_alarm(n_stops, &counts, gates).filter(|_| resumed_at.is_none()));
        if let Some(reason) = alarm {
            self.pause(&reason).await?;
        }
        self.judge(&counts, now, on).await?;
        let n_sent = counts.iter().map(|it| it.n_sent).sum();
        on(SendEvent::Progress { n_sent, n_waiting: self.n_planned });
        // Counting takes a twentieth of the time at most.
        let length = SignedDuration::try_from(began.elapsed() * 20).unwrap_or(WATCH);
        self.watch_at = now.saturating_add(WATCH.max(length)).unwrap_or(now);
        Ok(())
    }

    /// Asks the platform from time to time what the templates are now. Webhooks tell it too, and may be lost.
    async fn read_templates(&mut self) -> Result<()> {
        let now = self.account.clock.now();
        if now < self.templates_at {
            return Ok(());
        }
        self.templates_at = now.saturating_add(TEMPLATES).unwrap_or(now);
        if let Err(error) = self.account.templates.sync().await {
            tracing::warn!("the templates of the account could not be read: {error:#}");
        }
        Ok(())
    }

    /// Judges test waves whose messages are all old enough.
    async fn judge(
        &mut self,
        counts: &[crm::WatchCounts],
        now: Timestamp,
        on: &mut (dyn FnMut(SendEvent) + Send),
    ) -> Result<()> {
        let account = Arc::clone(&self.account);
        let name = &account.plan.name;
        for wave in account.crm.waves(name).await? {
            let of = counts.iter().find(|it| it.step == wave.step && it.wave == wave.number);
            let is_old = of.is_some_and(|it| it.n_old > 0 && it.n_old + it.n_held >= it.n_sent);
            if wave.is_test && wave.judged_at.is_none() && is_old && self.ending.is_none() {
                account.crm.note_judged((name, &wave.step, wave.number), now).await?;
                self.release_at = now;
                on(SendEvent::Judged { step: wave.step, wave: wave.number });
            }
        }
        Ok(())
    }

    /// Begins to release the next wave, which may take some seconds.
    async fn begin_release(&mut self) -> Result<()> {
        let account = Arc::clone(&self.account);
        let (now, name) = (account.clock.now(), &account.plan.name);
        if account.crm.campaign_state(name).await? != CampaignState::Running {
            // The next claim says so.
            self.release_at = now.saturating_add(LOOK_FOR_PEOPLE).unwrap_or(now);
            return Ok(());
        }
        self.n_planned = account.crm.n_planned(name).await?;
        let n_planned = self.n_planned;
        self.releasing = Some(tokio::spawn(async move { account.release(n_planned).await }));
        Ok(())
    }

    /// Takes what was released, or finishes the campaign. A rehearsal waits for the release, others go on sending meanwhile.
    async fn end_release(&mut self, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<()> {
        let waits = self.account.clock.is_rehearsal();
        let Some(releasing) = self.releasing.take_if(|it| waits || it.is_finished()) else { return Ok(()) };
        let now = self.account.clock.now();
        let release = match releasing.await.context("the task that releases waves has ended")? {
            Ok(release) => release,
            Err(error) => {
                self.release_at = now.saturating_add(OPEN).unwrap_or(now);
                return self.unless_away(Err(error), on).await;
            }
        };
        if release.is_over_spend {
            // Waves released before are still sent.
            self.release_at = now.saturating_add(LOOK_FOR_PEOPLE).unwrap_or(now);
            if self.n_planned == 0 && self.n_flying == 0 && self.pending.is_empty() {
                self.pause("max-spend: one more message would cost more than max_spend of the campaign").await?;
            }
            return Ok(());
        }
        if let Some((step, wave, n, is_test)) = release.released {
            self.n_planned += n;
            self.read_frozen().await?;
            on(SendEvent::Released { step, wave, n, is_test });
            return Ok(());
        }
        let soon = if self.account.clock.is_rehearsal() { LOOK_IN_A_REHEARSAL } else { LOOK_FOR_PEOPLE };
        let soon = now.saturating_add(soon).unwrap_or(now);
        self.release_at = release.due_at.filter(|it| *it > now).unwrap_or(soon);
        let is_idle = self.n_flying == 0 && self.pending.is_empty();
        if release.is_exhausted && is_idle && self.account.crm.n_open(&self.account.plan.name).await? > 0 {
            // Another sender waits for answers, or was stopped: then they become unknown within half a minute.
            self.release_at = now.saturating_add(OPEN).unwrap_or(now);
            return Ok(());
        }
        if release.is_exhausted && self.n_planned == 0 && is_idle {
            let said = ("everybody was written to or left out", "ferry");
            self.account.crm.order_campaign(&self.account.row(), OrderWord::Finish, said).await?;
            self.ending = Some(SendStop::Finished);
        }
        if (release.is_exhausted || release.is_stuck) && self.n_planned > 0 && is_idle {
            self.pause_if_all_are_held().await?;
        }
        Ok(())
    }

    /// Pauses the campaign if all that is left waits for a person's decision.
    async fn pause_if_all_are_held(&mut self) -> Result<()> {
        let waiting =
            self.account.crm.campaign_counts(&self.account.plan.name, self.account.clock.now()).await?.waiting_for;
        let held: Vec<_> = waiting.into_iter().filter(|it| HELD.contains(&it.0.as_str())).collect();
        let n_held: u64 = held.iter().map(|it| it.1).sum();
        if n_held < self.account.crm.n_planned(&self.account.plan.name).await? {
            return Ok(());
        }
        let reasons: Vec<String> = held.iter().map(|it| format!("{} {}", it.1, it.0)).collect();
        self.pause(&format!("held: what is left waits for somebody's decision: {}", reasons.join(", "))).await
    }

    async fn read_frozen(&mut self) -> Result<()> {
        let frozen = self.account.crm.frozen_templates(&self.account.plan.name).await?;
        self.templates = frozen.iter().map(|it| it.template.clone()).collect();
        self.templates.sort();
        self.templates.dedup();
        self.frozen = frozen.into_iter().map(|it| ((it.step.clone(), it.wave, it.language.clone()), it)).collect();
        Ok(())
    }

    /// Tells and notes what is waited for, when it changes.
    async fn tell_waiting(
        &mut self,
        bound: Option<(LimitName, Option<Timestamp>)>,
        n: usize,
        on: &mut (dyn FnMut(SendEvent) + Send),
    ) -> Result<()> {
        let told = bound.filter(|it| n == 0 && it.0 != LimitName::NumberRate).map(|it| (it.0.as_str(), it.1));
        if self.told_waiting == told || (told.is_none() && n == 0) {
            return Ok(());
        }
        self.told_waiting = told;
        self.account.crm.note_campaign_wait(&self.account.plan.name, told).await?;
        if let Some((limit, until)) = told {
            on(SendEvent::Waiting { limit, until });
        }
        Ok(())
    }

    /// Takes a result whose error may be that the database is away; then it waits until it is there again.
    async fn unless_away(&mut self, result: Result<()>, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<()> {
        match result.map_err(|it| it.downcast::<LoadError>()) {
            Ok(()) => Ok(()),
            Err(Ok(error)) => self.database_away(error, on).await,
            Err(Err(error)) => Err(error),
        }
    }

    /// Waits while the database is away. What was sent is read anew, since nobody knows whether the claim was committed.
    async fn database_away(&mut self, error: LoadError, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<()> {
        if !error.is_passing() {
            return Err(error.into());
        }
        on(SendEvent::DatabaseAway);
        let (account, began) = (Arc::clone(&self.account), Instant::now());
        loop {
            tokio::time::sleep(LOOK).await;
            match UsageState::load(&account.crm, self.state.usage.limits().clone(), account.clock.now()).await {
                Ok(state) => {
                    self.state = state;
                    return Ok(());
                }
                Err(error) if began.elapsed() > DATABASE_AWAY => return Err(error.into()),
                Err(_) => {}
            }
        }
    }

    /// Waits until a moment of the campaign's clock, an outcome, or the order to end. A rehearsal waits for all outcomes, and
    /// then moves its clock.
    async fn wait(&mut self, next: Timestamp, interrupted: &mut watch::Receiver<bool>) -> Result<()> {
        let account = Arc::clone(&self.account);
        let clock = &account.clock;
        if !clock.is_rehearsal() {
            let left = next.duration_since(clock.now());
            let left = Duration::try_from(left).unwrap_or(Duration::ZERO).min(LOOK);
            let left = if self.pending.is_empty() { left } else { left.min(GROUP_TIME) };
            tokio::select! {
                _ = interrupted.changed() => {}
                () = self.wait_for_outcome(left) => {}
            }
            return Ok(());
        }
        while self.n_flying > 0 {
            self.wait_for_outcome(LOOK).await;
        }
        self.collect().await?;
        if self.ending.is_some() || next <= clock.now() {
            return Ok(());
        }
        let (from, began) = (clock.now(), Instant::now());
        clock.move_to(next.min(self.account.plan.not_after)).await?;
        let moved = began.elapsed();
        self.wait_for_webhooks().await?;
        tracing::debug!(%from, to = %clock.now(), ?moved, derived = ?(began.elapsed() - moved), "the clock was moved");
        Ok(())
    }

    /// Waits until `ferry serve` has derived what the sandbox has told, so that a rehearsal goes the same way each time.
    async fn wait_for_webhooks(&self) -> Result<()> {
        let began = Instant::now();
        while self.account.crm.events_to_derive().await? > 0 {
            if began.elapsed() > DATABASE_AWAY {
                bail!("`ferry serve` does not derive what its webhooks bring: is it running with the same plan?");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    async fn wait_for_outcome(&mut self, longest: Duration) {
        if let Ok(Some(outcome)) = tokio::time::timeout(longest, self.outcomes.recv()).await {
            self.take(outcome);
        }
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
