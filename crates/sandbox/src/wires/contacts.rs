//! `POST /v1/contacts` of the On-Premises API.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Sandbox;
use crate::answering::{Lookup, NumberAnswer};
use crate::error_body::failure;

#[derive(Deserialize)]
struct CheckRequest {
    contacts: Vec<String>,
    #[serde(default)]
    blocking: Blocking,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Blocking {
    #[default]
    NoWait,
    Wait,
}

pub(crate) async fn check(State(sandbox): State<Arc<Sandbox>>, headers: HeaderMap, body: String) -> Response {
    if !is_authorised(&sandbox, &headers) {
        return failure(StatusCode::UNAUTHORIZED, 1005, "Access denied");
    }
    let Ok(request) = serde_json::from_str::<CheckRequest>(&body) else {
        return failure(StatusCode::BAD_REQUEST, 1009, "Parameter value is not valid");
    };
    let lookup = match request.blocking {
        Blocking::NoWait => Lookup::NonBlocking,
        Blocking::Wait => Lookup::Blocking,
    };
    let body = |answers: &[NumberAnswer]| json!({ "contacts": answers.iter().map(contact).collect::<Vec<_>>() });
    sandbox.answer("contacts", &request.contacts, lookup, body).await
}

fn contact(answer: &NumberAnswer) -> Value {
    match answer.wa_id {
        Some(wa_id) => json!({ "input": answer.input, "status": answer.status, "wa_id": wa_id.to_string() }),
        None => json!({ "input": answer.input, "status": answer.status }),
    }
}

fn is_authorised(sandbox: &Sandbox, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let given = given.and_then(|it| it.strip_prefix("Bearer ")).unwrap_or_default();
    match (&sandbox.token, &sandbox.login) {
        (None, None) => true,
        (token, login) => {
            token.as_deref() == Some(given) || login.as_ref().is_some_and(|it| it.accepts(given, sandbox.clock.now()))
        }
    }
}
