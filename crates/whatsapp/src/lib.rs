//! The protocols of WhatsApp and of its gateways. The only crate that knows Meta's JSON.
//!
//! One [`Client`] talks to one provider. Each protocol adds its calls in a module: `cloud`, `gateways`, `on_premises`.
//! Whatever the protocol, a check of numbers gives a [`CheckAnswer`] per number. [`read_events`] reads the webhooks
//! of the Cloud API.

mod answer;
mod client;
mod cloud;
mod gateways;
mod on_premises;

pub use answer::{CheckAnswer, CheckStatus};
pub use client::Client;
pub use cloud::callbacks::{MOST_CALLBACK_CHARS, NumberCallbacks, SubscribedApp};
pub use cloud::errors::{
    ErrorHold, ErrorMeaning, ErrorPhase, ErrorRule, ErrorScope, Exclude, Retry, error_of_answer, error_of_status,
    error_rules,
};
pub use cloud::messages::{
    Acceptance, AcceptedMessage, AccountUsage, ButtonParameter, ButtonValue, Endpoint, HeaderParameter, Media,
    MessageContent, MessageError, OutgoingMessage, PreparedMessage, ProductPolicy, Recipient, SendAnswer, SendFailure,
    SendReply, TemplateMessage, TextParameter, read_send_answer,
};
pub use cloud::preflight::{Health, HealthError, PeopleLimit, SendingAccount, SendingNumber, TokenState};
pub use cloud::sending::{Sending, Sent};
pub use cloud::signature::{Signature, SignatureError, SignatureForm, WebhookSecret};
pub use cloud::templates::{PostOutcome, Submitted, TemplateState};
pub use cloud::uploads::{UploadFile, UploadHandle, UploadSession, Uploads};
pub use cloud::webhook::{NotAWebhook, read_events};
pub use gateways::evolution::EVOLUTION_KEY;
pub use gateways::waha::WAHA_KEY;
pub use gateways::wuzapi::WUZAPI_KEY;
pub use http::{
    AnswerHeaders, CallCounts, CallError, ClaimUnits, Claiming, ClientConfig, Credentials, Hooks, LostAnswer, NotAfter,
    NotSent, OnWait, OnceConfig, UnitClaim, UrlError, Wait, base_url, reach,
};
pub use on_premises::login::login;
