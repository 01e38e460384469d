//! Bodies are handed on to a real program on loopback.

use std::collections::VecDeque;
use std::sync::Mutex;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use consent::Words;
use crm::{HandOn, Inbox, ReceivedBody};
use model::{ContactKey, EventsRead};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::*;

/// A program that answers as it is told, and shows each request.
struct Program {
    url: String,
    /// `PATH?QUERY HEADERS BODY` of each request.
    shown: mpsc::UnboundedReceiver<String>,
}

struct Script {
    show: mpsc::UnboundedSender<String>,
    /// The statuses of the next answers. All others are 200.
    statuses: Mutex<VecDeque<u16>>,
}

impl Program {
    async fn start(statuses: &[u16]) -> Self {
        let (show, shown) = mpsc::unbounded_channel();
        let script = Script { show, statuses: Mutex::new(statuses.iter().copied().collect()) };
        let router = axum::Router::new().fallback(answer).with_state(Arc::new(script));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shown }
    }

    async fn next(&mut self) -> String {
        soon(self.shown.recv()).await.unwrap()
    }

    fn has_nothing(&mut self) -> bool {
        self.shown.try_recv().is_err()
    }
}

async fn answer(State(script): State<Arc<Script>>, request: Request) -> StatusCode {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let of_interest = ["content-type", "x-hub-signature-256"];
    let headers = of_interest.map(|it| head.headers.get(it).map_or("-", |it| it.to_str().unwrap()).to_owned());
    script.show.send(format!("{} {} {}", head.uri, headers.join(" "), String::from_utf8_lossy(&body))).unwrap();
    let status = script.statuses.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it takes too long")
}

/// A database with a task that hands on what is stored there.
struct World {
    crm: Crm,
    inbox: Inbox,
    status: Status,
    wake: ForwardWake,
    folder: tempfile::TempDir,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl World {
    async fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let crm = Crm::open(&format!("sqlite:{}", folder.path().join("ferry.db").display())).await.unwrap();
        let inbox = Inbox::new(crm.clone(), ContactKey::from_hex(&"5a".repeat(32)).unwrap(), Words::default());
        Self { crm, inbox, status: Status::new(10), wake: ForwardWake::default(), folder, running: None }
    }

    fn start(&mut self, addresses: &[(&str, &str)]) {
        let (stop, stopped) = oneshot::channel::<()>();
        let targets = addresses.iter().map(|(name, url)| ForwardTarget::new(name, url).unwrap()).collect();
        let short = Duration::from_millis(1);
        let pace = ForwardPace {
            first_wait: short,
            longest_wait: short,
            longest_pause: short,
            most_refusals: 3,
            count_every: short,
            ..ForwardPace::default()
        };
        let stop_all = async { stopped.await.unwrap_or_default() };
        let task = forward(self.crm.clone(), targets, pace, self.status.clone(), self.wake.clone(), stop_all);
        self.running = Some((stop, tokio::spawn(task)));
    }

    async fn stop(&mut self) {
        let (stop, task) = self.running.take().unwrap();
        stop.send(()).unwrap();
        soon(task).await.unwrap();
    }

    async fn store(&self, webhook: &str, bodies: &[&str]) {
        let received = |it: &&str| ReceivedBody {
            webhook: webhook.to_owned(),
            is_signed: true,
            received_at: Timestamp::now(),
            raw: (*it).to_owned().into(),
            read: EventsRead::default(),
            hand_on: Some(HandOn {
                headers: vec![
                    ("content-type".to_owned(), "application/json".to_owned()),
                    ("x-hub-signature-256".to_owned(), format!("sha256={it}")),
                ],
                query: None,
            }),
        };
        self.inbox.store(bodies.iter().map(received).collect()).await.unwrap();
        self.wake.wake();
    }

