//! One question: its calls, its retries, and who asks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use serde::Serialize;
use thiserror::Error;
use tokio::sync::Mutex;
use url::Url;

use crate::login;
use crate::pace::{Manners, Pace, Usage, waits};

/// An answer to a thousand numbers is about 100 KiB; one over this is not an answer.
const MOST_ANSWER_BYTES: usize = 4 << 20;
/// What a provider asks for in `Retry-After` is taken within these bounds, whatever it says.
const WAIT: std::ops::RangeInclusive<Duration> = Duration::from_millis(500)..=Duration::from_secs(15 * 60);

/// How a client shows who it is. Nothing here is ever printed.
#[derive(Clone)]
pub enum Credentials {
    None,
    /// `Authorization: Bearer …`
    Bearer(String),
    /// A header with a key.
    Key(&'static str, String),
    /// `USER:PASSWORD`, for which `POST /v1/users/login` gives a token that expires.
    Login(String),
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
    #[error("the provider says that its quota is used up")]
    QuotaUsed,
    #[error("no more checks are allowed for now")]
    AllowanceUsed,
    #[error("could not set up the HTTP client")]
    Setup { source: reqwest::Error },
}

impl CallError {
    /// Whether asking again, at once or another day, can help. Only questions are asked again, never orders.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut
            | Self::RateLimited { .. }
            | Self::Provider { .. }
            | Self::Malformed
            | Self::QuotaUsed
            | Self::AllowanceUsed => true,
            Self::Refused { .. } | Self::Setup { .. } => false,
        }
    }
}

/// A client of one provider. Clones share their pace.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    credentials: Credentials,
    /// The token of the last login.
    token: Arc<Mutex<Option<String>>>,
    pace: Arc<Pace>,
    manners: Manners,
}

/// What is asked, and about how many numbers.
pub(crate) struct Question<'a> {
    pub(crate) path: &'a str,
    pub(crate) parameters: Parameters<'a>,
    pub(crate) n_numbers: u64,
}

pub(crate) enum Parameters<'a> {
    Json(Bytes),
    Query(&'a [(&'static str, &'a str)]),
}

