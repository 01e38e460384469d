//! Calls by which tests control the sandbox while it runs.
//!
//! - `GET /sandbox/clock` returns its time and when the next event of the sending side is due. `POST /sandbox/clock
//!   {"to": "2026-11-01T09:00:00Z"}` or `{"advance_seconds": N}` moves it forward, tells of everything that is due by then in
//!   its order, and answers when all webhooks were answered.
//! - `POST /sandbox/moderation` sets what becomes of templates: see `templates.rs`.
//! - `POST /sandbox/uploads` cuts uploads, `GET` there lists them: see `uploads.rs`.
//! - `POST /sandbox/faults ["rate-limit:0.1", …]` replaces its faults. Calls to providers are counted from then on.
//! - `/sandbox/sending` and `/sandbox/inbound` are about messages: see `sending/control.rs`.
//! - `/sandbox/providers/…` shows and changes what providers hold: see `providers/control.rs`.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Fault, Sandbox};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    advance_seconds: Option<i64>,
    to: Option<Timestamp>,
}

type Failure = (StatusCode, Json<Value>);

fn failure(status: StatusCode, error: &str) -> Failure {
    (status, Json(json!({ "error": error })))
}

pub(crate) async fn clock(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    let next_due = sandbox.sending.next_due().map(|it| it.to_string());
    Json(json!({
        "now": sandbox.clock.now().to_string(), "next_due": next_due, "frozen": sandbox.clock.is_frozen(),
    }))
}

pub(crate) async fn move_clock(
    State(sandbox): State<Arc<Sandbox>>,
    Json(by): Json<Move>,
) -> Result<Json<Value>, Failure> {
    let now = sandbox.clock.now();
    let to = match (by.to, by.advance_seconds) {
        (Some(to), None) => to,
        (None, Some(seconds)) => now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX),
        _ => return Err(failure(StatusCode::BAD_REQUEST, "give \"to\" or \"advance_seconds\"")),
    };
    if to < now {
        return Err(failure(StatusCode::BAD_REQUEST, &format!("it is {now} already: the clock goes forward only")));
    }
    if !sandbox.clock.is_frozen() {
        sandbox.clock.move_to(to);
    }
    let told = sandbox.sending.deliver(&sandbox, to, true).await;
    sandbox.clock.move_to(to);
    match told {
        Ok(n_webhooks) => {
            let Json(mut shown) = clock(State(sandbox)).await;
            shown["webhooks"] = json!(n_webhooks);
            Ok(Json(shown))
        }
        Err(not_told) => {
            let error = format!(
                "{} webhooks were not answered with 200: is the address of \"webhooks\" in GET /sandbox/sending right, \
                 and is something listening there?",
                not_told.0
            );
            Err(failure(StatusCode::BAD_GATEWAY, &error))
        }
    }
}

pub(crate) async fn set_faults(
    State(sandbox): State<Arc<Sandbox>>,
    Json(faults): Json<Vec<String>>,
) -> Result<StatusCode, (StatusCode, String)> {
    let faults: Result<Vec<Fault>, _> = faults.iter().map(|it| it.parse()).collect();
    let faults = faults.map_err(|error: crate::FaultSyntax| (StatusCode::BAD_REQUEST, error.to_string()))?;
    *sandbox.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    sandbox.providers.count_from_zero();
    Ok(StatusCode::NO_CONTENT)
}
