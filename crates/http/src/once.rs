//! Sends requests that must not be carried out twice, on connections that are kept.
//!
//! Pools of HTTP libraries send a request again if its connection turns out to be closed. This one never does: it counts
//! what leaves a connection below TLS, so it knows whether a byte of a request left. [`SendOutcome`] says what is certain.

mod connect;
mod deadline;
mod exchange;
mod gate;
mod pool;
mod request;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::{timeout, timeout_at};

use connect::{Connection, Connector};
use deadline::Moment;
pub use deadline::NotAfter;
use exchange::{Bounds, exchange};
use pool::Pool;
use request::Built;

use crate::client::CONNECT_TIMEOUT;
use crate::response::retry_after;
use crate::{CallError, Client};

/// How long a connection may take after an answer until it is ready for the next request.
const READY_TIMEOUT: Duration = Duration::from_millis(500);

/// Sends requests once. Clones share the connections.
///
/// Address, credentials and the rule about private networks are those of a [`Client`]. There is no rate and no breaker:
/// whoever sends by this has rules of its own. Redirects are answers like others, and no proxy is used.
#[derive(Clone)]
pub struct OnceSender(Arc<Inner>);

struct Inner {
    client: Client,
    connector: Connector,
    pool: Pool,
    permits: Arc<Semaphore>,
    config: OnceConfig,
}

/// How requests are sent once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnceConfig {
    /// From the first byte of a request to its whole answer.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    /// Requests in progress at once, and so connections.
    pub concurrency: usize,
    /// A connection that was idle for longer is not used again: the server may be about to close it.
    pub most_idle: Duration,
    /// The largest body of an answer.
    pub max_response_bytes: usize,
}

impl Default for OnceConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            connect_timeout: CONNECT_TIMEOUT,
            // A thousand a second at 200 ms each, and some to spare.
            concurrency: 256,
            most_idle: Duration::from_secs(30),
            // The answer to a send has some hundred bytes.
            max_response_bytes: 256 << 10,
        }
    }
}

/// A request to send: a `POST` with JSON.
#[derive(Clone, Copy)]
pub struct OncePost<'a> {
    pub path: &'a str,
    pub body: &'a Bytes,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum SendOutcome {
    /// A whole answer, of whatever status.
    Answer(Answer),
    /// No byte of the request left, and none will.
    NotSent { why: NotSent },
    /// At least a byte left, and no whole answer came: the request may have been carried out.
    Unknown { why: LostAnswer },
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: AnswerHeaders,
    pub body: Bytes,
}

/// The headers of an answer that matter for sending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerHeaders {
    /// The clock of the server.
    pub date: Option<Timestamp>,
    /// The wait that the answer asks for, from half a second to a quarter of an hour.
    pub retry_after: Option<Duration>,
    /// `X-Business-Use-Case-Usage`, as it came.
    pub business_use_case_usage: Option<String>,
}

/// Why a request was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotSent {
    #[error("the server refused the connection: is it running?")]
    ConnectRefused,
    #[error("the server could not be reached: check the address and the network")]
    Unreachable,
    #[error("no TLS connection came about: check the certificate of the server")]
    TlsFailed,
    #[error("the moment passed before the request could leave")]
    TooLate,
    #[error("the clock of this machine has moved, so the moment cannot be trusted")]
    ClockMoved,
    #[error("the server closed the connection before the request left")]
    ClosedBeforeWrite,
    #[error("the address is in a private network: allow that with allow_private = true")]
    Private,
    #[error("there are no credentials: the login failed, or the request could not be signed")]
    Credentials,
    #[error("the path of the request leads to another host, or is not one")]
    Path,
}

/// Why there is no whole answer to a request that left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LostAnswer {
    #[error("no answer came in time")]
    TimedOut,
    #[error("the connection was closed or reset before the answer was whole")]
    Reset,
    #[error("the answer is not HTTP")]
    Malformed,
    #[error("the answer is too large")]
    TooLarge,
}

impl AnswerHeaders {
    fn of(headers: &HeaderMap) -> Self {
        let text = |it: &reqwest::header::HeaderValue| it.to_str().ok().map(str::to_owned);
        let date = headers.get(DATE).and_then(|it| it.to_str().ok());
        Self {
            date: date.and_then(|it| rfc2822::DateTimeParser::new().parse_timestamp(it).ok()),
            retry_after: retry_after(headers),
            business_use_case_usage: headers.get("x-business-use-case-usage").and_then(text),
        }
    }
}

impl std::fmt::Debug for OnceSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnceSender").field("client", &self.0.client).finish_non_exhaustive()
    }
}

impl OnceSender {
    /// Makes a sender to where `client` calls.
    pub fn new(client: Client, config: OnceConfig) -> Result<Self, CallError> {
        Self::with_tls(client, config, None)
    }