impl Parameters<'_> {
    pub(crate) fn json(body: &impl Serialize) -> Result<Self, CallError> {
        serde_json::to_vec(body).map(|it| Self::Json(it.into())).map_err(|_| CallError::Malformed)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client; `base` comes from [`crate::base_url`].
    pub fn new(base: Url, credentials: Credentials, manners: Manners) -> Result<Self, CallError> {
        // Another client may have installed it before; it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder();
        // Without TLS the certificates of this machine, several hundred files, need not be read.
        let http = if base.scheme() == "http" { http.tls_certs_only([]) } else { http };
        let http = http
            .timeout(manners.timeout)
            .connect_timeout(manners.timeout.min(Duration::from_secs(10)))
            // A redirect would carry the token to another host.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|source| CallError::Setup { source })?;
        Ok(Self { http, base, credentials, token: Arc::default(), pace: Arc::new(Pace::new(&manners)), manners })
    }

    /// What it did so far.
    pub fn usage(&self) -> Usage {
        self.pace.usage()
    }

    /// Numbers that may still be asked about; none if nothing bounds it.
    pub fn allowance(&self) -> Option<u64> {
        self.pace.allowance()
    }

    /// Asks a question until `read` can read an answer, or until it is clear that it will not come.
    pub(crate) async fn ask<T>(
        &self,
        question: Question<'_>,
        read: impl Fn(&[u8]) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let mut own_waits = waits(self.manners.backoff).take(self.manners.attempts.saturating_sub(1));
        loop {
            let permit = self.pace.admit(question.n_numbers).await?;
            let answer = self.call(&question).await;
            drop(permit);
            let error = match answer.and_then(|it| read(&it)) {
                Ok(answer) => {
                    self.pace.answered();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if matches!(error, CallError::Unreachable { .. }) {
                self.pace.take_back(question.n_numbers);
            }
            if !error.is_passing() || matches!(error, CallError::QuotaUsed) {
                // It was answered all the same, so others need not wait.
                self.pace.answered();
                return Err(error);
            }
            let wait = own_waits.next();
            let waits_alone = self.pace.failed(&error, wait.is_some());
            let Some(wait) = wait else { return Err(error) };
            tracing::info!(wait_ms = wait.as_millis(), waits_alone, why = %error, "asking again");
            if waits_alone {
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// Gives an order, once: whatever goes wrong, it may have been carried out. Every answer below 500 comes back with its
    /// status.
    pub(crate) async fn order(&self, path: &str, body: &impl Serialize) -> Result<(u16, Vec<u8>), CallError> {
        let permit = self.pace.admit(0).await?;
        let url = self.base.join(path).map_err(|_| CallError::Malformed)?;
        let token = self.token().await?;
        let mut request = self.http.post(url).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = self.receive(request).await;
        drop(permit);
        self.pace.answered();
        match answer? {
            (StatusCode::TOO_MANY_REQUESTS, headers, _) => {
                Err(CallError::RateLimited { retry_after: retry_after(&headers) })
            }
            (status, ..) if status.is_server_error() => Err(CallError::Provider { status: status.as_u16() }),
            (status, _, body) => Ok((status.as_u16(), body)),
        }
    }

    /// One call, or two where the token of the last login is no longer taken.
    async fn call(&self, question: &Question<'_>) -> Result<Vec<u8>, CallError> {
        let token = self.token().await?;
        let answer = self.ask_once(question, token.as_deref()).await;
        match (&self.credentials, answer) {
            (Credentials::Login(_), Err(CallError::Refused { status: 401, .. })) => {
                // Another call may have logged in since.
                self.token.lock().await.take_if(|it| Some(&*it) == token.as_ref());
                let token = self.token().await?;
                self.ask_once(question, token.as_deref()).await
            }
            (_, answer) => answer,
        }
    }

    /// The token to send, from a login if there was none yet.
    async fn token(&self) -> Result<Option<String>, CallError> {
        let login = match &self.credentials {
            Credentials::None | Credentials::Key(..) => return Ok(None),
            Credentials::Bearer(token) => return Ok(Some(token.clone())),
            Credentials::Login(login) => login,
        };
        let mut token = self.token.lock().await;
        if token.is_none() {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let url = self.base.join(login::PATH).map_err(|_| CallError::Malformed)?;
            let body = self.send(self.http.post(url).basic_auth(user, Some(password))).await?;
            *token = Some(login::token(&body)?);
        }
        Ok(token.clone())
    }

    async fn ask_once(&self, question: &Question<'_>, token: Option<&str>) -> Result<Vec<u8>, CallError> {
        let url = self.base.join(question.path).map_err(|_| CallError::Malformed)?;
        let mut request = match &question.parameters {
            Parameters::Json(body) => self.http.post(url).header(CONTENT_TYPE, "application/json").body(body.clone()),
            Parameters::Query(query) => self.http.get(url).query(query),
        };
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Credentials::Key(header, key) = &self.credentials {
            request = request.header(*header, key);
        }
        self.send(request).await
    }

    async fn receive(&self, request: RequestBuilder) -> Result<(StatusCode, HeaderMap, Vec<u8>), CallError> {
        let mut response = request.send().await.map_err(|it| self.failure(it))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let length = response.content_length().and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        let mut body = Vec::with_capacity(length.min(MOST_ANSWER_BYTES));
        while let Some(chunk) = response.chunk().await.map_err(|it| self.failure(it))? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_ANSWER_BYTES {
                return Err(CallError::Malformed);
            }
        }
        Ok((status, headers, body))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, CallError> {
        let (status, headers, body) = self.receive(request).await?;
        match status {
            // What GREEN-API answers to whom has used up the quota of the tariff.
            _ if status.as_u16() == 466 => Err(CallError::QuotaUsed),
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
        if !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit()) {
            // More seconds than 64 bits hold.
            return Some(i64::MAX);
        }
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
            ("99999999999999999999", 900_000),
            ("", 500),
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
        let client = Client::new(base, Credentials::Bearer("secret-token".into()), Manners::default()).unwrap();
        assert!(!format!("{client:?}").contains("secret"));
    }
}
