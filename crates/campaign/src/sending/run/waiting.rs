//! Waits: for a moment, for the database, and in a rehearsal for the webhooks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use crm::LoadError;
use jiff::Timestamp;
use tokio::sync::watch;

use super::outcomes::GROUP_TIME;
use super::{DATABASE_AWAY, LOOK, SendEvent, Sender};
use crate::sending::usage::UsageState;

impl Sender {
    /// Takes a result whose error may be that the database is away; then it waits until it is there again.
    pub(super) async fn unless_away(
        &mut self,
        result: Result<()>,
        on: &mut (dyn FnMut(SendEvent) + Send),
    ) -> Result<()> {
        match result.map_err(|it| it.downcast::<LoadError>()) {
            Ok(()) => Ok(()),
            Err(Ok(error)) => self.database_away(error, on).await,
            Err(Err(error)) => Err(error),
        }
    }

    /// Waits while the database is away. What was sent is read anew, since nobody knows whether the claim was committed.
    pub(super) async fn database_away(
        &mut self,
        error: LoadError,
        on: &mut (dyn FnMut(SendEvent) + Send),
    ) -> Result<()> {
        if !error.is_passing() {
            return Err(error.into());
        }
        on(SendEvent::DatabaseAway);
        let (account, began) = (Arc::clone(&self.account), Instant::now());
        loop {
            tokio::time::sleep(LOOK).await;
            let limits = self.state.usage.limits().clone();
            match UsageState::load(&account.crm, limits, &account.number, account.clock.now()).await {
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
    pub(super) async fn wait(&mut self, next: Timestamp, interrupted: &mut watch::Receiver<bool>) -> Result<()> {
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
}
