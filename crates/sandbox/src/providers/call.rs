//! What happens around the answer to a call: faults, authentication, rates, changes that wait for it, the log of calls.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::control::CallLine;
use super::draw::Draw;
use super::{Provider, Row, Store, World};
use crate::{Fault, FaultKind, Sandbox};

/// A call as it came.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self { method, uri, headers, body })
    }
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|it| it.to_str().ok())
    }

    /// The user and the password of Basic authentication.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        decoded.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    }

    /// The value of `Authorization` after a word such as `Bearer` and a space.
    pub(crate) fn authorization(&self, scheme: &str) -> Option<&str> {
        self.header("authorization")?.strip_prefix(scheme)?.strip_prefix(' ')
    }

    /// The parameters of the address, decoded, in their order.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        super::link::decoded(self.uri.query().unwrap_or_default())
    }

    /// The fields of a body that is a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        super::link::decoded(&String::from_utf8_lossy(&self.body))
    }

    /// The scheme and the host that the caller used, for links that are absolute.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.header("host").unwrap_or("127.0.0.1"))
    }
}

/// A call that is being answered.
pub(crate) struct Call<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) store: &'a mut Store,
    /// The time of the sandbox.
    pub(crate) now: Timestamp,
    /// Whether rates are lifted.
    pub(crate) is_unlimited: bool,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) faults: &'a [FaultKind],
    /// Calls before this one.
    pub(super) n_call: u64,
}

impl Call<'_> {
    /// The first value of a parameter of the address.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    /// The parameters of these names that the caller sent: filters of rows. Most callers send none, and then no row has to be
    /// written out to be compared.
    pub(crate) fn filters(&self, names: &[&'static str]) -> Vec<(&'static str, &str)> {
        names.iter().filter_map(|name| Some((*name, self.query(name)?))).collect()
    }

    pub(crate) fn world(&self) -> &World {
        &self.store.world
    }

    /// The rows of a stream that are there, the oldest first.
    pub(crate) fn rows(&self, stream: &str) -> impl DoubleEndedIterator<Item = &Row> {
        self.store.rows(stream)
    }

    /// The rows of a stream with `since <= at < until`, deleted ones too, for [`Call::page_before`].
    pub(crate) fn between(&self, stream: &str, since: Timestamp, until: Timestamp) -> &[Row] {
        self.store.between(stream, since, until)
    }

    /// What the provider keeps besides rows, by its type.
    pub(crate) fn own<T: Default + Send + 'static>(&mut self) -> Result<&mut T, Failure> {
        self.store.own().ok_or(Failure::Server)
    }

    pub(crate) fn occurs(&self, kind: FaultKind) -> bool {
        self.faults.contains(&kind)
    }
}

/// An answer with status 200 or another of success.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    /// More headers.
    pub(crate) headers: Vec<(header::HeaderName, String)>,
    pub(crate) body: Vec<u8>,
    /// The rows of a stream in it.
    pub(crate) n_rows: usize,
}

impl Answer {
    /// Status 200 with JSON.
    pub(crate) fn json(body: &impl Serialize, n_rows: usize) -> Result<Self, Failure> {
        let body = serde_json::to_vec(body).map_err(|_| Failure::Server)?;
        Ok(Self { status: StatusCode::OK, content_type: "application/json", headers: Vec::new(), body, n_rows })
    }

