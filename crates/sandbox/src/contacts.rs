//! `POST /v1/contacts` as the On-Premises API spoke it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{FaultKind, Sandbox};

#[derive(Deserialize)]
struct Question {
    contacts: Vec<String>,
}

/// One number of a request and the word that answers it.
struct Answer<'a> {
    number: &'a str,
    word: &'static str,
}

pub(crate) async fn check(State(sandbox): State<Arc<Sandbox>>, headers: HeaderMap, body: String) -> Response {
    let n_request = sandbox.n_requests.fetch_add(1, Ordering::SeqCst);
    let strikes = |kind| sandbox.faults.iter().any(|it| it.kind == kind && it.strikes(&sandbox.world, n_request));

    if sandbox.token.as_ref().is_some_and(|token| !is_authorised(&headers, token)) {
        return failure(StatusCode::UNAUTHORIZED, 1005, "Access denied");
    }
    if strikes(FaultKind::RateLimit) {
        return failure(StatusCode::TOO_MANY_REQUESTS, 1015, "Too many requests");
    }
    if strikes(FaultKind::RetryAfter) {
        return ([(header::RETRY_AFTER, "1")], failure(StatusCode::TOO_MANY_REQUESTS, 1015, "Too many requests"))
            .into_response();
    }
    if strikes(FaultKind::ServerError) {
        return failure(StatusCode::INTERNAL_SERVER_ERROR, 1014, "Internal error");
    }
    if strikes(FaultKind::TimeoutBefore) {
        return std::future::pending().await;
    }
    if strikes(FaultKind::Html) {
        return ([(header::CONTENT_TYPE, "text/html")], "<html><body>502 Bad Gateway</body></html>").into_response();
    }
    let Ok(question) = serde_json::from_str::<Question>(&body) else {
        return failure(StatusCode::BAD_REQUEST, 1009, "Parameter value is not valid");
    };

    let answers = answers(&sandbox, &question, strikes);
    if let Some(ledger) = &sandbox.ledger
        && ledger.note(n_request, answers.iter().map(|it| (it.number, it.word))).is_err()
    {
        return failure(StatusCode::INTERNAL_SERVER_ERROR, 1014, "The ledger cannot be written");
    }
    if strikes(FaultKind::TimeoutAfter) {
        return std::future::pending().await;
    }
    let text = json!({ "contacts": answers.iter().map(Answer::json).collect::<Vec<_>>() }).to_string();
    let end = if strikes(FaultKind::Truncate) { text.len() / 2 } else { text.len() };
    ([(header::CONTENT_TYPE, "application/json")], Body::from(text.as_bytes()[..end].to_vec())).into_response()
}

fn answers<'a>(sandbox: &Sandbox, question: &'a Question, strikes: impl Fn(FaultKind) -> bool) -> Vec<Answer<'a>> {
    let mut answers = Vec::with_capacity(question.contacts.len());
    for (place, number) in question.contacts.iter().enumerate() {
        let is_tenth = place % 10 == 9;
        let is_valid = strikes(FaultKind::AlwaysValid) || sandbox.world.is_registered(number);
        let word = if is_valid { "valid" } else { "invalid" };
        if strikes(FaultKind::Missing) && is_tenth {
            continue;
        }
        if strikes(FaultKind::Contradict) && is_tenth {
            answers.push(Answer { number, word: if is_valid { "invalid" } else { "valid" } });
        }
        let is_processing = strikes(FaultKind::Processing) && place % 2 == 1;
        answers.push(Answer { number, word: if is_processing { "processing" } else { word } });
    }
    answers
}

impl Answer<'_> {
    fn json(&self) -> Value {
        match self.word {
            "valid" => json!({ "input": self.number, "status": "valid", "wa_id": self.number.trim_start_matches('+') }),
            word => json!({ "input": self.number, "status": word }),
        }
    }
}

fn is_authorised(headers: &HeaderMap, token: &str) -> bool {
    headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()).and_then(|it| it.strip_prefix("Bearer "))
        == Some(token)
}

fn failure(status: StatusCode, code: i64, title: &str) -> Response {
    let body = json!({ "errors": [{ "code": code, "title": title, "details": title }] });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
