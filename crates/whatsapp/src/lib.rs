//! The wire of WhatsApp. The only crate that knows its JSON.
//!
//! One [`Client`] asks one provider; each wire has a module, and all answers come as [`CheckAnswer`]. [`events`] reads
//! what the Cloud API sends by itself.

mod answer;
mod call;
mod contacts;
mod evolution;
mod green_api;
mod login;
mod pace;
mod templates;
mod url;
mod waha;
mod webhook;
mod wuzapi;

pub use answer::{CheckAnswer, CheckStatus};
pub use call::{CallError, Client, Credentials};
pub use evolution::EVOLUTION_KEY;
pub use pace::{Manners, Usage};
pub use templates::{Ordered, Submitted, TemplateState};
pub use url::{UrlError, base_url};
pub use waha::WAHA_KEY;
pub use webhook::{Event, EventKind, NotAWebhook, events};
pub use wuzapi::WUZAPI_KEY;
