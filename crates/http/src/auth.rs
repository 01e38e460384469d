use reqwest::RequestBuilder;
use tokio::sync::Mutex;

use crate::CallError;

/// How a client shows who it is. Nothing here is ever printed.
#[derive(Clone)]
pub enum Credentials {
    None,
    /// `Authorization: Bearer …`
    Bearer(String),
    /// A header with a key.
    Key(&'static str, String),
    /// `Authorization: Basic …`, with every call.
    Basic {
        user: String,
        password: String,
    },
    /// A user and a password that give a token for some time.
    Login(Login),
}

/// How a user and a password become a token: a POST with Basic authentication.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub password: String,
    pub path: &'static str,
    /// Reads the token from the body of the answer.
    pub read_token: fn(&[u8]) -> Option<String>,
}

/// Credentials and the token of the last login.
pub(crate) struct Auth {
    credentials: Credentials,
    token: Mutex<Option<String>>,
}

impl Auth {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self { credentials, token: Mutex::default() }
    }

    /// Returns the token to send. `log_in` is called if there is none yet; other calls wait for it.
    pub(crate) async fn token(
        &self,
        log_in: impl AsyncFnOnce(&Login) -> Result<String, CallError>,
    ) -> Result<Option<String>, CallError> {
        let login = match &self.credentials {
            Credentials::None | Credentials::Key(..) | Credentials::Basic { .. } => return Ok(None),
            Credentials::Bearer(token) => return Ok(Some(token.clone())),
            Credentials::Login(login) => login,
        };
        let mut token = self.token.lock().await;
        if token.is_none() {
            *token = Some(log_in(login).await?);
        }
        Ok(token.clone())
    }

    /// Adds the headers that show who calls.
    pub(crate) fn authorize(&self, request: RequestBuilder, token: Option<&str>) -> RequestBuilder {
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        match &self.credentials {
            Credentials::Key(header, key) => request.header(*header, key),
            Credentials::Basic { user, password } => request.basic_auth(user, Some(password)),
            _ => request,
        }
    }

    /// Forgets the token of a login that the provider refused; false if the credentials are no login.
    pub(crate) async fn forget(&self, refused: Option<&str>) -> bool {
        // Another call may have logged in since.
        self.token.lock().await.take_if(|it| Some(it.as_str()) == refused);
        matches!(self.credentials, Credentials::Login(_))
    }
}
