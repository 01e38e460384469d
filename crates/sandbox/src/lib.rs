//! A stand-in for WhatsApp and for the providers that people leave, in a process of its own, with faults that can be
//! switched on.
//!
//! One process speaks every protocol that Ferry verifies through, and keeps templates as the Cloud API does. It writes
//! every number that was checked to one ledger before it answers. Which numbers are registered depends only on the seed,
//! so two runs give the same answers. Tests move its clock and change its faults while it runs: see `control.rs`.
//! The providers are in `providers.rs`, the sending of messages is in `sending.rs`, and what platforms call back is in
//! `webhooks.rs`.

mod answering;
mod clock;
mod connection;
mod control;
mod error_body;
mod fault;
mod ledger;
mod limits;
mod population;
mod providers;
pub mod sending;
pub mod webhooks;
mod wires;

pub use clock::Clock;
pub use fault::{Fault, FaultKind, FaultSyntax};
pub use ledger::Ledger;
pub use limits::Limits;
pub use population::Population;
pub use providers::{ProviderSettings, Providers};
pub use sending::{Sending, SendingSettings, SendsLog, SettingsError};
pub use wires::login::Login;
pub use wires::templates::Templates;
pub use wires::uploads::Uploads;

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, header};
use axum::middleware::map_response_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::net::TcpListener;

use crate::connection::{Breakable, Line};
use crate::sending::{nodes, requests};
use crate::wires::{contacts, gateways, login, templates, uploads};

/// The settings and the state of the sandbox.
pub struct Sandbox {
    pub population: Population,
    pub faults: Mutex<Vec<Fault>>,
    pub ledger: Option<Ledger>,
    /// The token that callers must send; without one all calls are allowed.
    pub token: Option<String>,
    /// The user who can log in for a token.
    pub login: Option<Login>,
    pub limits: Limits,
    pub clock: Clock,
    pub templates: Templates,
    pub uploads: Uploads,
    pub providers: Providers,
    pub sending: Sending,
    /// Requests so far.
    pub n_requests: AtomicU64,
}

/// Serves as long as it is polled. Dropping it cuts off callers that a fault keeps waiting.
pub async fn serve(sandbox: Sandbox, listener: TcpListener) -> io::Result<()> {
    serve_shared(Arc::new(sandbox), listener).await
}

async fn serve_shared(sandbox: Arc<Sandbox>, listener: TcpListener) -> io::Result<()> {
    let routes = routes(Arc::clone(&sandbox)).into_make_service_with_connect_info::<Line>();
    tokio::select! {
        served = axum::serve(Breakable(listener), routes) => served,
        () = Sending::run(sandbox) => Ok(()),
    }
}

fn routes(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
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
        .route("/{instance}/{app}/uploads", post(uploads::begin))
        .route("/{instance}/{node}", get(uploads::get_node).post(uploads::post_node))
        .route("/{instance}/{number}/messages", post(requests::messages))
        .route("/{instance}/{number}/marketing_messages", post(requests::marketing_messages))
        .route("/{instance}/{account}/phone_numbers", get(nodes::phone_numbers))
        .route("/sandbox/sending", get(sending::control::shown).post(sending::control::replace))
        .route("/sandbox/inbound", post(sending::control::inbound))
        .route("/sandbox/moderation", post(templates::moderate))
        .route("/sandbox/uploads", get(uploads::ledger).post(uploads::control))
        .route("/sandbox/clock", get(control::clock).post(control::move_clock))
        .route("/sandbox/faults", post(control::set_faults))
        .route("/sandbox/providers/calls", get(providers::control::calls))
        .route("/sandbox/providers/{provider}/rows", get(providers::control::rows))
        .route("/sandbox/providers/{provider}/change", post(providers::control::change))
        .merge(providers::routes())
        .layer(DefaultBodyLimit::max(4 << 20))
        .layer(map_response_with_state(Arc::clone(&sandbox), dated))
        .with_state(sandbox)
}

/// Puts the time of the sandbox's clock on an answer.
async fn dated(State(sandbox): State<Arc<Sandbox>>, mut response: Response) -> Response {
    let now = DateTimePrinter::new().timestamp_to_rfc9110_string(&sandbox.clock.now());
    if let Some(value) = now.ok().and_then(|it| HeaderValue::from_str(&it).ok()) {
        response.headers_mut().insert(header::DATE, value);
    }
    response
}
