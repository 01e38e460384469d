//! The wire of WhatsApp. The only crate that knows its JSON.
//!
//! One [`Client`] asks one provider; each wire has a module, and all answers come as [`CheckAnswer`]. [`events`] reads
//! what the Cloud API sends by itself.

mod answer;
mod client;
mod contacts;
mod evolution;
mod green_api;
mod login;
mod templates;
mod waha;
mod webhook;
mod wuzapi;

pub use answer::{CheckAnswer, CheckStatus};
pub use client::Client;
pub use evolution::EVOLUTION_KEY;
pub use http::{CallCounts, CallError, ClientConfig, Credentials, UrlError, base_url};
pub use login::login;
pub use templates::{PostOutcome, Submitted, TemplateState};
pub use waha::WAHA_KEY;
pub use webhook::{Event, EventKind, NotAWebhook, events};
pub use wuzapi::WUZAPI_KEY;