    /// Waits until a line of the metrics is there.
    async fn wait_for(&self, line: &str) {
        soon(async {
            while !self.status.metrics().lines().any(|it| it == line) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }

    async fn n_waiting(&self) -> u64 {
        self.crm.forward_counts().await.unwrap().values().map(|it| it.n_waiting).sum()
    }
}

#[tokio::test]
async fn a_body_is_handed_on_byte_for_byte_with_its_signature_and_leaves_the_queue() {
    let mut program = Program::start(&[]).await;
    let mut world = World::make().await;
    world.start(&[("meta", &format!("{}?token=t", program.url))]);
    world.store("meta", &["{\"a\": 1}"]).await;
    assert_eq!(program.next().await, "/hook?token=t application/json sha256={\"a\": 1} {\"a\": 1}");
    world.wait_for("ferry_webhook_handed_on_total{webhook=\"meta\"} 1").await;
    world.wait_for("ferry_webhook_forward_waiting{webhook=\"meta\"} 0").await;
    world.stop().await;
    assert_eq!(world.n_waiting().await, 0);
    assert!(program.has_nothing());
}

#[tokio::test]
async fn a_program_that_fails_gets_the_body_again_until_it_takes_it() {
    let mut program = Program::start(&[500, 503, 404, 408]).await;
    let mut world = World::make().await;
    world.start(&[("meta", &program.url)]);
    world.store("meta", &["one"]).await;
    for _ in 0..5 {
        assert!(program.next().await.ends_with(" one"));
    }
    world.wait_for("ferry_webhook_handed_on_total{webhook=\"meta\"} 1").await;
    let failures = "ferry_webhook_forward_failures_total{webhook=\"meta\",cause=";
    for cause in ["status 500", "status 503", "status 404", "status 408"] {
        world.wait_for(&format!("{failures}\"{cause}\"}} 1")).await;
    }
    world.stop().await;
    assert_eq!(world.n_waiting().await, 0);
}

#[tokio::test]
async fn one_body_that_is_refused_keeps_no_other_back_and_is_given_up() {
    let mut program = Program::start(&[400, 400, 400]).await;
    let mut world = World::make().await;
    world.start(&[("meta", &program.url)]);
    world.store("meta", &["bad"]).await;
    for _ in 0..3 {
        assert!(program.next().await.ends_with(" bad"));
    }
    world.wait_for("ferry_webhook_forward_given_up{webhook=\"meta\"} 1").await;
    world.store("meta", &["good"]).await;
    assert!(program.next().await.ends_with(" good"));
    world.wait_for("ferry_webhook_handed_on_total{webhook=\"meta\"} 1").await;
    world.stop().await;
    let counts = world.crm.forward_counts().await.unwrap();
    assert_eq!((counts["meta"].n_waiting, counts["meta"].n_given_up), (0, 1));
}

#[tokio::test]
async fn a_stop_leaves_the_queue_and_the_next_start_goes_on_with_it() {
    let mut world = World::make().await;
    world.store("meta", &["one", "two"]).await;
    // Nobody listens there.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", gone.local_addr().unwrap());
    drop(gone);
    world.start(&[("meta", &url)]);
    soon(async {
        while !world.status.metrics().contains("cause=\"unreachable\"") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    world.stop().await;
    assert_eq!(world.n_waiting().await, 2);

    let mut program = Program::start(&[]).await;
    world.start(&[("meta", &program.url)]);
    let mut shown = [program.next().await, program.next().await];
    shown.sort();
    assert!(shown[0].ends_with(" one") && shown[1].ends_with(" two"), "{shown:?}");
    world.wait_for("ferry_webhook_handed_on_total{webhook=\"meta\"} 2").await;
    world.stop().await;
    assert_eq!(world.n_waiting().await, 0);
}

#[tokio::test]
async fn a_webhook_whose_program_is_gone_keeps_no_other_webhook_back() {
    let mut program = Program::start(&[]).await;
    let mut world = World::make().await;
    world.start(&[("meta", "http://127.0.0.1:9/"), ("shop", &program.url)]);
    world.store("meta", &["one"]).await;
    world.store("shop", &["two"]).await;
    assert!(program.next().await.ends_with(" two"));
    world.wait_for("ferry_webhook_forward_waiting{webhook=\"meta\"} 1").await;
    world.stop().await;
    assert!(world.folder.path().exists());
}

#[tokio::test]
async fn what_waits_for_a_program_that_the_plan_no_longer_names_is_counted() {
    let mut world = World::make().await;
    world.store("meta", &["one"]).await;
    world.start(&[]);
    world.wait_for("ferry_webhook_forward_waiting{webhook=\"meta\"} 1").await;
    world.stop().await;
}
