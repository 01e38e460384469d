//! Calls by which tests control the sending side.
//!
//! - `GET /sandbox/sending` counts what happened; `POST` there replaces the settings.
//! - `POST /sandbox/inbound [{"from": "33199000001", "number": "5…", "does": {"writes": "STOP"}, "at": …}]` lets people write
//!   or do something, now or at a moment to come.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Sandbox;
use crate::sending::person::digits_of;
use crate::sending::schedule::{Event, Inbound};
use crate::sending::settings::{Answer, SendingSettings};

pub(crate) async fn shown(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    let now = sandbox.clock.now();
    Json(sandbox.sending.state().shown(now))
}

pub(crate) async fn replace(State(sandbox): State<Arc<Sandbox>>, body: String) -> Response {
    let settings: SendingSettings = match serde_json::from_str(&body) {
        Ok(settings) => settings,
        Err(error) => return wrong(format!("these are no settings of sending: {error}")),
    };
    if let Err(error) = settings.check(sandbox.sending.secret.is_some()) {
        return wrong(error.to_string());
    }
    sandbox.sending.state().replace(settings, sandbox.world());
    StatusCode::NO_CONTENT.into_response()
}

/// What a person does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {
    from: String,
    number: String,
    does: Answer,
    at: Option<Timestamp>,
}

pub(crate) async fn inbound(State(sandbox): State<Arc<Sandbox>>, body: String) -> Response {
    let done: Vec<Done> = match serde_json::from_str(&body) {
        Ok(done) => done,
        Err(error) => return wrong(format!("this is no list of what people do: {error}")),
    };
    let now = sandbox.clock.now();
    {
        let mut state = sandbox.sending.state();
        for done in done {
            let Some(from) = digits_of(&done.from) else { return wrong("\"from\" is not a phone number".to_owned()) };
            if !state.settings.numbers.contains_key(&done.number) {
                return wrong("\"number\" is the id of a number of the settings".to_owned());
            }
            let inbound = Inbound { from, number: done.number, does: done.does, answers: None };
            state.schedule.add(done.at.unwrap_or(now).max(now), Event::Inbound(inbound));
        }
    }
    sandbox.sending.changed.notify_one();
    StatusCode::NO_CONTENT.into_response()
}

fn wrong(error: String) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}
