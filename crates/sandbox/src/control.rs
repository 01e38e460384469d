//! Calls by which tests control the sandbox while it runs.
//!
//! - `GET /sandbox/clock` returns its time, `POST /sandbox/clock {"advance_seconds": N}` moves it.
//! - `POST /sandbox/moderation` sets what becomes of templates: see `templates.rs`.
//! - `POST /sandbox/uploads` cuts uploads, `GET` there lists them: see `uploads.rs`.
//! - `POST /sandbox/faults ["rate-limit:0.1", …]` replaces its faults. Calls to providers are counted from then on.
//! - `/sandbox/providers/…` shows and changes what providers hold: see `providers/control.rs`.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Fault, Sandbox};

#[derive(Deserialize)]
pub(crate) struct Move {
    advance_seconds: i64,
}

pub(crate) async fn clock(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    Json(json!({ "now": sandbox.clock.now().to_string() }))
}

pub(crate) async fn move_clock(State(sandbox): State<Arc<Sandbox>>, Json(by): Json<Move>) -> Json<Value> {
    sandbox.clock.advance(by.advance_seconds);
    clock(State(sandbox)).await
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
