use http::{CallCounts, CallError, ClientConfig, Credentials, Hooks};
use url::Url;

use crate::on_premises::contacts;

/// A client of one provider of WhatsApp. Each protocol adds its calls in a module of its own.
#[derive(Clone, Debug)]
pub struct Client(pub(crate) http::Client);

impl Client {
    /// Makes a client; `base` comes from [`crate::base_url`].
    pub fn new(base: Url, credentials: Credentials, config: ClientConfig) -> Result<Self, CallError> {
        Self::with_hooks(base, credentials, config, Hooks::default())
    }

    /// Makes a client that calls `hooks` while it works.
    pub fn with_hooks(
        base: Url,
        credentials: Credentials,
        config: ClientConfig,
        hooks: Hooks,
    ) -> Result<Self, CallError> {
        http::Client::with_hooks(base, credentials, config, hooks, read_error).map(Self)
    }

    /// Returns what was called so far; its units are numbers to check.
    pub fn counts(&self) -> CallCounts {
        self.0.counts()
    }

    /// Returns how many numbers may still be checked; `None` if there is no bound.
    pub fn quota_left(&self) -> Option<u64> {
        self.0.quota_left()
    }
}

/// Reads a refusal of any of our protocols.
fn read_error(status: u16, body: &[u8]) -> CallError {
    match status {
        // GREEN-API: the quota of the tariff is used up.
        466 => CallError::QuotaUsed,
        _ => CallError::Refused { status, code: contacts::error_code(body) },
    }
}
