//! The server with real connections on loopback, and a store in memory.

mod ending;
mod health;
mod memory;
mod receiving;
mod slow;
mod storing;
mod tls;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use whatsapp::{SignatureForm, WebhookSecret};

use self::memory::Memory;
use crate::{Guard, Limits, ServeError, Serving, Status, Webhook, serve};

const BODY: &str = r#"{"object":"whatsapp_business_account","entry":[]}"#;
const SECRET: &str = "a new secret";

/// A server that runs.
struct Running {
    address: SocketAddr,
    admin: SocketAddr,
    store: Memory,
    status: Status,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), ServeError>>,
}

/// Starts a server with a webhook of each kind.
async fn start(limits: Limits) -> Running {
    let (listener, admin) = (bind().await, bind().await);
    let (store, status) = (Memory::default(), Status::new(limits.most_lag));
    let (address, admin_address) = (listener.local_addr().unwrap(), admin.local_addr().unwrap());
    let serving = Serving { listener, admin: Some(admin), tls: None, webhooks: webhooks(), limits };
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap_or_default() };
    let ended = tokio::spawn(serve(serving, store.clone(), status.clone(), stopped));
    Running { address, admin: admin_address, store, status, stop, ended }
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn webhooks() -> Vec<Webhook> {
    let secret = |it: &str| WebhookSecret::new(it).unwrap();
    let guards = [
        Guard::Signed {
            form: SignatureForm::Meta,
            secrets: vec![secret("an old secret"), secret(SECRET)],
            verify_token: Some(secret("a token")),
        },
        Guard::Signed { form: SignatureForm::Dialog360, secrets: vec![secret(SECRET)], verify_token: None },
        Guard::SignedOtherwise {
            header: "x-twilio-signature",
            is_right: std::sync::Arc::new(|it| {
                it.signature == b"right" && it.query == Some("a=1") && it.content_type == Some(b"text/plain")
            }),
        },
        Guard::Basic { passwords: vec![secret("ferry:a password")] },
    ];
    let names = ["meta", "360dialog", "twilio", "basic"];
    names
        .into_iter()
        .zip(guards)
        .map(|(name, guard)| Webhook { name: name.into(), path: format!("/webhooks/{name}"), guard })
        .collect()
}

impl Running {
    async fn client(&self) -> Client<TcpStream> {
        Client::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// Sends a request on a connection of its own.
    async fn ask(&self, request: impl AsRef<[u8]>) -> Answered {
        let mut client = self.client().await;
        client.send(request).await;
        client.answer().await
    }

    async fn ask_admin(&self, path: &str) -> Answered {
        let mut client = Client::new(TcpStream::connect(self.admin).await.unwrap());
        client.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        client.answer().await
    }

    /// Waits until a line of the metrics is there.
    async fn wait_for(&self, line: &str) {
        soon(async {
            while !self.status.metrics().lines().any(|it| it == line) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        soon(self.ended).await.unwrap().unwrap();
    }
}

/// Fails a test that would never end.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it takes too long")
}

struct Client<S> {
    stream: S,
    /// Received and not read.
    rest: Vec<u8>,
}

/// An answer: its status, its headers in lower case, and its body.
#[derive(Debug)]
struct Answered {
    status: u16,
    head: String,
    body: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    fn new(stream: S) -> Self {
        Self { stream, rest: Vec::new() }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    async fn answer(&mut self) -> Answered {
        soon(async {
            loop {
                if let Some((answer, n_bytes)) = read_answer(&self.rest) {
                    self.rest.drain(..n_bytes);
                    return answer;
                }
                let n_bytes = self.stream.read_buf(&mut self.rest).await.unwrap();
                assert!(n_bytes > 0, "the connection ended: {}", String::from_utf8_lossy(&self.rest));
            }
        })
        .await
    }

    /// Waits until the server ends the connection, and returns what it still sent.
    async fn ended(mut self) -> String {
        // A connection can also end by a reset.
        let _ = soon(self.stream.read_to_end(&mut self.rest)).await;
        String::from_utf8(self.rest).unwrap()
    }
}

fn read_answer(bytes: &[u8]) -> Option<(Answered, usize)> {
    let head_end = bytes.windows(4).position(|it| it == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap().to_ascii_lowercase();
    // The answer to HEAD has no length.
    let length = head.lines().find_map(|it| it.strip_prefix("content-length: ")).map_or(0, |it| it.parse().unwrap());
    let body = bytes.get(head_end..head_end + length)?;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some((Answered { status, head, body: String::from_utf8(body.to_vec()).unwrap() }, head_end + length))
}

fn sign(body: &[u8]) -> String {
    hex::encode(Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(body).finalize().into_bytes())
}

/// A request with a body and these headers.
fn post(path: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A request that Meta has signed.
fn signed(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    post("/webhooks/meta", &format!("x-hub-signature-256: sha256={}\r\n", sign(body)), body)
}