    /// Status 200 with bytes of another type.
    pub(crate) fn bytes(content_type: &'static str, body: Vec<u8>, n_rows: usize) -> Self {
        Self { status: StatusCode::OK, content_type, headers: Vec::new(), body, n_rows }
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

/// Why a call fails. A provider gives it its own status and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Unauthorised,
    /// There is no such thing.
    NotFound,
    /// A parameter that is wrong, and what is wrong with it.
    BadRequest(String),
    /// The rate is exceeded; the value of `Retry-After`, if the provider says one.
    TooMany(Option<u32>),
    Server,
}

impl Sandbox {
    /// Answers a call to a provider.
    pub(crate) async fn provided(
        &self,
        provider: &'static dyn Provider,
        asked: Asked,
        answer: impl FnOnce(&mut Call<'_>) -> Result<Answer, Failure>,
    ) -> Response {
        let n_call = self.providers.n_calls.fetch_add(1, Ordering::SeqCst);
        let faults: Vec<Fault> = self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let faults: Vec<FaultKind> =
            faults.iter().filter(|it| it.occurs(&self.population, n_call)).map(|it| it.kind).collect();
        if faults.contains(&FaultKind::TimeoutBefore) {
            return std::future::pending().await;
        }
        let response = self.answered(provider, &asked, &faults, n_call, answer);
        if faults.contains(&FaultKind::TimeoutAfter) {
            return std::future::pending().await;
        }
        response
    }

    fn answered(
        &self,
        provider: &'static dyn Provider,
        asked: &Asked,
        faults: &[FaultKind],
        n_call: u64,
        answer: impl FnOnce(&mut Call<'_>) -> Result<Answer, Failure>,
    ) -> Response {
        let (now, is_unlimited, parameters) = (self.clock.now(), self.providers.settings.no_rates, asked.parameters());
        let is_authorised = !faults.contains(&FaultKind::ExpiredToken) && self.admits(provider, asked);
        let outcome = self.with_store(provider, |store| {
            let outcome = match self.refusal(provider, asked, faults, is_authorised, store, now) {
                Some(failure) => Err(failure),
                None => answer(&mut Call { asked, store, now, is_unlimited, parameters, faults, n_call }),
            };
            store.after_call(provider, now);
            outcome
        });
        let is_error_body = faults.contains(&FaultKind::ErrorBody);
        let outcome = if is_error_body { outcome.and(Err(Failure::Server)) } else { outcome };
        let n_rows = outcome.as_ref().map_or(0, |it| it.n_rows);
        let mut response = match outcome {
            Ok(answer) => respond(answer, faults, n_call),
            Err(failure) => provider.failure(&failure),
        };
        if is_error_body {
            *response.status_mut() = StatusCode::OK;
        }
        let (path, status) = (asked.uri.to_string(), response.status().as_u16());
        self.providers.note(CallLine { provider: provider.name(), path, status, n_rows, is_authorised });
        response
    }

    /// Why a call is refused before it is looked at.
    fn refusal(
        &self,
        provider: &dyn Provider,
        asked: &Asked,
        faults: &[FaultKind],
        is_authorised: bool,
        store: &mut Store,
        now: Timestamp,
    ) -> Option<Failure> {
        if faults.contains(&FaultKind::RateLimit) {
            return Some(Failure::TooMany(None));
        }
        if faults.contains(&FaultKind::RetryAfter) {
            return Some(Failure::TooMany(Some(1)));
        }
        if !is_authorised {
            return Some(Failure::Unauthorised);
        }
        if faults.contains(&FaultKind::ServerError) {
            return Some(Failure::Server);
        }
        let is_slow = self.providers.settings.no_rates || store.takes(provider, asked.uri.path(), now);
        (!is_slow).then_some(Failure::TooMany(None))
    }

    fn admits(&self, provider: &dyn Provider, asked: &Asked) -> bool {
        let account = self.providers.settings.account.as_deref();
        self.token.as_ref().is_none_or(|secret| provider.is_authorised(asked, account, secret))
    }

    /// The rows of a provider; they are made when they are first needed.
    pub(super) fn with_store<T>(&self, provider: &dyn Provider, with: impl FnOnce(&mut Store) -> T) -> T {
        let providers = &self.providers;
        let is_tied = {
            let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults.iter().any(|it| it.kind == FaultKind::TiedTimes)
        };
        let make = || {
            let world = World::new(&providers.settings, provider.name(), providers.starts_at);
            Store::new(provider, world, providers.settings.messages, is_tied)
        };
        let Some(kept) = providers.stores.get(provider.name()) else { return with(&mut make()) };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let store = kept.get_or_insert_with(make);
        if is_tied {
            store.tie();
        }
        with(store)
    }
}

impl Store {
    /// Counts a call against the first rate of the provider that is about its path; whether it may be answered.
    fn takes(&mut self, provider: &dyn Provider, path: &str, now: Timestamp) -> bool {
        if let Some((place, rate)) = provider.rates().iter().enumerate().find(|it| path.contains(it.1.path)) {
            let since = now.saturating_sub(SignedDuration::from_secs(rate.seconds)).unwrap_or(now);
            self.recent.retain(|it| it.0 != place || it.1 > since);
            if self.recent.iter().filter(|it| it.0 == place).count() >= rate.calls {
                return false;
            }
            self.recent.push((place, now));
        }
        true
    }
}

/// Makes the response. A fault may cut its body, in the middle or at a byte that the number of the call chooses.
fn respond(answer: Answer, faults: &[FaultKind], n_call: u64) -> Response {
    if faults.contains(&FaultKind::Html) {
        return ([(header::CONTENT_TYPE, "text/html")], "<html><body>502 Bad Gateway</body></html>").into_response();
    }
    let Answer { status, content_type, headers, mut body, n_rows: _ } = answer;
    if faults.contains(&FaultKind::Truncate) {
        body.truncate(body.len() / 2);
    }
    if faults.contains(&FaultKind::CutPage) {
        body.truncate(Draw::new(n_call, &["cut"], 0).below(body.len().max(1)));
    }
    let mut response = (status, [(header::CONTENT_TYPE, content_type)], Body::from(body)).into_response();
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
