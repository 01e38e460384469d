use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The longest backoff. Beyond 30 s we would notice too late that a provider has recovered.
pub(crate) const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// Returns an endless backoff: it starts at `first` and doubles, with jitter.
pub(crate) fn backoff(first: Duration) -> ExponentialBackoff {
    let longest = LONGEST_BACKOFF.max(first);
    ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(longest)
        .with_jitter()
        .without_max_times()
        .build()
}
