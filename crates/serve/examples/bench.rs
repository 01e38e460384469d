//! Requests a second and times of answers, beside a plain axum server with the same group commit and no checks.
//!
//! `cargo run --release -p serve --example bench -- [REQUESTS] [CONNECTIONS]`. Both servers run in this process, one
//! after the other, and so does the sender. A commit appends the bodies of its group to a file and syncs it.

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use serve::{
    CheckedBody, CommittedBody, Guard, Limits, Serving, SignatureForm, Status, Store, StoreError, Webhook,
    WebhookSecret,
};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

type Failure = Box<dyn Error + Send + Sync>;

const SECRET: &str = "the secret of the bench";

/// Appends groups to a file.
struct Appended(File);

impl Appended {
    fn commit(&mut self, bodies: impl Iterator<Item = Bytes>) -> std::io::Result<()> {
        let group: Vec<u8> = bodies.flatten().collect();
        self.0.write_all(&group)?;
        self.0.sync_data()
    }
}

impl Store for Appended {
    async fn commit(&mut self, group: &[CheckedBody]) -> Result<Vec<CommittedBody>, StoreError> {
        let bodies = group.iter().map(|it| it.body.clone());
        let committed = tokio::task::block_in_place(|| Appended::commit(self, bodies));
        committed.map_err(|error| StoreError { is_passing: true, source: error.into() })?;
        Ok(vec![CommittedBody::default(); group.len()])
    }

    async fn probe(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let numbers: Vec<usize> = std::env::args().skip(1).map(|it| it.parse()).collect::<Result<_, _>>()?;
    let n_requests = numbers.first().copied().unwrap_or(50_000);
    let n_connections = numbers.get(1).copied().unwrap_or(64);
    let folder = tempfile::tempdir_in(".")?;
    let file = |name: &str| File::create(folder.path().join(name)).map(Appended);
    let mut rates = Vec::new();
    for round in 0..3 {
        let ours = ours(file(&format!("ours{round}"))?).await?;
        let ours = measure("serve", ours, n_requests, n_connections).await?;
        let plain = plain(file(&format!("plain{round}"))?).await?;
        let plain = measure("plain", plain, n_requests, n_connections).await?;
        rates.push(ours / plain);
    }
    writeln!(std::io::stdout(), "serve / plain: {rates:.2?}")?;
    Ok(())
}

async fn ours(store: Appended) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let secrets = WebhookSecret::new(SECRET).into_iter().collect();
    let guard = Guard::Signed { form: SignatureForm::Meta, secrets, verify_token: None };
    let webhooks = vec![Webhook { name: "meta".into(), path: "/webhooks/meta".to_owned(), guard }];
    let serving = Serving { listener, admin: None, tls: None, webhooks, limits: Limits::default() };
    tokio::spawn(serve::serve(serving, store, Status::new(u64::MAX), std::future::pending()));
    Ok(address)
}

type Waiting = (Bytes, oneshot::Sender<()>);

/// A server that takes anything.
async fn plain(mut store: Appended) -> Result<SocketAddr, Failure> {
    let (queue, mut waiting) = mpsc::channel::<Waiting>(10_000);
    tokio::spawn(async move {
        let mut group = Vec::new();
        while waiting.recv_many(&mut group, 256).await > 0 {
            let bodies = group.iter().map(|(body, _)| body.clone());
            if tokio::task::block_in_place(|| store.commit(bodies)).is_err() {
                return;
            }
            for (_, answer) in group.drain(..) {
                let _ = answer.send(());
            }
        }
    });
    let receive = async |State(queue): State<mpsc::Sender<Waiting>>, body: Bytes| {
        let (answer, answered) = oneshot::channel();
        match queue.send((body, answer)).await.is_ok() && answered.await.is_ok() {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        }
    };
    let routes = Router::new().route("/webhooks/meta", post(receive)).with_state(queue);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(address)
}

/// Sends distinct signed bodies on several connections, and returns the requests a second.
async fn measure(name: &str, address: SocketAddr, n_requests: usize, n_connections: usize) -> Result<f64, Failure> {
    let requests = Arc::new((0..n_requests).map(request).collect::<Result<Vec<_>, _>>()?);
    let begun = Instant::now();
    let senders: Vec<_> = (0..n_connections)
        .map(|first| tokio::spawn(send(address, Arc::clone(&requests), first, n_connections)))
        .collect();
    let mut times = Vec::new();
    for sender in senders {
        times.extend(sender.await??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let rate = n_requests as f64 / seconds;
    writeln!(std::io::stdout(), "{name}: {rate:.0} requests/s, p50 {:.1?}, p99 {:.1?}", at(0.5), at(0.99))?;
    Ok(rate)
}

/// A status of about 500 bytes, signed.
fn request(n: usize) -> Result<Vec<u8>, Failure> {
    let body = format!("{{\"n\":{n},\"status\":\"{}\"}}", "x".repeat(480));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?.chain_update(&body).finalize().into_bytes();
    let head = format!(
        "POST /webhooks/meta HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         x-hub-signature-256: sha256={}\r\n\r\n",
        body.len(),
        hex::encode(mac)
    );
    Ok((head + &body).into_bytes())
}

async fn send(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    first: usize,
    step: usize,
) -> Result<Vec<Duration>, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut times, mut answer) = (Vec::new(), [0; 1024]);
    for request in requests.iter().skip(first).step_by(step) {
        let begun = Instant::now();
        stream.write_all(request).await?;
        // The answer is small: it comes at once.
        let n_bytes = stream.read(&mut answer).await?;
        if !answer[..n_bytes].starts_with(b"HTTP/1.1 200") {
            return Err("an answer is not 200".into());
        }
        times.push(begun.elapsed());
    }
    Ok(times)
}
