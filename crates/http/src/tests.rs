//! The client against real TCP servers that do what servers do to connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::{CallError, Client, ClientConfig, Credentials, Login, Parameters, Request, Unsigned, base_url};

/// What a server does with one request.
#[derive(Clone, Copy)]
enum Then {
    /// Answers, and keeps the connection.
    Keep(&'static str),
    /// Answers, and closes the connection some milliseconds later, without having said so.
    CloseAfter(&'static str, u64),
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
    /// Keeps the client waiting.
    Hang,
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const TOO_MANY: &str = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
const MOVED: &str = "HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";

/// A server that counts the requests that reach it whole.
struct Server {
    url: Url,
    n_requests: Arc<AtomicUsize>,
    n_connections: Arc<AtomicUsize>,
}

impl Server {
    /// Does with the n-th request what `script` says, and with all others what its last entry says.
    async fn start(script: &'static [Then]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = base_url(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (n_requests, n_connections) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let counts = (Arc::clone(&n_requests), Arc::clone(&n_connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counts.1.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, script, Arc::clone(&counts.0)));
            }
        });
        Self { url, n_requests, n_connections }
    }

    fn client(&self, config: ClientConfig) -> Client {
        let read_error = |status, _: &[u8]| CallError::Refused { status, code: None };
        Client::new(self.url.clone(), Credentials::None, config, read_error).unwrap()
    }

