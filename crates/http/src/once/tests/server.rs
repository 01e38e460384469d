//! A server that follows a script and keeps every byte that comes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::base_url;

/// What is waited for before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Now,
    /// The head of the next request.
    Head,
    /// The whole next request.
    Request,
    /// The test says so ([`Server::go_on`]).
    Told,
}

/// What becomes of the connection after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Keep,
    Close,
    Reset,
    /// Nothing more is written, and everything read.
    Silent,
    /// Nothing more is written or read.
    Deaf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) when: When,
    pub(super) write: &'static str,
    pub(super) end: End,
}

/// Answers a request, and keeps the connection.
pub(super) const fn answer(write: &'static str) -> Step {
    Step { when: When::Request, write, end: End::Keep }
}

/// Answers a request, and then ends the connection.
pub(super) const fn cut(write: &'static str, end: End) -> Step {
    Step { when: When::Request, write, end }
}

pub(super) struct Server {
    pub(super) url: Url,
    /// What came, by connection.
    received: Arc<Mutex<Vec<Vec<u8>>>>,
    accepting: JoinHandle<()>,
    serving: Arc<Mutex<Vec<JoinHandle<()>>>>,
    told: watch::Sender<bool>,
    /// The port from which the test connects last.
    last: Arc<AtomicU16>,
}

impl Server {
    /// Does with the n-th connection what the n-th script says, and with all others what the last one says. A script that
    /// is at its end begins again.
    pub(super) async fn start(scripts: Vec<Vec<Step>>) -> Self {
        Self::with(scripts, |stream| async move { Some(stream) }, "http").await
    }

    /// Does the same on streams that are made of TCP streams.
    pub(super) async fn with<S, F>(
        scripts: Vec<Vec<Step>>,
        make: impl Fn(TcpStream) -> F + Send + 'static,
        scheme: &str,
    ) -> Self
    where
        S: Conversation,
        F: Future<Output = Option<S>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = base_url(&format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port())).unwrap();
        let (received, serving) = (Arc::<Mutex<Vec<Vec<u8>>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (told, listening) = watch::channel(false);
        let (log, tasks) = (Arc::clone(&received), Arc::clone(&serving));
        let last = Arc::<AtomicU16>::default();
        let last_port = Arc::clone(&last);
        let accepting = tokio::spawn(async move {
            for n in 0.. {
                let (stream, from) = listener.accept().await.unwrap();
                if from.port() == last_port.load(Ordering::SeqCst) {
                    return;
                }
                log.lock().unwrap().push(Vec::new());
                let script = scripts[n.min(scripts.len() - 1)].clone();
                let (made, log, told) = (make(stream), Arc::clone(&log), listening.clone());
                let serve = async move {
                    let Some(stream) = made.await else { return };
                    Connection { stream, n, n_read: 0, log, told }.follow(&script).await;
                };
                tasks.lock().unwrap().push(tokio::spawn(serve));
            }
        });
        Self { url, received, accepting, serving, told, last }
    }

    /// Lets all steps go on that wait for it.
    pub(super) fn go_on(&self) {
        self.told.send(true).unwrap();
    }

    pub(super) fn n_connections(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// Waits until the connections are closed, and returns what came on each. The sender must be gone.
    pub(super) async fn received(self) -> Vec<String> {
        // Connections are accepted in their order, so after this one there is none left that has not been served.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        self.last.store(socket.local_addr().unwrap().port(), Ordering::SeqCst);
        let port = self.url.port().unwrap();
        let _last = socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
        self.accepting.await.unwrap();
        loop {
            let Some(serving) = self.serving.lock().unwrap().pop() else { break };
            serving.await.unwrap();
        }
        let received = self.received.lock().unwrap().clone();
        received.into_iter().map(|it| String::from_utf8(it).unwrap()).collect()
    }

    /// Waits until the connections are closed, and returns the paths of the whole requests.
    pub(super) async fn requests(self) -> Vec<String> {
        let received = self.received().await;
        received.iter().flat_map(|it| whole_requests(it).0).collect()
    }
}

/// The paths of the whole requests in what came on a connection, and what is left.
pub(super) fn whole_requests(mut received: &str) -> (Vec<String>, &str) {
    let mut paths = Vec::new();
    while let Some(length) = length_of_request(received) {
        paths.push(received.split(' ').nth(1).unwrap_or_default().to_owned());
        received = &received[length..];
    }
    (paths, received)
}

/// The length of the first request if it is whole.
fn length_of_request(received: &str) -> Option<usize> {
    let head = received.find("\r\n\r\n")? + 4;
    let length = received[..head].to_lowercase();
    let length = length.split_once("content-length: ")?.1.lines().next()?.trim().parse::<usize>().ok()?;
    (received.len() >= head + length).then_some(head + length)
}

pub(super) trait Conversation: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Resets the connection instead of closing it.
    fn reset(&self) {}
}

impl Conversation for TcpStream {
    fn reset(&self) {
        self.set_zero_linger().unwrap();
    }
}

impl Conversation for tokio_rustls::server::TlsStream<TcpStream> {}

struct Connection<S> {
    stream: S,
    n: usize,
    /// Bytes of the requests that were waited for.
    n_read: usize,
    log: Arc<Mutex<Vec<Vec<u8>>>>,
    told: watch::Receiver<bool>,
}

impl<S: Conversation> Connection<S> {
    async fn follow(mut self, script: &[Step]) {
        for step in script.iter().cycle() {
            if !self.wait(step.when).await {
                return;
            }
            if self.stream.write_all(step.write.as_bytes()).await.is_err() {
                return self.read_all().await;
            }
            let _ = self.stream.flush().await;
            match step.end {
                End::Keep => {}
                End::Close => return,
                End::Reset => return self.stream.reset(),
                End::Silent => return self.read_all().await,
                End::Deaf => return self.wait_until_told().await,
            }
        }
    }

    /// False if the connection ended before.
    async fn wait(&mut self, when: When) -> bool {
        loop {
            let received = String::from_utf8_lossy(&self.log.lock().unwrap()[self.n][self.n_read..]).into_owned();
            match when {
                When::Now => return true,
                When::Told => {
                    self.wait_until_told().await;
                    return true;
                }
                When::Head if received.contains("\r\n\r\n") => return true,
                When::Request if length_of_request(&received).is_some() => {
                    self.n_read += length_of_request(&received).unwrap();
                    return true;
                }
                When::Head | When::Request => {}
            }
            if !self.read_some().await {
                return false;
            }
        }
    }

    async fn wait_until_told(&mut self) {
        let _ = self.told.wait_for(|it| *it).await;
    }

    async fn read_some(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes).await {
            Ok(0) | Err(_) => false,
            Ok(n) => {
                self.log.lock().unwrap()[self.n].extend_from_slice(&bytes[..n]);
                true
            }
        }
    }

    async fn read_all(&mut self) {
        while self.read_some().await {}
    }
}
