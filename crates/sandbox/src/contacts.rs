//! `POST /v1/contacts` as the On-Premises API spoke it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Sandbox;
use crate::desk::{Answer, Waiting};

#[derive(Deserialize)]
struct Question {
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
    let Ok(question) = serde_json::from_str::<Question>(&body) else {
        return failure(StatusCode::BAD_REQUEST, 1009, "Parameter value is not valid");
    };
    let waiting = match question.blocking {
        Blocking::NoWait => Waiting::NonBlocking,
        Blocking::Wait => Waiting::Blocking,
    };
    let body = |answers: &[Answer]| json!({ "contacts": answers.iter().map(contact).collect::<Vec<_>>() });
    sandbox.answer("contacts", &question.contacts, waiting, body).await
}

fn contact(answer: &Answer) -> Value {
    match answer.wa_id {
        Some(wa_id) => json!({ "input": answer.input, "status": answer.word, "wa_id": wa_id.to_string() }),
        None => json!({ "input": answer.input, "status": answer.word }),
    }
}

fn is_authorised(sandbox: &Sandbox, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let given = given.and_then(|it| it.strip_prefix("Bearer ")).unwrap_or_default();
    match (&sandbox.token, &sandbox.login) {
        (None, None) => true,
        (token, login) => {
            token.as_deref() == Some(given) || login.as_ref().is_some_and(|it| it.takes(given, sandbox.clock.now()))
        }
    }
}

pub(crate) fn failure(status: StatusCode, code: i64, title: &str) -> Response {
    let body = json!({ "errors": [{ "code": code, "title": title, "details": title }] });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