    fn n_requests(&self) -> usize {
        self.n_requests.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, script: &[Then], n_requests: Arc<AtomicUsize>) {
    while read_request(&mut stream).await {
        let n = n_requests.fetch_add(1, Ordering::SeqCst);
        match script[n.min(script.len() - 1)] {
            Then::Keep(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            Then::CloseAfter(answer, milliseconds) => {
                stream.write_all(answer.as_bytes()).await.unwrap();
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                return;
            }
            Then::Close => return,
            Then::Reset => return stream.set_zero_linger().unwrap(),
            Then::Hang => std::future::pending().await,
        }
    }
}

/// Reads one request with its body; false at the end of the connection.
async fn read_request(stream: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    let mut bytes = [0; 1024];
    loop {
        if let Some(end) = request.windows(4).position(|it| it == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length = head
                .split_once("content-length: ")
                .map_or(0, |it| it.1.lines().next().and_then(|it| it.trim().parse().ok()).unwrap_or(0));
            if request.len() >= end + 4 + length {
                return true;
            }
        }
        match stream.read(&mut bytes).await {
            Ok(0) | Err(_) => return false,
            Ok(n) => request.extend_from_slice(&bytes[..n]),
        }
    }
}

async fn post(client: &Client) -> Result<u16, CallError> {
    client.post_once("messages", &"hello", |status, _| Ok(status)).await
}

async fn get(client: &Client) -> Result<(), CallError> {
    let request = Request { path: "numbers", parameters: Parameters::Query(&[]), units: 1 };
    client.send_retrying(request, |_| Ok(())).await
}

fn quick() -> ClientConfig {
    ClientConfig { timeout: Duration::from_millis(300), backoff: Duration::from_millis(1), ..ClientConfig::default() }
}

#[tokio::test]
async fn a_post_whose_connection_breaks_arrives_once_and_has_an_unknown_outcome() {
    for (what, then) in [("closed", Then::Close), ("reset", Then::Reset), ("hanging", Then::Hang)] {
        let server = Server::start(Box::leak(Box::new([then]))).await;
        let outcome = post(&server.client(quick())).await;
        assert!(matches!(outcome, Err(CallError::OutcomeUnknown { .. })), "{what}: {outcome:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(server.n_requests(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_failed_post_has_an_unknown_outcome() {
    let server = Server::start(&[Then::Keep(BROKEN)]).await;
    let outcome = post(&server.client(quick())).await;
    assert!(matches!(outcome, Err(CallError::OutcomeUnknown { .. })), "{outcome:?}");
    assert_eq!(server.n_requests(), 1);
}

/// Connections that a server closes around the time of the next request: each post arrives once, and none is lost to a
/// connection that was kept.
#[tokio::test]
async fn posts_to_a_server_that_closes_idle_connections_arrive_once() {
    let server = Server::start(&[Then::CloseAfter(OK, 1)]).await;
    let client = server.client(ClientConfig::default());
    for n in 1..=200 {
        // Around the millisecond after which the server closes.
        tokio::time::sleep(Duration::from_micros(n * 10)).await;
        assert_eq!(post(&client).await.unwrap(), 200, "post {n}");
        assert_eq!(server.n_requests(), usize::try_from(n).unwrap());
    }
    assert_eq!(server.n_connections.load(Ordering::SeqCst), 200);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_and_nothing_is_unknown_or_used() {
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        base_url(&format!("http://{}", listener.local_addr().unwrap())).unwrap()
    };
    let config = ClientConfig { attempts: 2, quota: Some(1), ..quick() };
    let client = Client::new(url, Credentials::None, config, |_, _| CallError::Malformed).unwrap();
    assert!(matches!(post(&client).await, Err(CallError::Unreachable { .. })));
    assert!(matches!(get(&client).await, Err(CallError::Unreachable { .. })));
    assert_eq!((client.counts().units, client.quota_left()), (0, Some(1)));
}

#[tokio::test]
async fn a_refused_post_makes_the_next_call_wait_and_halves_the_rate() {
    let server = Server::start(&[Then::Keep(TOO_MANY), Then::Keep(OK)]).await;
    let config = ClientConfig { per_second: std::num::NonZeroU32::new(1000), ..ClientConfig::default() };
    let client = server.client(config);
    let started = Instant::now();
    assert!(matches!(post(&client).await, Err(CallError::RateLimited { .. })));
    assert_eq!(client.counts().openings, 1);
    assert_eq!(client.slowdown(), 2.0);
    assert_eq!(post(&client).await.unwrap(), 200);
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn posts_that_keep_failing_open_the_breaker() {
    let server = Server::start(&[Then::Keep(BROKEN)]).await;
    let client = server.client(quick());
    for n in 1..=5 {
        assert!(post(&client).await.is_err());
        assert_eq!(client.counts().openings, u64::from(n == 5), "after {n} posts");
    }
}

#[tokio::test]
async fn a_limit_that_only_the_protocol_understands_counts_as_a_429() {
    let server = Server::start(&[Then::Keep(OK)]).await;
    let client = server.client(quick());
    let limited = client.post_once("messages", &(), |_, _| Err::<(), _>(CallError::RateLimited { retry_after: None }));
    assert!(limited.await.is_err());
    assert_eq!(client.counts().openings, 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_large_answer_is_not_read() {
    let server = Server::start(&[Then::Keep(MOVED)]).await;
    assert!(matches!(get(&server.client(quick())).await, Err(CallError::Refused { status: 307, .. })));
    assert_eq!(server.n_requests(), 1);

    let server = Server::start(&[Then::Keep(OK)]).await;
    let client = server.client(ClientConfig { max_response_bytes: 1, ..quick() });
    assert!(matches!(get(&client).await, Err(CallError::TooLarge { most: 1 })));
    assert_eq!(server.n_requests(), 1);
}

#[tokio::test]
async fn a_request_that_may_be_repeated_is() {
    let server = Server::start(&[Then::Close, Then::Keep(BROKEN), Then::Keep(OK)]).await;
    let client = server.client(quick());
    get(&client).await.unwrap();
    assert_eq!((server.n_requests(), client.counts().retries), (3, 2));
}

#[test]
fn a_client_does_not_print_its_token() {
    let base = base_url("https://gate.example.com").unwrap();
    let credentials = Credentials::Bearer("secret-token".into());
    let client = Client::new(base, credentials, ClientConfig::default(), |_, _| CallError::Malformed).unwrap();
    assert!(!format!("{client:?}").contains("secret"));
}

/// Answers the n-th request with the n-th answer, and returns the requests as they came.
async fn record(answers: &'static [&'static str]) -> (Url, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = base_url(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let serving = tokio::spawn(async move {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !is_whole(&request) {
                assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "the request is cut off");
            }
            requests.push(String::from_utf8(request).unwrap());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        requests
    });
    (url, serving)
}

/// Whether the head and the whole body of a request have come.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|it| it.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    body.len() >= length
}

#[tokio::test]
async fn an_expired_token_is_renewed_at_the_address_of_the_login_with_its_form() {
    const FIRST: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\none";
    const SECOND: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\ntwo";
    const EXPIRED: &str = "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    const FOUND: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    let (login_url, logins) = record(&[FIRST, SECOND]).await;
    let (url, calls) = record(&[FOUND, EXPIRED, FOUND]).await;
    let login = Login {
        user: "key".into(),
        password: "secret".into(),
        base: Some(login_url),
        path: "oauth2/token",
        form: &[("grant_type", "client_credentials")],
        read_token: |body| Some(String::from_utf8_lossy(body).into_owned()),
    };
    let read_error = |status, _: &[u8]| CallError::Refused { status, code: None };
    let client = Client::new(url, Credentials::Login(login), quick(), read_error).unwrap();
    get(&client).await.unwrap();
    get(&client).await.unwrap();

    let logins = logins.await.unwrap();
    assert!(logins[0].starts_with("POST /oauth2/token HTTP/1.1\r\n"), "{logins:?}");
    assert!(logins[0].contains("authorization: Basic a2V5OnNlY3JldA==\r\n"), "{logins:?}");
    assert!(logins[1].ends_with("\r\n\r\ngrant_type=client_credentials"), "{logins:?}");
    let tokens: Vec<bool> = calls.await.unwrap().iter().map(|it| it.contains("authorization: Bearer two")).collect();
    assert_eq!(tokens, [false, false, true]);
}

#[tokio::test]
async fn a_signature_covers_the_address_and_the_body_and_replaces_headers() {
    const FOUND: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    let (url, calls) = record(&[FOUND]).await;
    let sign = |it: &Unsigned<'_>| {
        let body = String::from_utf8_lossy(it.body).into_owned();
        let signature = format!("{} {} {body}", it.method, it.url.path());
        Ok(vec![("content-type".to_owned(), "own/type".to_owned()), ("x-signature".to_owned(), signature)])
    };
    let read_error = |status, _: &[u8]| CallError::Refused { status, code: None };
    let client = Client::new(url, Credentials::Signed(Arc::new(sign)), quick(), read_error).unwrap();
    let parameters = Parameters::json(&serde_json::json!({ "a": 1 })).unwrap();
    client.send_retrying(Request { path: "/x", parameters, units: 0 }, |_| Ok(())).await.unwrap();
    let calls = calls.await.unwrap();
    assert!(calls[0].contains("x-signature: POST /x {\"a\":1}\r\n"), "{calls:?}");
    assert_eq!(calls[0].matches("content-type: ").count(), 1, "{calls:?}");
    assert!(calls[0].contains("content-type: own/type\r\n"), "{calls:?}");
}

#[tokio::test]
async fn a_file_at_another_host_is_fetched_without_credentials() {
    const FILE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nfile";
    let (elsewhere, files) = record(&[FILE]).await;
    let moved = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}day.gz?signature=x\r\nconnection: close\r\n\
         content-length: 0\r\n\r\n"
    );
    let (url, calls) = record(Box::leak(Box::new([&*moved.leak()]))).await;
    let credentials = Credentials::Basic { user: "key".into(), password: "secret".into() };
    let read_error = |status, _: &[u8]| CallError::Refused { status, code: None };
    let client = Client::new(url, credentials, quick(), read_error).unwrap();
    let request = Request { path: "days/1", parameters: Parameters::File, units: 0 };
    assert_eq!(client.send_retrying(request, |it| Ok(it.to_vec())).await.unwrap(), b"file");
    assert!(calls.await.unwrap()[0].contains("authorization: Basic"));
    let files = files.await.unwrap();
    assert!(files[0].starts_with("GET /day.gz?signature=x HTTP/1.1\r\n"), "{files:?}");
    assert!(!files[0].contains("authorization"), "{files:?}");
}

#[tokio::test]
async fn a_file_is_not_fetched_in_clear_text() {
    const MOVED: &str = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://files.example.net/day.gz\r\n\
        connection: close\r\ncontent-length: 0\r\n\r\n";
    let (url, _calls) = record(&[MOVED]).await;
    let read_error = |status, _: &[u8]| CallError::Refused { status, code: None };
    let client = Client::new(url, Credentials::None, quick(), read_error).unwrap();
    let request = Request { path: "days/1", parameters: Parameters::File, units: 0 };
    let error = client.send_retrying(request, |_| Ok(())).await.unwrap_err();
    assert!(matches!(&error, CallError::OtherHost { host } if host == "files.example.net"), "{error:?}");
}
