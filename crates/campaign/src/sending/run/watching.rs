//! Watches how the messages fare, and judges test waves.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::{SendEvent, Sender};
use crate::sending::watch::{OLD, alarm, stops_alarm};

/// How often the messages are watched at the least, by the campaign's clock. The first half hour is watched as closely.
const WATCH: SignedDuration = SignedDuration::from_secs(5);

impl Sender {
    /// Looks at what has become of the messages, and pauses the campaign if they fare badly.
    pub(super) async fn watch(&mut self, on: &mut (dyn FnMut(SendEvent) + Send)) -> Result<()> {
        let began = Instant::now();
        let account = Arc::clone(&self.account);
        let (crm, now, gates) = (&account.crm, account.clock.now(), &account.plan.gates);
        crm.abandon_intents(now).await?;
        let seen = self.state.read_failures(crm).await?;
        seen.unknown_codes.iter().for_each(|it| on(SendEvent::UnknownCode(*it)));
        if let Some((code, text)) = seen.stop {
            self.pause(&format!("code-{code}: {text}")).await?;
        }
        let old = now.checked_sub(OLD).unwrap_or(Timestamp::MIN);
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
            if !wave.is_test || wave.judged_at.is_some() || !is_old || self.ending.is_some() {
                continue;
            }
            // Those of it who wait for the morning are judged with the others.
            if account.crm.wave_progress((name, &wave.step, wave.number)).await?.n_coming == 0 {
                account.crm.note_judged((name, &wave.step, wave.number), now).await?;
                self.release_at = now;
                on(SendEvent::Judged { step: wave.step, wave: wave.number });
            }
        }
        Ok(())
    }
}
