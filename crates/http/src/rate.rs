use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, RateLimiter};

/// On 429 the rate is halved, down to 1/64 of the limit.
const MOST_SLOWDOWN: f64 = 64.0;
/// Each answer gives back this share of the full rate.
const RECOVERY: f64 = 0.05;

/// A rate that is never exceeded (GCRA). It slows down when the provider asks for it, and recovers with each answer.
pub struct Rate {
    limiter: DefaultDirectRateLimiter,
    /// How many times slower than the limit calls are made, 1 to 64.
    slowdown: Mutex<f64>,
}

impl Rate {
    /// Makes a rate of `n` calls a second without bursts: a burst at the start would exceed the limit of its second.
    pub fn per_second(n: NonZeroU32) -> Self {
        Self::of(governor::Quota::per_second(n).allow_burst(NonZeroU32::MIN))
    }

    /// Makes a rate of one call per `interval` after a burst of `burst` calls; `None` if the interval is zero.
    pub fn new(interval: Duration, burst: NonZeroU32) -> Option<Self> {
        governor::Quota::with_period(interval).map(|it| Self::of(it.allow_burst(burst)))
    }

    fn of(quota: governor::Quota) -> Self {
        Self { limiter: RateLimiter::direct(quota), slowdown: Mutex::new(1.0) }
    }

    /// Waits until a call may be made. The wait is in real time, also where tokio's clock is paused.
    pub async fn ready(&self) {
        let n_cells = self.slowdown().ceil() as u32;
        for _ in 0..n_cells {
            self.limiter.until_ready().await;
        }
    }

    /// Halves the rate.
    pub fn slow_down(&self) {
        let mut slowdown = self.lock();
        *slowdown = (*slowdown * 2.0).min(MOST_SLOWDOWN);
    }

    /// Goes a step back towards the full rate.
    pub fn recover(&self) {
        let mut slowdown = self.lock();
        *slowdown = (1.0 / (1.0 / *slowdown + RECOVERY)).max(1.0);
    }

    /// Returns how many times slower than the limit calls are made, 1 to 64.
    pub fn slowdown(&self) -> f64 {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, f64> {
        self.slowdown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_burst_is_followed_by_the_interval() {
        let rate = Rate::new(Duration::from_millis(200), NonZeroU32::new(3).unwrap()).unwrap();
        let started = Instant::now();
        for _ in 0..3 {
            rate.ready().await;
        }
        assert!(started.elapsed() < Duration::from_millis(150), "{:?}", started.elapsed());
        rate.ready().await;
        assert!(started.elapsed() >= Duration::from_millis(195), "{:?}", started.elapsed());
    }

    #[test]
    fn refusals_halve_the_rate_and_answers_bring_it_back() {
        let rate = Rate::per_second(NonZeroU32::MIN);
        rate.slow_down();
        assert_eq!(rate.slowdown(), 2.0);
        (0..20).for_each(|_| rate.slow_down());
        assert_eq!(rate.slowdown(), 64.0);
        (0..20).for_each(|_| rate.recover());
        assert_eq!(rate.slowdown(), 1.0);
    }
}
