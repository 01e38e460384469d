//! When a provider may be asked, and how often.
//!
//! All calls of a client go through one [`Pace`]: a rate that is never exceeded, a gate that shuts for everybody when the
//! provider asks to wait or fails again and again, and a budget of retries, so that a provider in trouble is not asked
//! more often than one that is well. When the gate opens again one call goes ahead as a probe; the others follow when
//! it is answered.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::CallError;

/// So many failures in a row shut the gate, whatever they were.
const MOST_FAILURES: u32 = 5;
/// The longest the gate stays shut unless the provider asks for more: who waits longer misses when it is well again.
const LONGEST_SHUT: Duration = Duration::from_secs(30);
/// Retries that may be made at once, and what each answer adds to them: one retry in ten calls, as the AWS SDKs have it.
const RETRY_BUDGET: f64 = 10.0;
const RETRIES_PER_ANSWER: f64 = 0.1;
/// A provider that asks to slow down gets half as many calls, at least one in so many,
const MOST_SLOWNESS: f64 = 64.0;
/// and with each answer this much of the full rate more.
const RECOVERY: f64 = 0.05;

/// How a client behaves towards a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    pub timeout: Duration,
    /// Calls per question, the first among them.
    pub attempts: usize,
    /// The wait before the second attempt; it doubles from there, with jitter.
    pub backoff: Duration,
    /// Calls under way at once.
    pub concurrency: usize,
    /// Calls a second at most; none sets no bound.
    pub per_second: Option<NonZeroU32>,
    /// Numbers that may be asked about, retries among them; none sets no bound.
    pub allowance: Option<u64>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            attempts: 8,
            backoff: Duration::from_millis(500),
            concurrency: 4,
            per_second: None,
            allowance: None,
        }
    }
}

/// What a client did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub calls: u64,
    /// Numbers asked about, each as often as it was.
    pub checks: u64,
    /// Calls after the first of a question.
    pub retries: u64,
    /// How often the gate shut.
    pub pauses: u64,
}

/// See the module.
pub(crate) struct Pace {
    limiter: Option<DefaultDirectRateLimiter>,
    slots: Semaphore,
    backoff: Duration,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    gate: Gate,
    shuts: ExponentialBackoff,
    n_failures: u32,
    retries_left: f64,
    slowness: f64,
    allowance: Option<u64>,
    usage: Usage,
}

#[derive(Clone, Copy, PartialEq)]
enum Gate {
    Open,
    Shut {
        until: Instant,
    },
    /// One call is under way to find out whether the provider is well again.
    Probing,
}

impl Pace {
    pub(crate) fn new(manners: &Manners) -> Self {
        let state = State {
            gate: Gate::Open,
            shuts: waits(manners.backoff),
            n_failures: 0,
            retries_left: RETRY_BUDGET,
            slowness: 1.0,
            allowance: manners.allowance,
            usage: Usage::default(),
        };
        Self {
            // A burst of a second's calls at the start would count twice in that second.
            limiter: manners
                .per_second
                .map(|it| RateLimiter::direct(Quota::per_second(it).allow_burst(NonZeroU32::MIN))),
            slots: Semaphore::new(manners.concurrency.max(1)),
            backoff: manners.backoff,
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        self.state().usage
    }

    pub(crate) fn allowance(&self) -> Option<u64> {
        self.state().allowance
    }

    /// Waits until a call about so many numbers may be made. The call is under way as long as the permit is held.
    pub(crate) async fn admit(&self, n_numbers: u64) -> Result<SemaphorePermit<'_>, CallError> {
        let permit = self.slots.acquire().await.map_err(|_| CallError::Malformed)?;
        if let Some(limiter) = &self.limiter {
            let n_cells = self.state().slowness.ceil() as u32;
            for _ in 0..n_cells {
                limiter.until_ready().await;
            }
        }
        loop {
            let changed = self.changed.notified();
            let mut changed = std::pin::pin!(changed);
            changed.as_mut().enable();
            let until = match self.enter(n_numbers)? {
                Entrance::Now => return Ok(permit),
                Entrance::At(until) => Some(until),
                Entrance::AfterProbe => None,
            };
            match until {
                Some(until) => tokio::select! { () = tokio::time::sleep_until(until) => {}, () = changed => {} },
                None => changed.await,
            }
        }
    }

    fn enter(&self, n_numbers: u64) -> Result<Entrance, CallError> {
        let mut state = self.state();
        if state.allowance.is_some_and(|it| it < n_numbers) {
            return Err(CallError::AllowanceUsed);
        }
        match state.gate {
            Gate::Shut { until } if Instant::now() < until => return Ok(Entrance::At(until)),
            Gate::Probing => return Ok(Entrance::AfterProbe),
            Gate::Shut { .. } => state.gate = Gate::Probing,
            Gate::Open => {}
        }
        state.allowance = state.allowance.map(|it| it - n_numbers);
        state.usage.calls += 1;
        state.usage.checks += n_numbers;
        Ok(Entrance::Now)
    }

