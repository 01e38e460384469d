//! One connection: a request out, an answer back. The bytes are written here, because a stand-in has to be able to send
//! what no client library sends: a body shorter than its announced length, or byte by byte.

use std::fmt::Write;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use crate::webhooks::webhook::{Manner, Webhook};

/// The parts of a slow request.
const PIECES: usize = 20;

/// The most bytes of an answer that are waited for.
const LONGEST_ANSWER: usize = 1 << 20;

/// The most headers of an answer.
const MOST_HEADERS: usize = 64;

/// A connection that is kept for further requests.
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Whether the connection can be used again.
    pub(super) is_kept: bool,
}

impl Connection {
    pub(super) async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Sends a request and waits for its answer, which can come before the whole request is sent. `slow` is how long a slow
    /// one takes.
    pub(super) async fn exchange(
        &mut self,
        host: &str,
        webhook: &Webhook,
        manner: Manner,
        slow: Duration,
    ) -> io::Result<Answer> {
        let request = request(host, webhook);
        let (mut from, mut to) = self.stream.split();
        let (sending, reading) = (send(&mut to, &request, manner, slow), read(&mut from, &mut self.received));
        tokio::pin!(sending, reading);
        let mut sent = None;
        loop {
            tokio::select! {
                biased;
                answer = &mut reading => {
                    let is_whole = sent == Some(true) && manner != Manner::CutOff;
                    return answer.map(|it| Answer { is_kept: it.is_kept && is_whole, ..it });
                }
                // A server that refuses early ends the connection: its answer may be there all the same.
                it = &mut sending, if sent.is_none() => sent = Some(it.is_ok()),
            }
        }
    }
}

fn request(host: &str, webhook: &Webhook) -> Vec<u8> {
    let mut head = format!("POST {} HTTP/1.1\r\nHost: {host}\r\n", webhook.path);
    for (name, value) in &webhook.headers {
        // Writing to a string does not fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "Content-Length: {}\r\n\r\n", webhook.body.len());
    let mut request = head.into_bytes();
    request.extend_from_slice(&webhook.body);
    request
}

async fn send(to: &mut WriteHalf<'_>, request: &[u8], manner: Manner, slow: Duration) -> io::Result<()> {
    match manner {
        Manner::Whole => to.write_all(request).await,
        Manner::Slow => {
            for piece in request.chunks(request.len().div_ceil(PIECES)) {
                to.write_all(piece).await?;
                tokio::time::sleep(slow / PIECES as u32).await;
            }
            Ok(())
        }
        Manner::CutOff => {
            // The body is at the end, and longer than its last tenth in bytes.
            to.write_all(&request[..request.len() - request.len().div_ceil(10)]).await?;
            to.shutdown().await
        }
    }
}

async fn read(from: &mut ReadHalf<'_>, received: &mut Vec<u8>) -> io::Result<Answer> {
    loop {
        match answer(received)? {
            Some((answer, end)) => {
                received.drain(..end);
                return Ok(answer);
            }
            None if received.len() > LONGEST_ANSWER => return Err(io::ErrorKind::InvalidData.into()),
            None => {}
        }
        if from.read_buf(received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Reads an answer and where it ends; none if it is not there yet.
fn answer(received: &[u8]) -> io::Result<Option<(Answer, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let read = head.parse(received).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let (httparse::Status::Complete(start), Some(status)) = (read, head.code) else { return Ok(None) };
    if status < 200 {
        // 100 Continue stands before the answer.
        let rest = received.get(start..).unwrap_or_default();
        return Ok(answer(rest)?.map(|(answer, end)| (answer, start + end)));
    }
    let header = |name: &str| head.headers.iter().find(|it| it.name.eq_ignore_ascii_case(name)).map(|it| it.value);
    let length = header("content-length").and_then(|it| str::from_utf8(it).ok()?.trim().parse::<usize>().ok());
    let is_closed = header("connection").is_some_and(|it| it.eq_ignore_ascii_case(b"close"));
    let Some(length) = length.or((status == 204).then_some(0)) else {
        // An answer whose end is not announced is the last of its connection.
        return Ok(Some((Answer { status, is_kept: false }, received.len())));
    };
    let end = start.saturating_add(length);
    let answer = Answer { status, is_kept: !is_closed && head.version == Some(1) };
    Ok((end <= received.len()).then_some((answer, end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(u16, bool, usize)> {
        answer(text.as_bytes()).unwrap().map(|(answer, end)| (answer.status, answer.is_kept, end))
    }

    #[test]
    fn an_answer_is_read_when_it_is_there_as_a_whole() {
        let whole = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), None, "{end}");
        }
        assert_eq!(read(whole), Some((200, true, whole.len())));
        assert_eq!(read(&format!("{whole}HTTP/1.1")), Some((200, true, whole.len())));
    }

    #[test]
    fn a_connection_is_kept_only_where_the_end_of_the_answer_is_known() {
        let closed = "HTTP/1.1 401 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(closed), Some((401, false, closed.len())));
        let unknown = "HTTP/1.1 503 x\r\n\r\nsome text";
        assert_eq!(read(unknown), Some((503, false, unknown.len())));
        let old = "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(old), Some((200, false, old.len())));
        let after = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 x\r\n\r\n";
        assert_eq!(read(after), Some((204, true, after.len())));
        assert!(answer(b"SSH-2.0-x\r\n").is_err());
    }
}
