//! Vonage, the Reports API: records at once for a day at most, or a report that is ordered and fetched later.
//!
//! Rows: `sms` and `messages`, each in both directions. Every row that is returned at once is billed, and billed again when it
//! is read again: the answer says the price. A report is billed for its `items_count`. Written from Vonage's document of 2021
//! (2.1.17), where it is right, and from the guide to its pages. The document calls moments days, and latencies and prices of
//! rows numbers, of which its own examples make texts.

mod record;
mod records;
mod reports;

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Answer, Asked, Direction, Failure, Message, Outcome, Provider, Rate, Row, World};
use crate::Sandbox;

/// The price of a row, in euros.
const PRICE: f64 = 0.0015;

/// The stand-in of Vonage.
pub(super) struct Vonage;

impl Provider for Vonage {
    fn name(&self) -> &'static str {
        "vonage"
    }

    fn routes(&self) -> Router<Arc<Sandbox>> {
        Router::new()
            .route("/v2/reports/records", get(records::list))
            .route("/v2/reports", get(reports::list).post(reports::order))
            .route("/v2/reports/{report}", get(reports::look).delete(reports::cancel))
            .route("/v3/media/{file}", get(reports::download))
    }

    /// The user is the API key, which is the account.
    fn is_authorised(&self, asked: &Asked, account: Option<&str>, secret: &str) -> bool {
        asked.basic().is_some_and(|it| account.is_none_or(|account| account == it.0) && it.1 == secret)
    }

    fn failure(&self, failure: &Failure) -> Response {
        let (status, body) = match failure {
            Failure::Unauthorised => (401, problem("unauthorized", "You did not provide correct credentials.")),
            Failure::NotFound => (404, problem("not-found", "The report does not exist, or you do not have access.")),
            Failure::BadRequest(what) => (422, unprocessable(what)),
            Failure::TooMany(_) => (429, problem("rate-limit", "You have exceeded the rate limit.")),
            Failure::Server => (500, problem("internal-error", "There was an error while processing your request.")),
        };
        let status = StatusCode::from_u16(status).unwrap_or_default();
        match failure {
            Failure::TooMany(Some(seconds)) => {
                (status, [(header::RETRY_AFTER, seconds.to_string())], Json(body)).into_response()
            }
            _ => (status, Json(body)).into_response(),
        }
    }

    /// Every fourth message is of the Messages API, on WhatsApp or Viber.
    fn message_rows(&self, _world: &World, message: &Message) -> Vec<Row> {
        let is_sms = message.n % 4 != 3;
        let (status, error) = match message.outcome {
            Outcome::Received => ("", None),
            Outcome::Delivered => ("delivered", Some(0)),
            Outcome::Sent if is_sms => ("accepted", Some(0)),
            Outcome::Sent => ("submitted", Some(0)),
            // Absent subscriber, call barred, illegal number.
            Outcome::Unreachable if is_sms => ("expired", Some(2)),
            Outcome::Stopped if is_sms => ("rejected", Some(4)),
            Outcome::UnknownNumber if is_sms => ("failed", Some(9)),
            Outcome::Unreachable | Outcome::UnknownNumber => ("undeliverable", Some(1320)),
            Outcome::Stopped => ("rejected", Some(1300)),
        };
        vec![Row::of_message(if is_sms { "sms" } else { "messages" }, message, status, error)]
    }

    fn row_id(&self, world: &World, row: &Row) -> String {
        match row.stream {
            "sms" => world.hex("sms", row.n).get(..16).unwrap_or_default().to_uppercase(),
            stream => world.uuid(stream, row.n),
        }
    }

    /// Of the two rates of the Reports API, that of orders is for the paths that are not of records.
    fn rates(&self) -> &'static [Rate] {
        &[
            Rate { path: "/v2/reports/records", calls: 10, seconds: 1 },
            Rate { path: "/v2/reports", calls: 5, seconds: 1 },
        ]
    }
}

fn problem(kind: &str, detail: &str) -> Value {
    let title = kind.split('-').map(capital).collect::<Vec<_>>().join(" ");
    json!({
        "type": format!("https://developer.nexmo.com/api-errors#{kind}"), "title": title, "detail": detail,
        "instance": "f94b4e56604e07e5e5ad5a7228618f81",
    })
}

/// The body for a parameter that is wrong; `what` is its name, a colon and the reason.
fn unprocessable(what: &str) -> Value {
    let (name, reason) = what.split_once(": ").unwrap_or(("request", what));
    let mut body = problem("unprocessable-entity", "The request data was syntactically valid but was not accepted.");
    body["title"] = "Unprocessable entity".into();
    body["invalid_parameters"] = json!([{ "name": name, "reason": reason }]);
    body
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|it| it.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The answer about an account that is not the caller's.
fn forbidden() -> Result<Answer, Failure> {
    let body = problem("forbidden", "User not authorized to query the requested data.");
    Ok(Answer::json(&body, 0)?.with_status(StatusCode::FORBIDDEN))
}

/// Whether an account may be asked about: an account has eight characters, or is the one that was set.
fn is_own(account: &str, set: Option<&str>) -> bool {
    set.map_or(account.len() == 8, |it| it == account)
}

fn direction(name: &str) -> Option<Direction> {
    [Direction::Inbound, Direction::Outbound].into_iter().find(|it| it.name() == name)
}
