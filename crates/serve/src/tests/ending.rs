//! The end of the server loses nothing.

use super::*;

#[tokio::test]
async fn what_waits_at_the_end_is_committed_and_answered() {
    let server = start(Limits::default()).await;
    server.store.hold();
    let mut idle = server.client().await;
    idle.send("GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(idle.answer().await.status, 200);
    let mut clients = Vec::new();
    for n in 0..20 {
        let mut client = server.client().await;
        client.send(signed(format!("body {n}"))).await;
        clients.push(client);
    }
    // A body that has begun to arrive is taken too.
    let late = signed("late");
    let mut half = server.client().await;
    half.send(&late[..late.len() - 1]).await;
    server.wait_for("ferry_webhook_connections 22").await;
    soon(async {
        while server.store.n_begun() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    server.wait_for("ferry_webhook_queue_bodies 19").await;

    server.stop.send(()).unwrap();
    assert_eq!(idle.ended().await, "", "an idle connection ends at once");
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody else is accepted");
    half.send(&late[late.len() - 1..]).await;
    server.store.release();
    clients.push(half);
    for mut client in clients {
        assert_eq!(client.answer().await.status, 200);
        assert_eq!(client.ended().await, "");
    }
    soon(server.ended).await.unwrap().unwrap();
    assert_eq!(server.store.texts().len(), 21);
}

#[tokio::test]
async fn the_end_does_not_wait_for_clients_for_ever() {
    let server = start(Limits { shutdown_timeout: Duration::from_millis(20), ..Limits::default() }).await;
    let mut client = server.client().await;
    let request = signed(BODY);
    client.send(&request[..request.len() - 1]).await;
    server.wait_for("ferry_webhook_connections 1").await;
    server.end().await;
}
