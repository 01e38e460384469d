//! The sender and a server with real connections on loopback.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use whatsapp::{SignatureForm, WebhookSecret};

use super::*;

/// What the server has seen, and how it answers.
#[derive(Default)]
struct Seen {
    /// The bodies that were accepted, with how often.
    accepted: HashMap<Bytes, u32>,
    n_refused: u32,
    /// The statuses of the next answers, before the server becomes well.
    ill: Vec<StatusCode>,
    /// The connections that end without an answer before the server becomes well.
    n_dead: u32,
    connections: HashSet<SocketAddr>,
}

type Shared = Arc<Mutex<Seen>>;

/// Checks signatures, and remembers what was accepted.
async fn receive(State(seen): State<Shared>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut seen = seen.lock().unwrap();
    if let Some(status) = seen.ill.pop() {
        return status;
    }
    let values = headers.get_all(SignatureForm::Meta.header()).iter().map(|it| it.as_bytes());
    let secrets = [WebhookSecret::new(SECRET).unwrap()];
    if !SignatureForm::Meta.read(values).is_ok_and(|it| it.is_of(&body, &secrets)) {
        seen.n_refused += 1;
        return StatusCode::UNAUTHORIZED;
    }
    *seen.accepted.entry(body).or_default() += 1;
    StatusCode::OK
}

/// Starts a server, which ends with the runtime of the test.
async fn serve(seen: Seen) -> (SocketAddr, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(seen));
    let layer = DefaultBodyLimit::max(4 << 20);
    let routes = Router::new().route("/webhooks/x", post(receive)).layer(layer).with_state(Arc::clone(&seen));
    let to_note = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let n_dead = to_note.lock().unwrap().n_dead;
            if n_dead == 0 {
                break;
            }
            drop(listener.accept().await.unwrap());
            to_note.lock().unwrap().n_dead -= 1;
        }
        let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, routes).await.unwrap();
    });
    (address, seen)
}

/// Settings without a wait.
fn at_once() -> SendSettings {
    SendSettings {
        connections: 8,
        slow: Duration::ZERO,
        first_backoff: Duration::ZERO,
        longest_backoff: Duration::ZERO,
        ..SendSettings::default()
    }
}

fn target(address: SocketAddr) -> Target {
    Target::parse(&format!("http://{address}/webhooks/x"), false).unwrap()
}

async fn sent(address: SocketAddr, settings: SendSettings, log: Option<RequestLog>, traffic: Traffic) -> Sent {
    let sender = Sender::start(target(address), settings, log);
    Pace::default().send(&sender, traffic.map(Ok::<_, Infallible>)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(60), sender.finish()).await.unwrap().unwrap()
}

#[tokio::test]
async fn all_that_is_signed_is_acknowledged_and_nothing_that_is_forged() {
    let (address, seen) = serve(Seen::default()).await;
    let all: Vec<Webhook> = traffic(WebhookKind::Meta, bad_settings()).collect();
    let n = |trick| all.iter().filter(|it| it.trick == trick).count() as u64;
    let home = tempfile::tempdir().unwrap();
    let log = RequestLog::create(&home.path().join("log")).unwrap();
    let sent = sent(address, at_once(), Some(log), traffic(WebhookKind::Meta, bad_settings())).await;
    let seen = seen.lock().unwrap();
    assert_eq!(sent.webhooks, all.len() as u64);
    assert_eq!(sent.acknowledged, sent.webhooks - n(Trick::Forged));
    assert_eq!((sent.given_up, sent.forged_accepted), (0, 0));
    assert_eq!(u64::from(seen.n_refused), n(Trick::Forged));
    assert_eq!(sent.kinds[&Trick::Large], 1);
    let n_cut = all.iter().filter(|it| it.manner == Manner::CutOff).count() as u64;
    assert!(n_cut > 5, "{n_cut}");
    assert_eq!(sent.requests, sent.webhooks + n_cut, "what was cut off is sent again");
    let accepted: u32 = seen.accepted.values().sum();
    assert_eq!(u64::from(accepted), sent.acknowledged);
    let good: HashSet<&Bytes> = all.iter().filter(|it| it.trick != Trick::Forged).map(|it| &it.body).collect();
    assert_eq!(seen.accepted.keys().collect::<HashSet<_>>(), good);
    check_log(&std::fs::read_to_string(home.path().join("log")).unwrap(), &sent, &seen);
}

