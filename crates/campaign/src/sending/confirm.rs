//! Confirms what people stop on WhatsApp: one text in the open conversation, and nothing after it.
//!
//! `ferry serve` runs this beside its answers, because it receives the STOP and always runs. Confirmations are messages of the
//! outbox like all others: planned once for each STOP, claimed, noted in the log of sends, sent, settled. They share the limits of
//! the number with the campaigns. The gate of the database lets them through, and nothing else.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use crm::{Claim, ClaimRequest, Intent, MessageContent, NewMessage, Settled};
use jiff::{SignedDuration, Timestamp};
use model::{CONFIRM_STOP, ConsentChannel, ConsentPurpose};
use plan::{Plan, SendingMode};
use tokio::sync::{mpsc, watch};

use super::clock::{CampaignClock, ClockError};
use super::content::MessageValues;
use super::decide::Decider;
use super::journal::{CampaignJournal, SendingError};
use super::open::{CONCURRENCY, SendingAccount};
use super::order::CampaignPlan;
use super::outcome::SentOutcome;
use super::run::MOST_DIFFERENCE;
use super::send::Began;
use super::told_limits::rehearsal_burst;
use super::trouble::{Trouble, TroubleNews};
use super::usage::UsageState;

/// The time between two looks for what was stopped. A look reads two numbers.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is looked what another process has left behind, and which messages have failed.
const WATCH: Duration = Duration::from_secs(30);
/// The times after an error.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The attempts to note an outcome.
const ATTEMPTS: u32 = 20;
/// The fewest events without a STOP after which the database notes that they were read.
const FEW_EVENTS: i64 = 1_000;

/// An event of the confirmation of stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfirmEvent {
    /// The outcome of `n` confirmations: `accepted`, `refused`, `unknown`, or `not_sent`, which are tried again.
    Sent { outcome: &'static str, n: u64 },
    /// Nothing is confirmed for a while.
    Failed(String),
}

