//! Requests a second and times of answers, beside a plain axum server with the same group commit and no logic.
//!
//! `cargo run --release -p serve --example bench -- [sqlite | POSTGRES-URL] [REQUESTS] [CONNECTIONS]`. Both servers run in
//! this process, one after the other, and so does the sender. Ours reads the events of signed bodies and stores them in a
//! new CRM database; the plain one inserts raw bodies into a table of a database of the same kind. `derive` runs behind
//! ours, as it does in `ferry serve`. The database of the URL must be empty.

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use crm::{Crm, Inbox};
use hmac::{Hmac, KeyInit, Mac};
use model::ContactKey;
use plan::Plan;
use rusqlite::Connection;
use serve::{CrmStore, Guard, Limits, Serving, SignatureForm, Status, Webhook, WebhookSecret, derive};
use sha2::Sha256;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot};

type Failure = Box<dyn Error + Send + Sync>;

const SECRET: &str = "the secret of the bench";
const PLAN: &str = "[crm]\nurl = \"sqlite:ferry.db\"\n\n[[webhook]]\nkind = \"meta\"\npath = \"/webhooks/meta\"\n\
    secrets_env = [\"FERRY_META_SECRET\"]\n";
const DURABLE: &str = "pragma journal_mode = wal; pragma synchronous = full; create table raw (body blob)";

/// Inserts raw bodies into a table.
enum Plain {
    Sqlite(Connection),
    Postgres(PgPool),
}

impl Plain {
    async fn open(url: Option<&str>, folder: &Path) -> Result<Self, Failure> {
        let Some(url) = url else {
            let connection = Connection::open(folder.join("plain.db"))?;
            connection.execute_batch(DURABLE)?;
            return Ok(Self::Sqlite(connection));
        };
        let pool = PgPool::connect(url).await?;
        sqlx::query("create table if not exists raw (body bytea)").execute(&pool).await?;
        Ok(Self::Postgres(pool))
    }

    async fn commit(&mut self, bodies: impl Iterator<Item = Bytes>) -> Result<(), Failure> {
        match self {
            Self::Sqlite(connection) => tokio::task::block_in_place(|| {
                let group = connection.transaction()?;
                {
                    let mut insert = group.prepare_cached("insert into raw values (?)")?;
                    for body in bodies {
                        insert.execute([&body[..]])?;
                    }
                }
                Ok(group.commit()?)
            }),
            Self::Postgres(pool) => {
                let bodies: Vec<Vec<u8>> = bodies.map(|it| it.to_vec()).collect();
                let insert = sqlx::query("insert into raw select unnest($1::bytea[])").bind(bodies);
                insert.execute(&*pool).await?;
                Ok(())
            }
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let url = arguments.first().map(String::as_str).filter(|it| *it != "sqlite");
    let number = |n: usize, or: usize| arguments.get(n).map_or(Ok(or), |it| it.parse());
    let (n_requests, n_connections) = (number(1, 50_000)?, number(2, 64)?);
    let mut rates = Vec::new();
    for round in 0..3 {
        let folder = tempfile::tempdir_in(".")?;
        let ours = ours(url, folder.path()).await?;
        let ours = measure("serve", ours, round, n_requests, n_connections).await?;
        let plain = plain(Plain::open(url, folder.path()).await?).await?;
        let plain = measure("plain", plain, round, n_requests, n_connections).await?;
        rates.push(ours / plain);
    }
    writeln!(std::io::stdout(), "serve / plain: {rates:.2?}")?;
    Ok(())
}

async fn ours(url: Option<&str>, folder: &Path) -> Result<SocketAddr, Failure> {
    let path = folder.join("plan.toml");
    std::fs::write(&path, PLAN)?;
    let plan = Plan::read(&path)?;
    let crm = Crm::open(&url.map_or_else(|| format!("sqlite:{}/ferry.db", folder.display()), str::to_owned)).await?;
    let key = ContactKey::from_hex(&"5a".repeat(32))?;
    crm.claim_key(&key.id()).await?;
    let stored = Arc::new(Notify::new());
    let store = CrmStore::new(Inbox::new(crm.clone(), key.clone(), plan.words()), &plan, Arc::clone(&stored));
    let status = Status::new(u64::MAX);
    tokio::spawn(derive(crm, key, stored, status.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let secrets = WebhookSecret::new(SECRET).into_iter().collect();
    let guard = Guard::Signed { form: SignatureForm::Meta, secrets, verify_token: None };
    let webhooks = vec![Webhook { name: "meta".into(), path: "/webhooks/meta".to_owned(), guard }];
    let serving = Serving { listener, admin: None, tls: None, webhooks, limits: Limits::default() };
    tokio::spawn(serve::serve(serving, store, status, std::future::pending()));
    Ok(address)
}

type Waiting = (Bytes, oneshot::Sender<()>);

/// A server that takes anything.
async fn plain(mut store: Plain) -> Result<SocketAddr, Failure> {
    let (queue, mut waiting) = mpsc::channel::<Waiting>(10_000);
    tokio::spawn(async move {
        let mut group = Vec::new();
        while waiting.recv_many(&mut group, 256).await > 0 {
            let bodies = group.iter().map(|(body, _)| body.clone());
            if store.commit(bodies).await.is_err() {
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
async fn measure(
    name: &str,
    address: SocketAddr,
    round: usize,
    n_requests: usize,
    n_connections: usize,
) -> Result<f64, Failure> {
    let first = round * n_requests;
    let requests = Arc::new((first..first + n_requests).map(request).collect::<Result<Vec<_>, _>>()?);
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

/// A status of Meta, signed. Every third is of the same message.
fn request(n: usize) -> Result<Vec<u8>, Failure> {
    let (message, state) = (n / 3, ["sent", "delivered", "read"][n % 3]);
    let (at, person) = (1_790_000_000 + n, 33_199_000_000_u64 + message as u64 % 10_000);
    let body = format!(
        "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"1\",\"changes\":[{{\"field\":\"messages\",\"value\":{{\
         \"messaging_product\":\"whatsapp\",\"metadata\":{{\"display_phone_number\":\"12025550100\",\"phone_number_id\":\"1\"}},\
         \"statuses\":[{{\"id\":\"wamid.HBgLMzMxOTkwMDAwMDEVAgARGBI{message:012}\",\"status\":\"{state}\",\"timestamp\":\"{at}\",\
         \"recipient_id\":\"{person}\",\"pricing\":{{\"billable\":true,\"pricing_model\":\"PMP\",\"category\":\"marketing\",\
         \"type\":\"regular\"}}}}]}}}}]}}]}}"
    );
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
