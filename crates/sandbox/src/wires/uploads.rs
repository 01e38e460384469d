//! Resumable uploads as the Graph API takes them, and the handles that templates need.
//!
//! - `POST /{version}/{app}/uploads?file_name&file_length&file_type` begins a session.
//! - `POST /{version}/upload:…` with the header `file_offset` takes bytes, `GET` there tells how many have arrived.
//! - `POST /sandbox/uploads {"cut_at": [N, …], "hold_at": [N, …]}` cuts the connection once when so many bytes of a session
//!   have arrived, or leaves it without an answer.
//! - `GET /sandbox/uploads` is the ledger: each session with every part that was sent.
//!
//! Source: Meta, "Resumable Upload API" (guides/upload, read 2026-11-29). That a handle is valid for a day is what a provider
//! says (mindhunters.ai, read 2026-11-29); Meta names no time. An empty part at the end of a whole file repeats the
//! handle, which Meta does not document.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::templates::{Refusal, admit, edit, text};
use crate::Sandbox;
use crate::sending::nodes;

/// How long a handle can be used.
const VALID: SignedDuration = SignedDuration::from_hours(24);
/// The files that an upload takes (Meta, Resumable Upload API).
const TYPES: [&str; 5] = ["application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4"];
/// A media header without a file of its own (Meta, error 2388273).
const NO_SAMPLE: u32 = 2_388_273;

/// All upload sessions.
#[derive(Default)]
pub struct Uploads(Mutex<Store>);

#[derive(Default)]
struct Store {
    sessions: Vec<Session>,
    control: Control,
}

struct Session {
    app: String,
    file: File,
    received: u64,
    parts: Vec<Part>,
    finished_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(crate) struct File {
    file_name: String,
    file_length: u64,
    file_type: String,
}

struct Part {
    offset: u64,
    n_bytes: u64,
}

/// Where uploads are interrupted, in bytes that have arrived.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Control {
    cut_at: Vec<u64>,
    hold_at: Vec<u64>,
}

/// What becomes of the bytes of a part.
enum Taken {
    All,
    Cut,
    Held,
    TooMany,
}

/// The signature that belongs to the id of a session.
#[derive(Deserialize)]
pub(crate) struct Signature {
    sig: Option<String>,
}

impl Session {
    /// The shape of Meta's handles: a version, the type, a text, the app.
    fn handle(&self, n: usize) -> String {
        use base64::prelude::{BASE64_STANDARD, Engine};
        format!("4::{}:ARsandbox{n}:e:{}", BASE64_STANDARD.encode(&self.file.file_type), self.app)
    }

    fn ledger(&self, n: usize) -> Value {
        let parts: Vec<Value> =
            self.parts.iter().map(|it| json!({ "offset": it.offset, "bytes": it.n_bytes })).collect();
        json!({
            "id": id(n), "app": self.app, "file_name": self.file.file_name, "file_type": self.file.file_type,
            "file_length": self.file.file_length, "received": self.received, "parts": parts,
            "handle": self.finished_at.map(|_| self.handle(n)),
        })
    }
}

fn id(n: usize) -> String {
    format!("upload:sandbox{n}?sig={}", signature(n))
}

fn signature(n: usize) -> String {
    format!("AR{}", n * 7919 + 17)
}

fn lock(sandbox: &Sandbox) -> MutexGuard<'_, Store> {
    sandbox.uploads.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refusal(message: &str) -> Response {
    Refusal::new(0, message).into_response()
}

pub(crate) async fn begin(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, app)): Path<(String, String)>,
    Query(file): Query<File>,
    headers: HeaderMap,
) -> Response {
    let is_lost = match admit(&sandbox, &headers, &["OAuth ", "Bearer "]).await {
        Ok(is_lost) => is_lost,
        Err(refused) => return refused,
    };
    if !TYPES.contains(&file.file_type.as_str()) {
        return refusal("the type of the file is not supported");
    }
    if file.file_length == 0 || file.file_name.is_empty() || file.file_name.contains(['/', '<', '>', '@', '%']) {
        return refusal("the file has no name or no bytes");
    }
    let n = {
        let mut store = lock(&sandbox);
        store.sessions.push(Session { app, file, received: 0, parts: Vec::new(), finished_at: None });
        store.sessions.len() - 1
    };
    if is_lost {
        std::future::pending::<()>().await;
    }
    Json(json!({ "id": id(n) })).into_response()
}

/// `POST /{version}/{node}`: bytes of an upload, or an edit of a template.
pub(crate) async fn post_node(
    State(sandbox): State<Arc<Sandbox>>,
    Path((version, node)): Path<(String, String)>,
    Query(signature): Query<Signature>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    if node.starts_with("upload:") {
        return receive(&sandbox, &node, &signature, &headers, request.into_body()).await;
    }
    match Json::<Value>::from_request(request, &sandbox).await {
        Ok(body) => edit(State(sandbox), Path((version, node)), headers, body).await,
        Err(rejected) => rejected.into_response(),
    }
}

/// The number of a session; none if there is no such session.
fn session(store: &Store, node: &str, given: &Signature) -> Option<usize> {
    let n = node.strip_prefix("upload:sandbox")?.parse().ok().filter(|it| *it < store.sessions.len())?;
    (given.sig.as_deref() == Some(&signature(n))).then_some(n)
}

