//! Calls by which tests look into the stand-ins and change what they hold.
//!
//! - `GET /sandbox/providers/{provider}/rows` lists every row that the provider holds or has held, one JSON object a line:
//!   `{"stream", "id", "phone" or "viber_id", "direction", "at", "body", "status", "error", "state", "appended"}`, where
//!   `state` is `present` or `deleted`.
//! - `GET /sandbox/providers/calls` lists every call in the same way: `{"provider", "path", "status", "n_rows",
//!   "authorised"}`.
//! - `POST /sandbox/providers/{provider}/change` changes rows: `{"append": n}`, `{"append_people": n}`, `{"delete": n}`,
//!   `{"stop": "+33…"}`, `{"start": "+33…"}`; `{"delete_at_call": k, "n": m}` and `{"append_at_call": k, "n": m}` after the
//!   k-th call from now; `"stream"` says of which stream rows are deleted.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::store::Change;
use super::{Providers, named};
use crate::Sandbox;

/// A call to a provider, as it is logged.
pub(crate) struct CallLine {
    pub(super) provider: &'static str,
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) n_rows: usize,
    pub(super) is_authorised: bool,
}

impl Providers {
    pub(super) fn note(&self, call: CallLine) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// Lets faults on the first calls begin again.
    pub(crate) fn count_from_zero(&self) {
        self.n_calls.store(0, std::sync::atomic::Ordering::SeqCst);
    }
}

/// A change as tests write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRequest {
    append: Option<u64>,
    append_people: Option<u64>,
    delete: Option<u64>,
    delete_at_call: Option<u64>,
    append_at_call: Option<u64>,
    n: Option<u64>,
    stream: Option<String>,
    stop: Option<String>,
    start: Option<String>,
}

impl ChangeRequest {
    /// The changes, each with the calls it waits for.
    fn changes(self) -> Vec<(u64, Change)> {
        let n = self.n.unwrap_or(1);
        let word = |phone: Option<String>, word: &str| {
            let digits = phone?.trim_start_matches('+').parse().ok()?;
            Some((0, Change::Word(digits, word.to_owned())))
        };
        let changes = [
            self.append.map(|it| (0, Change::Append(it))),
            self.append_people.map(|it| (0, Change::AppendPeople(it))),
            self.delete.map(|it| (0, Change::Delete(it, self.stream.clone()))),
            self.append_at_call.map(|it| (it, Change::Append(n))),
            self.delete_at_call.map(|it| (it, Change::Delete(n, self.stream.clone()))),
            word(self.stop, "STOP"),
            word(self.start, "START"),
        ];
        changes.into_iter().flatten().collect()
    }
}

pub(crate) async fn rows(State(sandbox): State<Arc<Sandbox>>, Path(provider): Path<String>) -> Response {
    let Some(provider) = named(&provider) else { return StatusCode::NOT_FOUND.into_response() };
    let lines = sandbox.with_store(provider, |it| it.ledger(provider).map(|it| format!("{it}\n")).collect::<String>());
    json_lines(lines)
}

pub(crate) async fn calls(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let calls = sandbox.providers.calls.lock().unwrap_or_else(PoisonError::into_inner);
    let line = |it: &CallLine| {
        let CallLine { provider, path, status, n_rows, is_authorised } = it;
        json!({ "provider": provider, "path": path, "status": status, "n_rows": n_rows, "authorised": is_authorised })
    };
    json_lines(calls.iter().map(|it| format!("{}\n", line(it))).collect())
}

pub(crate) async fn change(
    State(sandbox): State<Arc<Sandbox>>,
    Path(provider): Path<String>,
    Json(request): Json<ChangeRequest>,
) -> StatusCode {
    let Some(provider) = named(&provider) else { return StatusCode::NOT_FOUND };
    let now = sandbox.clock.now();
    sandbox.with_store(provider, |store| {
        for (calls, change) in request.changes() {
            match calls {
                0 => store.change(provider, &change, now),
                _ => store.change_later(calls, change),
            }
        }
    });
    StatusCode::NO_CONTENT
}

fn json_lines(lines: String) -> Response {
    ([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response()
}
