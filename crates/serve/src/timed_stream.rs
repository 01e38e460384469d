//! A connection whose client must take what is sent to it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Limits the time in which the rest of a refused body is read and thrown away after the answer. If the connection
/// ended before, the client could miss the answer.
const LINGER: Duration = Duration::from_secs(1);
/// Limits how much of it is read.
const MOST_LINGER_BYTES: usize = 8 << 20;

/// A stream on which writing fails if the client has not taken everything within a time-out. A byte now and then does
/// not help: the time runs until all is sent.
pub(crate) struct TimedStream<S> {
    stream: S,
    timeout: Duration,
    /// When sending fails. None while nothing waits to be sent.
    deadline: Option<Pin<Box<Sleep>>>,
    linger: Linger,
}

/// How far the end of a connection has come.
enum Linger {
    Open,
    /// Our side has ended. What the client still sends is thrown away.
    Reading(Pin<Box<Sleep>>, usize),
    Done,
}

impl<S> TimedStream<S> {
    pub(crate) fn new(stream: S, timeout: Duration) -> Self {
        Self { stream, timeout, deadline: None, linger: Linger::Open }
    }

    /// Fails if what waits has waited too long.
    fn wait<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let timeout = self.timeout;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        deadline.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Ready(written) => Poll::Ready(written),
            Poll::Pending => self.wait(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(context, bytes) {
            Poll::Ready(written) => Poll::Ready(written),
            Poll::Pending => self.wait(context),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Ready(flushed) => {
                self.deadline = None;
                Poll::Ready(flushed)
            }
            Poll::Pending => self.wait(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            match &mut this.linger {
                Linger::Open => {
                    match Pin::new(&mut this.stream).poll_shutdown(context) {
                        Poll::Ready(ended) => ended?,
                        Poll::Pending => return this.wait(context),
                    }
                    this.linger = Linger::Reading(Box::pin(tokio::time::sleep(LINGER)), 0);
                }
                Linger::Reading(until, n_bytes) => {
                    let mut space = [0; 4096];
                    let mut space = ReadBuf::new(&mut space);
                    let has_ended = match Pin::new(&mut this.stream).poll_read(context, &mut space) {
                        Poll::Ready(read) => read.is_err() || space.filled().is_empty(),
                        Poll::Pending => {
                            ready!(until.as_mut().poll(context));
                            true
                        }
                    };
                    *n_bytes += space.filled().len();
                    if has_ended || *n_bytes > MOST_LINGER_BYTES {
                        this.linger = Linger::Done;
                    }
                }
                Linger::Done => return Poll::Ready(Ok(())),
            }
        }
    }
}
