use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// The clock of the sandbox. It runs like the real one and can be moved.
pub struct Clock {
    started: Instant,
    began_at: Timestamp,
    moved_seconds: AtomicI64,
}

impl Clock {
    /// Makes a clock that shows `at` now.
    pub fn starting(at: Timestamp) -> Self {
        Self { started: Instant::now(), began_at: at, moved_seconds: AtomicI64::new(0) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let moved = SignedDuration::from_secs(self.moved_seconds.load(Ordering::SeqCst));
        let elapsed = SignedDuration::try_from(self.started.elapsed()).unwrap_or_default();
        self.began_at.saturating_add(moved.saturating_add(elapsed)).unwrap_or(self.began_at)
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.moved_seconds.fetch_add(seconds, Ordering::SeqCst);
    }
}
