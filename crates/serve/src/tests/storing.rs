//! Bodies are committed in groups, and answered after that.

use tokio::net::TcpStream;

use super::memory::{BAD, FATAL};
use super::*;

/// Sends bodies, each on a connection of its own, while the store is held by a body that came before.
async fn send_while_held(server: &Running, bodies: &[String]) -> Vec<Client<TcpStream>> {
    server.store.hold();
    let mut clients = vec![server.client().await];
    clients[0].send(signed("first")).await;
    soon(async {
        while server.store.n_begun() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for body in bodies {
        let mut client = server.client().await;
        client.send(signed(body)).await;
        clients.push(client);
    }
    server.wait_for(&format!("ferry_webhook_queue_bodies {}", bodies.len())).await;
    clients
}

async fn statuses(clients: Vec<Client<TcpStream>>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for mut client in clients {
        statuses.push(client.answer().await.status);
    }
    statuses
}

fn sizes(server: &Running) -> Vec<usize> {
    server.store.groups().iter().map(Vec::len).collect()
}

#[tokio::test]
async fn nothing_is_answered_before_it_is_committed() {
    let server = start(Limits::default()).await;
    let clients = send_while_held(&server, &[]).await;
    let read = clients[0].stream.try_read(&mut [0; 8]);
    assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    server.store.release();
    assert_eq!(statuses(clients).await, [200]);
}

#[tokio::test]
async fn bodies_that_come_during_a_commit_are_committed_together() {
    let limits = Limits { group_bodies: 4, ..Limits::default() };
    let server = start(limits).await;
    let bodies: Vec<String> = (0..10).map(|it| format!("body {it}")).collect();
    let clients = send_while_held(&server, &bodies).await;
    server.store.release();
    assert_eq!(statuses(clients).await, [200; 11]);
    assert_eq!(sizes(&server), [1, 4, 4, 2]);
    let mut stored = server.store.texts().split_off(1);
    stored.sort();
    assert_eq!(stored, bodies);
}

#[tokio::test]
async fn a_group_is_not_too_large_and_a_large_body_goes_alone() {
    let server = start(Limits { group_bytes: 100, ..Limits::default() }).await;
    let bodies: Vec<String> = [60, 40, 10, 150].into_iter().map(|it| "x".repeat(it)).collect();
    let clients = send_while_held(&server, &bodies).await;
    server.store.release();
    assert_eq!(statuses(clients).await, [200; 5]);
    let bytes: Vec<usize> = server.store.groups().iter().map(|it| it.iter().map(|it| it.body.len()).sum()).collect();
    assert!(bytes.iter().all(|it| *it <= 100 || *it == 150), "{bytes:?}");
}

#[tokio::test]
async fn a_body_that_cannot_be_stored_costs_no_other() {
    let server = start(Limits::default()).await;
    let bodies = ["good".to_owned(), BAD.to_owned(), "good too".to_owned()];
    let clients = send_while_held(&server, &bodies).await;
    server.store.release();
    assert_eq!(statuses(clients).await, [200, 200, 503, 200]);
    assert_eq!(server.status.illness(), None, "the database is well");
}

#[tokio::test]
async fn a_full_queue_answers_503_at_once() {
    for limits in [
        Limits { queued_bodies: 2, ..Limits::default() },
        // The first body takes five bytes of room, until it is committed.
        Limits { queued_bytes: 13, ..Limits::default() },
    ] {
        let server = start(limits).await;
        let clients = send_while_held(&server, &["wait".to_owned(), "too".to_owned()]).await;
        let answer = server.ask(signed("no room")).await;
        assert_eq!(answer.status, 503);
        assert!(answer.head.contains("retry-after: 5"), "{}", answer.head);
        assert_eq!(server.ask("GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.body, "queue full\n");
        server.store.release();
        assert_eq!(statuses(clients).await, [200; 3]);
        assert_eq!(server.ask(signed("room")).await.status, 200);
        assert_eq!(server.store.texts().len(), 4);
    }
}

#[tokio::test]
async fn large_bodies_on_their_way_do_not_keep_out_small_ones() {
    let server = start(Limits { reading_bytes: 150_000, ..Limits::default() }).await;
    let large = signed(vec![b' '; 120_000]);
    let mut first = server.client().await;
    let n_sent = large.len() - 10_000;
    first.send(&large[..n_sent]).await;
    // The first 16 KiB of it do not count.
    server.wait_for(&format!("ferry_webhook_reading_bytes {}", 110_000 - (16 << 10))).await;
    let second = server.ask(&large).await;
    assert_eq!(second.status, 503);
    assert!(second.head.contains("retry-after"));
    assert_eq!(server.ask(signed(BODY)).await.status, 200);
    first.send(&large[n_sent..]).await;
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(server.ask(&large).await.status, 200);
}

#[tokio::test]
async fn a_commit_that_takes_too_long_is_answered_with_503_and_still_happens() {
    let server = start(Limits { commit_timeout: Duration::from_millis(20), ..Limits::default() }).await;
    let clients = send_while_held(&server, &["slow".to_owned()]).await;
    assert_eq!(statuses(clients).await, [503, 503]);
    server.store.release();
    let store = server.store.clone();
    server.end().await;
    assert_eq!(store.texts(), ["first", "slow"]);
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_stop_its_commit() {
    let server = start(Limits::default()).await;
    drop(send_while_held(&server, &["gone".to_owned()]).await);
    server.store.release();
    let store = server.store.clone();
    server.end().await;
    assert_eq!(store.texts(), ["first", "gone"]);
}

#[tokio::test]
async fn the_server_ends_with_an_error_if_the_store_panics() {
    let server = start(Limits::default()).await;
    assert_eq!(server.ask(signed(FATAL)).await.status, 503);
    let ended = soon(server.ended).await.unwrap();
    assert!(matches!(ended, Err(ServeError::Writer)));
}
