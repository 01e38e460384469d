use std::sync::Arc;
use std::time::Duration;

/// The shortest wait that is told. Shorter ones are over before anybody wonders.
pub const LONG_WAIT: Duration = Duration::from_secs(5);

/// Is told of each wait of [`LONG_WAIT`] or more when it begins, from any thread.
pub type OnWait = Arc<dyn Fn(Wait) + Send + Sync>;

/// A wait during which no call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub length: Duration,
    /// Whether the provider asked for it, with 429 or `Retry-After`. If not, it keeps failing.
    pub is_asked_for: bool,
}
