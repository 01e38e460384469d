//! The sender against servers that do what servers do to connections, and worse.

mod connections;
mod gate;
mod outcomes;
mod random;
mod server;
mod tls;

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use super::*;
use crate::{ClientConfig, Credentials};
use server::{Server, Step, answer, cut};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// Long enough that no test gets there.
const AMPLE: Duration = Duration::from_secs(60);

fn config() -> OnceConfig {
    OnceConfig { max_response_bytes: 1000, timeout: AMPLE, ..OnceConfig::default() }
}

/// For servers that never answer.
fn impatient() -> OnceConfig {
    OnceConfig { timeout: Duration::from_millis(30), ..config() }
}

fn client(base: url::Url) -> Client {
    let config = ClientConfig { allows_private: false, ..ClientConfig::default() };
    let read_error = |status, _: &[u8]| CallError::Refused { status, code: None };
    Client::new(base, Credentials::Bearer("secret-token".into()), config, read_error).unwrap()
}

fn sender(server: &Server, config: OnceConfig) -> OnceSender {
    OnceSender::new(client(server.url.clone()), config).unwrap()
}

async fn send(sender: &OnceSender, path: &str, not_after: NotAfter) -> SendOutcome {
    let body = Bytes::from(format!("{{\"id\":\"{path}\"}}"));
    sender.send(OncePost { path, body: &body }, not_after).await
}

/// Sends with ample time.
async fn post(sender: &OnceSender, path: &str) -> SendOutcome {
    send(sender, path, NotAfter::within(AMPLE)).await
}

/// The status of an answer, or what else came of a request.
fn shown(outcome: &SendOutcome) -> String {
    match outcome {
        SendOutcome::Answer(it) => format!("answer {} {}", it.status, String::from_utf8_lossy(&it.body)),
        SendOutcome::NotSent { why } => format!("not sent: {why:?}"),
        SendOutcome::Unknown { why } => format!("unknown: {why:?}"),
    }
}
