//! Connections that an answer can break, as a network breaks them.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// How a connection ends before an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// The server closes it.
    Close,
    /// The server resets it.
    Reset,
}

const WHOLE: u8 = 0;
const CLOSED: u8 = 1;
const RESET: u8 = 2;

/// The end of a connection that a handler holds.
#[derive(Clone, Default)]
pub(crate) struct Line(Arc<AtomicU8>);

impl Line {
    /// Ends the connection as soon as the next byte of an answer is to be written: the caller never sees that answer.
    pub(crate) fn end(&self, how: Break) {
        let state = if how == Break::Close { CLOSED } else { RESET };
        self.0.store(state, Ordering::SeqCst);
    }
}

/// Listens as a [`TcpListener`] does.
pub(crate) struct Breakable(pub(crate) TcpListener);

/// A connection that can be broken.
pub(crate) struct BreakableStream {
    stream: TcpStream,
    line: Line,
}

impl Listener for Breakable {
    type Io = BreakableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (BreakableStream, SocketAddr) {
        let (stream, from) = Listener::accept(&mut self.0).await;
        // An answer of two writes must not wait for the acknowledgement of the first.
        let _ = stream.set_nodelay(true);
        (BreakableStream { stream, line: Line::default() }, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Breakable>> for Line {
    fn connect_info(stream: IncomingStream<'_, Breakable>) -> Self {
        stream.io().line.clone()
    }
}

impl BreakableStream {
    /// Fails if the connection is to end here. A stream that is dropped with no time to linger is reset.
    fn check(&self) -> io::Result<()> {
        match self.line.0.load(Ordering::SeqCst) {
            WHOLE => Ok(()),
            CLOSED => Err(io::ErrorKind::ConnectionAborted.into()),
            _ => {
                self.stream.set_zero_linger()?;
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    }
}

impl AsyncRead for BreakableStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for BreakableStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
