//! Answers a request: from its headers to the commit of its body.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use jiff::Timestamp;

use crate::cause::Cause;
use crate::guard::{Guard, Webhook};
use crate::store::CheckedBody;
use crate::{Shared, body, handshake};

/// The answer to a request. Its body is short text or empty.
pub(crate) type Answer = Response<Full<Bytes>>;

/// The seconds after which a platform may try again. Platforms have waiting times of their own and may ignore it.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// Answers a request of the public listener.
pub(crate) async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    if request.uri().path() == "/health" {
        return Ok(match *request.method() {
            Method::GET => shared.status.health(),
            _ => refuse("GET", None, Cause::Method),
        });
    }
    let Some(webhook) = shared.webhooks.get(request.uri().path()) else {
        return Ok(reject(&shared, None, Cause::UnknownPath));
    };
    let answered = match *request.method() {
        Method::POST => receive(&shared, webhook, request).await.map(|()| text(StatusCode::OK, Bytes::new())),
        Method::GET => greet(webhook, &request),
        _ => Err(Cause::Method),
    };
    Ok(match answered {
        Ok(answer) => {
            shared.status.count_answered(&webhook.name);
            answer
        }
        Err(cause) => reject(&shared, Some(webhook), cause),
    })
}

/// Takes a body in. It is committed when this returns.
async fn receive(shared: &Shared, webhook: &Webhook, request: Request<Incoming>) -> Result<(), Cause> {
    let (head, incoming) = request.into_parts();
    let proof = webhook.guard.read_headers(&head.headers)?;
    if head.headers.contains_key(CONTENT_ENCODING) {
        return Err(Cause::Encoded);
    }
    let bytes = body::read(incoming, &shared.limits, &shared.reading).await?;
    let query = head.uri.query();
    if !webhook.guard.is_right(&proof, &head.headers, query, &bytes) {
        return Err(Cause::WrongSignature);
    }
    let checked = CheckedBody {
        webhook: Arc::clone(&webhook.name),
        received_at: Timestamp::now(),
        is_signed: webhook.guard.is_signed(),
        headers: kept_headers(&webhook.guard, &head.headers),
        query: query.map(str::to_owned),
        body: bytes,
    };
    let committed = shared.queue.put(checked).ok_or(Cause::Full)?;
    match tokio::time::timeout(shared.limits.commit_timeout, committed).await {
        Ok(Ok(true)) => Ok(()),
        // The writer has failed, or is gone.
        Ok(_) => Err(Cause::NotCommitted),
        Err(_) => Err(Cause::SlowCommit),
    }
}

/// Answers the handshake of a platform.
fn greet(webhook: &Webhook, request: &Request<Incoming>) -> Result<Answer, Cause> {
    let token = webhook.guard.verify_token().ok_or(Cause::Method)?;
    let challenge = handshake::challenge(request.uri().query(), token)?;
    let mut answer = text(StatusCode::OK, challenge.into());
    answer.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(answer)
}

fn kept_headers(guard: &Guard, headers: &HeaderMap) -> Vec<(&'static str, String)> {
    let names = ["content-type"].into_iter().chain(guard.kept_header());
    let value = |name: &'static str| headers.get(name).and_then(|it| it.to_str().ok()).map(|it| (name, it.to_owned()));
    names.filter_map(value).collect()
}

fn reject(shared: &Shared, webhook: Option<&Webhook>, cause: Cause) -> Answer {
    let name = webhook.map_or("", |it| &it.name);
    shared.rejects.log(name, cause);
    shared.status.count_rejected(name, cause);
    let allowed = match webhook.is_some_and(|it| it.guard.verify_token().is_some()) {
        true => "GET, POST",
        false => "POST",
    };
    refuse(allowed, webhook.map(|it| &it.guard), cause)
}

/// The answer to a rejected request. It does not say what was wrong with a signature.
fn refuse(allowed: &'static str, guard: Option<&Guard>, cause: Cause) -> Answer {
    let mut answer = text(cause.status(), Bytes::new());
    let mut add = |name: HeaderName, value: HeaderValue| answer.headers_mut().insert(name, value);
    match cause.status() {
        StatusCode::METHOD_NOT_ALLOWED => drop(add(ALLOW, HeaderValue::from_static(allowed))),
        StatusCode::SERVICE_UNAVAILABLE => drop(add(RETRY_AFTER, RETRY_AFTER_SECONDS)),
        StatusCode::UNAUTHORIZED if matches!(guard, Some(Guard::Basic { .. })) => {
            add(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"webhook\""));
        }
        _ => {}
    }
    // The rest of the body is still on its way.
    if matches!(cause, Cause::TooLarge | Cause::SlowBody | Cause::BrokenBody | Cause::Busy | Cause::Encoded) {
        add(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// An answer in plain text.
pub(crate) fn text(status: StatusCode, body: Bytes) -> Answer {
    let has_text = !body.is_empty();
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    if has_text {
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    answer
}
