//! A clock that stands still and is moved, and the webhooks that come meanwhile.

use std::net::SocketAddr;
use std::sync::Mutex;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use whatsapp::{SignatureForm, WebhookSecret};

use super::*;

/// The bodies that a server has got, and how many it refuses first.
#[derive(Default)]
pub(super) struct Received {
    pub(super) bodies: Mutex<Vec<Value>>,
    n_to_refuse: Mutex<u32>,
    /// Told of each body.
    came: tokio::sync::Notify,
}

impl Received {
    /// All changes, in the order in which they came.
    pub(super) fn changes(&self) -> Vec<Value> {
        let bodies = self.bodies.lock().unwrap();
        let entries = bodies.iter().flat_map(|it| it["entry"].as_array().unwrap().clone());
        entries.flat_map(|it| it["changes"].as_array().unwrap().clone()).collect()
    }

    /// All items of a list.
    pub(super) fn items(&self, list: &str) -> Vec<Value> {
        let values = self.changes().into_iter().map(|it| it["value"].clone());
        values.flat_map(|it| it.get(list).and_then(Value::as_array).cloned().unwrap_or_default()).collect()
    }
}

async fn receive(State(received): State<Arc<Received>>, headers: HeaderMap, body: axum::body::Bytes) -> StatusCode {
    let values = headers.get_all(SignatureForm::Meta.header()).iter().map(|it| it.as_bytes());
    let secrets = [WebhookSecret::new(APP_SECRET).unwrap()];
    if !SignatureForm::Meta.read(values).is_ok_and(|it| it.is_of(&body, &secrets)) {
        return StatusCode::UNAUTHORIZED;
    }
    let mut n_to_refuse = received.n_to_refuse.lock().unwrap();
    if *n_to_refuse > 0 {
        *n_to_refuse -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    received.bodies.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
    received.came.notify_one();
    StatusCode::OK
}

/// Starts a server of webhooks, which ends with the runtime of the test.
pub(super) async fn receiver(n_to_refuse: u32) -> (SocketAddr, Arc<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let received = Arc::new(Received { n_to_refuse: n_to_refuse.into(), ..Received::default() });
    let routes = Router::new().route("/webhooks/meta", post(receive)).with_state(Arc::clone(&received));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (address, received)
}

pub(super) fn webhooks(address: SocketAddr, more: Value) -> Value {
    let mut webhooks = json!({ "to": format!("http://{address}/webhooks/meta") });
    webhooks.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    webhooks
}

#[tokio::test]
async fn the_clock_stands_still_and_goes_forward_only() {
    let shore = Shore::new(json!({}));
    let now = async || shore.get("/sandbox/clock").await.body;
    assert_eq!(now().await, json!({ "now": STARTS_AT, "next_due": null, "frozen": true }));
    assert_eq!(shore.at("09:00:01.5").await["now"], "2026-11-02T09:00:01.5Z");
    let told = shore.post("/sandbox/clock", json!({ "to": "2026-11-02T09:00:00Z" })).await;
    assert!(told.http == 400 && told.body["error"].as_str().unwrap().contains("forward only"), "{:?}", told.body);
    assert_eq!(shore.post("/sandbox/clock", json!({})).await.http, 400);
    assert_eq!(
        shore.post("/sandbox/clock", json!({ "advance_seconds": 60 })).await.body["now"],
        "2026-11-02T09:01:01.5Z"
    );
}

#[tokio::test]
async fn a_move_brings_what_is_due_in_its_order_and_waits_for_it() {
    let (address, received) = receiver(3).await;
    let shore = Shore::new(json!({
        "webhooks": webhooks(address, json!({})), "statuses": { "read": 1.0, "read_after": [60.0, 3_600.0] },
    }));
    shore.template("rappel", "UTILITY").await;
    for n in 0..30 {
        shore.send(template("rappel", &person(n), &format!("p{n}"))).await;
    }
    let before = shore.get("/sandbox/clock").await.body;
    let moment = |it: &Value| it.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(moment(&before["next_due"]) > moment(&json!(STARTS_AT)));
    let moved = shore.at("09:00:00.5").await;
    let n_first = received.bodies.lock().unwrap().len();
    assert_eq!(moved["webhooks"], n_first);
    assert!((1..30).contains(&n_first), "{n_first}");
    assert!(moment(&moved["next_due"]) > moment(&moved["now"]));
    let moved = shore.at("12:00:00").await;
    assert_eq!((&moved["webhooks"], &moved["next_due"]), (&json!(90 - n_first), &Value::Null));
    let times: Vec<i64> =
        received.items("statuses").iter().map(|it| it["timestamp"].as_str().unwrap().parse().unwrap()).collect();
    assert!(times.len() == 90 && times.is_sorted(), "also those that were refused first: {times:?}");
    assert!(shore.lines("status").is_sorted_by_key(|it| it["at"].as_str().unwrap().to_owned()));
}

#[tokio::test]
async fn a_frozen_clock_shows_the_moment_of_what_is_being_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shore = Arc::new(Shore::new(json!({ "webhooks": webhooks(address, json!({})) })));
    let seen: Arc<Mutex<Vec<(String, bool)>>> = Arc::default();
    let (asked, noted) = (Arc::clone(&shore), Arc::clone(&seen));
    let receive = async move |_: axum::body::Bytes| {
        let now = asked.sandbox.clock.now().to_string();
        let is_open =
            asked.sandbox.sending.state().people.values().any(|it| it.is_open(NUMBER, asked.sandbox.clock.now()));
        noted.lock().unwrap().push((now, is_open));
        StatusCode::OK
    };
    let routes = Router::new().route("/webhooks/meta", post(receive));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let inbound = |does: Value, at: &str| json!({ "from": person(1), "number": NUMBER, "does": does, "at": format!("2026-11-02T{at}Z") });
    let done = json!([inbound(json!({ "writes": "Bonjour" }), "09:02:00"), inbound(json!("stops"), "09:01:00")]);
    assert_eq!(shore.post("/sandbox/inbound", done).await.http, 204);
    assert_eq!(shore.at("10:00:00").await["webhooks"], 2);
    let expected = [("2026-11-02T09:01:00Z".to_owned(), false), ("2026-11-02T09:02:00Z".to_owned(), true)];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn many_events_can_share_a_body() {
    let (address, received) = receiver(0).await;
    let shore = Shore::new(json!({ "webhooks": webhooks(address, json!({ "events_in_a_body": 50 })) }));
    shore.template("rappel", "UTILITY").await;
    for n in 0..40 {
        shore.send(template("rappel", &person(n), &format!("p{n}"))).await;
    }
    shore.at("12:00:00").await;
    let n_statuses = received.items("statuses").len();
    assert_eq!(received.bodies.lock().unwrap().len(), n_statuses.div_ceil(50));
    assert_eq!(shore.lines("status").len(), n_statuses);
}

#[tokio::test]
async fn a_move_fails_if_webhooks_are_not_answered() {
    let (address, _) = receiver(1_000).await;
    let shore = Shore::new(json!({ "webhooks": webhooks(address, json!({ "retry_seconds": 0.0 })) }));
    shore.writes_unheard("33199000001", "STOP").await;
    let told = shore.post("/sandbox/clock", json!({ "to": "2026-11-02T10:00:00Z" })).await;
    assert_eq!(told.http, 502);
    assert!(told.body["error"].as_str().unwrap().starts_with("1 webhooks were not answered"), "{:?}", told.body);
    assert_eq!(shore.lines("inbound")[0]["acknowledged_real_at_us"], Value::Null);
    assert_eq!(shore.get("/sandbox/sending").await.body["given_up"], 1);
}

#[tokio::test]
async fn what_a_person_wrote_is_logged_when_it_was_acknowledged() {
    let (address, received) = receiver(0).await;
    let shore = Shore::new(json!({ "webhooks": webhooks(address, json!({})) }));
    shore.writes("33199000001", "STOP").await;
    let line = shore.lines("inbound")[0].clone();
    assert_eq!((&line["inbound"], &line["from"]), (&json!("STOP"), &json!("33199000001")));
    assert_eq!(line["at"], "2026-11-02T09:00:00.000000Z");
    assert!(line["acknowledged_real_at_us"].as_i64().unwrap() > 1_700_000_000_000_000);
    assert_eq!(received.items("messages")[0]["text"]["body"], "STOP");
}

#[tokio::test]
async fn a_clock_that_runs_brings_what_is_due_by_itself() {
    let (address, received) = receiver(0).await;
    let settings = json!({ "webhooks": webhooks(address, json!({})), "statuses": {
        "sent_after": [0.0, 0.0], "delivered_after": [0.01, 0.01], "read": 0.0,
    } });
    let shore = Shore::with(settings, Clock::starting(STARTS_AT.parse().unwrap()));
    shore.template("rappel", "UTILITY").await;
    let running = tokio::spawn(Sending::run(Arc::clone(&shore.sandbox)));
    shore.send(template("rappel", &person(1), "a")).await;
    while received.items("statuses").len() < 2 {
        received.came.notified().await;
    }
    running.abort();
    assert_eq!(received.items("statuses").len(), 2);
}

impl Shore {
    /// A person writes, and no webhook tells of it yet.
    async fn writes_unheard(&self, from: &str, text: &str) {
        let done = json!([{ "from": from, "number": NUMBER, "does": { "writes": text } }]);
        assert_eq!(self.post("/sandbox/inbound", done).await.http, 204);
    }
}
