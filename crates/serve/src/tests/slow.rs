//! Slow clients lose their connection, and the others notice nothing of them.

use tokio::net::{TcpSocket, TcpStream};

use super::*;

/// Short enough for a test, and much longer than an answer takes.
const TIMEOUT: Duration = Duration::from_millis(300);

fn limits() -> Limits {
    Limits { header_timeout: TIMEOUT, body_timeout: TIMEOUT, answer_timeout: TIMEOUT, ..Limits::default() }
}

#[tokio::test]
async fn slow_headers_and_silence_end_the_connection() {
    let server = start(limits()).await;
    let mut clients = Vec::new();
    for sent in ["", "POST", "POST /webhooks/meta HTTP/1.1\r\nhost: x\r\n"] {
        for _ in 0..50 {
            let mut client = server.client().await;
            client.send(sent).await;
            clients.push(client);
        }
    }
    assert_eq!(server.ask(signed(BODY)).await.status, 200, "the others are served meanwhile");
    for client in clients {
        assert_eq!(client.ended().await, "");
    }
    server.wait_for("ferry_webhook_connections 0").await;
}

#[tokio::test]
async fn headers_that_come_by_bytes_end_the_connection() {
    let server = start(limits()).await;
    let Client { mut stream, .. } = server.client().await;
    let head = format!("POST /webhooks/meta HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(100_000));
    let drip = async {
        for byte in head.bytes() {
            if stream.write_all(&[byte]).await.is_err() {
                return true;
            }
            tokio::time::sleep(TIMEOUT / 20).await;
        }
        false
    };
    assert!(soon(drip).await, "the server waited for all of it");
}

#[tokio::test]
async fn a_slow_body_is_answered_with_408_and_ends_the_connection() {
    let server = start(limits()).await;
    let request = signed("x".repeat(1000));
    let mut client = server.client().await;
    client.send(&request[..request.len() - 1]).await;
    assert_eq!(server.ask(signed(BODY)).await.status, 200, "the others are served meanwhile");
    let answer = client.answer().await;
    assert_eq!(answer.status, 408);
    assert!(answer.head.contains("connection: close"));
    assert_eq!(client.ended().await, "");
}

#[tokio::test]
async fn an_idle_connection_ends_after_its_last_answer() {
    let server = start(limits()).await;
    let mut client = server.client().await;
    for _ in 0..2 {
        client.send(signed(BODY)).await;
        assert_eq!(client.answer().await.status, 200);
    }
    assert_eq!(client.ended().await, "");
}

#[tokio::test]
async fn a_client_that_reads_nothing_loses_its_connection() {
    let server = start(limits()).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream: TcpStream = socket.connect(server.address).await.unwrap();
    let request = format!(
        "GET /webhooks/meta?hub.mode=subscribe&hub.verify_token=a+token&hub.challenge={} HTTP/1.1\r\nhost: x\r\n\r\n",
        "7".repeat(256)
    );
    // The server stops reading when its answers are not taken, and then ends the connection.
    let requests = request.repeat(100);
    soon(async { while stream.write_all(requests.as_bytes()).await.is_ok() {} }).await;
    assert_eq!(server.ask(signed(BODY)).await.status, 200);
    server.wait_for("ferry_webhook_connections 0").await;
}

#[tokio::test]
async fn only_so_many_connections_are_open_at_once() {
    let server = start(Limits { n_connections: 2, ..limits() }).await;
    let mut first = server.client().await;
    first.send(signed(BODY)).await;
    assert_eq!(first.answer().await.status, 200);
    let _silent = server.client().await;
    server.wait_for("ferry_webhook_connections 2").await;
    // The third is served when one of the others ends, here by its time-out.
    assert_eq!(server.ask(signed(BODY)).await.status, 200);
}
