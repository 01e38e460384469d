//! Claims messages, and sends them.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use crm::{Claim, ClaimRequest, Intent};
use jiff::{SignedDuration, Timestamp};
use rollout::LimitName;

use super::releases::LOOK_IN_A_REHEARSAL;
use super::{LOOK, SendEvent, Sender, stop_of};
use crate::sending::decide::{Decider, lead};
use crate::sending::open::CONCURRENCY;
use crate::sending::send::Began;

/// A wait of this length is told.
const LONG: SignedDuration = SignedDuration::from_mins(10);

impl Sender {
    /// Claims messages and sends them. Gives when there can be more.
    pub(super) async fn claim(&mut self, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<Option<Timestamp>> {
        let account = Arc::clone(&self.account);
        let lead = lead(&account.clock);
        let began = Began::now();
        let now = account.clock.now();
        let most = if self.trouble.is_probing() { 1 } else { CONCURRENCY - self.n_flying };
        let request = ClaimRequest {
            campaign: &account.plan.name,
            sender: &account.number,
            account: &account.account,
            now,
            known_intent: self.state.last_intent,
            templates: &self.templates,
        };
        let mut decider = Decider::new(&account, &mut self.state, &self.frozen, most, now);
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
            let read = self.read_frozen().await;
            self.unless_away(read, on).await?;
            return Ok(Some(now));
        }
        self.n_planned = self.n_planned.saturating_sub(claimed.intents.len() as u64);
        self.n_ready = self.n_ready.saturating_sub(claimed.intents.len() as u64 + claimed.n_later);
        let n = claimed.intents.len();
        self.send_all(claimed.intents, &categories, began).await?;
        // The rate of the number is no wait.
        let told = bound.filter(|it| n == 0 && it.0 != LimitName::NumberRate);
        let is_told = match (told, claimed.next_due) {
            (None, Some(due)) if n == 0 && due.duration_since(now) >= LONG => self.tell_first_wait(due, on).await,
            _ => self.tell_waiting(told.map(|it| (it.0.as_str(), it.1)), n, on).await,
        };
        self.unless_away(is_told, on).await?;
        if n > 0 || claimed.n_later > 0 {
            let slot = self.state.usage.next_slot(now).unwrap_or(now);
            // The next claim comes a little before its first slot.
            return Ok(Some(slot.checked_sub(lead).unwrap_or(slot).max(now)));
        }
        if claimed.next_due.is_none() && self.n_flying == 0 && self.has_sent {
            // Everything is sent: somebody else may be due, or the campaign is finished.
            (self.n_planned, self.n_ready) = (0, 0);
            self.release_at = now;
            self.has_sent = false;
            return Ok(Some(now));
        }
        let free = bound.and_then(|it| it.1).map(|it| self.asks_before(it, bound, now));
        Ok(match (free, claimed.next_due) {
            (Some(free), _) => Some(free.checked_sub(lead).unwrap_or(free)),
            // A message that is due and cannot be claimed is looked at again, and not at once.
            (None, due) => due.map(|it| if it > now { it } else { now.saturating_add(LOOK).unwrap_or(now) }),
        })
    }

    /// When to look again at a limit that is free at `free`. The people a day may grow before: a rehearsal, which moves from one
    /// moment with something to do to the next, stops to ask for them.
    fn asks_before(&self, free: Timestamp, bound: Option<(LimitName, Option<Timestamp>)>, now: Timestamp) -> Timestamp {
        let is_of_plan = self.state.usage.limits().people_per_day == self.account.plan.of_plan.people_per_day;
        let may_grow = !is_of_plan && bound.is_some_and(|it| it.0 == LimitName::PeoplePerDay);
        if !may_grow || !self.account.clock.is_rehearsal() {
            return free;
        }
        free.min(now.saturating_add(LOOK_IN_A_REHEARSAL).unwrap_or(free))
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
        self.account.log_intents(&intents).await?;
        self.n_flying += intents.len();
        self.has_sent = true;
        for intent in intents {
            let name = (intent.message.template.clone(), intent.message.language.clone());
            let category = categories.get(&name).map_or("", String::as_str);
            self.account.send(intent, category, began, self.give.clone());
        }
        Ok(())
    }

    /// Tells what the first of the messages waits for that are all put off.
    async fn tell_first_wait(&mut self, due: Timestamp, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<()> {
        let wait = self.account.crm.first_wait(&self.account.plan.name).await?;
        self.tell_waiting(wait.as_deref().map(|it| (it, Some(due))), 0, on).await
    }

    /// Tells and notes what is waited for, when it changes. `n` messages go now.
    pub(super) async fn tell_waiting(
        &mut self,
        wait: Option<(&str, Option<Timestamp>)>,
        n: usize,
        on: &mut (dyn FnMut(SendEvent) + Send),
    ) -> Result<()> {
        let told = wait.map(|it| (it.0.to_owned(), it.1));
        if self.told_waiting == told || (told.is_none() && n == 0) {
            return Ok(());
        }
        self.account.crm.note_campaign_wait(&self.account.plan.name, wait).await?;
        self.told_waiting = told.clone();
        if let Some((limit, until)) = told {
            on(SendEvent::Waiting { limit, until });
        }
        Ok(())
    }
}