    /// Takes note of an answer, whatever it says.
    pub(crate) fn answered(&self) {
        let mut state = self.state();
        state.gate = Gate::Open;
        state.shuts = waits(self.backoff);
        state.n_failures = 0;
        state.retries_left = (state.retries_left + RETRIES_PER_ANSWER).min(RETRY_BUDGET);
        state.slowness = (1.0 / (1.0 / state.slowness + RECOVERY)).max(1.0);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Takes note of a failure that may pass, after which the question is asked again or not. Tells whether it has to
    /// wait by itself: if not, the gate makes it wait.
    pub(crate) fn failed(&self, error: &CallError, is_asked_again: bool) -> bool {
        let asked = match error {
            CallError::RateLimited { retry_after } => *retry_after,
            _ => None,
        };
        let mut state = self.state();
        state.n_failures += 1;
        state.usage.retries += u64::from(is_asked_again);
        let is_throttled = matches!(error, CallError::RateLimited { .. });
        if is_throttled && !matches!(state.gate, Gate::Shut { .. }) {
            state.slowness = (state.slowness * 2.0).min(MOST_SLOWNESS);
        }
        let has_budget = state.retries_left >= 1.0;
        if !is_throttled && state.gate == Gate::Open && state.n_failures < MOST_FAILURES && has_budget {
            state.retries_left -= 1.0;
            return true;
        }
        let until = match state.gate {
            // Calls that were under way when it shut tell nothing new, but for how long to wait.
            Gate::Shut { until } => asked.map_or(until, |it| until.max(Instant::now() + it)),
            Gate::Open | Gate::Probing => {
                state.usage.pauses += 1;
                let wait = asked.or_else(|| state.shuts.next()).unwrap_or(LONGEST_SHUT);
                Instant::now() + wait
            }
        };
        state.gate = Gate::Shut { until };
        drop(state);
        self.changed.notify_waiters();
        false
    }

    /// Takes back that so many numbers were asked about: the call did not reach the provider.
    pub(crate) fn take_back(&self, n_numbers: u64) {
        let mut state = self.state();
        state.allowance = state.allowance.map(|it| it + n_numbers);
        state.usage.checks -= n_numbers;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Entrance {
    Now,
    At(Instant),
    AfterProbe,
}

/// Waits that double, with jitter, without end.
pub(crate) fn waits(first: Duration) -> ExponentialBackoff {
    let most = LONGEST_SHUT.max(first);
    ExponentialBuilder::default().with_min_delay(first).with_max_delay(most).with_jitter().without_max_times().build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(manners: Manners) -> Pace {
        Pace::new(&manners)
    }

    const THROTTLED: CallError = CallError::RateLimited { retry_after: Some(Duration::from_secs(7)) };

    #[tokio::test(start_paused = true)]
    async fn who_is_asked_to_wait_waits_and_one_call_goes_ahead_of_the_others() {
        let pace = pace(Manners::default());
        let started = Instant::now();
        drop(pace.admit(1).await.unwrap());
        assert!(!pace.failed(&THROTTLED, true));

        let probe = pace.admit(1).await.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(7));
        let others = async { tokio::join!(pace.admit(1), pace.admit(1)) };
        let mut others = std::pin::pin!(others);
        assert!(tokio::time::timeout(Duration::from_secs(3600), &mut others).await.is_err(), "only one call probes");
        pace.answered();
        drop(probe);
        let (first, second) = others.await;
        assert!(first.is_ok() && second.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_of_refusals_takes_a_few_probes_and_no_storm() {
        let pace = pace(Manners { concurrency: 8, ..Manners::default() });
        let started = Instant::now();
        let calls = (0..8).map(|_| async {
            while started.elapsed() < Duration::from_secs(60) {
                drop(pace.admit(1).await.unwrap());
                pace.failed(&CallError::RateLimited { retry_after: None }, true);
            }
        });
        // The first that gets through after the minute is answered, so the rest need not wait.
        futures::future::join_all(calls.map(|it| async {
            it.await;
            pace.answered();
        }))
        .await;
        let usage = pace.usage();
        assert!(usage.calls <= 24, "{usage:?}");
        assert!(started.elapsed() < Duration::from_secs(120), "back within a minute: {:?}", started.elapsed());
    }

    /// In true time, because the limiter reads a clock of its own.
    #[tokio::test]
    async fn no_second_has_more_calls_than_the_rate() {
        let pace = pace(Manners { per_second: NonZeroU32::new(10), concurrency: 100, ..Manners::default() });
        let started = std::time::Instant::now();
        for _ in 0..6 {
            drop(pace.admit(1).await.unwrap());
        }
        assert!(started.elapsed() >= Duration::from_millis(490), "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn what_may_be_asked_is_never_exceeded() {
        let pace = pace(Manners { allowance: Some(1500), ..Manners::default() });
        assert!(pace.admit(1000).await.is_ok());
        assert!(matches!(pace.admit(1000).await, Err(CallError::AllowanceUsed)));
        assert!(pace.admit(500).await.is_ok());
        assert_eq!(pace.usage().checks, 1500);
    }

    #[tokio::test(start_paused = true)]
    async fn retries_without_answers_run_out() {
        let pace = pace(Manners::default());
        let alone = (0..40).filter(|_| pace.failed(&CallError::TimedOut, true)).count();
        assert!(alone < MOST_FAILURES as usize, "{alone} retries went past the gate");
    }
}
