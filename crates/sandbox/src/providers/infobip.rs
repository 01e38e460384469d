//! Infobip: people, logs of 48 hours, two lists that lose what they return, the blocklist, templates for Viber.
//!
//! Rows: `persons`, `sms-logs`, `viber-logs`, `inbox`; of the blocklist `blocklist` (people who wrote STOP),
//! `blocklist-manual` (other ways) and `blocklist-urn` (addresses that are no numbers). `/sms/3/reports` shows `sms-logs`.
//! Written from Infobip's documents 3.210.0, and for the list of people from what its users' code reads.

mod blocklist;
mod logs;
mod once;
mod people;
mod templates;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};

use super::{Asked, Call, Direction, Failure, Message, Outcome, Person, Provider, Rate, Row, World};
use crate::Sandbox;

/// The name that the business sends with.
const SENDER: &str = "MaMarque";
const ACCOUNT_KEY: &str = "8F0792F86035A9F4290821F1EE6BC06A";
/// How far back logs and the lists that are read once reach.
const KEPT_HOURS: i64 = 48;

/// The stand-in of Infobip. Its paths have errors of two shapes.
pub(super) struct Infobip {
    has_old_errors: bool,
}

impl Infobip {
    pub(super) const NEW: Self = Self { has_old_errors: false };
    /// As the paths of people, of the blocklist and of the inbox have them.
    const OLD: Self = Self { has_old_errors: true };
}

impl Provider for Infobip {
    fn name(&self) -> &'static str {
        "infobip"
    }

    fn routes(&self) -> Router<Arc<Sandbox>> {
        Router::new()
            .route("/people/2/persons", get(people::list))
            .route("/sms/3/logs", get(logs::sms))
            .route("/viber/2/logs", get(logs::viber))
            .route("/sms/3/reports", get(once::reports))
            .route("/sms/1/inbox/reports", get(once::inbox))
            .route("/platform/1/blocklists", get(blocklist::list))
            .route("/viber/1/senders/{sender}/templates", get(templates::list))
    }

    /// By an API key, by the key as a password or by a token.
    fn is_authorised(&self, asked: &Asked, account: Option<&str>, secret: &str) -> bool {
        let schemes = ["App", "IBSSO", "Bearer"];
        let basic = asked.basic().is_some_and(|it| account.is_none_or(|account| account == it.0) && it.1 == secret);
        basic || schemes.iter().any(|it| asked.authorization(it) == Some(secret))
    }

    fn failure(&self, failure: &Failure) -> Response {
        let (status, code, old_code, text) = match failure {
            Failure::Unauthorised => (401, "E401", "UNAUTHORIZED", "Invalid login details"),
            Failure::NotFound => (404, "E404", "NOT_FOUND", "Requested resource was not found."),
            Failure::BadRequest(what) => (400, "E400", "BAD_REQUEST", what.as_str()),
            Failure::TooMany(_) => (429, "E429", "TOO_MANY_REQUESTS", "Too many requests"),
            Failure::Server => (500, "E500", "GENERAL_ERROR", "Something went wrong. Please contact support."),
        };
        let body = match self.has_old_errors {
            true => old_error(failure, old_code, text),
            false => json!({
                "errorCode": code, "description": text, "action": "Check the request and try again.",
                "violations": violations(failure), "resources": [],
            }),
        };
        let status = StatusCode::from_u16(status).unwrap_or_default();
        match failure {
            Failure::TooMany(Some(seconds)) => {
                (status, [(header::RETRY_AFTER, seconds.to_string())], Json(body)).into_response()
            }
            _ => (status, Json(body)).into_response(),
        }
    }

    /// Every fourth message of the business is one on Viber.
    fn message_rows(&self, _world: &World, message: &Message) -> Vec<Row> {
        let (status, error) = match message.outcome {
            Outcome::Received => ("RECEIVED", None),
            Outcome::Delivered => ("DELIVERED", None),
            Outcome::Sent => ("PENDING", None),
            Outcome::Unreachable => ("EXPIRED", Some(27)),
            Outcome::UnknownNumber => ("UNDELIVERABLE", Some(1)),
            Outcome::Stopped => ("REJECTED", None),
        };
        let stream = match message.direction {
            Direction::Inbound => "inbox",
            Direction::Outbound if message.n % 4 == 1 => "viber-logs",
            Direction::Outbound => "sms-logs",
        };
        let mut rows = vec![Row::of_message(stream, message, status, error)];
        if message.is_stop {
            rows.push(Row::of_message("blocklist", message, "MO", None));
        }
        rows
    }

    fn person_rows(&self, world: &World, person: &Person) -> Vec<Row> {
        let mut rows = vec![Row::new("persons", person.n, person.created_at)];
        let share = world.draw("blocklist", u64::from(person.n)).share();
        let status = match share {
            _ if person.is_blocked => Some("CUSTOM"),
            share if share < 0.03 => Some("URL_OPT_OUT"),
            share if share < 0.05 => Some("CAMPAIGN"),
            _ => None,
        };
        let listed = |stream, status| Row { status, ..Row::new(stream, person.n, person.created_at) };
        rows.extend(status.map(|it| listed("blocklist-manual", it)));
        rows.extend((person.n % 25 == 11).then(|| listed("blocklist-urn", "MO")));
        rows
    }

    fn row_id(&self, world: &World, row: &Row) -> String {
        match row.stream {
            "persons" => (90_000 + row.n).to_string(),
            "inbox" => (817_790_313_235_066_447 + row.n).to_string(),
            stream => world.uuid(stream, row.n),
        }
    }

    /// `START` takes nobody off the lists of other ways.
    fn refusals(&self) -> &'static [&'static str] {
        &["blocklist"]
    }

    fn rates(&self) -> &'static [Rate] {
        &[
            Rate { path: "/people/2/", calls: 5, seconds: 1 },
            Rate { path: "/logs", calls: 120, seconds: 60 },
            Rate { path: "/platform/1/blocklists", calls: 1, seconds: 1 },
            Rate { path: "/viber/1/senders/", calls: 10, seconds: 1 },
        ]
    }
}

