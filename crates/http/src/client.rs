use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{RequestBuilder, StatusCode};
use serde::Serialize;
use url::Url;

use crate::auth::{Auth, Credentials, Login};
use crate::backoff::backoff;
use crate::resolver::{Resolver, is_private_host};
use crate::response::{self, ReadFailure, Response, long_wait, retry_after};
use crate::throttle::{CallCounts, Throttle};
use crate::url::is_loopback;
use crate::{CallError, ClientConfig, Hooks};

/// Connecting takes at most this long, also where the timeout of the whole call is longer.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

const FORM: &str = "application/x-www-form-urlencoded";

/// How a protocol reports that it refuses a call: makes an error of a status from 300 to 499, except 429, and a body.
pub type ReadError = fn(u16, &[u8]) -> CallError;

/// A client of one provider. Clones share its throttle and its login.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// Keeps idle connections.
    retrying: reqwest::Client,
    /// Opens a connection per request; see [`Client::post_once`].
    pub(crate) once: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) auth: Auth,
    read_error: ReadError,
    throttle: Throttle,
    pub(crate) config: ClientConfig,
}

/// A request that may be repeated.
pub struct Request<'a> {
    pub path: &'a str,
    pub parameters: Parameters<'a>,
    /// What each attempt takes from the quota, such as the numbers to check.
    pub units: u64,
}

/// Bytes that are posted once, such as a part of a file.
pub struct BytesRequest<'a> {
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Vec<u8>,
    /// The timeout of this request: a large body takes longer than that of the client allows.
    pub timeout: Duration,
}

/// What was said of bytes that were posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    pub status: u16,
    /// The wait that the answer asks for.
    pub retry_after: Option<Duration>,
}

/// What a request carries, and so its method: `POST` for JSON, `GET` for a query.
pub enum Parameters<'a> {
    Json(Bytes),
    /// The fields of a form, encoded: also a `POST`.
    Form(Bytes),
    Query(&'a [(&'static str, &'a str)]),
    /// A `GET` whose answer leads to a file. The file can be at any host, and no credentials go there.
    File,
}

