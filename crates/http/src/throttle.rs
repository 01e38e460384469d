//! When a provider can be called, and how often.
//!
//! All calls of a client pass one [`Throttle`]: a rate that is never exceeded, a breaker that opens for all calls when the
//! provider asks to wait or keeps failing, a budget of retries, and a quota.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Breaker, CallError, ClientConfig, Hooks, LONG_WAIT, Pass, Quota, Rate, Reaction, RetryBudget, Wait};

/// The parts that decide when calls are made.
pub struct Throttle {
    slots: Semaphore,
    rate: Option<Rate>,
    breaker: Breaker,
    budget: RetryBudget,
    /// The units that this client may use. Where units are claimed, those that are claimed and not used yet.
    quota: Quota,
    /// The units that could still be claimed at the last claim.
    claimable: AtomicU64,
    hooks: Hooks,
    counts: Mutex<CallCounts>,
}

/// Counts of the calls so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    pub calls: u64,
    /// Units of all calls that reached the provider.
    pub units: u64,
    /// Calls after the first of a request.
    pub retries: u64,
    /// How often the breaker opened.
    pub openings: u64,
}

/// The permission to make one call, which is in progress until its result is reported.
#[must_use]
pub struct Permit<'a> {
    throttle: &'a Throttle,
    pass: Pass<'a>,
    units: u64,
    _slot: SemaphorePermit<'a>,
}

impl Throttle {
    /// Makes a throttle with all parts that `config` asks for.
    pub fn new(config: &ClientConfig) -> Self {
        Self::with_hooks(config, Hooks::default())
    }

    /// Makes a throttle that calls `hooks` while it works.
    pub fn with_hooks(config: &ClientConfig, hooks: Hooks) -> Self {
        let (own, claimable) = match (config.quota, &hooks.claim) {
            (Some(units), Some(_)) => (Some(0), units),
            (quota, _) => (quota, 0),
        };
        Self {
            slots: Semaphore::new(config.concurrency.max(1)),
            rate: config.per_second.map(Rate::per_second),
            breaker: Breaker::new(config.backoff),
            budget: RetryBudget::default(),
            quota: Quota::new(own),
            claimable: AtomicU64::new(claimable),
            hooks,
            counts: Mutex::default(),
        }
    }

