use std::num::NonZeroU32;
use std::time::Duration;

use crate::{ClaimUnits, OnWait, Pace};

/// How a client behaves towards a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    pub timeout: Duration,
    /// Calls per request, the first among them.
    pub attempts: usize,
    /// The wait before the second attempt. It doubles from there, with jitter.
    pub backoff: Duration,
    /// Calls in progress at once.
    pub concurrency: usize,
    /// Calls a second; `None` sets no bound.
    pub per_second: Option<NonZeroU32>,
    /// Units that can be used, retries included; `None` sets no bound. Where units are claimed ([`Hooks::claim`]), the
    /// units that can be claimed when the client is made.
    pub quota: Option<u64>,
    /// The largest response, after decompression. A larger one is [`CallError::TooLarge`](crate::CallError).
    pub max_response_bytes: usize,
    /// Whether a wait of more than a quarter of an hour that the provider asks for ends the command. If not, it is asked again
    /// after a quarter of an hour.
    pub gives_up_on_long_waits: bool,
    /// Whether addresses of private networks are called. Loopback is called in any case.
    pub allows_private: bool,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            attempts: 8,
            backoff: Duration::from_millis(500),
            concurrency: 4,
            per_second: None,
            quota: None,
            // The answer to a check of a thousand numbers has about 100 KiB.
            max_response_bytes: 4 << 20,
            gives_up_on_long_waits: false,
            allows_private: true,
        }
    }
}

/// What a client calls while it works; by default nothing.
#[derive(Clone, Default)]
pub struct Hooks {
    /// Claims the units of a call before it is made. A call whose units are not granted is
    /// [`CallError::AllowanceUsed`](crate::CallError).
    pub claim: Option<ClaimUnits>,
    /// Waits until a call may be made by a limit that other processes keep too.
    pub pace: Option<Pace>,
    /// Is told of each long wait when it begins.
    pub on_wait: Option<OnWait>,
}
