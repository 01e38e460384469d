use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig as TlsConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::super::gate::{Gate, Guarded};
use super::server::End;
use super::*;

/// A server's side of TLS and a client's that trusts it.
fn both_sides() -> (TlsAcceptor, Arc<TlsConfig>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let server = server.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = TlsConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    (TlsAcceptor::from(Arc::new(server)), Arc::new(client.with_root_certificates(roots).with_no_client_auth()))
}

async fn start(acceptor: TlsAcceptor, script: Vec<Step>) -> Server {
    let make = move |stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(stream).await.ok() }
    };
    Server::with::<TlsStream<TcpStream>, _>(vec![script], make, "https").await
}

#[tokio::test]
async fn requests_go_through_tls_on_one_connection() {
    let (acceptor, trusting) = both_sides();
    let server = start(acceptor, vec![answer(OK)]).await;
    let config = OnceConfig { concurrency: 1, ..config() };
    let sender = OnceSender::with_tls(client(server.url.clone()), config, Some(trusting)).unwrap();
    sender.open(1).await.unwrap();
    for n in ["1", "2", "3"] {
        assert_eq!(shown(&post(&sender, n).await), "answer 200 {}");
    }
    assert_eq!(server.n_connections(), 1);
    drop(sender);
    assert_eq!(server.requests().await, ["/1", "/2", "/3"]);
}

#[tokio::test]
async fn an_answer_that_is_cut_off_under_tls_is_unknown() {
    let (acceptor, trusting) = both_sides();
    let server = start(acceptor, vec![cut("HTTP/1.1 200 OK\r\n\r\n{}", End::Close)]).await;
    let sender = OnceSender::with_tls(client(server.url.clone()), config(), Some(trusting)).unwrap();
    // Without a length only the end of TLS tells a whole body from a part, and this server does not say it.
    assert_eq!(shown(&post(&sender, "1").await), "unknown: Reset");
    drop(sender);
    assert_eq!(server.requests().await, ["/1"]);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_gets_no_request() {
    let (acceptor, _) = both_sides();
    let server = start(acceptor, vec![answer(OK)]).await;
    let sender = OnceSender::new(client(server.url.clone()), config()).unwrap();
    assert_eq!(sender.open(1).await, Err(NotSent::TlsFailed));
    assert_eq!(shown(&post(&sender, "1").await), "not sent: TlsFailed");
    drop(sender);
    assert_eq!(server.received().await, ["", ""]);
}

#[tokio::test]
async fn a_request_whose_moment_passes_while_connecting_is_not_sent_and_the_next_one_finds_the_connection() {
    let (acceptor, trusting) = both_sides();
    let (tell, told) = watch::channel(false);
    let make = move |stream: TcpStream| {
        let (acceptor, mut told) = (acceptor.clone(), told.clone());
        async move {
            told.wait_for(|it| *it).await.ok()?;
            acceptor.accept(stream).await.ok()
        }
    };
    let server = Server::with::<TlsStream<TcpStream>, _>(vec![vec![answer(OK)]], make, "https").await;
    let config = OnceConfig { concurrency: 1, ..config() };
    let sender = OnceSender::with_tls(client(server.url.clone()), config, Some(trusting)).unwrap();
    let late = send(&sender, "1", NotAfter::within(Duration::from_millis(20))).await;
    assert_eq!(shown(&late), "not sent: TooLate");
    tell.send(true).unwrap();
    assert_eq!(shown(&post(&sender, "2").await), "answer 200 {}");
    assert_eq!(server.n_connections(), 1);
    drop(sender);
    assert_eq!(server.requests().await, ["/2"]);
}

/// TLS keeps what it could not write, and writes it when the connection is closed.
#[tokio::test]
async fn a_refused_request_does_not_leave_when_tls_says_goodbye() {
    let (acceptor, trusting) = both_sides();
    let (near, far) = tokio::io::duplex(1 << 16);
    let gate = Arc::<Gate>::default();
    let connecting =
        TlsConnector::from(trusting).connect("localhost".try_into().unwrap(), Guarded::new(near, Arc::clone(&gate)));
    let (near, far) = tokio::join!(connecting, acceptor.accept(far));
    let (mut near, mut far) = (near.unwrap(), far.unwrap());
    near.write_all(b"before").await.unwrap();
    near.flush().await.unwrap();
    let second = Duration::from_secs(1);
    gate.begin(NotAfter::new(Instant::now() - second, SystemTime::now() - second, Duration::ZERO), false);
    let written = async {
        near.write_all(b"request").await?;
        near.flush().await
    };
    assert!(written.await.is_err());
    let _ = near.shutdown().await;
    drop(near);
    let mut received = Vec::new();
    let _ = far.read_to_end(&mut received).await;
    assert_eq!(received, b"before");
}
