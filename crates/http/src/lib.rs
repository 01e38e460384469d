//! One HTTP client for every provider. It knows none of them.
//!
//! A protocol hands in what only it knows: its paths and bodies, how it reports errors ([`ReadError`]) and how it logs in
//! ([`Login`]). [`Client::send_retrying`] is for requests that may be repeated, [`Client::post_once`] and
//! [`Client::post_bytes_once`] for those that may not. [`Client::post_bytes`] leaves both repeating and pace to the caller.
//!
//! All calls of a client pass one [`Throttle`]. Its parts also work alone, and [`PerKey`] gives one of them per phone
//! number, pair or account: [`Rate`], [`Breaker`], [`RetryBudget`] and [`Quota`].

mod auth;
mod backoff;
mod breaker;
mod budget;
mod client;
mod config;
mod error;
mod once;
mod pace;
mod per_key;
mod quota;
mod rate;
mod reach;
mod resolver;
mod response;
#[cfg(test)]
mod tests;
mod throttle;
mod url;
mod wait;

pub use auth::{Credentials, Login, Signer, Unsigned};
pub use breaker::{Breaker, BreakerState, Pass, Reaction};
pub use budget::RetryBudget;
pub use client::{BytesRequest, Client, Parameters, Posted, ReadError, Request};
pub use config::{ClientConfig, Hooks};
pub use error::CallError;
pub use once::{Answer, AnswerHeaders, LostAnswer, NotAfter, NotSent, OnceConfig, OncePost, OnceSender, SendOutcome};
pub use pace::{Pace, SharedRate};
pub use per_key::PerKey;
pub use quota::{ClaimUnits, Claiming, Quota, UnitClaim};
pub use rate::Rate;
pub use reach::reach;
pub use throttle::{CallCounts, Permit, Throttle};
pub use url::{UrlError, base_url, is_loopback, path_of_link, path_segment};
pub use wait::{LONG_WAIT, OnWait, Wait};
