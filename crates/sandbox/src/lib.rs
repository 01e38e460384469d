//! A stand-in for WhatsApp, in a process of its own, with faults to switch on.
//!
//! It keeps templates as the Cloud API does (`templates.rs`).
//!
//! One process speaks every wire that Ferry verifies through, and keeps one ledger of every number that it was asked
//! about, written before it answers. Who is registered depends on the seed alone, so two runs see the same world. Its
//! clock can be moved and its faults changed while it runs: `control.rs` says how.

mod clock;
mod contacts;
mod control;
mod desk;
mod fault;
mod gateways;
mod ledger;
mod limits;
mod login;
mod templates;
mod world;

pub use clock::Clock;
pub use fault::{Fault, FaultKind, FaultSyntax};
pub use ledger::Ledger;
pub use limits::Limits;
pub use login::Login;
pub use templates::Templates;
pub use world::World;

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio::net::TcpListener;

/// What the stand-in is and does.
pub struct Sandbox {
    pub world: World,
    pub faults: Mutex<Vec<Fault>>,
    pub ledger: Option<Ledger>,
    /// The token that callers must bring; none lets everybody in.
    pub token: Option<String>,
    /// Who may log in for a token.
    pub login: Option<Login>,
    pub limits: Limits,
    pub clock: Clock,
    pub templates: Templates,
    /// How many requests have come.
    pub n_requests: AtomicU64,
}

/// Serves for as long as it is polled. Dropping it cuts off callers that a fault left waiting.
pub async fn serve(sandbox: Sandbox, listener: TcpListener) -> io::Result<()> {
    let routes = Router::new()
        .route("/v1/contacts", post(contacts::check))
        .route("/v1/users/login", post(login::log_in))
        .route("/api/contacts/check-exists", get(gateways::waha))
        .route("/chat/whatsappNumbers/{instance}", post(gateways::evolution))
        .route("/user/check", post(gateways::wuzapi))
        .route("/{instance}/checkWhatsapp/{token}", post(gateways::green_api))
        .route(
            "/{instance}/{account}/message_templates",
            get(templates::list).post(templates::create).delete(templates::delete),
        )
        .route("/{instance}/{template}", post(templates::edit))
        .route("/sandbox/moderation", post(templates::moderate))
        .route("/sandbox/clock", get(control::clock).post(control::move_clock))
        .route("/sandbox/faults", post(control::set_faults))
        .layer(DefaultBodyLimit::max(4 << 20))
        .with_state(Arc::new(sandbox));
    axum::serve(listener, routes).await
}
