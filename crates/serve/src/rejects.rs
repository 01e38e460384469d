//! One line in the log for each rejected request, and a few lines a second at most.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::cause::Cause;

/// Limits the lines a second. A flood of forged requests must not fill the disk.
const LINES_A_SECOND: NonZeroU32 = NonZeroU32::new(10).unwrap();

pub(crate) struct Rejects {
    lines: DefaultDirectRateLimiter,
    /// Rejected requests since the last line.
    n_left_out: AtomicU64,
}

impl Rejects {
    pub(crate) fn new() -> Self {
        Self { lines: RateLimiter::direct(Quota::per_second(LINES_A_SECOND)), n_left_out: AtomicU64::new(0) }
    }

    /// Writes a line with the cause and the webhook, which is empty if the path is unknown.
    pub(crate) fn log(&self, webhook: &str, cause: Cause) {
        if self.lines.check().is_err() {
            self.n_left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = self.n_left_out.swap(0, Ordering::Relaxed);
        tracing::warn!(webhook, cause = cause.name(), status = cause.status().as_u16(), left_out, "request rejected");
    }
}
