//! `POST /v1/users/login` of the On-Premises API: a user and a password give a token that expires.

use http::{Credentials, Login};
use serde::Deserialize;

#[derive(Deserialize)]
struct LoggedIn {
    users: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    token: String,
}

/// Returns credentials that log in with `USER:PASSWORD`.
pub fn login(user_and_password: &str) -> Credentials {
    let (user, password) = user_and_password.split_once(':').unwrap_or((user_and_password, ""));
    Credentials::Login(Login {
        user: user.to_owned(),
        password: password.to_owned(),
        base: None,
        path: "v1/users/login",
        form: &[],
        read_token: token,
    })
}

/// Reads the token of the answer. Its expiry is not read: an expired token is answered by 401.
fn token(body: &[u8]) -> Option<String> {
    let users = serde_json::from_slice::<LoggedIn>(body).ok()?.users;
    users.into_iter().next().map(|it| it.token).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_user_has_the_token() {
        let body = br#"{"users":[{"token":"eyJhbGc","expires_after":"2030-03-01 15:29:26+00:00"}],"meta":{}}"#;
        assert_eq!(token(body).as_deref(), Some("eyJhbGc"));
        for body in [r#"{"users":[]}"#, r#"{"users":[{"token":""}]}"#, "{}", "<html>"] {
            assert!(token(body.as_bytes()).is_none(), "{body}");
        }
    }
}
