//! Accepts connections and serves each in a task of its own.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;

use crate::timed_stream::TimedStream;
use crate::{Limits, Shared, answer};

/// Limits the headers of a request, and what is read of a body at once.
const HEAD_BYTES: usize = 16 << 10;
/// The wait after a connection could not be accepted: mostly there are too many open files.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Accepts connections until `stop` ends. Then idle connections end at once and the others after their request.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: &Arc<Shared>,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(shared.limits.n_connections));
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                let connection = Connection { shared: Arc::clone(shared), watcher: graceful.watcher(), place };
                tokio::spawn(connection.serve(stream, tls.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
    drop(listener);
    tracing::info!("no new connections: open requests are finished");
    if tokio::time::timeout(shared.limits.shutdown_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Answers are small and come after a commit: they must not wait for more.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

struct Connection {
    shared: Arc<Shared>,
    watcher: Watcher,
    /// Gives the place back when the connection ends.
    place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        self.shared.status.connection_begins();
        let status = self.shared.status.clone();
        match tls {
            None => self.speak(stream).await,
            Some(tls) => {
                let accepted = tokio::time::timeout(self.shared.limits.header_timeout, tls.accept(stream)).await;
                // Others are scanners and clients that speak HTTP: there is nobody to answer.
                if let Ok(Ok(stream)) = accepted {
                    self.speak(stream).await;
                }
            }
        }
        status.connection_ends();
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin + 'static>(self, stream: S) {
        let stream = TimedStream::new(stream, self.shared.limits.answer_timeout);
        let Self { shared, watcher, place } = self;
        let http = protocol(&shared.limits);
        let service = service_fn(|request| answer::answer(Arc::clone(&shared), request));
        // An error is that of the client: it went away, was too slow, or spoke no HTTP.
        let _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
        drop(place);
    }
}

/// HTTP/1.1 with a time-out for headers. It also ends connections on which no further request comes.
pub(crate) fn protocol(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.header_timeout).max_buf_size(HEAD_BYTES);
    http
}