/// Holds the log against what the server has: acknowledged is stored.
fn check_log(log: &str, sent: &Sent, seen: &Seen) {
    use sha2::Digest;
    let lines: Vec<Value> = log.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(lines.len() as u64, sent.requests);
    let mut acknowledged: BTreeMap<String, u32> = BTreeMap::new();
    for line in lines.iter().filter(|it| it["status"] == 200) {
        assert_ne!(line["kind"], "forged");
        *acknowledged.entry(line["sha256"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let digest = |body: &Bytes| hex::encode(sha2::Sha256::digest(body));
    let stored: BTreeMap<String, u32> = seen.accepted.iter().map(|(body, n)| (digest(body), *n)).collect();
    assert_eq!(acknowledged, stored);
    let numbers: HashSet<u64> = lines.iter().map(|it| it["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=sent.webhooks).collect());
    assert!(lines.iter().all(|it| it["ms"].as_f64().is_some_and(|it| it >= 0.0)));
    for kind in ["good", "doubled", "regrouped", "forged", "truncated", "large"] {
        assert!(lines.iter().any(|it| it["kind"] == kind), "{kind}");
    }
    for manner in ["whole", "slow", "cut_off"] {
        assert!(lines.iter().any(|it| it["manner"] == manner), "{manner}");
    }
}

#[tokio::test]
async fn a_server_that_is_ill_or_dead_for_a_while_gets_everything_in_the_end() {
    let ill = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::NOT_FOUND].repeat(30);
    let n_ill = ill.len() as u64;
    let (address, seen) = serve(Seen { ill, n_dead: 40, ..Seen::default() }).await;
    let sent = sent(address, at_once(), None, traffic(WebhookKind::Meta, settings())).await;
    assert_eq!((sent.given_up, sent.acknowledged), (0, sent.webhooks));
    assert_eq!(sent.unanswered, 40);
    assert_eq!(sent.requests, sent.webhooks + 40 + n_ill);
    assert_eq!(sent.answers[&503], 30);
    assert_eq!(seen.lock().unwrap().accepted.len() as u64, sent.webhooks);
}

#[tokio::test]
async fn without_a_second_attempt_what_is_not_acknowledged_is_given_up() {
    let ill = vec![StatusCode::SERVICE_UNAVAILABLE; 7];
    let (address, _) = serve(Seen { ill, ..Seen::default() }).await;
    let settings = SendSettings { retry_for: Duration::ZERO, first_backoff: Duration::from_secs(1), ..at_once() };
    let sent = sent(address, settings, None, traffic(WebhookKind::Meta, super::settings())).await;
    assert_eq!((sent.given_up, sent.acknowledged), (7, sent.webhooks - 7));
    assert_eq!(sent.requests, sent.webhooks);
}

#[tokio::test]
async fn a_server_that_believes_everything_is_found_out() {
    let ill = vec![StatusCode::OK; 10_000];
    let (address, _) = serve(Seen { ill, ..Seen::default() }).await;
    let settings = TrafficSettings { forged: 0.1, ..settings() };
    let sent = sent(address, at_once(), None, traffic(WebhookKind::Meta, settings)).await;
    assert_eq!(sent.forged_accepted, sent.kinds[&Trick::Forged]);
    assert!(sent.forged_accepted > 20);
}

#[tokio::test]
async fn connections_are_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Shared::default();
    let routes = Router::new().route("/webhooks/x", post(receive)).with_state(Arc::clone(&seen));
    let noted = Arc::clone(&seen);
    let note = async move |ConnectInfo(from): ConnectInfo<SocketAddr>, _: Bytes| {
        noted.lock().unwrap().connections.insert(from);
        StatusCode::OK
    };
    let routes = routes.route("/noted", post(note)).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let settings = TrafficSettings { path: "/noted".to_owned(), ..settings() };
    let sent = sent(address, at_once(), None, traffic(WebhookKind::Meta, settings)).await;
    assert!(sent.acknowledged > 100 && sent.unanswered == 0);
    assert!(seen.lock().unwrap().connections.len() <= 8);
}

#[tokio::test]
async fn one_webhook_can_be_sent_when_something_happens() {
    let (address, seen) = serve(Seen::default()).await;
    let sender = Sender::start(target(address), at_once(), None);
    let signer = Signer::new(WebhookKind::Meta, SECRET, URL).unwrap();
    sender.send(signer.sign("/webhooks/x", "{}".to_owned())).await;
    let sent = sender.finish().await.unwrap();
    assert_eq!((sent.webhooks, sent.acknowledged), (1, 1));
    assert!(seen.lock().unwrap().accepted.contains_key("{}".as_bytes()));
}
