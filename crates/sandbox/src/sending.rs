//! The sending side of the Cloud API: messages are taken or refused, limits hold, and webhooks tell what became of them.
//!
//! - `POST /{version}/{number}/messages` and `/marketing_messages` take messages: see `call.rs` and `accept.rs`.
//! - `GET /{version}/{number}`, `/{account}` and `/debug_token` tell of the number, the account and the token: see `nodes.rs`.
//! - `GET /sandbox/sending` counts, `POST` there replaces the settings, and `POST /sandbox/inbound` lets people write: see
//!   `control.rs`.
//!
//! It is written from Meta's documents, apart from Ferry's sender, and holds the limits that the platform has. What becomes
//! of a message follows from the seed and from its opaque id, so the same run fares the same. Every request is a line of
//! the log before it is answered: see `log.rs`.
//!
//! Where the documents leave a choice: a person over the limit of a portfolio is told by a status (`portfolio.rs`), a burst to
//! one person is paid back before the next message (`limits.rs`), a message is refused before it is counted, and faults that
//! come before the acceptance count against no limit.

mod accept;
mod accepted;
mod body;
mod call;
mod chance;
mod chosen;
mod codes;
pub(crate) mod control;
mod courier;
mod delivery;
mod incoming;
mod limits;
mod log;
pub(crate) mod nodes;
mod pacing;
mod parameters;
mod person;
mod portfolio;
mod refusal;
pub(crate) mod requests;
mod schedule;
pub mod settings;
mod state;
mod story;
mod tier;
mod told;

#[cfg(test)]
mod tests;

pub use log::SendsLog;
pub use settings::{SendingSettings, SettingsError};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::Sandbox;
use crate::sending::courier::Courier;

use crate::sending::state::{State, World};

/// The sending side of the sandbox.
#[derive(Default)]
pub struct Sending {
    state: Mutex<State>,
    /// What signs webhooks.
    secret: Option<String>,
    courier: Mutex<Option<Arc<Courier>>>,
    /// Held while events happen: one after the other.
    delivering: tokio::sync::Mutex<()>,
    /// Told when something is due earlier than before.
    changed: Notify,
}

impl Sending {
    /// Makes it with its settings, the app secret that signs webhooks, and the log.
    pub fn new(
        settings: SendingSettings,
        secret: Option<String>,
        log: Option<SendsLog>,
    ) -> Result<Self, SettingsError> {
        let secret = secret.filter(|it| !it.is_empty());
        settings.check(secret.is_some())?;
        let state = State { settings, log, ..State::default() };
        Ok(Self { state: Mutex::new(state), secret, ..Self::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the next event is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.state().schedule.next_due()
    }
}

impl Sandbox {
    fn world(&self) -> World<'_> {
        World { population: &self.population, templates: &self.templates }
    }
}
