//! Twilio, on every one of its hosts: Basic authentication with the account or an API key, JSON, two kinds of pages.
//!
//! Rows: `messages`, `participants` of conversations, `deactivations`. Contents and flows are the same for everyone and no
//! rows. Written from Twilio's documents of 2026-04 (`api_v2010`), and what its support pages say of 400 days.

mod conversations;
mod exports;
mod messages;
mod meta;
mod scenarios;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::json;

use super::{Asked, Call, Direction, Failure, Message, Outcome, Person, Provider, Row, World};
use crate::Sandbox;

/// The stand-in of Twilio.
pub(super) struct Twilio;

impl Provider for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    fn routes(&self) -> Router<Arc<Sandbox>> {
        Router::new()
            .route("/2010-04-01/Accounts/{account}/Messages.json", get(messages::list))
            .route("/2010-04-01/Accounts/{account}/Messages/{file}", get(messages::one))
            .route("/v1/Exports/{kind}/Jobs", get(exports::jobs).post(exports::order))
            .route("/v1/Exports/Jobs/{job}", get(exports::job))
            .route("/v1/Exports/{kind}/Days", get(exports::days))
            .route("/v1/Exports/{kind}/Days/{day}", get(exports::day))
            .route("/v1/Deactivations", get(exports::deactivations))
            .route("/twilio-files/{key}/{file}", get(exports::file))
            .route("/v1/Conversations", get(conversations::list))
            .route("/v1/Conversations/{conversation}/Participants", get(conversations::participants))
            .route("/v1/Content", get(scenarios::contents))
            .route("/v1/Content/{content}", get(scenarios::content))
            .route("/v2/Flows", get(scenarios::flows))
            .route("/v2/Flows/{flow}", get(scenarios::flow))
    }

    /// The user is the account, or an API key that belongs to it.
    fn is_authorised(&self, asked: &Asked, account: Option<&str>, secret: &str) -> bool {
        let Some((user, password)) = asked.basic() else { return false };
        password == secret && account.is_none_or(|it| it == user || user.starts_with("SK"))
    }

    fn failure(&self, failure: &Failure) -> Response {
        let (status, code, message) = match failure {
            Failure::Unauthorised => (StatusCode::UNAUTHORIZED, 20003, "Authenticate"),
            Failure::NotFound => (StatusCode::NOT_FOUND, 20404, "The requested resource was not found"),
            Failure::BadRequest(what) => (StatusCode::BAD_REQUEST, 20001, what.as_str()),
            Failure::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, 20429, "Too Many Requests"),
            Failure::Server => (StatusCode::INTERNAL_SERVER_ERROR, 20500, "Internal Server Error"),
        };
        let more_info = format!("https://www.twilio.com/docs/errors/{code}");
        let body = Json(json!({ "code": code, "message": message, "more_info": more_info, "status": status.as_u16() }));
        match failure {
            Failure::TooMany(Some(seconds)) => {
                (status, [(header::RETRY_AFTER, seconds.to_string())], body).into_response()
            }
            _ => (status, body).into_response(),
        }
    }

    fn message_rows(&self, _world: &World, message: &Message) -> Vec<Row> {
        let (status, error) = match message.outcome {
            Outcome::Received => ("received", None),
            Outcome::Delivered => ("delivered", None),
            Outcome::Sent => ("sent", None),
            Outcome::Unreachable => ("undelivered", Some(30003)),
            Outcome::UnknownNumber => ("undelivered", Some(30005)),
            Outcome::Stopped => ("failed", Some(21610)),
        };
        vec![Row::of_message("messages", message, status, error)]
    }

    fn person_rows(&self, world: &World, person: &Person) -> Vec<Row> {
        [conversations::participant(person), exports::deactivation(world, person)].into_iter().flatten().collect()
    }

    fn row_id(&self, world: &World, row: &Row) -> String {
        let hex = world.hex(row.stream, row.n);
        match row.stream {
            "participants" => return sid(world, "MB", row.n),
            // The number is all that such a row has.
            "deactivations" => return world.person(row.person).map(Person::e164).unwrap_or_default(),
            _ => {}
        }
        let is_media = row.direction == Some(Direction::Inbound) && row.n % 16 == 3;
        format!("{}{}", if is_media { "MM" } else { "SM" }, hex.get(..32).unwrap_or_default())
    }
}

/// The id of something of the account, such as `MG` and 32 hexadecimal digits.
fn sid(world: &World, prefix: &str, n: u64) -> String {
    format!("{prefix}{}", world.hex(prefix, n).get(..32).unwrap_or_default())
}

/// The account of a call whose path has none.
fn account_of(call: &Call<'_>) -> String {
    let user = call.asked.basic().map(|it| it.0).filter(|it| messages::is_account(it));
    user.unwrap_or_else(|| sid(call.world(), "AC", 0))
}

/// A header that shows the secret.
fn credentials(secret: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(format!("SK:{secret}")))).ok()
}
