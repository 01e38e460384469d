//! Takes what became of the messages, and notes it in groups.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use crm::Settled;

use super::{DATABASE_AWAY, LOOK, Sender};
use crate::sending::journal::SendingError;
use crate::sending::outcome::SentOutcome;

/// Outcomes are noted in groups of this size, or after this time.
const GROUP: usize = 64;
pub(super) const GROUP_TIME: Duration = Duration::from_millis(20);
/// The clock of the platform may differ by this.
pub(in crate::sending) const MOST_DIFFERENCE: i64 = 30;

impl Sender {
    /// Takes the outcomes that are there, and notes them if there are many, or they have waited.
    pub(super) async fn collect(&mut self) -> Result<()> {
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
        self.trouble_news.extend(self.trouble.note(outcome.trouble, now));
        let count = match outcome.settled.outcome {
            crm::SendOutcome::Accepted => &mut self.report.n_accepted,
            crm::SendOutcome::Refused => &mut self.report.n_refused,
            crm::SendOutcome::Unknown => &mut self.report.n_unknown,
            crm::SendOutcome::NotSent => &mut self.report.n_not_sent,
        };
        *count += 1;
        if outcome.settled.outcome == crm::SendOutcome::NotSent {
            self.n_planned += 1;
            self.n_ready += 1;
        }
        self.state.take(&outcome);
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

    pub(super) async fn wait_for_outcome(&mut self, longest: Duration) {
        if let Ok(Some(outcome)) = tokio::time::timeout(longest, self.outcomes.recv()).await {
            self.take(outcome);
        }
    }
}