/// Confirms stops with a text until `ends` says so. An error is told, and it is tried again later.
pub async fn confirm_stops(
    plan: &Plan,
    text: &str,
    mut ends: watch::Receiver<bool>,
    on: &(dyn Fn(ConfirmEvent) + Sync),
) {
    let mut pause = FIRST_PAUSE;
    while !*ends.borrow_and_update() {
        if let Err(error) = confirm_until_error(plan, text, &mut ends, (&mut pause, on)).await {
            on(ConfirmEvent::Failed(format!("{error:#}")));
            rest(&mut ends, pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

async fn confirm_until_error(
    plan: &Plan,
    text: &str,
    ends: &mut watch::Receiver<bool>,
    (pause, on): (&mut Duration, &(dyn Fn(ConfirmEvent) + Sync)),
) -> Result<()> {
    let mut confirmer = Confirmer::open(plan, text).await?;
    let mut result = Ok(());
    while result.is_ok() && !*ends.borrow_and_update() {
        result = confirmer.look(on).await;
        if result.is_ok() {
            *pause = FIRST_PAUSE;
            rest(ends, LOOK).await;
        }
    }
    confirmer.account.close().await;
    result
}

/// Waits for a while, or for the end.
async fn rest(ends: &mut watch::Receiver<bool>, time: Duration) {
    // Whoever could say that it ends has ended.
    let is_gone = tokio::select! {
        changed = ends.changed() => changed.is_err(),
        () = tokio::time::sleep(time) => false,
    };
    if is_gone {
        tokio::time::sleep(time).await;
    }
}

struct Confirmer {
    account: SendingAccount,
    /// The text, as the database keeps it.
    content: String,
    state: UsageState,
    trouble: Trouble,
    /// The event up to which it was noted that all are read.
    noted: i64,
    watch_at: Instant,
    /// When a confirmation is to be claimed, by the account's clock; none if none waits.
    due: Option<Timestamp>,
    quiet_until: Option<Instant>,
}

impl Confirmer {
    /// Opens the account. What the log of sends knows and a restored database does not was sent.
    async fn open(plan: &Plan, text: &str) -> Result<Self> {
        let mut journal = CampaignJournal::open_as(plan, CampaignPlan::of_confirmations(plan)?, false, "ferry").await?;
        journal.clock = clock_of(&journal).await?;
        if journal.clock.is_rehearsal() {
            journal.plan.limits.number_burst = rehearsal_burst(journal.plan.limits.number_rate);
        }
        let account = SendingAccount::of_journal(plan, journal).await?;
        account.crm.begin_confirmations().await?;
        let n_forgotten = account.reconcile().await?;
        if n_forgotten > 0 {
            tracing::warn!(
                n_forgotten,
                "confirmations in the log of sends were not in the database, which was restored"
            );
        }
        let now = account.clock.now();
        account.crm.take_into_epoch(CONFIRM_STOP).await?;
        let state = UsageState::load(&account.crm, account.plan.limits.clone(), &account.number, now).await?;
        let content = serde_json::to_string(&MessageValues::of_text(text.to_owned())).context("the text is no JSON")?;
        let (trouble, watch_at) = (Trouble::default(), Instant::now());
        Ok(Self { account, content, state, trouble, noted: 0, watch_at, due: None, quiet_until: None })
    }

    /// Plans what is to be confirmed, and sends what may go.
    async fn look(&mut self, on: &(dyn Fn(ConfirmEvent) + Sync)) -> Result<()> {
        self.account.clock.refresh().await?;
        if Instant::now() >= self.watch_at {
            self.watch(on).await?;
        }
        self.plan().await?;
        let now = self.account.clock.now();
        let is_quiet = self.quiet_until.is_some_and(|it| Instant::now() < it);
        match self.due {
            Some(due) if due <= now && !is_quiet => self.claim(on).await,
            _ => Ok(()),
        }
    }

    async fn watch(&mut self, on: &(dyn Fn(ConfirmEvent) + Sync)) -> Result<()> {
        self.watch_at = Instant::now() + WATCH;
        let (crm, now) = (&self.account.crm, self.account.clock.now());
        if crm.n_open(CONFIRM_STOP).await? > 0 {
            crm.abandon_intents(now).await?;
        }
        if self.due.is_none() && crm.n_planned(CONFIRM_STOP).await? > 0 {
            self.due = Some(now);
        }
        if let Some((code, text)) = self.state.read_failures(crm).await?.stop {
            self.be_quiet(format!("code-{code}: {text}"), on);
        }
        Ok(())
    }

    fn be_quiet(&mut self, why: String, on: &(dyn Fn(ConfirmEvent) + Sync)) {
        self.quiet_until = Some(Instant::now() + LONGEST_PAUSE);
        on(ConfirmEvent::Failed(why));
    }

    async fn plan(&mut self) -> Result<()> {
        let account = &self.account;
        let since = account.crm.stops_to_confirm(&account.number).await?;
        if !since.has_stops && since.until < self.noted + FEW_EVENTS {
            return Ok(());
        }
        let message = |stop: crm::StopToConfirm| NewMessage {
            id: None,
            campaign: CONFIRM_STOP.to_owned(),
            step: stop.step,
            contact: stop.contact,
            channel: ConsentChannel::Whatsapp,
            purpose: ConsentPurpose::Conversation,
            recipient: account.key.recipient(ConsentChannel::Whatsapp, &stop.address),
            basis: None,
            wave: 1,
            sender: account.number.clone(),
            content: MessageContent { values: self.content.clone(), ..MessageContent::default() },
        };
        let is_allowed = |it: &NewMessage| account.allowed.as_ref().is_none_or(|all| all.contains(&it.recipient));
        let messages: Vec<NewMessage> = since.to_confirm.into_iter().map(message).filter(is_allowed).collect();
        let now = account.clock.now();
        let planned = account.crm.plan_confirmations(&messages, since.until, now).await?;
        self.noted = since.until;
        if planned.iter().any(Result::is_ok) {
            self.due = Some(now);
        }
        Ok(())
    }

    async fn claim(&mut self, on: &(dyn Fn(ConfirmEvent) + Sync)) -> Result<()> {
        let account = &self.account;
        let (began, now) = (Began::now(), account.clock.now());
        let request = ClaimRequest {
            campaign: CONFIRM_STOP,
            sender: &account.number,
            account: &account.account,
            now,
            known_intent: self.state.last_intent,
            templates: &[],
        };
        let frozen = HashMap::new();
        let most = if self.trouble.is_probing() { 1 } else { CONCURRENCY };
        let mut decider = Decider::new(account, &mut self.state, &frozen, most, now);
        let claimed = account.crm.claim(&request, &mut |claimable| decider.decide(claimable)).await?;
        let bound = decider.bound;
        let Claim::Claimed(claimed) = claimed else { return Ok(()) };
        let free =
            bound.map(|it| it.1.unwrap_or_else(|| now.saturating_add(SignedDuration::from_mins(1)).unwrap_or(now)));
        self.due = claimed.next_due.map(|it| free.map_or(it, |free| it.max(free)));
        self.send(claimed.intents, began, on).await
    }

    /// Sends intents, and notes what became of all of them.
    async fn send(&mut self, intents: Vec<Intent>, began: Began, on: &(dyn Fn(ConfirmEvent) + Sync)) -> Result<()> {
        if intents.is_empty() {
            return Ok(());
        }
        self.account.log_intents(&intents).await?;
        let (give, mut taken) = mpsc::unbounded_channel();
        for intent in intents {
            self.account.send(intent, "", began, give.clone());
        }
        drop(give);
        let mut outcomes = Vec::new();
        while let Some(outcome) = taken.recv().await {
            outcomes.push(outcome);
        }
        self.settle(&outcomes).await?;
        for outcome in outcomes {
            self.follow(outcome, on);
        }
        Ok(())
    }

    /// Notes outcomes. One that is lost makes its confirmation unknown, so it is tried for a while.
    async fn settle(&self, outcomes: &[SentOutcome]) -> Result<()> {
        let settled: Vec<Settled> = outcomes.iter().map(|it| it.settled).collect();
        let mut attempts = 1;
        while let Err(error) = self.account.crm.settle(&settled, self.account.clock.now()).await {
            if attempts == ATTEMPTS || !error.is_passing() {
                return Err(error)
                    .context("what became of some confirmations could not be noted: they are unknown now");
            }
            attempts += 1;
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Does what an outcome asks for beside itself.
    fn follow(&mut self, outcome: SentOutcome, on: &(dyn Fn(ConfirmEvent) + Sync)) {
        on(ConfirmEvent::Sent { outcome: outcome.settled.outcome.name(), n: 1 });
        self.state.take(&outcome);
        // Only what did not leave is tried again.
        let again = outcome.settled.again.map(|it| it.0);
        self.due = [self.due, again].into_iter().flatten().min();
        // Pauses are by the real clock: that of a rehearsal stands still.
        let now = Timestamp::now();
        if let Some(TroubleNews::Began { n, .. }) = self.trouble.note(outcome.trouble, now) {
            on(ConfirmEvent::Failed(format!(
                "trouble: the platform has not answered as it should, in the last {n} messages"
            )));
        }
        let pause = self.trouble.pauses_until(now).and_then(|it| Duration::try_from(it.duration_since(now)).ok());
        self.quiet_until = self.quiet_until.max(pause.map(|it| Instant::now() + it));
        let seconds = outcome.clock_ahead.unwrap_or(0);
        let difference = (seconds.abs() > MOST_DIFFERENCE).then(|| SendingError::ClockDiffers { seconds }.to_string());
        if let Some(why) = outcome.pause.or(difference) {
            self.be_quiet(why, on);
        }
    }
}

/// The clock of this machine, or that of the sandbox if it stands still.
async fn clock_of(journal: &CampaignJournal) -> Result<CampaignClock> {
    if journal.plan.mode != SendingMode::Sandbox {
        return Ok(CampaignClock::real());
    }
    match CampaignClock::rehearsal(&journal.base).await {
        Err(ClockError::Answer | ClockError::Read { source: http::CallError::Refused { .. } }) => {
            Ok(CampaignClock::real())
        }
        clock => Ok(clock?),
    }
}
