//! `POST /{version}/{number}/messages` and `/marketing_messages`.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jiff::Timestamp;

use crate::Sandbox;
use crate::connection::{Break, Line};
use crate::sending::call::Reply;
use crate::sending::incoming::{Call, Endpoint};
use crate::sending::refusal::Refusal;
use crate::sending::settings::{SendFault, TokenSettings};

/// The longest body of a message.
const MOST_BYTES: usize = 1 << 20;

pub(crate) async fn messages(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, number)): Path<(String, String)>,
    request: Request,
) -> Response {
    send(&sandbox, Endpoint::Messages, &number, request).await
}

pub(crate) async fn marketing_messages(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, number)): Path<(String, String)>,
    request: Request,
) -> Response {
    send(&sandbox, Endpoint::MarketingMessages, &number, request).await
}

async fn send(sandbox: &Arc<Sandbox>, endpoint: Endpoint, number: &str, request: Request) -> Response {
    let line = request.extensions().get::<ConnectInfo<Line>>().map(|it| it.0.clone()).unwrap_or_default();
    let token = sandbox.token_of(request.headers());
    let call = |body, token| Call { endpoint, number, token, body, at: sandbox.clock.now(), real_at_us: real_micros() };
    if sandbox.sending.state().resets_unread(sandbox.world(), &call(&[], Ok(()))) {
        line.end(Break::Reset);
        return StatusCode::OK.into_response();
    }
    // A body that ends early is no request: the platform has not got it either.
    let Ok(body) = to_bytes(request.into_body(), MOST_BYTES).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let call = call(&body, token);
    let (reply, due_before, due_after, is_logged) = {
        let mut state = sandbox.sending.state();
        let before = state.schedule.next_due();
        let reply = state.take(sandbox.world(), &call);
        (reply, before, state.schedule.next_due(), state.log_failure.is_none())
    };
    if due_before != due_after {
        sandbox.sending.changed.notify_one();
    }
    match is_logged {
        true => carry(reply, &line).await,
        false => (StatusCode::INTERNAL_SERVER_ERROR, "the log of sends cannot be written").into_response(),
    }
}

/// Answers as the fault has it.
async fn carry(reply: Reply, line: &Line) -> Response {
    let status = StatusCode::from_u16(reply.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let broken = |how| {
        line.end(how);
        StatusCode::OK.into_response()
    };
    match reply.fault {
        Some((SendFault::SilentBefore | SendFault::SilentAfter, _)) => std::future::pending().await,
        Some((SendFault::CloseBefore | SendFault::CloseAfter, _)) => broken(Break::Close),
        Some((SendFault::ResetUnread | SendFault::ResetBefore | SendFault::ResetAfter, _)) => broken(Break::Reset),
        Some((SendFault::Cut, _)) => cut(status, &reply.body),
        Some((SendFault::Slow, seconds)) => {
            tokio::time::sleep(Duration::from_secs_f64(seconds.clamp(0.0, 1e6))).await;
            whole(status, reply.body)
        }
        Some((SendFault::Error | SendFault::ErrorAfter, _)) | None => whole(status, reply.body),
    }
}

fn whole(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=UTF-8")], body).into_response()
}

/// An answer that announces all of its bytes and ends after half of them.
fn cut(status: StatusCode, body: &str) -> Response {
    let half = body.as_bytes()[..body.len() / 2].to_vec();
    let end = async {
        // Lets the half be written before the connection ends.
        tokio::task::yield_now().await;
        Err(io::Error::other("cut"))
    };
    let parts = futures::stream::once(async { Ok(half) }).chain(futures::stream::once(end));
    let mut response = (status, Body::from_stream(parts)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    response
}

/// Microseconds since 1970 by the real clock.
pub(super) fn real_micros() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

impl Sandbox {
    /// Why the token of a request is refused, if it is.
    pub(super) fn token_of(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let settings = self.sending.state().settings.token.clone();
        let given = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let given = given.strip_prefix("Bearer ").unwrap_or_default();
        match self.token.as_deref().is_some_and(|it| it != given) || !settings.is_valid_at(self.clock.now()) {
            true => Err(Refusal::new(190, "The access token is not valid.")),
            false => settings.permission(),
        }
    }
}

impl TokenSettings {
    /// Whether the token is valid now.
    pub(super) fn is_valid_at(&self, now: Timestamp) -> bool {
        self.is_valid && self.expires_at.is_none_or(|it| now < it)
    }

    fn permission(&self) -> Result<(), Refusal> {
        match self.scopes.iter().any(|it| it == "whatsapp_business_messaging") {
            true => Ok(()),
            false => Err(Refusal::new(10, "The token lacks whatsapp_business_messaging.")),
        }
    }
}
