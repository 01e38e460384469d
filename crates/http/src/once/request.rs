//! Makes requests with the address and the credentials of a client.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use reqwest::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use url::Position;

use super::{Inner, NotSent, OncePost};
use crate::CallError;

/// A request that can be handed to a connection, and to another one if it did not leave on the first.
pub(super) struct Built {
    target: String,
    headers: HeaderMap,
    body: Bytes,
    /// The token of a login that it carries.
    pub(super) token: Option<String>,
}

impl Inner {
    pub(super) async fn build(&self, post: OncePost<'_>) -> Result<Built, NotSent> {
        let client = &self.client.0;
        let url = client.url(post.path).map_err(|it| why(&it))?;
        let token = client.token().await.map_err(|it| why(&it))?;
        let request = client.once.post(url).header(CONTENT_TYPE, "application/json").body(post.body.clone());
        let request = client.auth.authorize(request, token.as_deref()).map_err(|it| why(&it))?;
        let mut request = request.build().map_err(|_| NotSent::Credentials)?;
        let mut headers = std::mem::take(request.headers_mut());
        let url = request.url();
        let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).map_err(|_| NotSent::Path)?;
        headers.insert(HOST, host);
        let target = url[Position::BeforePath..Position::AfterQuery].to_owned();
        Ok(Built { target, headers, body: post.body.clone(), token })
    }
}

impl Built {
    pub(super) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = hyper::Method::POST;
        *request.uri_mut() = self.target.parse().unwrap_or_default();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

fn why(error: &CallError) -> NotSent {
    match error {
        CallError::Private { .. } => NotSent::Private,
        CallError::OtherHost { .. } | CallError::Malformed => NotSent::Path,
        _ => NotSent::Credentials,
    }
}