    /// Waits until a call that uses so many units can be made.
    pub async fn admit(&self, units: u64) -> Result<Permit<'_>, CallError> {
        let slot = self.slots.acquire().await.map_err(|_| CallError::Malformed)?;
        if let Some(rate) = &self.rate {
            rate.ready().await;
        }
        if let Some(pace) = &self.hooks.pace {
            pace().await;
        }
        // Whoever cannot have the units need not wait for the breaker.
        if self.quota_left().is_some_and(|it| it < units) {
            return Err(CallError::AllowanceUsed);
        }
        let pass = self.breaker.admit().await;
        self.take(units).await?;
        let mut counts = self.lock();
        counts.calls += 1;
        counts.units += units;
        Ok(Permit { throttle: self, pass, units, _slot: slot })
    }

    /// Takes the units of a call, and claims those that are lacking.
    async fn take(&self, units: u64) -> Result<(), CallError> {
        // Another call may take what this one has claimed, so it may have to claim more.
        while !self.quota.take(units) {
            let Some(claim) = &self.hooks.claim else { return Err(CallError::AllowanceUsed) };
            let lacking = units.saturating_sub(self.quota.left().unwrap_or(0));
            let claimed = claim(lacking).await.map_err(|source| CallError::Claim { source })?;
            self.claimable.store(claimed.left, Ordering::Relaxed);
            if !claimed.is_granted {
                return Err(CallError::AllowanceUsed);
            }
            self.quota.give_back(lacking);
        }
        Ok(())
    }

    /// Returns what was called so far.
    pub fn counts(&self) -> CallCounts {
        CallCounts { openings: self.breaker.n_openings(), ..*self.lock() }
    }

    /// Returns the units that are left, those that could be claimed at the last claim among them; `None` if there is no
    /// bound.
    pub fn quota_left(&self) -> Option<u64> {
        self.quota.left().map(|it| it.saturating_add(self.claimable.load(Ordering::Relaxed)))
    }

    /// Returns how many times slower than the rate calls are made; 1 if there is no rate.
    pub fn slowdown(&self) -> f64 {
        self.rate.as_ref().map_or(1.0, Rate::slowdown)
    }

    fn lock(&self) -> MutexGuard<'_, CallCounts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Reports an answer, whatever it says.
    pub fn answered(self) {
        self.pass.succeeded();
        self.throttle.budget.deposit();
        if let Some(rate) = &self.throttle.rate {
            rate.recover();
        }
    }

    /// Reports a failure, and whether the request is retried. Returns whether a retry has to wait by itself; if not, the
    /// breaker makes it wait.
    pub fn failed(self, error: &CallError, is_retried: bool) -> bool {
        let (is_throttled, retry_after) = match error {
            CallError::RateLimited { retry_after } => (true, *retry_after),
            _ => (false, None),
        };
        self.throttle.lock().retries += u64::from(is_retried);
        if matches!(error, CallError::Unreachable { .. }) {
            self.throttle.quota.give_back(self.units);
            self.throttle.lock().units -= self.units;
        }
        let may_stay_closed = || !is_throttled && (!is_retried || self.throttle.budget.withdraw());
        let reaction = self.pass.failed(retry_after, may_stay_closed);
        if let (Reaction::Opened { wait }, Some(on_wait)) = (reaction, &self.throttle.hooks.on_wait)
            && wait >= LONG_WAIT
        {
            on_wait(Wait { length: wait, is_asked_for: is_throttled });
        }
        if let (Some(rate), true, Reaction::Opened { .. }) = (&self.throttle.rate, is_throttled, reaction) {
            rate.slow_down();
        }
        reaction == Reaction::StayedClosed
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    const RATE_LIMITED: CallError = CallError::RateLimited { retry_after: Some(Duration::from_secs(7)) };

    fn throttle(config: ClientConfig) -> Throttle {
        Throttle::new(&config)
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_429_all_calls_wait_and_one_goes_first() {
        let throttle = throttle(ClientConfig::default());
        let started = Instant::now();
        assert!(!throttle.admit(1).await.unwrap().failed(&RATE_LIMITED, true));

        let probe = throttle.admit(1).await.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(7));
        let others = async { tokio::join!(throttle.admit(1), throttle.admit(1)) };
        let mut others = std::pin::pin!(others);
        assert!(tokio::time::timeout(Duration::from_secs(3600), &mut others).await.is_err(), "only one call probes");
        probe.answered();
        let (first, second) = others.await;
        assert!(first.is_ok() && second.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_of_refusals_takes_a_few_probes_and_no_storm() {
        let throttle = throttle(ClientConfig { concurrency: 8, ..ClientConfig::default() });
        let started = Instant::now();
        let calls = (0..8).map(|_| async {
            loop {
                let permit = throttle.admit(1).await.unwrap();
                if started.elapsed() >= Duration::from_secs(60) {
                    return permit.answered();
                }
                permit.failed(&CallError::RateLimited { retry_after: None }, true);
            }
        });
        futures::future::join_all(calls).await;
        let counts = throttle.counts();
        // Eight of the calls were answered.
        assert!(counts.calls <= 24 && counts.retries <= 24 - 8, "{counts:?}");
        assert!(started.elapsed() < Duration::from_secs(120), "back within a minute: {:?}", started.elapsed());
    }

    /// In real time, because the limiter reads a clock of its own.
    #[tokio::test]
    async fn no_second_has_more_calls_than_the_rate() {
        let config = ClientConfig { per_second: NonZeroU32::new(10), concurrency: 100, ..ClientConfig::default() };
        let throttle = throttle(config);
        let started = std::time::Instant::now();
        for _ in 0..6 {
            throttle.admit(1).await.unwrap().answered();
        }
        assert!(started.elapsed() >= Duration::from_millis(490), "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn the_quota_is_never_exceeded() {
        let throttle = throttle(ClientConfig { quota: Some(1500), ..ClientConfig::default() });
        throttle.admit(1000).await.unwrap().answered();
        assert!(matches!(throttle.admit(1000).await, Err(CallError::AllowanceUsed)));
        throttle.admit(500).await.unwrap().answered();
        assert_eq!((throttle.counts().units, throttle.quota_left()), (1500, Some(0)));
    }

    /// A quota that two clients share.
    fn shared(quota: u64) -> [Throttle; 2] {
        let left = std::sync::Arc::new(Quota::new(Some(quota)));
        let claim = move |units: u64| -> crate::Claiming {
            let left = std::sync::Arc::clone(&left);
            Box::pin(async move {
                let is_granted = left.take(units);
                Ok(crate::UnitClaim { is_granted, left: left.left().unwrap_or(0) })
            })
        };
        let hooks = Hooks { claim: Some(std::sync::Arc::new(claim)), ..Hooks::default() };
        let config = ClientConfig { quota: Some(quota), ..ClientConfig::default() };
        [(); 2].map(|()| Throttle::with_hooks(&config, hooks.clone()))
    }

    #[tokio::test(start_paused = true)]
    async fn two_clients_never_exceed_a_quota_that_they_share() {
        let [one, two] = shared(1500);
        one.admit(1000).await.unwrap().answered();
        assert_eq!((one.quota_left(), two.quota_left()), (Some(500), Some(1500)), "the other learns it when it claims");
        assert!(matches!(two.admit(1000).await, Err(CallError::AllowanceUsed)));
        assert_eq!(two.quota_left(), Some(500));
        two.admit(500).await.unwrap().answered();
        assert!(matches!(one.admit(1).await, Err(CallError::AllowanceUsed)));
        assert_eq!(one.counts().units + two.counts().units, 1500);
    }

    #[tokio::test(start_paused = true)]
    async fn claimed_units_that_never_left_are_used_by_the_next_call() {
        let [one, _] = shared(1000);
        let unreachable = reqwest::Client::new().get("http://127.0.0.1:1").send().await.unwrap_err();
        let unreachable = CallError::Unreachable { host: String::new(), source: unreachable };
        one.admit(1000).await.unwrap().failed(&unreachable, false);
        one.admit(1000).await.unwrap().answered();
        assert_eq!(one.counts().units, 1000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_told_when_it_begins_and_a_short_one_is_not() {
        let told = std::sync::Arc::new(Mutex::new(Vec::new()));
        let sink = std::sync::Arc::clone(&told);
        let on_wait = move |wait: Wait| sink.lock().unwrap().push((wait.length.as_secs(), wait.is_asked_for));
        let hooks = Hooks { on_wait: Some(std::sync::Arc::new(on_wait)), ..Hooks::default() };
        let throttle = Throttle::with_hooks(&ClientConfig::default(), hooks);
        for seconds in [4, 900] {
            let limited = CallError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) };
            throttle.admit(1).await.unwrap().failed(&limited, true);
        }
        assert_eq!(*told.lock().unwrap(), [(900, true)]);
    }

    #[tokio::test(start_paused = true)]
    async fn retries_without_answers_run_out() {
        let throttle = throttle(ClientConfig::default());
        let mut n_alone = 0;
        for _ in 0..40 {
            n_alone += u32::from(throttle.admit(1).await.unwrap().failed(&CallError::TimedOut, true));
        }
        assert!(n_alone < 5, "{n_alone} retries did not wait for the breaker");
    }
}
