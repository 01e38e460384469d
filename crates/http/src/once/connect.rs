//! Opens connections.

use std::error::Error;
use std::io;
use std::iter;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Uri;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::{Host, Url};

use super::NotSent;
use super::deadline::Moment;
use super::gate::{Gate, Guarded};
use crate::CallError;
use crate::resolver::{Addresses, BoxError, is_private_host, lookup};

/// A connection for one request at a time. Dropping it closes it.
pub(crate) struct Connection {
    pub(crate) requests: SendRequest<Full<Bytes>>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) idle_since: Moment,
    /// Whether the server may have said something that is no answer: TLS sends tickets after its handshake.
    pub(crate) may_have_unread: bool,
    task: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens connections to one server.
#[derive(Clone)]
pub(crate) struct Connector {
    uri: Uri,
    is_refused: bool,
    tcp: HttpConnector<Lookup>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    timeout: Duration,
}

impl Connector {
    /// `tls` is how TLS is done, by default with the roots of this machine.
    pub(crate) fn new(
        base: &Url,
        allows_private: bool,
        timeout: Duration,
        tls: Option<Arc<rustls::ClientConfig>>,
    ) -> Result<Self, CallError> {
        let mut tcp = HttpConnector::new_with_resolver(Lookup { allows_private });
        tcp.enforce_http(false);
        // A request is one small packet, and must not wait for another.
        tcp.set_nodelay(true);
        let tls = match base.scheme() {
            "http" => None,
            _ => Some((TlsConnector::from(tls.map_or_else(of_this_machine, Ok)?), server_name(base)?)),
        };
        let uri = base.as_str().parse().map_err(|_| CallError::Malformed)?;
        Ok(Self { uri, is_refused: !allows_private && is_private_host(base), tcp, tls, timeout })
    }

    /// Opens a connection. No byte of a request leaves.
    pub(crate) async fn connect(&self) -> Result<Connection, NotSent> {
        if self.is_refused {
            return Err(NotSent::Private);
        }
        tokio::time::timeout(self.timeout, self.open()).await.unwrap_or(Err(NotSent::Unreachable))
    }

    async fn open(&self) -> Result<Connection, NotSent> {
        let stream = self.tcp.clone().call(self.uri.clone()).await.map_err(|it| why(&it))?.into_inner();
        let gate = Arc::<Gate>::default();
        let stream = Guarded::new(stream, Arc::clone(&gate));
        match &self.tls {
            None => start(stream, gate, false).await,
            Some((tls, name)) => {
                let stream = tls.connect(name.clone(), stream).await.map_err(|_| NotSent::TlsFailed)?;
                start(stream, gate, true).await
            }
        }
    }
}

async fn start<S>(stream: S, gate: Arc<Gate>, may_have_unread: bool) -> Result<Connection, NotSent>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let opened = http1::handshake(TokioIo::new(stream)).await;
    let (requests, driver) = opened.map_err(|_| NotSent::Unreachable)?;
    let task = tokio::spawn(async move {
        // How it ended is told to the request, if there is one.
        let _ = driver.await;
    });
    Ok(Connection { requests, gate, idle_since: Moment::now(), may_have_unread, task: task.abort_handle() })
}

/// TLS as the other clients do it: the roots of this machine, and no other protocol than HTTP/1.1. Early data, which a
/// server may take twice, is off.
fn of_this_machine() -> Result<Arc<rustls::ClientConfig>, CallError> {
    let provider = CryptoProvider::get_default().map_or_else(|| Arc::new(ring::default_provider()), Arc::clone);
    let setup = |source: rustls::Error| CallError::Tls { source };
    let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(&provider)).map_err(setup)?;
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(setup)?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn server_name(base: &Url) -> Result<ServerName<'static>, CallError> {
    match base.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).map_err(|_| CallError::Malformed),
        Some(Host::Ipv4(ip)) => Ok(ServerName::from(std::net::IpAddr::V4(ip))),
        Some(Host::Ipv6(ip)) => Ok(ServerName::from(std::net::IpAddr::V6(ip))),
        None => Err(CallError::Malformed),
    }
}

/// Finds out why no connection was made.
fn why(error: &(dyn Error + 'static)) -> NotSent {
    for cause in iter::successors(Some(error), |it| (*it).source()) {
        if let Some(CallError::Private { .. }) = cause.downcast_ref() {
            return NotSent::Private;
        }
        let refused = cause.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::ConnectionRefused);
        if refused {
            return NotSent::ConnectRefused;
        }
    }
    NotSent::Unreachable
}

/// The resolver of the other clients, for this connector.
#[derive(Clone)]
struct Lookup {
    allows_private: bool,
}

impl Service<Name> for Lookup {
    type Response = Addresses;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Addresses, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(lookup(name.as_str().to_owned(), self.allows_private))
    }
}
