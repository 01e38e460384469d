//! What all wires have in common: faults, limits, the look-up, the ledger.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use phone::PhoneNumber;
use serde_json::Value;

use crate::contacts::failure;
use crate::limits::Exceeded;
use crate::{Fault, FaultKind, Sandbox};

/// One number of a request and what is said of it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// As it was asked.
    pub(crate) input: String,
    pub(crate) word: &'static str,
    /// The WhatsApp id of somebody who is registered.
    pub(crate) wa_id: Option<u64>,
}

impl Answer {
    pub(crate) fn is_valid(&self) -> bool {
        self.word == "valid"
    }
}

/// How a number is answered for that was not looked up yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The wire knows no such thing.
    Never,
    /// The caller waits until it is.
    Blocking,
    /// The caller comes again.
    NonBlocking,
}

impl Sandbox {
    /// Answers a request about some numbers, with everything that may go wrong on the way.
    pub(crate) async fn answer(
        &self,
        wire: &'static str,
        inputs: &[String],
        waiting: Waiting,
        body: impl FnOnce(&[Answer]) -> Value,
    ) -> Response {
        let n_request = self.n_requests.fetch_add(1, Ordering::SeqCst);
        let faults: Vec<Fault> = self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let strikes = |kind| faults.iter().any(|it| it.kind == kind && it.strikes(&self.world, n_request));

        if strikes(FaultKind::RateLimit) {
            return failure(StatusCode::TOO_MANY_REQUESTS, 1015, "Too many requests");
        }
        if strikes(FaultKind::RetryAfter) {
            return throttled("1");
        }
        if strikes(FaultKind::ExpiredToken) {
            return failure(StatusCode::UNAUTHORIZED, 1005, "Access denied");
        }
        if strikes(FaultKind::ServerError) {
            return failure(StatusCode::INTERNAL_SERVER_ERROR, 1014, "Internal error");
        }
        if strikes(FaultKind::TimeoutBefore) {
            return std::future::pending().await;
        }
        if strikes(FaultKind::Html) {
            return ([(header::CONTENT_TYPE, "text/html")], "<html><body>502 Bad Gateway</body></html>")
                .into_response();
        }
        match self.limits.take(self.clock.now(), inputs.len() as u64) {
            Ok(()) => {}
            Err(Exceeded::Rate) => return throttled("1"),
            // What GREEN-API answers to whom has used up the month.
            Err(Exceeded::Day) => {
                return failure(
                    StatusCode::from_u16(466).unwrap_or(StatusCode::TOO_MANY_REQUESTS),
                    466,
                    "Quota exceeded",
                );
            }
        }

        let answers = self.look_up(inputs, waiting, strikes);
        let at = self.clock.now();
        if let Some(ledger) = &self.ledger
            && ledger.note(n_request, wire, at, answers.iter().map(|it| (it.input.as_str(), it.word))).is_err()
        {
            return failure(StatusCode::INTERNAL_SERVER_ERROR, 1014, "The ledger cannot be written");
        }
        if strikes(FaultKind::TimeoutAfter) {
            return std::future::pending().await;
        }
        let text = body(&answers).to_string();
        let end = if strikes(FaultKind::Truncate) { text.len() / 2 } else { text.len() };
        ([(header::CONTENT_TYPE, "application/json")], Body::from(text.as_bytes()[..end].to_vec())).into_response()
    }

    fn look_up(&self, inputs: &[String], waiting: Waiting, strikes: impl Fn(FaultKind) -> bool) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(inputs.len());
        for (place, input) in inputs.iter().enumerate() {
            let is_tenth = place % 10 == 9;
            let wa_id = match (strikes(FaultKind::AlwaysValid), strikes(FaultKind::AlwaysInvalid)) {
                (true, _) => number(input).map(PhoneNumber::digits),
                (_, true) => None,
                _ => number(input).and_then(|it| self.world.account(it)),
            };
            let answer = |wa_id: Option<u64>| Answer {
                input: input.clone(),
                word: if wa_id.is_some() { "valid" } else { "invalid" },
                wa_id,
            };
            let mut found = answer(wa_id);
            let is_slow = strikes(FaultKind::Processing) && place % 2 == 1;
            let is_waiting = waiting == Waiting::NonBlocking
                && !self.world.is_looked_up(input, self.clock.now(), self.limits.lookup_seconds);
            if waiting != Waiting::Never && (is_slow || is_waiting) {
                found = Answer { word: "processing", wa_id: None, ..found };
            }
            if strikes(FaultKind::Missing) && is_tenth {
                continue;
            }
            if strikes(FaultKind::Contradict) && is_tenth {
                answers.push(answer(if wa_id.is_some() { None } else { number(input).map(PhoneNumber::digits) }));
            }
            if strikes(FaultKind::Doubled) && is_tenth {
                answers.push(found.clone());
            }
            answers.push(found);
        }
        if strikes(FaultKind::Reordered) {
            answers.reverse();
        }
        if strikes(FaultKind::Unasked) {
            answers.push(Answer { input: "+12025550199".into(), word: "valid", wa_id: Some(12_025_550_199) });
        }
        answers
    }
}

/// A number as callers write it, with a plus sign or without.
fn number(input: &str) -> Option<PhoneNumber> {
    PhoneNumber::from_e164(&format!("+{}", input.trim_start_matches('+')))
}

fn throttled(seconds: &'static str) -> Response {
    let refusal = failure(StatusCode::TOO_MANY_REQUESTS, 1015, "Too many requests");
    ([(header::RETRY_AFTER, seconds)], refusal).into_response()
}
