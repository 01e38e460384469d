//! Why the server could not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why the server could not start.
#[derive(Debug, Error)]
pub enum ServeError {
    #[error("could not listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error(
        "{address} can be reached from other machines, and plain HTTP would show what people write: give --certificate and \
         --key for HTTPS, or listen on 127.0.0.1 behind a proxy that speaks HTTPS, and name its address with --behind-proxy"
    )]
    PlainHttp { address: SocketAddr },
    #[error("--behind-proxy {given}: write the public address of the proxy, such as https://hooks.example.com")]
    NotPublic { given: String },
    #[error("{address} can be reached from other machines: --admin is for this machine, such as 127.0.0.1:9464")]
    AdminNotLoopback { address: SocketAddr },
    #[error("could not read the certificate {}", path.display())]
    Certificate { path: PathBuf, source: rustls::pki_types::pem::Error },
    #[error("{} holds no certificate", path.display())]
    NoCertificate { path: PathBuf },
    #[error("could not read the private key {}", path.display())]
    Key { path: PathBuf, source: rustls::pki_types::pem::Error },
    #[error("the certificate {} and its key cannot be used", path.display())]
    Tls { path: PathBuf, source: rustls::Error },
    #[error("webhooks can no longer be stored: start the server again, and platforms send again what was not answered")]
    Writer,
}
