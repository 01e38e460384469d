//! `POST /v1/users/login`: Basic authentication gives a token that expires.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::Sandbox;
use crate::error_body::failure;

/// Tokens of the On-Premises API were valid for a week.
const VALID_DAYS: i64 = 7;

/// The user who can log in, and the tokens that were issued.
pub struct Login {
    /// The value of the header `Authorization` that is accepted.
    expected: String,
    tokens: Mutex<Vec<(String, Timestamp)>>,
}

impl Login {
    /// Makes a login of `USER:PASSWORD`.
    pub fn of(user_and_password: &str) -> Self {
        let expected = format!("Basic {}", BASE64_STANDARD.encode(user_and_password));
        Self { expected, tokens: Mutex::default() }
    }

    fn issue(&self, now: Timestamp) -> (String, Timestamp) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let until = now.saturating_add(SignedDuration::from_hours(24 * VALID_DAYS)).unwrap_or(Timestamp::MAX);
        let token = format!("session-{}", tokens.len() + 1);
        tokens.push((token.clone(), until));
        (token, until)
    }

    pub(crate) fn accepts(&self, token: &str, now: Timestamp) -> bool {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.iter().any(|it| it.0 == token && now < it.1)
    }
}

pub(crate) async fn log_in(State(sandbox): State<Arc<Sandbox>>, headers: HeaderMap) -> Response {
    let given = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let Some(login) = sandbox.login.as_ref().filter(|it| given == Some(&it.expected)) else {
        return failure(StatusCode::UNAUTHORIZED, 1005, "Access denied");
    };
    let (token, until) = login.issue(sandbox.clock.now());
    let user = json!({ "token": token, "expires_after": until.strftime("%Y-%m-%d %H:%M:%S+00:00").to_string() });
    ([(header::CONTENT_TYPE, "application/json")], json!({ "users": [user] }).to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_that_of_rfc_7617() {
        assert_eq!(Login::of("Aladdin:open sesame").expected, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(Login::of("a:bc").expected, "Basic YTpiYw==");
    }
}