    fn with_tls(client: Client, config: OnceConfig, tls: Option<Arc<rustls::ClientConfig>>) -> Result<Self, CallError> {
        let allows_private = client.0.config.allows_private;
        let connector = Connector::new(&client.0.base, allows_private, config.connect_timeout, tls)?;
        let permits = Arc::new(Semaphore::new(config.concurrency));
        Ok(Self(Arc::new(Inner { client, connector, pool: Pool::new(config.most_idle), permits, config })))
    }

    /// Opens connections until `n` are idle, so that connecting takes none of the time of a request. At most as many as
    /// there may be requests in progress. Returns how many are idle.
    pub async fn open(&self, n: usize) -> Result<usize, NotSent> {
        let n = n.min(self.0.config.concurrency);
        let mut opening = JoinSet::new();
        for _ in self.0.pool.len()..n {
            let inner = Arc::clone(&self.0);
            opening.spawn(async move { inner.connector.connect().await.map(|it| inner.pool.put(it)) });
        }
        while let Some(opened) = opening.join_next().await {
            opened.unwrap_or(Err(NotSent::Unreachable))?;
        }
        Ok(self.0.pool.len())
    }

    /// Sends a request, if it can begin to leave by `not_after`.
    ///
    /// If the future is dropped, nothing more leaves, and what has left is not known.
    pub async fn send(&self, post: OncePost<'_>, not_after: NotAfter) -> SendOutcome {
        if let Some(why) = not_after.refusal(Moment::now()) {
            return SendOutcome::NotSent { why };
        }
        let ready = async {
            let built = self.0.build(post).await?;
            let permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| NotSent::TooLate)?;
            Ok((built, permit))
        };
        let (built, permit) = match before(not_after, ready).await {
            Ok(ready) => ready,
            Err(why) => return SendOutcome::NotSent { why },
        };
        let outcome = self.0.send(&built, permit, not_after).await;
        if let SendOutcome::Answer(Answer { status: 401, .. }) = &outcome {
            // The next request logs in again.
            self.0.client.0.auth.forget(built.token.as_deref()).await;
        }
        outcome
    }
}

impl Inner {
    async fn send(self: &Arc<Self>, built: &Built, permit: OwnedSemaphorePermit, not_after: NotAfter) -> SendOutcome {
        if let Some(kept) = self.pool.take() {
            match self.exchange(kept, built, not_after).await {
                // The server had closed the connection while it was idle. The gate says that no byte of the request left
                // and lets none through any more, so sending it on a fresh connection is not a repetition.
                (SendOutcome::NotSent { why: NotSent::ClosedBeforeWrite }, _) => {}
                (outcome, kept) => return self.finish(outcome, kept, permit),
            }
        }
        match before(not_after, self.fresh(permit)).await {
            Ok((fresh, permit)) => {
                let (outcome, fresh) = self.exchange(fresh, built, not_after).await;
                self.finish(outcome, fresh, permit)
            }
            Err(why) => SendOutcome::NotSent { why },
        }
    }

    async fn exchange(
        &self,
        mut connection: Connection,
        built: &Built,
        not_after: NotAfter,
    ) -> (SendOutcome, Connection) {
        let OnceConfig { timeout, max_response_bytes, .. } = self.config;
        let bounds = Bounds { not_after, timeout, most_bytes: max_response_bytes };
        let outcome = exchange(&mut connection, built.request(), bounds).await;
        (outcome, connection)
    }

    /// Keeps the connection of a whole answer. The permit is given back after that, so that the next request finds it.
    fn finish(
        self: &Arc<Self>,
        outcome: SendOutcome,
        mut connection: Connection,
        permit: OwnedSemaphorePermit,
    ) -> SendOutcome {
        if !matches!(outcome, SendOutcome::Answer(_)) {
            return outcome;
        }
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            // A server that answered before it had read all keeps its connection from being ready.
            if let Ok(Ok(())) = timeout(READY_TIMEOUT, connection.requests.ready()).await {
                // The tickets of TLS have come before the answer.
                connection.may_have_unread = false;
                inner.pool.put(connection);
            }
            drop(permit);
        });
        outcome
    }

    /// Opens a connection. If it comes too late for its request, it is kept for the next one: a server to which a connection
    /// takes longer than a request may wait would never be sent anything else.
    async fn fresh(
        self: &Arc<Self>,
        permit: OwnedSemaphorePermit,
    ) -> Result<(Connection, OwnedSemaphorePermit), NotSent> {
        let (give, take) = oneshot::channel();
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            let opened = inner.connector.connect().await.map(|it| (it, permit));
            if let Err(Ok((unused, _permit))) = give.send(opened) {
                inner.pool.put(unused);
            }
        });
        take.await.unwrap_or(Err(NotSent::Unreachable))
    }
}

/// Waits for what comes before a request leaves.
async fn before<T>(not_after: NotAfter, ready: impl Future<Output = Result<T, NotSent>>) -> Result<T, NotSent> {
    timeout_at(Instant::into(not_after.at()), ready).await.unwrap_or(Err(NotSent::TooLate))
}
