//! The common part of all checks of numbers: faults, limits, the look-up and the ledger.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use phone::PhoneNumber;
use serde_json::Value;

use crate::error_body::failure;
use crate::limits::Exceeded;
use crate::{Fault, FaultKind, Sandbox};

/// The answer about one number of a request.
#[derive(Clone, Debug)]
pub(crate) struct NumberAnswer {
    /// The number as the caller wrote it.
    pub(crate) input: String,
    pub(crate) status: &'static str,
    /// The WhatsApp id, if the number is registered.
    pub(crate) wa_id: Option<u64>,
}

impl NumberAnswer {
    pub(crate) fn is_valid(&self) -> bool {
        self.status == "valid"
    }
}

/// What a call does about numbers that have not been looked up yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The protocol looks all numbers up at once.
    Immediate,
    /// The call waits until all numbers have been looked up.
    Blocking,
    /// The call is answered at once, and the caller polls.
    NonBlocking,
}

impl Sandbox {
    /// Answers a check of some numbers, with the faults that occur on this request.
    pub(crate) async fn answer(
        &self,
        wire: &'static str,
        inputs: &[String],
        lookup: Lookup,
        body: impl FnOnce(&[NumberAnswer]) -> Value,
    ) -> Response {
        let n_request = self.n_requests.fetch_add(1, Ordering::SeqCst);
        let faults: Vec<Fault> = self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let occurs = |kind| faults.iter().any(|it| it.kind == kind && it.occurs(&self.population, n_request));

        if occurs(FaultKind::RateLimit) {
            return failure(StatusCode::TOO_MANY_REQUESTS, 1015, "Too many requests");
        }
        if occurs(FaultKind::RetryAfter) {
            return rate_limited("1");
        }
        if occurs(FaultKind::ExpiredToken) {
            return failure(StatusCode::UNAUTHORIZED, 1005, "Access denied");
        }
        if occurs(FaultKind::ServerError) {
            return failure(StatusCode::INTERNAL_SERVER_ERROR, 1014, "Internal error");
        }
        if occurs(FaultKind::TimeoutBefore) {
            return std::future::pending().await;
        }
        if occurs(FaultKind::Html) {
            return ([(header::CONTENT_TYPE, "text/html")], "<html><body>502 Bad Gateway</body></html>")
                .into_response();
        }
        match self.limits.take(self.clock.now(), inputs.len() as u64) {
            Ok(()) => {}
            Err(Exceeded::Rate) => return rate_limited("1"),
            // GREEN-API: the quota of the month is used up.
            Err(Exceeded::Day) => {
                return failure(
                    StatusCode::from_u16(466).unwrap_or(StatusCode::TOO_MANY_REQUESTS),
                    466,
                    "Quota exceeded",
                );
            }
        }

        let answers = self.look_up(inputs, lookup, occurs);
        let at = self.clock.now();
        if let Some(ledger) = &self.ledger
            && ledger.append(n_request, wire, at, answers.iter().map(|it| (it.input.as_str(), it.status))).is_err()
        {
            return failure(StatusCode::INTERNAL_SERVER_ERROR, 1014, "The ledger cannot be written");
        }
        if occurs(FaultKind::TimeoutAfter) {
            return std::future::pending().await;
        }
        let text = body(&answers).to_string();
        let end = if occurs(FaultKind::Truncate) { text.len() / 2 } else { text.len() };
        ([(header::CONTENT_TYPE, "application/json")], Body::from(text.as_bytes()[..end].to_vec())).into_response()
    }

    fn look_up(&self, inputs: &[String], lookup: Lookup, occurs: impl Fn(FaultKind) -> bool) -> Vec<NumberAnswer> {
        let mut answers = Vec::with_capacity(inputs.len());
        for (place, input) in inputs.iter().enumerate() {
            let is_tenth = place % 10 == 9;
            let wa_id = match (occurs(FaultKind::AlwaysValid), occurs(FaultKind::AlwaysInvalid)) {
                (true, _) => read_number(input).map(PhoneNumber::digits),
                (_, true) => None,
                _ => read_number(input).and_then(|it| self.population.account(it)),
            };
            let answer = |wa_id: Option<u64>| NumberAnswer {
                input: input.clone(),
                status: if wa_id.is_some() { "valid" } else { "invalid" },
                wa_id,
            };
            let mut found = answer(wa_id);
            if occurs(FaultKind::OneId) && wa_id.is_some() {
                found.wa_id = Some(33_600_000_000);
            }
            if occurs(FaultKind::Odd) && is_tenth {
                found.status = "valid\0";
            }
            let is_slow = occurs(FaultKind::Processing) && place % 2 == 1;
            let is_unfinished = lookup == Lookup::NonBlocking
                && !self.population.is_looked_up(input, self.clock.now(), self.limits.lookup_seconds);
            if lookup != Lookup::Immediate && (is_slow || is_unfinished) {
                found = NumberAnswer { status: "processing", wa_id: None, ..found };
            }
            if occurs(FaultKind::Missing) && is_tenth {
                continue;
            }
            if occurs(FaultKind::Contradict) && is_tenth {
                answers.push(answer(if wa_id.is_some() { None } else { read_number(input).map(PhoneNumber::digits) }));
            }
            if occurs(FaultKind::Doubled) && is_tenth {
                answers.push(found.clone());
            }
            answers.push(found);
        }
        if occurs(FaultKind::Reordered) {
            answers.reverse();
        }
        if occurs(FaultKind::Unasked) {
            answers.push(NumberAnswer { input: "+12025550199".into(), status: "valid", wa_id: Some(12_025_550_199) });
        }
        answers
    }
}

/// Reads a number with or without its plus sign.
fn read_number(input: &str) -> Option<PhoneNumber> {
    PhoneNumber::from_e164(&format!("+{}", input.trim_start_matches('+')))
}

fn rate_limited(seconds: &'static str) -> Response {
    let refusal = failure(StatusCode::TOO_MANY_REQUESTS, 1015, "Too many requests");
    ([(header::RETRY_AFTER, seconds)], refusal).into_response()
}
