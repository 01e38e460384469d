//! Receives webhooks over HTTP. A body is answered with 200 only after it was committed.
//!
//! ```text
//! headers ──> body up to 4 MiB ──> signature ──> queue ──> one writer: group ──> Store::commit ──> 200
//!   401          413 408 503          401          503                              503
//! ```
//!
//! Nothing reads the content of a body: that is for the [`Store`], after the signature. Answers, logs and metrics hold
//! no body, no header, no secret and no address of a client.

mod admin;
mod answer;
mod body;
mod cause;
mod connection;
mod crm_store;
mod derive;
mod error;
mod forward;
mod guard;
mod handshake;
mod keep;
mod limits;
mod listen;
mod of_plan;
mod queue;
mod rejects;
mod status;
mod store;
mod timed_stream;
mod watch;
mod wire;
mod writer;

#[cfg(test)]
mod tests;

pub use crm_store::CrmStore;
pub use derive::derive;
pub use error::ServeError;
pub use forward::{ForwardPace, ForwardTarget, ForwardWake, forward, forward_targets};
pub use guard::{CheckSignature, Guard, SignedRequest, Webhook};
pub use keep::{KeepTimes, keep};
pub use limits::Limits;
pub use listen::{Bound, Certificate, Listen, Reach, allow_connections};
pub use of_plan::{start_message, webhooks_of};
pub use status::Status;
pub use store::{CheckedBody, CommittedBody, Store, StoreError};
pub use watch::{Notice, NoticeKind, Seen, Watcher, watch};
pub use whatsapp::{SignatureForm, WebhookSecret};
pub use wire::Wire;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio_rustls::TlsAcceptor;

use crate::queue::Queue;
use crate::rejects::Rejects;

/// What is served, and where.
pub struct Serving {
    /// Takes the requests of platforms, and `GET /health`.
    pub listener: TcpListener,
    /// Answers `GET /metrics` and `GET /health`. It is on loopback.
    pub admin: Option<TcpListener>,
    /// Speaks HTTPS on `listener`. Without it HTTP is spoken.
    pub tls: Option<TlsAcceptor>,
    /// Their paths differ.
    pub webhooks: Vec<Webhook>,
    pub limits: Limits,
}

/// What all requests share.
struct Shared {
    webhooks: HashMap<String, Webhook>,
    limits: Limits,
    queue: Queue,
    /// The bytes of large bodies that are being read.
    reading: Arc<Semaphore>,
    status: Status,
    rejects: Rejects,
}

/// Serves until `stop` ends, then finishes: takes no new connection, reads what has begun to arrive, commits what
/// waits, and answers it.
///
/// A body that was answered with 200 was committed. One that was committed can lack its answer, if the client went away
/// or the answer came too late: the platform then sends it again, and the store knows it.
///
/// Fails if the store panics. Nothing can be taken then.
pub async fn serve<S: Store>(
    serving: Serving,
    store: S,
    status: Status,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let Serving { listener, admin, tls, webhooks, limits } = serving;
    let (queue, waiting) = queue::queue(&limits);
    let (close, closed) = oneshot::channel();
    let (alive, dead) = oneshot::channel::<()>();
    let (writer_limits, writer_status) = (limits.clone(), status.clone());
    let writer = tokio::spawn(async move {
        // Is dropped when the writer ends, also by a panic.
        let _alive = alive;
        writer::write(store, waiting, closed, writer_limits, writer_status).await;
    });
    let reading = Arc::new(Semaphore::new(limits.reading_bytes));
    status.watch(queue.clone(), Arc::clone(&reading), limits.reading_bytes);
    let shared = Arc::new(Shared {
        webhooks: webhooks.into_iter().map(|it| (it.path.clone(), it)).collect(),
        reading,
        limits,
        queue,
        status: status.clone(),
        rejects: Rejects::new(),
    });
    let admin = admin.map(|it| tokio::spawn(admin::serve(it, status, shared.limits.clone())));

    let stop = async {
        tokio::select! {
            () = stop => {}
            _ = dead => {}
        }
    };
    connection::serve(listener, tls, &shared, stop).await;
    // The writer takes no more, and commits what waits.
    let _ = close.send(());
    let written = writer.await;
    if let Some(admin) = admin {
        admin.abort();
    }
    written.map_err(|_| ServeError::Writer)
}