fn old_error(failure: &Failure, code: &str, text: &str) -> Value {
    let mut exception = json!({ "messageId": code, "text": text });
    if let Failure::BadRequest(what) = failure {
        let (parameter, reason) = what.split_once(": ").unwrap_or(("request", what));
        exception["text"] = "Bad request".into();
        exception["validationErrors"] = json!({ parameter: [reason] });
    }
    json!({ "requestError": { "serviceException": exception } })
}

fn violations(failure: &Failure) -> Value {
    match failure {
        Failure::BadRequest(what) => {
            let (property, violation) = what.split_once(": ").unwrap_or(("request", what));
            json!([{ "property": property, "violation": violation }])
        }
        _ => json!([]),
    }
}

/// `2026-03-03T10:14:07.000+0100`: local time with an offset that has no colon.
fn moment_text(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(offset(1))).strftime("%Y-%m-%dT%H:%M:%S.000%z").to_string()
}

/// A number of a parameter within bounds.
fn number(call: &Call<'_>, name: &str, bounds: (usize, usize), otherwise: usize) -> Result<usize, Failure> {
    let Some(text) = call.query(name) else { return Ok(otherwise) };
    let number = text.parse().ok().filter(|it| (bounds.0..=bounds.1).contains(it));
    number.ok_or_else(|| Failure::BadRequest(format!("{name}: must be between {} and {}", bounds.0, bounds.1)))
}

/// The `paging` of lists whose pages have numbers.
fn paging(n_page: usize, size: usize, total: usize) -> Value {
    json!({ "page": n_page, "size": size, "totalPages": total.div_ceil(size.max(1)), "totalResults": total })
}
