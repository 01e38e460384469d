//! What goes wrong on the way, as a caller with a real connection sees it.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// How a caller fares.
#[derive(Debug, PartialEq)]
enum Saw {
    /// A whole answer with this status.
    Whole(u16),
    /// An answer that is shorter than it announces.
    Cut,
    Closed,
    Reset,
    /// Nothing, though the request was handled.
    Nothing,
}

async fn serve(settings: Value) -> (Shore, SocketAddr) {
    let shore = Shore::new(settings);
    shore.template("rappel", "UTILITY").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let sandbox = Arc::clone(&shore.sandbox);
    tokio::spawn(crate::serve_shared(sandbox, listener));
    (shore, address)
}

impl Shore {
    /// Whether no answer is to come.
    fn is_silent(&self) -> bool {
        use super::super::settings::SendFault::{SilentAfter, SilentBefore};
        let faults = &self.sandbox.sending.state().settings.faults;
        faults.iter().any(|it| matches!(it.kind, SilentBefore | SilentAfter))
    }
}

/// Sends a message over a connection of its own.
async fn send(shore: &Shore, address: SocketAddr, message: Value) -> Saw {
    let body = message.to_string();
    let request = format!(
        "POST /v26.0/{NUMBER}/messages HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    if shore.is_silent() {
        while shore.lines("n").is_empty() {
            tokio::task::yield_now().await;
        }
        let read = stream.try_read(&mut [0; 1]);
        return if read.is_err_and(|it| it.kind() == ErrorKind::WouldBlock) { Saw::Nothing } else { Saw::Closed };
    }
    let mut received = Vec::new();
    let mut bytes = [0; 4_096];
    loop {
        match stream.read(&mut bytes).await {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Saw::Reset,
            Err(error) => panic!("{error}"),
            Ok(0) => return if received.is_empty() { Saw::Closed } else { Saw::Cut },
            Ok(n) => received.extend_from_slice(&bytes[..n]),
        }
        let text = String::from_utf8_lossy(&received);
        let Some((head, rest)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_lowercase();
        let length =
            length.split("content-length: ").nth(1).map(|it| it.split("\r\n").next().unwrap().parse::<usize>());
        if rest.len() == length.unwrap().unwrap() {
            return Saw::Whole(head[9..12].parse().unwrap());
        }
    }
}

/// What a caller sees of a fault, and the outcome, the code and the answer of the log.
async fn fault(fault: Value) -> (Saw, Vec<Value>) {
    let (shore, address) = serve(json!({ "faults": [fault] })).await;
    let saw = send(&shore, address, template("rappel", &person(1), "a")).await;
    let line = shore.lines("n")[0].clone();
    (saw, ["outcome", "code", "answer"].map(|it| line[it].clone()).to_vec())
}

#[tokio::test]
async fn every_fault_is_seen_as_it_is_and_the_log_has_the_truth() {
    let expected = [
        (json!({ "kind": "error", "code": 131000 }), Saw::Whole(500), json!(["refused", 131000, "error"])),
        (json!({ "kind": "error", "code": 130429, "http": 429 }), Saw::Whole(429), json!(["refused", 130429, "error"])),
        (json!({ "kind": "error", "http": 503 }), Saw::Whole(503), json!(["refused", null, "error"])),
        (json!({ "kind": "error_after", "http": 500 }), Saw::Whole(500), json!(["accepted", null, "none"])),
        (json!({ "kind": "error_after", "code": 131016 }), Saw::Whole(500), json!(["accepted", null, "none"])),
        (json!({ "kind": "silent_before" }), Saw::Nothing, json!(["refused", null, "lost"])),
        (json!({ "kind": "silent_after" }), Saw::Nothing, json!(["accepted", null, "lost"])),
        (json!({ "kind": "close_before" }), Saw::Closed, json!(["refused", null, "lost"])),
        (json!({ "kind": "close_after" }), Saw::Closed, json!(["accepted", null, "lost"])),
        (json!({ "kind": "reset_unread" }), Saw::Reset, json!(["refused", null, "reset"])),
        (json!({ "kind": "reset_before" }), Saw::Reset, json!(["refused", null, "reset"])),
        (json!({ "kind": "reset_after" }), Saw::Reset, json!(["accepted", null, "reset"])),
        (json!({ "kind": "cut" }), Saw::Cut, json!(["accepted", null, "cut"])),
        (json!({ "kind": "slow", "seconds": 0.05 }), Saw::Whole(200), json!(["accepted", null, "whole"])),
    ];
    for (settings, saw, logged) in expected {
        let (seen, line) = fault(settings.clone()).await;
        assert_eq!((seen, json!(line)), (saw, logged), "{settings}");
    }
}

#[tokio::test]
async fn a_message_that_was_accepted_goes_out_whatever_the_caller_saw() {
    for kind in ["silent_after", "close_after", "reset_after", "cut", "error_after"] {
        let (shore, address) = serve(json!({ "faults": [{ "kind": kind }] })).await;
        send(&shore, address, template("rappel", &person(1), "a")).await;
        shore.at("12:00:00").await;
        assert!(shore.fate("a").starts_with("sent delivered"), "{kind}");
    }
    for kind in ["error", "silent_before", "close_before", "reset_before", "reset_unread"] {
        let (shore, address) = serve(json!({ "faults": [{ "kind": kind }] })).await;
        send(&shore, address, template("rappel", &person(1), "a")).await;
        shore.at("12:00:00").await;
        assert_eq!(shore.fate("a"), "", "{kind}");
    }
}

#[tokio::test]
async fn every_code_is_answered_with_its_documented_status() {
    for (code, http) in [
        (190, 401),
        (131_005, 403),
        (368, 403),
        (2, 503),
        (133_004, 503),
        (131_016, 500),
        (80_007, 400),
        (132_001, 404),
    ] {
        let shore = Shore::new(json!({ "faults": [{ "kind": "error", "code": code }] }));
        assert_eq!(shore.send(text(&person(1))).await.short(), format!("{http} {code}"));
    }
}

#[tokio::test]
async fn a_share_of_messages_is_chosen_by_the_opaque_id_and_by_the_attempt() {
    let settings = json!({ "faults": [{ "kind": "error", "code": 131000, "when": { "share": 0.3 } }] });
    let run = async |settings: Value| {
        let shore = Shore::new(settings);
        shore.template("rappel", "UTILITY").await;
        let mut failed = Vec::new();
        for n in (0..60).chain(0..20) {
            let told = shore.send(template("rappel", &person(n), &format!("p{n}"))).await;
            failed.push(told.http == 500);
        }
        failed
    };
    let (one, other) = (run(settings.clone()).await, run(settings).await);
    assert_eq!(one, other);
    assert!((8..30).contains(&one[..60].iter().filter(|it| **it).count()), "{one:?}");
    assert_ne!(one[..20], one[60..], "a second attempt has its own chance");
}

#[tokio::test]
async fn a_fault_is_for_chosen_people_requests_times_numbers_and_templates() {
    let shore = Shore::new(json!({}));
    shore.template("rappel", "UTILITY").await;
    shore.template("offre", "MARKETING").await;
    let with = async |when: Value| {
        shore.set(json!({ "faults": [{ "kind": "error", "code": 131000, "when": when }] })).await;
    };
    let send = async |name: &str, n: u32| shore.send(template(name, &person(n), &format!("{name} {n}"))).await.http;
    with(json!({ "to": [person(1)] })).await;
    assert_eq!([send("rappel", 1).await, send("rappel", 2).await], [500, 200]);
    with(json!({ "requests": [4] })).await;
    assert_eq!([send("rappel", 3).await, send("rappel", 4).await, send("rappel", 5).await], [200, 500, 200]);
    with(json!({ "templates": ["offre"] })).await;
    assert_eq!([send("rappel", 6).await, send("offre", 6).await], [200, 500]);
    with(json!({ "numbers": ["7"] })).await;
    assert_eq!(send("rappel", 7).await, 200);
    with(json!({ "times": 2 })).await;
    assert_eq!([send("rappel", 8).await, send("rappel", 8).await, send("rappel", 8).await], [500, 500, 200]);
    with(json!({ "from": "2026-11-02T09:30:00Z", "until": "2026-11-02T09:31:00Z" })).await;
    assert_eq!(send("rappel", 9).await, 200);
    shore.at("09:30:00").await;
    assert_eq!(send("rappel", 10).await, 500);
    shore.at("09:31:00").await;
    assert_eq!(send("rappel", 10).await, 200);
    with(json!({ "seconds_of": [5, 60] })).await;
    assert_eq!(send("rappel", 11).await, 500);
    shore.at("09:31:05").await;
    assert_eq!(send("rappel", 11).await, 200);
}
