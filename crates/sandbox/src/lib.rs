//! A stand-in for WhatsApp, in a process of its own, with faults to switch on.
//!
//! It keeps a ledger of every number that it was asked about, written before it answers. Which
//! numbers are registered depends on the seed alone, so two runs see the same world.

mod contacts;
mod fault;
mod ledger;
mod world;

pub use fault::{Fault, FaultKind, FaultSyntax};
pub use ledger::Ledger;
pub use world::World;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use tokio::net::TcpListener;

/// What the stand-in is and does.
pub struct Sandbox {
    pub world: World,
    pub faults: Vec<Fault>,
    pub ledger: Option<Ledger>,
    /// The token that callers must bring; none lets everybody in.
    pub token: Option<String>,
    /// How many requests have come.
    pub n_requests: AtomicU64,
}

/// Serves for as long as it is polled. Dropping it cuts off callers that a fault left waiting.
pub async fn serve(sandbox: Sandbox, listener: TcpListener) -> io::Result<()> {
    let routes = Router::new()
        .route("/v1/contacts", post(contacts::check))
        .layer(DefaultBodyLimit::max(4 << 20))
        .with_state(Arc::new(sandbox));
    axum::serve(listener, routes).await
}
