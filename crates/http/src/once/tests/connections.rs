use std::sync::mpsc;

use futures::FutureExt;

use super::server::{End, When};
use super::*;

/// Waits until the sender has seen that its idle connections are closed.
async fn until_none_is_idle(sender: &OnceSender) {
    while sender.0.pool.len() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_connection_is_kept_for_the_requests_after_it() {
    let server = Server::start(vec![vec![answer(OK)]]).await;
    let sender = sender(&server, OnceConfig { concurrency: 1, ..config() });
    for n in 0..50 {
        assert_eq!(shown(&post(&sender, &n.to_string()).await), "answer 200 {}");
    }
    assert_eq!(server.n_connections(), 1);
    drop(sender);
    assert_eq!(server.requests().await.len(), 50);
}

#[tokio::test]
async fn connections_are_opened_before_they_are_needed() {
    let server = Server::start(vec![vec![answer(OK)]]).await;
    let sender = sender(&server, OnceConfig { concurrency: 3, ..config() });
    assert_eq!((sender.open(2).await, sender.open(2).await), (Ok(2), Ok(2)));
    assert_eq!(sender.open(9).await, Ok(3));
    assert_eq!(shown(&post(&sender, "one").await), "answer 200 {}");
    drop(sender);
    assert_eq!(server.requests().await, ["/one"]);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_while_it_was_idle_is_replaced() {
    for end in [End::Close, End::Reset] {
        let server = Server::start(vec![vec![answer(OK), Step { when: When::Told, write: "", end }]]).await;
        let sender = sender(&server, config());
        assert_eq!(shown(&post(&sender, "1").await), "answer 200 {}");
        while sender.0.pool.len() == 0 {
            tokio::task::yield_now().await;
        }
        server.go_on();
        until_none_is_idle(&sender).await;
        assert_eq!(shown(&post(&sender, "2").await), "answer 200 {}");
        assert_eq!(server.n_connections(), 2);
        drop(sender);
        assert_eq!(server.requests().await, ["/1", "/2"]);
    }
}

/// The server is in a thread of its own, and this one sees that the connection is closed only when it is about to write.
#[test]
fn a_closed_connection_that_looks_open_is_replaced_by_one_fresh_one_and_no_byte_is_lost_to_it() {
    let (say, hear) = mpsc::channel();
    let (order, orders) = mpsc::channel();
    let serving = std::thread::spawn(move || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        say.send(listener.local_addr().unwrap().port()).unwrap();
        let mut received = Vec::new();
        for n in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            received.push(read_request(&mut stream));
            std::io::Write::write_all(&mut stream, OK.as_bytes()).unwrap();
            if n == 0 {
                orders.recv().unwrap();
                drop(stream);
                say.send(0).unwrap();
            } else {
                received.push(std::io::read_to_string(stream).unwrap());
            }
        }
        received
    });
    let port = hear.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let base = crate::base_url(&format!("http://127.0.0.1:{port}")).unwrap();
        let sender = OnceSender::new(client(base), OnceConfig { concurrency: 1, ..config() }).unwrap();
        assert_eq!(shown(&post(&sender, "one").await), "answer 200 {}");
        // Lets the connection get idle, and blocks the runtime until it is closed.
        while sender.0.pool.len() == 0 {
            tokio::task::yield_now().await;
        }
        order.send(()).unwrap();
        hear.recv().unwrap();
        let looks_open = sender.0.pool.len();
        assert_eq!(shown(&post(&sender, "two").await), "answer 200 {}");
        assert_eq!(looks_open, 1);
    });
    drop(runtime);
    let received = serving.join().unwrap();
    assert!(received[0].starts_with("POST /one ") && received[1].starts_with("POST /two "), "{received:?}");
    assert_eq!(received[2], "");
}

fn read_request(stream: &mut std::net::TcpStream) -> String {
    let mut received = String::new();
    while server::whole_requests(&received).0.is_empty() {
        let mut bytes = [0; 1024];
        let n = std::io::Read::read(stream, &mut bytes).unwrap();
        assert_ne!(n, 0);
        received += std::str::from_utf8(&bytes[..n]).unwrap();
    }
    received
}

