use std::sync::Arc;

use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::Mutex;
use url::Url;

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
    /// A signature over each request.
    Signed(Signer),
}

/// Makes the headers that sign a request. They replace headers of the same name. A request that is sent again is signed
/// again, because signatures hold for some minutes.
pub type Signer = Arc<dyn Fn(&Unsigned<'_>) -> Result<Vec<(String, String)>, CallError> + Send + Sync>;

/// A request that has no signature yet.
pub struct Unsigned<'a> {
    pub method: &'a str,
    pub url: &'a Url,
    pub body: &'a [u8],
}

/// How a user and a password become a token: a POST with Basic authentication.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub password: String,
    /// Where to log in, if not at the address of the client.
    pub base: Option<Url>,
    pub path: &'static str,
    /// The fields of the form that is posted; no body if there are none.
    pub form: &'static [(&'static str, &'static str)],
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
            Credentials::None | Credentials::Key(..) | Credentials::Basic { .. } | Credentials::Signed(_) => {
                return Ok(None);
            }
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
    pub(crate) fn authorize(&self, request: RequestBuilder, token: Option<&str>) -> Result<RequestBuilder, CallError> {
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        match &self.credentials {
            Credentials::Key(header, key) => Ok(request.header(*header, key)),
            Credentials::Basic { user, password } => Ok(request.basic_auth(user, Some(password))),
            Credentials::Signed(sign) => signed(request, sign),
            Credentials::None | Credentials::Bearer(_) | Credentials::Login(_) => Ok(request),
        }
    }

    /// Forgets the token of a login that the provider refused; false if the credentials are no login.
    pub(crate) async fn forget(&self, refused: Option<&str>) -> bool {
        // Another call may have logged in since.
        self.token.lock().await.take_if(|it| Some(it.as_str()) == refused);
        matches!(self.credentials, Credentials::Login(_))
    }
}

/// Adds the headers of a signature to a request.
fn signed(request: RequestBuilder, sign: &Signer) -> Result<RequestBuilder, CallError> {
    let (client, request) = request.build_split();
    let request = request.map_err(|source| CallError::Setup { source: source.without_url() })?;
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let headers = sign(&Unsigned { method: request.method().as_str(), url: request.url(), body })?;
    let mut signature = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::try_from(name).map_err(|_| CallError::Malformed)?;
        let mut value = HeaderValue::try_from(value).map_err(|_| CallError::Malformed)?;
        value.set_sensitive(true);
        signature.insert(name, value);
    }
    Ok(RequestBuilder::from_parts(client, request).headers(signature))
}
