//! What leaves a connection, below TLS.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::deadline::Moment;
use super::{NotAfter, NotSent};

/// Counts the bytes of the request of a connection, and refuses the first one when it comes too late.
///
/// A write to the socket happens under the lock. So after [`Gate::shut`] has said that nothing was written, nothing will
/// be: what TLS or hyper still hold in their buffers is refused for ever, also when they close the connection.
#[derive(Default)]
pub(crate) struct Gate(Mutex<State>);

#[derive(Default)]
struct State {
    /// The request in progress. Without one, only TLS itself writes.
    request: Option<Terms>,
    /// When its first byte was written.
    first_byte: Option<Instant>,
    refused: Option<NotSent>,
    is_shut: bool,
}

/// When a request may begin to leave.
#[derive(Clone, Copy)]
struct Terms {
    not_after: NotAfter,
    may_have_unread: bool,
}

/// What became of the request of a connection that was shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// None of its bytes left; why it was refused, if it was.
    Nothing(Option<NotSent>),
    Something,
}

impl Gate {
    /// From here on bytes are those of a request. `may_have_unread` is whether the server may have said something already:
    /// only TLS has, and only before the first answer. What comes before a request else is the goodbye of the server, or the
    /// answer to nothing.
    pub(crate) fn begin(&self, not_after: NotAfter, may_have_unread: bool) {
        let mut state = self.lock();
        (state.request, state.first_byte) = (Some(Terms { not_after, may_have_unread }), None);
    }

    /// Ends the request, whose answer is whole. If none of it was written, the gate is shut, and it is false.
    pub(crate) fn end(&self) -> bool {
        let mut state = self.lock();
        let is_written = state.first_byte.is_some();
        state.request = None;
        state.is_shut |= !is_written;
        is_written
    }

    /// Refuses every further write if a request has not ended.
    pub(crate) fn shut_if_in_progress(&self) {
        let mut state = self.lock();
        state.is_shut |= state.request.is_some();
    }

    /// Refuses every further write, and tells what was written.
    pub(crate) fn shut(&self) -> Written {
        let mut state = self.lock();
        state.is_shut = true;
        match state.first_byte {
            Some(_) => Written::Something,
            None => Written::Nothing(state.refused),
        }
    }

    /// Returns when the first byte of the request was written.
    pub(crate) fn first_byte(&self) -> Option<Instant> {
        self.lock().first_byte
    }

    /// Returns when the first byte of the request was written. If none was, the gate is shut, and none will be.
    pub(crate) fn shut_unless_begun(&self) -> Option<Instant> {
        let mut state = self.lock();
        state.is_shut |= state.first_byte.is_none();
        state.first_byte
    }

    /// Writes to `stream` by `write` if the request may leave.
    fn write<S: Socket>(
        &self,
        stream: &mut S,
        write: impl FnOnce(Pin<&mut S>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        if state.is_shut {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let is_first = state.request.is_some() && state.first_byte.is_none();
        if let (true, Some(terms)) = (is_first, state.request) {
            state.refused = terms.refusal(stream);
            if state.refused.is_some() {
                state.is_shut = true;
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
        }
        let written = write(Pin::new(stream));
        if let (true, Poll::Ready(Ok(1..))) = (is_first, &written) {
            state.first_byte = Some(Instant::now());
        }
        written
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Terms {
    /// Why the first byte may not be written now; none if it may.
    fn refusal(&self, stream: &impl Socket) -> Option<NotSent> {
        // hyper writes before it has seen that the server closed the connection, so that is looked up here.
        match stream.unread() {
            Unread::Nothing => {}
            Unread::Bytes if self.may_have_unread => {}
            Unread::Bytes | Unread::Closed => return Some(NotSent::ClosedBeforeWrite),
        }
        // The clock last: what was done before takes time.
        self.not_after.refusal(Moment::now())
    }
}

/// What a stream has for its reader at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    Nothing,
    Bytes,
    /// The other side has closed the connection, and there is nothing else.
    Closed,
}

/// A stream that can be asked what it holds without reading it.
pub(crate) trait Socket: AsyncWrite + Unpin {
    fn unread(&self) -> Unread;
}

impl Socket for TcpStream {
    fn unread(&self) -> Unread {
        match recv(self, &mut [0], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Ok((0, _)) => Unread::Closed,
            Ok(_) => Unread::Bytes,
            Err(rustix::io::Errno::AGAIN) => Unread::Nothing,
            Err(_) => Unread::Closed,
        }
    }
}

/// A stream behind a gate.
pub(crate) struct Guarded<S> {
    stream: S,
    gate: Arc<Gate>,
}

impl<S> Guarded<S> {
    pub(crate) fn new(stream: S, gate: Arc<Gate>) -> Self {
        Self { stream, gate }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl<S: Socket> AsyncWrite for Guarded<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, gate } = self.get_mut();
        gate.write(stream, |it| it.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, gate } = self.get_mut();
        gate.write(stream, |it| it.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// A socket keeps nothing back.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
