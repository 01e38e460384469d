//! Which requests are taken, and how the others are answered.

use std::io;
use std::sync::{Arc, Mutex};

use super::*;

#[tokio::test]
async fn a_signed_body_is_stored_as_it_came_and_answered_with_200() {
    let server = start(Limits::default()).await;
    let body = "{\"text\":\"caf\u{e9} \u{1f44d}\"}\n ";
    let answer = server.ask(signed(body)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let stored = server.store.groups().concat().remove(0);
    assert_eq!(stored.body, body.as_bytes());
    assert_eq!((&*stored.webhook, stored.is_signed, stored.query), ("meta", true, None));
    assert_eq!(stored.headers, [("x-hub-signature-256", format!("sha256={}", sign(body.as_bytes())))]);
    server.end().await;
}

#[tokio::test]
async fn each_kind_of_webhook_has_its_own_proof() {
    let server = start(Limits::default()).await;
    let mac = sign(BODY.as_bytes());
    let mut answers = String::new();
    for (path, headers) in [
        ("360dialog", format!("x-360dialog-signature: {mac}\r\n")),
        ("360dialog", format!("x-hub-signature-256: sha256={mac}\r\n")),
        ("meta", format!("x-360dialog-signature: {mac}\r\n")),
        ("twilio?a=1", "x-twilio-signature: right\r\ncontent-type: text/plain\r\n".to_owned()),
        ("twilio?a=2", "x-twilio-signature: right\r\ncontent-type: text/plain\r\n".to_owned()),
        ("twilio?a=1", "x-twilio-signature: right\r\nx-twilio-signature: right\r\n".to_owned()),
        // ferry:a password
        ("basic", "authorization: Basic ZmVycnk6YSBwYXNzd29yZA==\r\n".to_owned()),
        ("basic", "authorization: basic ZmVycnk6YSBwYXNzd29yZA==\r\n".to_owned()),
        ("basic", "authorization: Basic ZmVycnk6YSBwYXNzd29yQA==\r\n".to_owned()),
        ("basic", "authorization: Bearer ZmVycnk6YSBwYXNzd29yZA==\r\n".to_owned()),
        ("basic", String::new()),
    ] {
        let answer = server.ask(post(&format!("/webhooks/{path}"), &headers, BODY)).await;
        answers += &format!("{path} {}\n", answer.status);
    }
    expect_test::expect![[r#"
        360dialog 200
        360dialog 401
        meta 401
        twilio?a=1 200
        twilio?a=2 401
        twilio?a=1 401
        basic 200
        basic 200
        basic 401
        basic 401
        basic 401
    "#]]
    .assert_eq(&answers);
    let stored = server.store.groups().concat();
    let signs: Vec<bool> = stored.iter().map(|it| it.is_signed).collect();
    assert_eq!(signs, [true, true, false, false], "what a password alone lets in is not signed");
    assert!(stored[2].headers.is_empty(), "a password is not kept");
}

#[tokio::test]
async fn a_request_without_a_signature_is_refused_before_its_body_comes() {
    let server = start(Limits::default()).await;
    let head = "POST /webhooks/meta HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n";
    assert_eq!(server.ask(format!("{head}\r\n")).await.status, 401);
    let malformed = format!("{head}x-hub-signature-256: sha256=00\r\n\r\n");
    assert_eq!(server.ask(malformed).await.status, 401);
    assert!(server.store.groups().is_empty());
}

#[tokio::test]
async fn a_forged_request_gets_the_same_answer_whatever_is_wrong_with_it() {
    let server = start(Limits::default()).await;
    let right = format!("x-hub-signature-256: sha256={}\r\n", sign(BODY.as_bytes()));
    let mut answers = Vec::new();
    for headers in [
        String::new(),
        right.repeat(2),
        right.replace("sha256", "sha1"),
        right.replace("sha256=", "sha256=0"),
        format!("x-hub-signature-256: sha256={}\r\n", "0".repeat(64)),
    ] {
        let answer = server.ask(post("/webhooks/meta", &headers, BODY)).await;
        let head: Vec<&str> = answer.head.lines().filter(|it| !it.starts_with("date:")).collect();
        answers.push(format!("{head:?} {}", answer.body));
    }
    assert!(answers[0].contains("401 unauthorized"), "{}", answers[0]);
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let cut = [&signed(BODY)[..], b"x"].concat();
    let longer = String::from_utf8(cut).unwrap().replace("content-length: 49", "content-length: 50");
    assert_eq!(server.ask(longer).await.status, 401);
    assert!(server.store.groups().is_empty());
}

#[tokio::test]
async fn a_body_has_at_most_4_mib_however_it_comes() {
    let server = start(Limits::default()).await;
    for n_bytes in [2_000_000, 2_900_000, 3 << 20, 4 << 20] {
        assert_eq!(server.ask(signed(vec![b' '; n_bytes])).await.status, 200, "{n_bytes}");
    }
    let signature = format!("x-hub-signature-256: sha256={}\r\n", "0".repeat(64));
    let head = format!("POST /webhooks/meta HTTP/1.1\r\nhost: x\r\n{signature}");
    let announced = format!("{head}content-length: {}\r\n\r\n", (4 << 20) + 1);
    let answer = server.ask(announced).await;
    assert_eq!(answer.status, 413, "refused before a byte of it comes");
    assert!(answer.head.contains("connection: close"));

    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n");
    let chunk = format!("100000\r\n{}\r\n", " ".repeat(1 << 20));
    let endless = chunked.clone() + &chunk.repeat(4) + "1\r\n \r\n";
    assert_eq!(server.ask(endless).await.status, 413, "refused as soon as it is too large");

    let body = " ".repeat(4 << 20);
    let right = chunked.replace(&"0".repeat(64), &sign(body.as_bytes())) + &chunk.repeat(4) + "0\r\n\r\n";
    assert_eq!(server.ask(right).await.status, 200);
    assert_eq!(server.store.groups().concat().len(), 5);
}

#[tokio::test]
async fn a_client_that_sends_all_of_a_refused_body_still_gets_the_answer() {
    let server = start(Limits::default()).await;
    let mut client = server.client().await;
    client.send(signed(vec![b' '; (4 << 20) + 1])).await;
    assert_eq!(client.answer().await.status, 413);
}

#[tokio::test]
async fn a_compressed_body_is_refused() {
    let server = start(Limits::default()).await;
    let mac = sign(BODY.as_bytes());
    let headers = format!("x-hub-signature-256: sha256={mac}\r\ncontent-encoding: gzip\r\n");
    assert_eq!(server.ask(post("/webhooks/meta", &headers, BODY)).await.status, 415);
}

#[tokio::test]
async fn unknown_paths_and_other_methods_are_refused() {
    let server = start(Limits::default()).await;
    let mut answers = String::new();
    for request in [
        "POST /",
        "POST /webhooks/meta/",
        "POST /webhooks/META",
        "GET /metrics",
        "PUT /webhooks/meta",
        "DELETE /webhooks/twilio",
        "HEAD /webhooks/meta",
        "GET /webhooks/twilio",
        "POST /health",
        "GET /health",
    ] {
        let answer = server.ask(format!("{request} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")).await;
        let allowed = answer.head.lines().find(|it| it.starts_with("allow:")).unwrap_or_default();
        answers += format!("{request} {} {allowed}", answer.status).trim_end();
        answers += "\n";
    }
    expect_test::expect![[r#"
        POST / 404
        POST /webhooks/meta/ 404
        POST /webhooks/META 404
        GET /metrics 404
        PUT /webhooks/meta 405 allow: get, post
        DELETE /webhooks/twilio 405 allow: post
        HEAD /webhooks/meta 405 allow: get, post
        GET /webhooks/twilio 405 allow: post
        POST /health 405 allow: get
        GET /health 200
    "#]]
    .assert_eq(&answers);
}

#[tokio::test]
async fn the_handshake_gives_the_challenge_back_as_plain_text() {
    let server = start(Limits::default()).await;
    let ask = async |token: &str, challenge: &str| {
        let query = format!("hub.mode=subscribe&hub.verify_token={token}&hub.challenge={challenge}");
        server.ask(format!("GET /webhooks/meta?{query} HTTP/1.1\r\nhost: x\r\n\r\n")).await
    };
    let answer = ask("a%20token", "%3Cb%3E1158%3C%2Fb%3E").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "<b>1158</b>"));
    assert!(answer.head.contains("content-type: text/plain") && answer.head.contains("nosniff"), "{}", answer.head);
    let answer = ask("another", "1158").await;
    assert_eq!((answer.status, answer.body.as_str()), (403, ""));
    assert_eq!(ask("a%20token", &"1".repeat(257)).await.status, 400);
    assert_eq!(ask("a%20token&hub.mode[]=subscribe", "1158").await.status, 400);
}

#[tokio::test]
async fn requests_on_one_connection_are_answered_in_their_order() {
    let server = start(Limits::default()).await;
    let mut client = server.client().await;
    let handshake =
        "GET /webhooks/meta?hub.mode=subscribe&hub.verify_token=a+token&hub.challenge=7 HTTP/1.1\r\nhost: x\r\n\r\n";
    // All at once, as HTTP pipelining does. The third body looks like a request.
    let inner = String::from_utf8(signed("smuggled")).unwrap();
    let unsigned = post("/webhooks/meta", "", "unsigned");
    let all = [signed("one"), unsigned, signed(&inner), handshake.into(), signed("two")].concat();
    client.send(all).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(client.answer().await.status);
    }
    assert_eq!(statuses, [200, 401, 200, 200, 200]);
    assert_eq!(server.store.texts(), ["one", &inner, "two"]);
}

#[tokio::test]
async fn a_request_with_two_lengths_is_no_request() {
    let server = start(Limits::default()).await;
    let request = String::from_utf8(signed(BODY)).unwrap();
    for more in ["content-length: 3\r\n", "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n"] {
        let mut client = server.client().await;
        client.send(request.replace("\r\ncontent-length", &format!("\r\n{more}content-length"))).await;
        assert!(client.ended().await.starts_with("HTTP/1.1 400"), "{more}");
    }
    assert!(server.store.groups().is_empty());
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_rejected_request_is_a_line_in_the_log_and_a_flood_of_them_is_a_few() {
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt().without_time().with_ansi(false).with_writer(move || written.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let server = start(Limits::default()).await;
    let headers = "x-hub-signature-256: sha256=5ec5e7\r\nuser-agent: +33199000001\r\n";
    let mut client = server.client().await;
    for _ in 0..500 {
        client.send(post("/webhooks/meta?secret", headers, "+33199000001")).await;
        assert_eq!(client.answer().await.status, 401);
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text.lines().filter(|it| it.contains("request rejected")).collect();
    assert_eq!(
        lines[0].trim(),
        "WARN serve::rejects: request rejected webhook=\"meta\" cause=\"malformed_signature\" status=401 left_out=0"
    );
    assert!(lines.len() < 400, "{} lines", lines.len());
    assert!(!text.contains("33199000001") && !text.contains("5ec5e7") && !text.contains("?secret"), "{text}");
    let rejects = "ferry_webhook_rejects_total{webhook=\"meta\",cause=\"malformed_signature\"} 500";
    assert!(server.status.metrics().lines().any(|it| it == rejects));
}
