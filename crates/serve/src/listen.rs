//! Where the server listens, and how the world reaches it.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::ServeError;

/// Where the server listens.
#[derive(Clone, Debug)]
pub struct Listen {
    pub address: SocketAddr,
    pub admin: Option<SocketAddr>,
    pub certificate: Option<Certificate>,
    /// The address of a proxy in front that speaks HTTPS.
    pub behind_proxy: Option<String>,
}

/// The files of a certificate, in PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate of the server, then those that lead to its root.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Bound listeners, ready to serve.
pub struct Bound {
    pub listener: TcpListener,
    pub admin: Option<TcpListener>,
    pub tls: Option<TlsAcceptor>,
    pub reach: Reach,
}

/// How platforms reach the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By HTTPS at this address of this machine.
    Direct(SocketAddr),
    /// Through a proxy with this address.
    Proxy(Url),
    /// From this machine alone, by plain HTTP.
    Local(SocketAddr),
}

impl Reach {
    /// The address of a webhook, as the platform has to call it. The host is not known if there is no proxy.
    pub fn url_of(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct(address) => write!(f, "https://{address}"),
            Self::Proxy(url) => f.write_str(url.as_str().trim_end_matches('/')),
            Self::Local(address) => write!(f, "http://{address}"),
        }
    }
}

impl Listen {
    /// Binds the listeners and reads the certificate. Fails if people's messages would travel in clear text.
    pub async fn bind(&self) -> Result<Bound, ServeError> {
        let public = self.behind_proxy.as_deref().map(public_url).transpose()?;
        let is_plain = self.certificate.is_none() && public.is_none();
        if is_plain && !self.address.ip().is_loopback() {
            return Err(ServeError::PlainHttp { address: self.address });
        }
        if let Some(address) = self.admin.filter(|it| !it.ip().is_loopback()) {
            return Err(ServeError::AdminNotLoopback { address });
        }
        let tls = self.certificate.as_ref().map(Certificate::read).transpose()?;
        let listener = listen(self.address).await?;
        let admin = match self.admin {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        // With port 0 the system has chosen one.
        let address = listener.local_addr().unwrap_or(self.address);
        let reach = match (public, &tls) {
            (Some(url), _) => Reach::Proxy(url),
            (None, Some(_)) => Reach::Direct(address),
            (None, None) => Reach::Local(address),
        };
        Ok(Bound { listener, admin, tls, reach })
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })
}

/// Reads the public address of a proxy: HTTPS, with a host, and nothing behind it but a path.
fn public_url(given: &str) -> Result<Url, ServeError> {
    let url = Url::parse(given).ok().filter(|it| {
        it.scheme() == "https"
            && it.host().is_some()
            && it.username().is_empty()
            && it.password().is_none()
            && it.query().is_none()
            && it.fragment().is_none()
    });
    // The text is not repeated if it can hold a password.
    let shown = if given.contains('@') { "ADDRESS" } else { given };
    url.ok_or_else(|| ServeError::NotPublic { given: shown.to_owned() })
}

impl Certificate {
    /// Reads the files. They are read once: start the server again after the certificate was renewed.
    fn read(&self) -> Result<TlsAcceptor, ServeError> {
        let path = &self.certificate;
        let failed = |source| ServeError::Certificate { path: path.clone(), source };
        let chain = CertificateDer::pem_file_iter(path).map_err(failed)?;
        let chain: Vec<CertificateDer> = chain.collect::<Result<_, _>>().map_err(failed)?;
        if chain.is_empty() {
            return Err(ServeError::NoCertificate { path: path.clone() });
        }
        let key = PrivateKeyDer::from_pem_file(&self.key);
        let key = key.map_err(|source| ServeError::Key { path: self.key.clone(), source })?;
        let unusable = |source| ServeError::Tls { path: path.clone(), source };
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let mut config = config.with_no_client_auth().with_single_cert(chain, key).map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Files that the process needs beside its connections: the database, logs, listeners.
const OTHER_FILES: u64 = 256;

/// Lets the process have as many connections as it may, and returns how many that are, at most `n_wanted`. Shells start
/// programs with 1,024 open files.
pub fn allow_connections(n_wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = n_wanted as u64 + OTHER_FILES;
    let highest = limit.maximum.unwrap_or(u64::MAX).min(wanted);
    let current = limit.current.unwrap_or(u64::MAX);
    let is_raised = current < highest
        && setrlimit(Resource::Nofile, Rlimit { current: Some(highest), maximum: limit.maximum }).is_ok();
    let n_files = if is_raised { highest } else { current };
    n_wanted.min(usize::try_from(n_files.saturating_sub(OTHER_FILES)).unwrap_or(n_wanted)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn bound(address: &str, admin: Option<&str>, behind_proxy: Option<&str>) -> String {
        let listen = Listen {
            address: address.parse().unwrap(),
            admin: admin.map(|it| it.parse().unwrap()),
            certificate: None,
            behind_proxy: behind_proxy.map(str::to_owned),
        };
        match listen.bind().await {
            Ok(bound) => bound.reach.url_of("/webhooks/meta").replace(|it: char| it.is_ascii_digit(), "9"),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn plain_http_is_for_this_machine_or_behind_a_proxy_with_https() {
        assert_eq!(bound("127.0.0.1:0", None, None).await.trim_matches('9'), "http://999.9.9.9:99999/webhooks/meta");
        assert!(bound("0.0.0.0:0", None, None).await.starts_with("0.0.0.0:0 can be reached from other machines"));
        assert!(bound("[::]:0", None, None).await.starts_with("[::]:0 can be reached from other machines"));
        let proxied = bound("0.0.0.0:0", None, Some("https://hooks.example.com/ferry/")).await;
        assert_eq!(proxied, "https://hooks.example.com/ferry/webhooks/meta");
        for wrong in ["http://hooks.example.com", "hooks.example.com", "https://a:b@hooks.example.com", "https://x/?a"]
        {
            let error = bound("127.0.0.1:0", None, Some(wrong)).await;
            assert!(error.starts_with("--behind-proxy ") && !error.contains("a:b"), "{error}");
        }
    }

    #[tokio::test]
    async fn metrics_are_for_this_machine() {
        let error = bound("127.0.0.1:0", Some("0.0.0.0:0"), None).await;
        assert!(error.contains("--admin is for this machine"), "{error}");
    }

    #[test]
    fn a_process_gets_no_more_connections_than_it_may_open() {
        assert_eq!(allow_connections(1), 1);
        let n_connections = allow_connections(usize::MAX / 2);
        assert!((1..=usize::MAX / 2).contains(&n_connections));
    }
}
