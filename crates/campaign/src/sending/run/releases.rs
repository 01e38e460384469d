//! Releases waves beside the sending, and finishes the campaign when nobody is left.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use crm::{CampaignState, OrderWord, WaitsFor};
use jiff::SignedDuration;
use rollout::LimitName;

use super::{FEW_READY, SendEvent, SendStop, Sender};

/// How often it is looked at whether somebody new can be released, by the campaign's clock.
const LOOK_FOR_PEOPLE: SignedDuration = SignedDuration::from_secs(60);
/// The same in a rehearsal, where days must take minutes.
pub(super) const LOOK_IN_A_REHEARSAL: SignedDuration = SignedDuration::from_hours(1);
/// How often it is looked at although it is known when the next person is due: somebody may have consented, or be new.
const LOOK_BEFORE_DUE: SignedDuration = SignedDuration::from_mins(10);
const LOOK_BEFORE_DUE_IN_A_REHEARSAL: SignedDuration = SignedDuration::from_hours(6);
/// How long it takes until it is looked again at messages that others have not settled.
const OPEN: SignedDuration = SignedDuration::from_secs(2);

impl Sender {
    /// Begins to release the next wave, which may take some seconds.
    pub(super) async fn begin_release(&mut self) -> Result<()> {
        let account = Arc::clone(&self.account);
        let (now, name) = (account.clock.now(), &account.plan.name);
        if account.crm.campaign_state(name).await? != CampaignState::Running {
            // The next claim says so.
            self.release_at = now.saturating_add(LOOK_FOR_PEOPLE).unwrap_or(now);
            return Ok(());
        }
        let soon = now.saturating_add(LOOK_FOR_PEOPLE).unwrap_or(now);
        (self.n_planned, self.n_ready) = (account.crm.n_planned(name).await?, account.crm.n_ready(name, soon).await?);
        if self.n_ready >= FEW_READY {
            return Ok(());
        }
        let n_planned = self.n_planned;
        self.releasing = Some(tokio::spawn(async move { account.release(n_planned).await }));
        Ok(())
    }

    /// Takes what was released, or finishes the campaign. A rehearsal waits for the release, others go on sending meanwhile.
    pub(super) async fn end_release(&mut self, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<()> {
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
            self.n_ready += n;
            self.read_frozen().await?;
            on(SendEvent::Released { step, wave, n, is_test });
            return Ok(());
        }
        if let Some(opens_at) = release.opens_at.filter(|_| self.n_ready == 0) {
            self.tell_waiting(Some((LimitName::Hours.as_str(), Some(opens_at))), 0, on).await?;
        }
        let is_rehearsal = self.account.clock.is_rehearsal();
        let due_at = release.due_at.filter(|it| *it > now);
        let longest = match (due_at, is_rehearsal) {
            (None, false) => LOOK_FOR_PEOPLE,
            (None, true) => LOOK_IN_A_REHEARSAL,
            (Some(_), false) => LOOK_BEFORE_DUE,
            (Some(_), true) => LOOK_BEFORE_DUE_IN_A_REHEARSAL,
        };
        let soon = now.saturating_add(longest).unwrap_or(now);
        self.release_at = due_at.map_or(soon, |it| it.min(soon));
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
        let held: Vec<_> = waiting.into_iter().filter(|it| WaitsFor::needs_a_person(&it.0)).collect();
        let n_held: u64 = held.iter().map(|it| it.1).sum();
        if n_held < self.account.crm.n_planned(&self.account.plan.name).await? {
            return Ok(());
        }
        let reasons: Vec<String> = held.iter().map(|it| format!("{} {}", it.1, it.0)).collect();
        self.pause(&format!("held: what is left waits for somebody's decision: {}", reasons.join(", "))).await
    }
}
