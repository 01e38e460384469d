use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// The clock of the sandbox. It runs like the real one, or stands still, and can be moved forward.
pub struct Clock {
    /// None if the clock is frozen.
    started: Option<Instant>,
    began_at: Timestamp,
    moved_nanoseconds: AtomicI64,
}

impl Clock {
    /// Makes a clock that shows `at` now, and runs.
    pub fn starting(at: Timestamp) -> Self {
        Self { started: Some(Instant::now()), began_at: at, moved_nanoseconds: AtomicI64::new(0) }
    }

    /// Makes a clock that shows `at` until it is moved.
    pub fn frozen(at: Timestamp) -> Self {
        Self { started: None, ..Self::starting(at) }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.started.is_none()
    }

    pub(crate) fn now(&self) -> Timestamp {
        let moved = SignedDuration::from_nanos(self.moved_nanoseconds.load(Ordering::SeqCst));
        let elapsed = self.started.map(|it| SignedDuration::try_from(it.elapsed()).unwrap_or_default());
        let passed = moved.saturating_add(elapsed.unwrap_or_default());
        self.began_at.saturating_add(passed).unwrap_or(self.began_at)
    }

    /// Moves the clock forward to a moment. A moment that is over changes nothing.
    pub(crate) fn move_to(&self, moment: Timestamp) {
        let ahead = i64::try_from(moment.duration_since(self.now()).as_nanos()).unwrap_or(i64::MAX);
        if ahead > 0 {
            self.moved_nanoseconds.fetch_add(ahead, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_frozen_clock_moves_only_forward_and_only_when_it_is_told() {
        let clock = Clock::frozen(at("2026-11-01T09:00:00Z"));
        assert_eq!([clock.now(), clock.now()], [at("2026-11-01T09:00:00Z"); 2]);
        clock.move_to(at("2026-11-01T09:00:00.000001Z"));
        assert_eq!(clock.now(), at("2026-11-01T09:00:00.000001Z"));
        clock.move_to(at("2026-11-01T08:00:00Z"));
        assert_eq!(clock.now(), at("2026-11-01T09:00:00.000001Z"));
    }

    #[test]
    fn a_clock_that_runs_can_be_moved_too() {
        let clock = Clock::starting(at("2026-11-01T09:00:00Z"));
        clock.move_to(at("2026-11-03T09:00:00Z"));
        assert!(clock.now() >= at("2026-11-03T09:00:00Z") && !clock.is_frozen());
    }
}
