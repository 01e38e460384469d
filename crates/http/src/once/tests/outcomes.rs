use super::server::{End, When};
use super::*;

/// Sends one request to a server, and returns what came of it, and how many whole requests the server saw.
async fn outcome(config: OnceConfig, steps: Vec<Step>) -> (String, usize) {
    let server = Server::start(vec![steps]).await;
    let sender = sender(&server, config);
    let outcome = post(&sender, "one").await;
    drop(sender);
    server.go_on();
    (shown(&outcome), server.requests().await.len())
}

async fn check(what: &str, config: OnceConfig, steps: Vec<Step>, expected: &str, n_requests: usize) {
    assert_eq!(outcome(config, steps).await, (expected.to_owned(), n_requests), "{what}");
}

#[tokio::test]
async fn a_whole_answer_is_an_answer_whatever_it_says() {
    let whole: [(&str, &'static str, &str); 6] = [
        ("a success", OK, "answer 200 {}"),
        ("a refusal", "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", "answer 400 "),
        ("a failure", "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", "answer 503 "),
        ("a redirect", "HTTP/1.1 307 Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n", "answer 307 "),
        (
            "chunks",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
            "answer 200 {}",
        ),
        (
            "100 Continue before it",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
            "answer 200 {}",
        ),
    ];
    for (what, written, expected) in whole {
        check(what, config(), vec![answer(written)], expected, 1).await;
    }
    check("closed after it", config(), vec![cut(OK, End::Close)], "answer 200 {}", 1).await;
    let until_close = cut("HTTP/1.1 200 OK\r\n\r\n{}", End::Close);
    check("as long as the connection", config(), vec![until_close], "answer 200 {}", 1).await;
}

#[tokio::test]
async fn a_request_that_left_without_a_whole_answer_is_unknown() {
    for (what, written, end, expected) in [
        ("closed", "", End::Close, "Reset"),
        ("reset", "", End::Reset, "Reset"),
        ("half a head", "HTTP/1.1 200 OK\r\ncontent-le", End::Close, "Reset"),
        ("half a body", "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{", End::Close, "Reset"),
        ("half a body, reset", "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{", End::Reset, "Reset"),
        ("no last chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n", End::Close, "Reset"),
        ("only 100 Continue", "HTTP/1.1 100 Continue\r\n\r\n", End::Close, "Reset"),
        ("not HTTP", "220 mail.example.com ESMTP\r\n\r\n", End::Silent, "Malformed"),
        (
            "two lengths",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
            End::Silent,
            "Malformed",
        ),
        ("too large by its length", "HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n{", End::Silent, "TooLarge"),
    ] {
        check(what, config(), vec![cut(written, end)], &format!("unknown: {expected}"), 1).await;
    }
    let large = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n{}\r\n", "x".repeat(1001));
    check("too large by its chunks", config(), vec![cut(large.leak(), End::Silent)], "unknown: TooLarge", 1).await;
    let head = format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n", "x".repeat(1 << 20));
    check("a head without end", config(), vec![cut(head.leak(), End::Silent)], "unknown: TooLarge", 1).await;
}

#[tokio::test]
async fn a_silent_server_is_waited_for_from_the_first_byte_on() {
    let started = Instant::now();
    for (what, written) in [
        ("nothing", ""),
        ("half a head", "HTTP/1.1 200"),
        ("half a body", "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"),
        ("only 100 Continue", "HTTP/1.1 100 Continue\r\n\r\n"),
    ] {
        check(what, impatient(), vec![cut(written, End::Silent)], "unknown: TimedOut", 1).await;
    }
    assert!(started.elapsed() < AMPLE);
}

#[tokio::test]
async fn an_answer_may_come_after_the_moment_until_which_its_request_may_leave() {
    // A slow machine needs longer until the request leaves.
    for horizon in [20, 200, 2_000, 20_000].map(Duration::from_millis) {
        let server = Server::start(vec![vec![Step { when: When::Told, write: "", end: End::Keep }, answer(OK)]]).await;
        let sender = sender(&server, config());
        sender.open(1).await.unwrap();
        let not_after = NotAfter::within(horizon);
        let tell = async {
            tokio::time::sleep_until(not_after.at().into()).await;
            server.go_on();
        };
        let (outcome, ()) = tokio::join!(send(&sender, "one", not_after), tell);
        if shown(&outcome) != "not sent: TooLate" {
            return assert_eq!(shown(&outcome), "answer 200 {}");
        }
    }
    panic!("the request did not leave within 20 seconds");
}

#[tokio::test]
async fn an_answer_that_comes_before_all_is_read_is_an_answer_and_ends_the_connection() {
    const TOO_LONG: &str = "HTTP/1.1 413 Too Long\r\ncontent-length: 0\r\n\r\n";
    let early = Step { when: When::Head, write: TOO_LONG, end: End::Deaf };
    let server = Server::start(vec![vec![early], vec![answer(OK)]]).await;
    let sender = sender(&server, OnceConfig { concurrency: 1, ..config() });
    // More than the buffers of a socket hold.
    let body = Bytes::from(vec![b'x'; 64 << 20]);
    let outcome = sender.send(OncePost { path: "one", body: &body }, NotAfter::within(AMPLE)).await;
    assert_eq!(shown(&outcome), "answer 413 ");
    assert_eq!(shown(&post(&sender, "two").await), "answer 200 {}");
    drop(sender);
    server.go_on();
    assert_eq!(server.requests().await, ["/two"]);
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_not_taken_for_one() {
    // The second answer belongs to no request.
    const TWICE: &str =
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\noneHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntwo";
    let server = Server::start(vec![vec![answer(TWICE)], vec![answer(OK)]]).await;
    let sender = sender(&server, OnceConfig { concurrency: 1, ..config() });
    assert_eq!(shown(&post(&sender, "one").await), "answer 200 one");
    assert_eq!(shown(&post(&sender, "two").await), "answer 200 {}");
    drop(sender);
    assert_eq!(server.requests().await, ["/one", "/two"]);
}

#[tokio::test]
async fn the_headers_that_matter_are_read() {
    const TOLD: &str = "HTTP/1.1 429 Slow\r\ncontent-length: 0\r\nretry-after: 7\r\ndate: Sun, 01 Nov 2026 09:00:00 GMT\r\n\
        x-business-use-case-usage: {\"1\":[]}\r\n\r\n";
    let server = Server::start(vec![vec![answer(TOLD)]]).await;
    let SendOutcome::Answer(told) = post(&sender(&server, config()), "one").await else { panic!() };
    let headers = AnswerHeaders {
        date: Some("2026-11-01T09:00:00Z".parse().unwrap()),
        retry_after: Some(Duration::from_secs(7)),
        business_use_case_usage: Some("{\"1\":[]}".into()),
    };
    assert_eq!((told.status, told.headers), (429, headers));
}

#[tokio::test]
async fn a_request_goes_below_the_address_with_the_credentials_and_no_other_secret() {
    let server = Server::start(vec![vec![answer(OK)]]).await;
    let url = server.url.join("v26.0/").unwrap();
    let sender = OnceSender::new(client(url), config()).unwrap();
    assert!(!format!("{sender:?}").contains("secret"));
    assert_eq!(shown(&post(&sender, "106/messages?a=b").await), "answer 200 {}");
    for path in ["//evil.example.net/x", "https://evil.example.net/", "http://127.0.0.1:1/"] {
        assert_eq!(shown(&post(&sender, path).await), "not sent: Path", "{path}");
    }
    drop(sender);
    let port = server.url.port().unwrap();
    let received = server.received().await.remove(0);
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().collect();
    lines[1..].sort_unstable();
    let host = format!("host: localhost:{port}");
    let expected = [
        "POST /v26.0/106/messages?a=b HTTP/1.1",
        "authorization: Bearer secret-token",
        "content-length: 25",
        "content-type: application/json",
        &host,
    ];
    assert_eq!((lines, body), (expected.to_vec(), "{\"id\":\"106/messages?a=b\"}"));
}
