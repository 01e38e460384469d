//! Asks the platform from time to time, beside the sending, what the templates and the limits of the number are now.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use jiff::SignedDuration;
use whatsapp::SendingNumber;

use super::{SendEvent, Sender};
use crate::sending::open::SendingAccount;
use crate::sending::told_limits::rehearsal_burst;

/// How often the platform is asked. Webhooks tell it too, and may be lost.
pub(super) const ASK: SignedDuration = SignedDuration::from_mins(10);

impl Sender {
    /// Asks if it is time to, and takes what was answered. A rehearsal waits for the answer, others go on sending meanwhile.
    pub(super) async fn ask(&mut self, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<()> {
        let now = self.account.clock.now();
        if self.asking.is_none() && now >= self.ask_at {
            self.ask_at = now.saturating_add(ASK).unwrap_or(now);
            let account = Arc::clone(&self.account);
            self.asking = Some(tokio::spawn(async move { account.ask().await }));
        }
        let waits = self.account.clock.is_rehearsal();
        let Some(asking) = self.asking.take_if(|it| waits || it.is_finished()) else { return Ok(()) };
        if let Some(number) = asking.await.context("the task that asks the platform has ended")? {
            self.take_limits(&number, on);
        }
        Ok(())
    }

    /// From now on the limits hold that the platform tells.
    fn take_limits(&mut self, number: &SendingNumber, on: &mut (dyn FnMut(SendEvent) + Send)) {
        let held = self.state.usage.limits();
        let mut limits = self.account.plan.of_plan.with(number, held);
        if self.account.clock.is_rehearsal() {
            limits.number_burst = rehearsal_burst(limits.number_rate);
        }
        if limits == *held {
            return;
        }
        let people = (held.people_per_day, limits.people_per_day);
        let rates = (held.number_rate, limits.number_rate);
        self.state.usage.set_limits(limits);
        if people.0 != people.1 {
            on(SendEvent::PeoplePerDay { before: people.0, now: people.1 });
        }
        if rates.0 != rates.1 {
            on(SendEvent::NumberRate { before: rates.0, now: rates.1 });
        }
    }
}

impl SendingAccount {
    /// Reads the templates of the account into the database, and the number; none if it cannot be read.
    async fn ask(&self) -> Option<SendingNumber> {
        if let Err(error) = self.templates.sync().await {
            tracing::warn!("the templates of the account could not be read: {error:#}");
        }
        let number = self.client.number(&self.number).await;
        number.inspect_err(|error| tracing::warn!("the limits of the number could not be read: {error:#}")).ok()
    }
}
