//! `POST /v1/users/login` of the On-Premises API: a user and a password become a token that expires.

use serde::Deserialize;

use crate::CallError;

pub(crate) const PATH: &str = "v1/users/login";

#[derive(Deserialize)]
struct LoggedIn {
    users: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    token: String,
}

/// The token of the answer. When it expires is not read: a token that is no longer taken is answered by 401.
pub(crate) fn token(body: &[u8]) -> Result<String, CallError> {
    let users = serde_json::from_slice::<LoggedIn>(body).map_err(|_| CallError::Malformed)?.users;
    users.into_iter().next().map(|it| it.token).filter(|it| !it.is_empty()).ok_or(CallError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_user_has_the_token() {
        let body = br#"{"users":[{"token":"eyJhbGc","expires_after":"2030-03-01 15:29:26+00:00"}],"meta":{}}"#;
        assert_eq!(token(body).unwrap(), "eyJhbGc");
        for body in [r#"{"users":[]}"#, r#"{"users":[{"token":""}]}"#, "{}", "<html>"] {
            assert!(token(body.as_bytes()).is_err(), "{body}");
        }
    }
}
