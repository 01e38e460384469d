//! One call and its retries.

use std::fmt;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use thiserror::Error;
use url::Url;

/// An answer to a thousand numbers is about 100 KiB; one over this is not an answer.
const MOST_ANSWER_BYTES: usize = 4 << 20;
/// What a provider asks for in `Retry-After` is taken within these bounds, whatever it says.
const WAIT: std::ops::RangeInclusive<Duration> = Duration::from_millis(500)..=Duration::from_secs(15 * 60);

/// How a client behaves towards a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    pub timeout: Duration,
    /// Calls per question, the first among them.
    pub attempts: usize,
    /// The wait before the second attempt; it doubles from there, with jitter.
    pub backoff: Duration,
}

impl Default for Manners {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), attempts: 6, backoff: Duration::from_millis(500) }
    }
}

/// Why a call got no usable answer. No message holds a number, a token or what the provider wrote.
#[derive(Debug, Error)]
pub enum CallError {
    #[error("could not reach the provider at {host}")]
    Unreachable { host: String, source: reqwest::Error },
    #[error("the provider did not answer in time")]
    TimedOut,
    #[error("the provider asks to slow down (429)")]
    RateLimited { retry_after: Option<Duration> },
    #[error("the provider failed ({status})")]
    Provider { status: u16 },
    #[error("the provider refused the call ({status}{})", code.map(|it| format!(", code {it}")).unwrap_or_default())]
    Refused { status: u16, code: Option<i64> },
    #[error("the answer of the provider is not what its interface says")]
    Malformed,
    #[error("could not set up the HTTP client")]
    Setup { source: reqwest::Error },
}

impl CallError {
    /// Whether asking once more can help. Only questions are asked again, never orders.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut
            | Self::RateLimited { .. }
            | Self::Provider { .. }
            | Self::Malformed => true,
            Self::Refused { .. } | Self::Setup { .. } => false,
        }
    }
}

/// A client of one provider.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
    manners: Manners,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client; `base` comes from [`crate::base_url`].
    pub fn new(base: Url, token: Option<String>, manners: Manners) -> Result<Self, CallError> {
        // Another client may have installed it before; it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(manners.timeout)
            .connect_timeout(manners.timeout.min(Duration::from_secs(10)))
            // A redirect would carry the token to another host.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|source| CallError::Setup { source })?;
        Ok(Self { http, base, token, manners })
    }

    /// Asks a question until `read` can read an answer, or until it is clear that it will not come.
    pub(crate) async fn ask<T>(
        &self,
        path: &str,
        question: &serde_json::Value,
        read: impl Fn(&[u8]) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let backoff = ExponentialBuilder::default()
            .with_min_delay(self.manners.backoff)
            .with_max_delay(*WAIT.end())
            .with_jitter();
        let mut waits = backoff.with_max_times(self.manners.attempts.saturating_sub(1)).build();
        loop {
            let answer = self.ask_once(path, question).await;
            let error = match answer.and_then(|it| read(&it)) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let wait = waits.next().filter(|_| error.is_passing());
            let Some(wait) = wait else { return Err(error) };
            let wait = match &error {
                CallError::RateLimited { retry_after: Some(asked) } => *asked,
                _ => wait,
            };
            tracing::info!(wait_ms = wait.as_millis(), why = %error, "asking again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn ask_once(&self, path: &str, question: &serde_json::Value) -> Result<Vec<u8>, CallError> {
        let url = self.base.join(path).map_err(|_| CallError::Malformed)?;
        let mut request = self.http.post(url).json(question);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let mut response = request.send().await.map_err(|it| self.failure(it))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|it| self.failure(it))? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_ANSWER_BYTES {
                return Err(CallError::Malformed);
            }
        }
        match status {
            StatusCode::TOO_MANY_REQUESTS => Err(CallError::RateLimited { retry_after: retry_after(&headers) }),
            _ if status.is_server_error() => Err(CallError::Provider { status: status.as_u16() }),
            _ if status.is_success() => Ok(body),
            _ => Err(CallError::Refused { status: status.as_u16(), code: crate::contacts::error_code(&body) }),
        }
    }

    fn failure(&self, error: reqwest::Error) -> CallError {
        let error = error.without_url();
        match error {
            error if error.is_timeout() => CallError::TimedOut,
            error if error.is_connect() => {
                CallError::Unreachable { host: self.base.host_str().unwrap_or_default().to_owned(), source: error }
            }
            // The connection broke before the answer was whole.
            _ => CallError::Malformed,
        }
    }
}

/// Seconds or an HTTP date; what is neither, or lies in the past, is the shortest wait.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().unwrap_or_default().trim();
    let seconds = text.parse::<i64>().ok().or_else(|| {
        let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(at.as_second() - Timestamp::now().as_second())
    });
    let wait = Duration::from_secs(seconds.and_then(|it| u64::try_from(it).ok()).unwrap_or(0));
    Some(wait.clamp(*WAIT.start(), *WAIT.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_a_provider_asks_for_is_taken_within_reason() {
        let wait = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&headers).map(|it| it.as_millis())
        };
        for (text, milliseconds) in [
            ("7", 7_000),
            ("0", 500),
            ("-1", 500),
            ("99999999", 900_000),
            ("soon", 500),
            ("Tue, 03 Mar 2020 09:14:07 GMT", 500),
            ("Tue, 03 Mar 2099 09:14:07 GMT", 900_000),
        ] {
            assert_eq!(wait(text), Some(milliseconds), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn a_client_does_not_print_its_token() {
        let base = crate::base_url("https://gate.example.com").unwrap();
        let client = Client::new(base, Some("secret-token".into()), Manners::default()).unwrap();
        assert!(!format!("{client:?}").contains("secret"));
    }
}