#[tokio::test]
async fn a_server_that_closes_every_connection_at_once_gets_no_byte_or_nothing_is_certain() {
    for (end, write) in
        [(End::Close, ""), (End::Reset, ""), (End::Close, "HTTP/1.1 408 Idle\r\ncontent-length: 0\r\n\r\n")]
    {
        let server = Server::start(vec![vec![Step { when: When::Now, write, end }]]).await;
        let sender = sender(&server, config());
        let _ = sender.open(1).await;
        let outcome = post(&sender, "one").await;
        assert!(server.n_connections() <= 3, "{}", server.n_connections());
        drop(sender);
        let n_requests = server.requests().await.len();
        let expected: &[(&str, usize)] =
            &[("not sent: ClosedBeforeWrite", 0), ("unknown: Reset", 0), ("answer 408 ", 0)];
        assert!(expected.contains(&(shown(&outcome).as_str(), n_requests)), "{} {n_requests}", shown(&outcome));
    }
}

#[tokio::test]
async fn a_connection_that_was_idle_for_too_long_is_not_used() {
    let server = Server::start(vec![vec![answer(OK)]]).await;
    let sender = sender(&server, OnceConfig { most_idle: Duration::ZERO, concurrency: 1, ..config() });
    for n in ["1", "2"] {
        assert_eq!(shown(&post(&sender, n).await), "answer 200 {}");
    }
    assert_eq!(server.n_connections(), 2);
    drop(sender);
    assert_eq!(server.requests().await.len(), 2);
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_is_not_there() {
    let base = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        crate::base_url(&format!("http://{}", listener.local_addr().unwrap())).unwrap()
    };
    let sender = OnceSender::new(client(base), config()).unwrap();
    assert_eq!(sender.open(1).await, Err(NotSent::ConnectRefused));
    assert_eq!(shown(&post(&sender, "one").await), "not sent: ConnectRefused");
    for (base, expected) in [("https://10.0.0.1", "Private"), ("https://[fd00::1]", "Private")] {
        let sender = OnceSender::new(client(crate::base_url(base).unwrap()), config()).unwrap();
        assert_eq!(shown(&post(&sender, "one").await), format!("not sent: {expected}"));
        assert_eq!(sender.open(1).await, Err(NotSent::Private));
    }
}

#[tokio::test]
async fn nothing_is_sent_after_its_moment_or_when_the_clocks_have_moved_apart() {
    let server = Server::start(vec![vec![answer(OK)]]).await;
    let sender = sender(&server, config());
    sender.open(1).await.unwrap();
    let (now, wall) = (Instant::now(), SystemTime::now());
    let ago = Duration::from_millis(200);
    let late = NotAfter::new(now - ago, wall - ago, Duration::from_millis(100));
    assert_eq!(shown(&send(&sender, "one", late).await), "not sent: TooLate");
    let slept = NotAfter::new(now, wall - Duration::from_secs(3600), AMPLE);
    assert_eq!(shown(&send(&sender, "two", slept).await), "not sent: ClockMoved");
    let put_back = NotAfter::new(now, wall + Duration::from_secs(3600), AMPLE);
    assert_eq!(shown(&send(&sender, "three", put_back).await), "not sent: ClockMoved");
    drop(sender);
    assert_eq!(server.received().await, [""]);
}

#[tokio::test]
async fn a_request_whose_moment_passes_while_all_connections_are_taken_is_not_sent() {
    let server = Server::start(vec![vec![Step { when: When::Told, write: "", end: End::Keep }, answer(OK)]]).await;
    let sender = sender(&server, OnceConfig { concurrency: 1, ..config() });
    let first = tokio::spawn({
        let sender = sender.clone();
        async move { post(&sender, "one").await }
    });
    while sender.0.permits.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    let late = send(&sender, "two", NotAfter::within(Duration::from_millis(20))).await;
    assert_eq!(shown(&late), "not sent: TooLate");
    server.go_on();
    assert_eq!(shown(&first.await.unwrap()), "answer 200 {}");
    drop(sender);
    assert_eq!(server.requests().await, ["/one"]);
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_more_does_not_leave_later() {
    let server = Server::start(vec![vec![answer(OK)]]).await;
    let sender = sender(&server, config());
    sender.open(1).await.unwrap();
    // Polled once, it has handed its request over, and nothing was written yet.
    let outcome = post(&sender, "one").now_or_never();
    assert_eq!((outcome, sender.0.pool.len()), (None, 0));
    drop(sender);
    assert_eq!(server.received().await, [""]);
}
