//! HTTPS with a certificate of the test.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::*;
use crate::{Certificate, Listen};

#[tokio::test]
async fn https_is_spoken_with_the_certificate_of_the_files() {
    let home = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["hooks.example.com".to_owned()]).unwrap();
    let (certificate, key) = (home.path().join("certificate.pem"), home.path().join("key.pem"));
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let certificate = Some(Certificate { certificate, key });
    let address = "127.0.0.1:0".parse().unwrap();
    let bound = Listen { address, admin: None, certificate, behind_proxy: None }.bind().await.unwrap();
    let address = bound.listener.local_addr().unwrap();
    assert_eq!(bound.reach.url_of("/webhooks/meta"), format!("https://{address}/webhooks/meta"));

    let limits = Limits { header_timeout: Duration::from_millis(300), ..Limits::default() };
    let (store, status) = (Memory::default(), Status::new(limits.most_lag));
    let serving = Serving { listener: bound.listener, admin: None, tls: bound.tls, webhooks: webhooks(), limits };
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap_or_default() };
    let ended = tokio::spawn(serve(serving, store.clone(), status, stopped));

    let mut plain = Client::new(TcpStream::connect(address).await.unwrap());
    plain.send(signed(BODY)).await;
    assert!(!plain.ended().await.starts_with("HTTP"), "plain HTTP is not answered");
    let silent = Client::new(TcpStream::connect(address).await.unwrap());
    assert_eq!(silent.ended().await, "", "a handshake has a time-out");

    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("hooks.example.com").unwrap();
    let mut client = Client::new(connector.connect(name, stream).await.unwrap());
    for body in [BODY.to_owned(), " ".repeat(3 << 20)] {
        client.send(signed(&body)).await;
        assert_eq!(client.answer().await.status, 200);
    }
    assert_eq!(store.texts().len(), 2);
    stop.send(()).unwrap();
    drop(client);
    soon(ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn files_that_hold_no_certificate_or_key_are_named() {
    let home = tempfile::tempdir().unwrap();
    let (certificate, key) = (home.path().join("certificate.pem"), home.path().join("key.pem"));
    std::fs::write(&certificate, "no certificate").unwrap();
    let bind = async || {
        let certificate = Some(Certificate { certificate: certificate.clone(), key: key.clone() });
        let address = "127.0.0.1:0".parse().unwrap();
        let listen = Listen { address, admin: None, certificate, behind_proxy: None };
        let error = listen.bind().await.err().unwrap();
        error.to_string().replace(&format!("{}/", home.path().display()), "")
    };
    assert_eq!(bind().await, "certificate.pem holds no certificate");
    let CertifiedKey { cert, .. } = generate_simple_self_signed(["hooks.example.com".to_owned()]).unwrap();
    std::fs::write(&certificate, cert.pem()).unwrap();
    assert_eq!(bind().await, "could not read the private key key.pem");
    let CertifiedKey { signing_key, .. } = generate_simple_self_signed(["hooks.example.com".to_owned()]).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    assert_eq!(bind().await, "the certificate certificate.pem and its key cannot be used");
}