async fn receive(sandbox: &Sandbox, node: &str, signature: &Signature, headers: &HeaderMap, body: Body) -> Response {
    let is_lost = match admit(sandbox, headers, &["OAuth "]).await {
        Ok(is_lost) => is_lost,
        Err(refused) => return refused,
    };
    let Some(n) = session(&lock(sandbox), node, signature) else {
        return refusal("there is no such upload session");
    };
    let offset = headers.get("file_offset").and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    let Some(offset) = offset else { return refusal("there is no file_offset") };
    {
        let session = &mut lock(sandbox).sessions[n];
        if offset != session.received {
            return refusal("file_offset is not what has arrived");
        }
        session.parts.push(Part { offset, n_bytes: 0 });
    }
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        let taken = lock(sandbox).take(n, chunk.len() as u64);
        match taken {
            Taken::All => {}
            Taken::Cut => return broken_off(),
            Taken::Held => std::future::pending::<()>().await,
            Taken::TooMany => return refusal("there are more bytes than file_length says"),
        }
    }
    let now = sandbox.clock.now();
    let answer = {
        let session = &mut lock(sandbox).sessions[n];
        if session.received != session.file.file_length {
            return refusal("the file is not whole");
        }
        session.finished_at.get_or_insert(now);
        json!({ "h": session.handle(n) })
    };
    if is_lost {
        std::future::pending::<()>().await;
    }
    Json(answer).into_response()
}

impl Store {
    /// Takes some bytes of a part, up to the place of an interruption.
    fn take(&mut self, n: usize, n_bytes: u64) -> Taken {
        let session = &mut self.sessions[n];
        let reached = session.received..=session.received + n_bytes;
        let within =
            |places: &mut Vec<u64>| places.iter().position(|it| reached.contains(it)).map(|it| places.remove(it));
        let (end, taken) = match (within(&mut self.control.cut_at), within(&mut self.control.hold_at)) {
            (Some(at), _) => (at, Taken::Cut),
            (_, Some(at)) => (at, Taken::Held),
            _ => (*reached.end(), Taken::All),
        };
        if end > session.file.file_length {
            return Taken::TooMany;
        }
        if let Some(part) = session.parts.last_mut() {
            part.n_bytes += end - session.received;
        }
        session.received = end;
        taken
    }
}

/// An answer whose connection breaks before its first byte.
fn broken_off() -> Response {
    let broken = futures::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("cut")) });
    (StatusCode::OK, Body::from_stream(broken)).into_response()
}

/// The query of a node.
#[derive(Deserialize)]
pub(crate) struct Asked {
    sig: Option<String>,
    fields: Option<String>,
}

/// `GET /{version}/{node}`: how much of an upload has arrived, or a number, an account or a token.
pub(crate) async fn get_node(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, node)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    match nodes::node(&sandbox, &node, asked.fields.as_deref(), &headers) {
        Some(answer) => answer,
        None => offset(&sandbox, &node, Signature { sig: asked.sig }, &headers).await,
    }
}

async fn offset(sandbox: &Sandbox, node: &str, signature: Signature, headers: &HeaderMap) -> Response {
    if let Err(refused) = admit(sandbox, headers, &["OAuth "]).await {
        return refused;
    }
    let store = lock(sandbox);
    match session(&store, node, &signature) {
        Some(n) => Json(json!({ "id": id(n), "file_offset": store.sessions[n].received })).into_response(),
        None => refusal("there is no such upload session"),
    }
}

/// Refuses a template whose media header has no handle, one that this sandbox did not give, or one of another type.
pub(super) fn check_sample(sandbox: &Sandbox, template: &Value, now: Timestamp) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::new(NO_SAMPLE, message));
    for component in template.get("components").and_then(Value::as_array).into_iter().flatten() {
        let family = match text(component, "format").to_uppercase().as_str() {
            "IMAGE" => "image/",
            "VIDEO" => "video/",
            "DOCUMENT" => "application/",
            _ => continue,
        };
        let Some(handle) = component["example"]["header_handle"][0].as_str() else {
            return refuse("a header with media needs a sample, but none was given");
        };
        let store = lock(sandbox);
        let given =
            store.sessions.iter().enumerate().find(|(n, it)| it.finished_at.is_some() && it.handle(*n) == handle);
        let Some((_, session)) = given else { return refuse("the handle of the sample is not known") };
        if session.finished_at.is_some_and(|it| now.duration_since(it) > VALID) {
            return refuse("the handle of the sample has expired");
        }
        if !session.file.file_type.starts_with(family) {
            return refuse("the sample is of another type than the header");
        }
    }
    Ok(())
}

pub(crate) async fn ledger(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    let store = lock(&sandbox);
    Json(store.sessions.iter().enumerate().map(|(n, it)| it.ledger(n)).collect())
}

pub(crate) async fn control(
    State(sandbox): State<Arc<Sandbox>>,
    Json(control): Json<Control>,
) -> Result<StatusCode, Infallible> {
    lock(&sandbox).control = control;
    Ok(StatusCode::NO_CONTENT)
}
