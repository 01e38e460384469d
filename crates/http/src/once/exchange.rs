//! One request on one connection.

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::{Request, Response};
use tokio::time::timeout_at;

use super::connect::Connection;
use super::gate::{Gate, Written};
use super::{Answer, AnswerHeaders, LostAnswer, NotAfter, NotSent, SendOutcome};

/// Bounds of an exchange.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) not_after: NotAfter,
    /// From the first byte to the whole answer.
    pub(crate) timeout: Duration,
    pub(crate) most_bytes: usize,
}

impl Bounds {
    /// When to see whether time is up: the time-out counts from the first byte, and nobody tells when that was written.
    fn next_look(&self, now: Instant, first_byte: Option<Instant>) -> Instant {
        match first_byte {
            Some(at) => at + self.timeout,
            None => self.not_after.at().min(now + self.timeout),
        }
    }
}

/// Why there is no whole answer.
enum Failure {
    Http(hyper::Error),
    TooLarge,
}

/// Sends a request. Only a connection with a whole answer can be used again.
pub(crate) async fn exchange(
    connection: &mut Connection,
    request: Request<Full<Bytes>>,
    bounds: Bounds,
) -> SendOutcome {
    connection.gate.begin(bounds.not_after, connection.may_have_unread);
    let gate = ShutOnDrop(connection.gate.as_ref());
    let requests = &mut connection.requests;
    let answered = async {
        requests.ready().await.map_err(Failure::Http)?;
        let response = requests.send_request(request).await.map_err(Failure::Http)?;
        read(response, bounds.most_bytes).await
    };
    let mut answered = pin!(answered);
    let mut until = bounds.next_look(Instant::now(), None);
    let result = loop {
        if let Ok(result) = timeout_at(until.into(), &mut answered).await {
            break Some(result);
        }
        let now = Instant::now();
        let is_late = now >= bounds.not_after.at();
        let first_byte = if is_late { gate.0.shut_unless_begun() } else { gate.0.first_byte() };
        match first_byte {
            Some(at) if now >= at + bounds.timeout => break None,
            None if is_late => break None,
            _ => until = bounds.next_look(now, first_byte),
        }
    };
    outcome(&gate, result)
}

fn outcome(gate: &ShutOnDrop<'_>, result: Option<Result<Answer, Failure>>) -> SendOutcome {
    let why = match result {
        Some(Ok(answer)) => match gate.0.end() {
            true => return SendOutcome::Answer(answer),
            // It came before the request, so it is the answer to nothing that we sent.
            false => LostAnswer::Malformed,
        },
        None => match gate.0.shut() {
            Written::Nothing(why) => return SendOutcome::NotSent { why: why.unwrap_or(NotSent::TooLate) },
            Written::Something => LostAnswer::TimedOut,
        },
        Some(Err(Failure::TooLarge)) => LostAnswer::TooLarge,
        Some(Err(Failure::Http(error))) if error.is_parse_too_large() => LostAnswer::TooLarge,
        Some(Err(Failure::Http(error))) if error.is_parse() => LostAnswer::Malformed,
        Some(Err(Failure::Http(_))) => LostAnswer::Reset,
    };
    match gate.0.shut() {
        Written::Nothing(refused) => SendOutcome::NotSent { why: refused.unwrap_or(NotSent::ClosedBeforeWrite) },
        Written::Something => SendOutcome::Unknown { why },
    }
}

async fn read(response: Response<Incoming>, most_bytes: usize) -> Result<Answer, Failure> {
    let (head, mut body) = response.into_parts();
    if body.size_hint().lower() > most_bytes as u64 {
        return Err(Failure::TooLarge);
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Failure::Http)?.into_data() else { continue };
        if bytes.len() + data.len() > most_bytes {
            return Err(Failure::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Answer { status: head.status.as_u16(), headers: AnswerHeaders::of(&head.headers), body: bytes.freeze() })
}

/// Shuts the gate if the exchange is given up, so that nothing leaves when nobody waits for the answer.
struct ShutOnDrop<'a>(&'a Gate);

impl Drop for ShutOnDrop<'_> {
    fn drop(&mut self) {
        self.0.shut_if_in_progress();
    }
}
