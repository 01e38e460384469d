//! Twilio, on every one of its hosts: Basic authentication with the account or an API key, JSON, two kinds of pages.
//!
//! Rows: `messages`. Written from Twilio's documents of 2026-04 (`api_v2010`), and what its support pages say of 400 days.

mod messages;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::{Asked, Direction, Failure, Message, Outcome, Provider, Row, World};
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

    fn row_id(&self, world: &World, row: &Row) -> String {
        let hex = world.hex(row.stream, row.n);
        let is_media = row.direction == Some(Direction::Inbound) && row.n % 16 == 3;
        format!("{}{}", if is_media { "MM" } else { "SM" }, hex.get(..32).unwrap_or_default())
    }
}

/// The id of something of the account, such as `MG` and 32 hexadecimal digits.
fn sid(world: &World, prefix: &str, n: u64) -> String {
    format!("{prefix}{}", world.hex(prefix, n).get(..32).unwrap_or_default())
}