impl Parameters<'_> {
    /// Makes the body of a form from the members of an object.
    pub fn form(fields: &serde_json::Value) -> Result<Self, CallError> {
        let fields = fields.as_object().ok_or(CallError::Malformed)?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            match value {
                serde_json::Value::String(text) => form.append_pair(name, text),
                other => form.append_pair(name, &other.to_string()),
            };
        }
        Ok(Self::Form(form.finish().into()))
    }

    /// Makes a JSON body.
    pub fn json(body: &impl Serialize) -> Result<Self, CallError> {
        serde_json::to_vec(body).map(|it| Self::Json(it.into())).map_err(|_| CallError::Malformed)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.0.base.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client; `base` comes from [`crate::base_url`].
    pub fn new(
        base: Url,
        credentials: Credentials,
        config: ClientConfig,
        read_error: ReadError,
    ) -> Result<Self, CallError> {
        Self::with_hooks(base, credentials, config, Hooks::default(), read_error)
    }

    /// Makes a client that calls `hooks` while it works.
    pub fn with_hooks(
        base: Url,
        credentials: Credentials,
        config: ClientConfig,
        hooks: Hooks,
        read_error: ReadError,
    ) -> Result<Self, CallError> {
        let make = |builder: reqwest::ClientBuilder| builder.build().map_err(|source| CallError::Setup { source });
        Ok(Self(Arc::new(Inner {
            retrying: make(builder(&base, &config))?,
            once: make(builder(&base, &config).pool_max_idle_per_host(0))?,
            base,
            auth: Auth::new(credentials),
            read_error,
            throttle: Throttle::with_hooks(&config, hooks),
            config,
        })))
    }

    /// Returns what was called so far.
    pub fn counts(&self) -> CallCounts {
        self.0.throttle.counts()
    }

    /// Returns the units that are left of the quota; `None` if there is no bound.
    pub fn quota_left(&self) -> Option<u64> {
        self.0.throttle.quota_left()
    }

    /// Returns how many times slower than its rate the client calls; 1 if it has no rate.
    pub fn slowdown(&self) -> f64 {
        self.0.throttle.slowdown()
    }

    /// Sends a request until `read` can read an answer, or until it is clear that none will come.
    pub async fn send_retrying<T>(
        &self,
        request: Request<'_>,
        read: impl Fn(&[u8]) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let config = &self.0.config;
        let mut waits = backoff(config.backoff).take(config.attempts.saturating_sub(1));
        loop {
            let permit = self.0.throttle.admit(request.units).await?;
            let error = match self.0.attempt(&request).await.and_then(|it| read(&it)) {
                Ok(answer) => {
                    permit.answered();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if !error.is_failure() {
                permit.answered();
                return Err(error);
            }
            let wait = waits.next();
            let waits_alone = permit.failed(&error, wait.is_some());
            let Some(wait) = wait else { return Err(error) };
            tracing::info!(wait_ms = wait.as_millis(), waits_alone, why = %error, "retrying");
            if waits_alone {
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// Posts JSON once, for requests that must not be carried out twice. `read` gets the status and body of every answer
    /// below 500 except 429.
    ///
    /// Once a byte may have left, a failure is [`CallError::OutcomeUnknown`]. Each request has a connection of its own: the
    /// connection pool sends a request again if a kept connection turns out to be closed, and a request on a connection
    /// that the server is about to close has no known outcome.
    pub async fn post_once<T>(
        &self,
        path: &str,
        body: &impl Serialize,
        read: impl FnOnce(u16, &[u8]) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let request = self.0.once.post(self.0.url(path)?).json(body);
        self.send_once(request, read).await
    }

    /// Posts bytes once, as [`Client::post_once`] does.
    pub async fn post_bytes_once<T>(
        &self,
        request: BytesRequest<'_>,
        read: impl FnOnce(u16, &[u8]) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let BytesRequest { path, headers, body, timeout } = request;
        let request = self.0.once.post(self.0.url(path)?).timeout(timeout).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send_once(request, read).await
    }

    /// Posts bytes on a kept connection, and returns the status of whatever answer comes. The client neither repeats the request
    /// nor slows it down: this is for those who do both by rules of their own, and whose requests may come twice.
    pub async fn post_bytes(&self, request: BytesRequest<'_>) -> Result<Posted, CallError> {
        let BytesRequest { path, headers, body, timeout } = request;
        let request = self.0.retrying.post(self.0.url(path)?).timeout(timeout).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let Response { status, headers, .. } = self.0.receive(request).await?;
        Ok(Posted { status: status.as_u16(), retry_after: retry_after(&headers) })
    }

    async fn send_once<T>(
        &self,
        request: RequestBuilder,
        read: impl FnOnce(u16, &[u8]) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let permit = self.0.throttle.admit(0).await?;
        let answer = self.0.post(request).await.and_then(|it| {
            // An answer that cannot be read does not say what was done.
            read(it.status.as_u16(), &it.body).map_err(CallError::of_post)
        });
        match &answer {
            Err(error) if error.is_failure() => {
                permit.failed(error, false);
            }
            _ => permit.answered(),
        }
        answer
    }
}

/// A client without any retry, redirect or proxy of reqwest's own.
pub(crate) fn builder(base: &Url, config: &ClientConfig) -> reqwest::ClientBuilder {
    // Fails if another client has installed it before, which does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder();
    // Without TLS the certificates of this machine, several hundred files, need not be read.
    let builder = if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
    builder
        .timeout(config.timeout)
        .connect_timeout(config.timeout.min(CONNECT_TIMEOUT))
        .retry(reqwest::retry::never())
        // A redirect would carry the token to another host.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .dns_resolver(Resolver { allows_private: config.allows_private })
}

impl Inner {
    /// Makes one call, or two where the token of the last login has expired.
    async fn attempt(&self, request: &Request<'_>) -> Result<Vec<u8>, CallError> {
        let token = self.token().await?;
        let answer = self.call(request, token.as_deref()).await;
        if matches!(answer, Err(CallError::Refused { status: 401, .. })) && self.auth.forget(token.as_deref()).await {
            let token = self.token().await?;
            return self.call(request, token.as_deref()).await;
        }
        answer
    }

    async fn call(&self, request: &Request<'_>, token: Option<&str>) -> Result<Vec<u8>, CallError> {
        let url = self.url(request.path)?;
        let builder = match &request.parameters {
            Parameters::Json(body) => {
                self.retrying.post(url).header(CONTENT_TYPE, "application/json").body(body.clone())
            }
            Parameters::Form(body) => self.retrying.post(url).header(CONTENT_TYPE, FORM).body(body.clone()),
            Parameters::Query(query) => self.retrying.get(url).query(query),
            Parameters::File => return self.file(self.auth.authorize(self.retrying.get(url), token)?).await,
        };
        self.send(self.auth.authorize(builder, token)?).await
    }

    /// Sends a request, and fetches the file to which its answer leads. Its address is a secret of its own, so it is in no
    /// error.
    async fn file(&self, request: RequestBuilder) -> Result<Vec<u8>, CallError> {
        let response = self.receive(request).await?;
        if !response.status.is_redirection() {
            return self.body(response);
        }
        let link = response.headers.get(LOCATION).and_then(|it| it.to_str().ok()).ok_or(CallError::Malformed)?;
        let url = self.base.join(link).map_err(|_| CallError::Malformed)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        match () {
            () if url.scheme() != "https" && !is_loopback(&url) => Err(CallError::OtherHost { host }),
            () if !self.config.allows_private && is_private_host(&url) => Err(CallError::Private { host }),
            () => self.send(self.retrying.get(url)).await,
        }
    }

    async fn post(&self, request: RequestBuilder) -> Result<Response, CallError> {
        let token = self.token().await?;
        let request = self.auth.authorize(request, token.as_deref())?;
        let response = self.receive(request).await.map_err(CallError::of_post)?;
        match response.status {
            StatusCode::TOO_MANY_REQUESTS => {
                Err(CallError::RateLimited { retry_after: retry_after(&response.headers) })
            }
            status if status.is_server_error() => Err(CallError::Provider { status: status.as_u16() }.of_post()),
            StatusCode::UNAUTHORIZED => {
                // The next request logs in again.
                self.auth.forget(token.as_deref()).await;
                Ok(response)
            }
            _ => Ok(response),
        }
    }

    pub(crate) async fn token(&self) -> Result<Option<String>, CallError> {
        let log_in = async |login: &Login| {
            let url = self.url_at(login.base.as_ref().unwrap_or(&self.base), login.path)?;
            let request = self.retrying.post(url).basic_auth(&login.user, Some(&login.password));
            let request = if login.form.is_empty() { request } else { with_form(request, login.form) };
            (login.read_token)(&self.send(request).await?).ok_or(CallError::Malformed)
        };
        self.auth.token(log_in).await
    }

    pub(crate) fn url(&self, path: &str) -> Result<Url, CallError> {
        self.url_at(&self.base, path)
    }

    fn url_at(&self, base: &Url, path: &str) -> Result<Url, CallError> {
        let url = base.join(path).map_err(|_| CallError::Malformed)?;
        let host = || url.host_str().unwrap_or_default().to_owned();
        match () {
            // A path such as `//host/` would carry the credentials away.
            () if url.origin() != base.origin() => Err(CallError::OtherHost { host: host() }),
            () if !self.config.allows_private && is_private_host(&url) => Err(CallError::Private { host: host() }),
            () => Ok(url),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, CallError> {
        let response = self.receive(request).await?;
        self.body(response)
    }

    /// Returns the body of an answer that is none of an error.
    fn body(&self, Response { status, headers, body }: Response) -> Result<Vec<u8>, CallError> {
        let is_told_to_wait = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        if let (true, true, Some(wait)) = (is_told_to_wait, self.config.gives_up_on_long_waits, long_wait(&headers)) {
            return Err(CallError::AskedToWait { wait });
        }
        match status {
            StatusCode::TOO_MANY_REQUESTS => Err(CallError::RateLimited { retry_after: retry_after(&headers) }),
            StatusCode::SERVICE_UNAVAILABLE if retry_after(&headers).is_some() => {
                Err(CallError::RateLimited { retry_after: retry_after(&headers) })
            }
            // A part of an answer, and one that is still to come.
            StatusCode::PARTIAL_CONTENT | StatusCode::ACCEPTED => Err(CallError::Malformed),
            _ if status.is_server_error() => Err(CallError::Provider { status: status.as_u16() }),
            _ if status.is_success() => Ok(body),
            _ => Err((self.read_error)(status.as_u16(), &body)),
        }
    }

    async fn receive(&self, request: RequestBuilder) -> Result<Response, CallError> {
        let response = request.send().await.map_err(|it| self.failure(it))?;
        let read = response::read(response, self.config.max_response_bytes).await;
        read.map_err(|it| match it {
            ReadFailure::Connection(error) => self.failure(error),
            ReadFailure::TooLarge => CallError::TooLarge { most: self.config.max_response_bytes },
        })
    }

    fn failure(&self, error: reqwest::Error) -> CallError {
        let error = error.without_url();
        match error {
            // Before the timeout: one while connecting means that nothing was sent.
            error if private_host(&error).is_some() => {
                CallError::Private { host: private_host(&error).unwrap_or_default() }
            }
            error if error.is_connect() => {
                CallError::Unreachable { host: self.base.host_str().unwrap_or_default().to_owned(), source: error }
            }
            error if error.is_timeout() => CallError::TimedOut,
            // The connection broke before the answer was whole.
            _ => CallError::Malformed,
        }
    }
}

/// Adds the body of a form.
fn with_form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header(CONTENT_TYPE, FORM).body(form)
}

/// Returns the host that the resolver refused, if that is why a call failed.
fn private_host(error: &reqwest::Error) -> Option<String> {
    std::iter::successors(std::error::Error::source(error), |it| it.source()).find_map(|it| match it.downcast_ref() {
        Some(CallError::Private { host }) => Some(host.clone()),
        _ => None,
    })
}
