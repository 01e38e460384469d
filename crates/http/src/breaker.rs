//! A circuit breaker: after repeated failures it stops all calls for a while, then lets one through as a probe.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::ExponentialBackoff;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::backoff::{LONGEST_BACKOFF, backoff};

/// Failures in a row that open the breaker, whatever their causes.
const MOST_FAILURES: u32 = 5;

/// A circuit breaker. Calls that wait for it are woken when its state changes.
pub struct Breaker {
    inner: Mutex<Inner>,
    first_backoff: Duration,
    changed: Notify,
}

/// The state of a [`Breaker`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls are made.
    Closed,
    /// No call is made before `until`.
    Open { until: Instant },
    /// One call is in progress to find out whether the provider has recovered. The others wait for its result.
    HalfOpen,
}

struct Inner {
    state: BreakerState,
    breaker_backoff: ExponentialBackoff,
    n_failures: u32,
    n_openings: u64,
}

/// The permission to make one call. Report its result with [`Pass::succeeded`] or [`Pass::failed`].
///
/// A probe that is dropped without a result, for example because its task was cancelled, makes room for another probe.
#[must_use]
pub struct Pass<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

/// What a failure did to the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    StayedClosed,
    /// No call is made during `wait`.
    Opened {
        wait: Duration,
    },
    /// Another call had opened it before.
    WasOpen,
}

impl Breaker {
    /// Makes a closed breaker. It first opens for `first_backoff`, and twice as long each time until a call succeeds.
    pub fn new(first_backoff: Duration) -> Self {
        let breaker_backoff = backoff(first_backoff);
        let inner = Inner { state: BreakerState::Closed, breaker_backoff, n_failures: 0, n_openings: 0 };
        Self { inner: Mutex::new(inner), first_backoff, changed: Notify::new() }
    }

    /// Waits until a call may be made.
    pub async fn admit(&self) -> Pass<'_> {
        loop {
            // Registered before the state is read, so that no change is missed.
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.try_admit() {
                Ok(pass) => return pass,
                Err(Some(until)) => {
                    tokio::select! { () = tokio::time::sleep_until(until) => {}, () = changed => {} }
                }
                Err(None) => changed.await,
            }
        }
    }

    /// Returns a pass, or until when to wait; no time means until the probe has a result.
    fn try_admit(&self) -> Result<Pass<'_>, Option<Instant>> {
        let mut inner = self.lock();
        match inner.state {
            BreakerState::Closed => Ok(Pass { breaker: self, is_probe: false }),
            BreakerState::Open { until } if Instant::now() < until => Err(Some(until)),
            BreakerState::Open { .. } => {
                inner.state = BreakerState::HalfOpen;
                Ok(Pass { breaker: self, is_probe: true })
            }
            BreakerState::HalfOpen => Err(None),
        }
    }

    /// Returns the state of now. An open breaker whose time is over stays open until somebody asks for a pass.
    pub fn state(&self) -> BreakerState {
        self.lock().state
    }

    /// Returns how often the breaker opened.
    pub fn n_openings(&self) -> u64 {
        self.lock().n_openings
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Reports that the provider answered, and closes the breaker.
    ///
    /// A call that was in progress when the breaker opened says nothing about the time since, so its success does not
    /// close the breaker.
    pub fn succeeded(mut self) {
        let mut inner = self.breaker.lock();
        if !std::mem::take(&mut self.is_probe) && inner.state != BreakerState::Closed {
            return;
        }
        inner.state = BreakerState::Closed;
        inner.breaker_backoff = backoff(self.breaker.first_backoff);
        inner.n_failures = 0;
        drop(inner);
        self.breaker.changed.notify_waiters();
    }

    /// Reports a failure. The breaker opens unless it is closed, the failure is one of few in a row, and
    /// `may_stay_closed` agrees. It stays open at least for `retry_after`, if the provider said so.
    pub fn failed(mut self, retry_after: Option<Duration>, may_stay_closed: impl FnOnce() -> bool) -> Reaction {
        self.is_probe = false;
        let mut inner = self.breaker.lock();
        inner.n_failures += 1;
        let (until, reaction) = match inner.state {
            BreakerState::Closed if inner.n_failures < MOST_FAILURES && may_stay_closed() => {
                return Reaction::StayedClosed;
            }
            // A call that was in progress when the breaker opened can only make the wait longer.
            BreakerState::Open { until } => {
                (retry_after.map_or(until, |it| until.max(Instant::now() + it)), Reaction::WasOpen)
            }
            BreakerState::Closed | BreakerState::HalfOpen => {
                inner.n_openings += 1;
                let wait = retry_after.or_else(|| inner.breaker_backoff.next()).unwrap_or(LONGEST_BACKOFF);
                (Instant::now() + wait, Reaction::Opened { wait })
            }
        };
        inner.state = BreakerState::Open { until };
        drop(inner);
        self.breaker.changed.notify_waiters();
        reaction
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.lock().state = BreakerState::Open { until: Instant::now() };
            self.breaker.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);

    async fn opened() -> Breaker {
        let breaker = Breaker::new(FIRST);
        let wait = Duration::from_secs(7);
        assert_eq!(breaker.admit().await.failed(Some(wait), || false), Reaction::Opened { wait });
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn five_failures_in_a_row_open_it() {
        let breaker = Breaker::new(FIRST);
        for _ in 0..4 {
            assert_eq!(breaker.admit().await.failed(None, || true), Reaction::StayedClosed);
        }
        assert!(matches!(breaker.admit().await.failed(None, || true), Reaction::Opened { .. }));
        assert_eq!(breaker.n_openings(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_of_a_call_from_before_does_not_close_it() {
        let breaker = Breaker::new(FIRST);
        let (before, refused) = (breaker.admit().await, breaker.admit().await);
        refused.failed(Some(Duration::from_secs(7)), || false);
        before.succeeded();
        assert!(matches!(breaker.state(), BreakerState::Open { .. }));

        let probe = breaker.admit().await;
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        probe.succeeded();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_cancelled_makes_room_for_another() {
        let breaker = opened().await;
        drop(breaker.admit().await);
        let second = tokio::time::timeout(Duration::from_secs(3600), breaker.admit()).await;
        second.expect("the first probe blocks all calls").succeeded();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}
