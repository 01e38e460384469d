use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::server::{End, When, whole_requests};
use super::*;

const WRITES: &[&str] = &[
    "",
    OK,
    OK,
    OK,
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 408 Idle\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200",
    "220 mail.example.com ESMTP\r\n\r\n",
];

fn step() -> impl Strategy<Value = Step> {
    let when = select(&[When::Now, When::Head, When::Request, When::Request, When::Request, When::Request]);
    let end = select(&[End::Keep, End::Keep, End::Keep, End::Keep, End::Close, End::Reset, End::Silent]);
    (when, select(WRITES), end).prop_map(|(when, write, end)| Step { when, write, end }).prop_filter(
        // It would write for ever.
        "a step without an end",
        |it| it.when == When::Request || it.end != End::Keep,
    )
}

/// Scripts of a server, how long each request may wait in microseconds, and how many are sent at once.
fn traffic() -> impl Strategy<Value = (Vec<Vec<Step>>, Vec<u64>, usize)> {
    let scripts = prop::collection::vec(prop::collection::vec(step(), 1..4), 1..6);
    let horizons = prop::collection::vec(select(&[0, 50, 200, 1_000, 5_000, 20_000, 20_000, 20_000]), 1..12);
    (scripts, horizons, 1..4_usize)
}

/// How many requests had which outcome, in all runs.
type Counts = BTreeMap<String, usize>;

async fn run(scripts: Vec<Vec<Step>>, horizons: &[u64], n_at_once: usize, counts: &mut Counts) -> Result<(), String> {
    let server = Server::start(scripts).await;
    let config = OnceConfig { concurrency: n_at_once, timeout: Duration::from_millis(5), ..config() };
    let sender = sender(&server, config);
    let mut outcomes = Vec::new();
    for (group, chunk) in horizons.chunks(n_at_once).enumerate() {
        let sends = chunk.iter().enumerate().map(|(n, horizon)| {
            let (sender, path) = (sender.clone(), format!("{group}-{n}"));
            let not_after = NotAfter::within(Duration::from_micros(*horizon));
            async move { (format!("/{path}"), send(&sender, &path, not_after).await) }
        });
        outcomes.extend(futures::future::join_all(sends).await);
    }
    drop(sender);
    let received = server.received().await;
    let whole: Vec<String> = received.iter().flat_map(|it| whole_requests(it).0).collect();
    for (path, outcome) in outcomes {
        *counts.entry(shown(&outcome)).or_default() += 1;
        let n_whole = whole.iter().filter(|it| **it == path).count();
        let n_begun: usize = received.iter().map(|it| it.matches(&format!("POST {path} ")).count()).sum();
        let is_right = match &outcome {
            SendOutcome::NotSent { .. } => n_begun == 0,
            SendOutcome::Answer(_) | SendOutcome::Unknown { .. } => n_begun <= 1 && n_whole <= 1,
        };
        if !is_right {
            return Err(format!("{path}: {}, seen {n_whole} times, begun {n_begun} times", shown(&outcome)));
        }
    }
    // A request is written by one call, so no part of another is left over.
    let rests: Vec<&str> = received.iter().map(|it| whole_requests(it).1).filter(|it| !it.is_empty()).collect();
    if rests.is_empty() { Ok(()) } else { Err(format!("parts: {rests:?}")) }
}

#[test]
fn whatever_a_server_does_no_request_is_seen_twice_and_none_that_was_not_sent() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut counts = Counts::new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    });
    let counted = std::cell::RefCell::new(&mut counts);
    let result = runner.run(&traffic(), |(scripts, horizons, n_at_once)| {
        let mut counts = counted.borrow_mut();
        runtime.block_on(run(scripts, &horizons, n_at_once, &mut counts)).map_err(TestCaseError::fail)
    });
    result.unwrap();
    // The runs met all of it.
    for outcome in [
        "answer 200 {}",
        "unknown: Reset",
        "unknown: TimedOut",
        "unknown: Malformed",
        "unknown: TooLarge",
        "not sent: TooLate",
        "not sent: ClosedBeforeWrite",
    ] {
        assert!(counts.get(outcome).is_some_and(|it| *it >= 10), "{outcome}: {counts:?}");
    }
}
