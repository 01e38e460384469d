//! Stand-ins of the providers that people leave: their lists and histories, with the faults of such APIs.
//!
//! Each is written from what the provider documents, and never from Ferry's own client, so that the two share no mistake.
//!
//! How one is added:
//!
//! 1. A file or folder here with a unit struct, such as `Twilio`, that implements [`Provider`]: how it answers a failure,
//!    who may call, which rows a person and a message leave, and its [`routes`](Provider::routes).
//! 2. A handler per path. It takes `State<Arc<Sandbox>>`, perhaps `Path`, and [`Asked`] last, and ends in
//!    `sandbox.provided(&Twilio, asked, |call| …)`. The closure reads the parameters ([`Call::query`]), takes the rows of a
//!    stream ([`Call::rows`]), a page of them ([`Call::page_before`] for tokens, [`Call::page_at`] for offsets), and returns
//!    an [`Answer`] with the number of rows in it, or a [`Failure`]. Faults, authentication, rates, the log of calls and
//!    changes in the middle of a read are dealt with around it.
//! 3. A line in [`ALL`].
//!
//! What a stand-in needs besides rows, such as jobs, is a type of its own with a `Default`: see [`Call::own`].

#![allow(dead_code, reason = "each stand-in uses a part of the frame")]

mod aws;
mod bird;
mod call;
pub(crate) mod control;
pub(crate) mod draw;
mod infobip;
mod link;
mod messagebird;
mod moment;
mod page;
mod person;
mod plivo;
mod sinch;
mod store;
mod telnyx;
pub(crate) mod texts;
mod token;
mod twilio;
mod viber;
mod vonage;
mod world;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::Response;
use jiff::Timestamp;

pub(crate) use call::{Answer, Asked, Call, Failure};
pub(crate) use page::{Key, Next};
pub(crate) use person::{Person, phone_of};
pub(crate) use store::{Row, Store};
pub(crate) use world::{Direction, Message, Outcome, World};

use crate::Sandbox;

/// All stand-ins.
static ALL: &[&dyn Provider] = &[
    &twilio::Twilio,
    &viber::Viber,
    &vonage::Vonage,
    &infobip::Infobip::NEW,
    &plivo::Plivo,
    &messagebird::MessageBird,
    &bird::Bird,
    &sinch::Sinch,
    &telnyx::Telnyx,
    &aws::Aws,
];

/// A rate that a provider documents: so many calls in so many seconds to paths that contain `path`. A call counts against
/// the first rate that is about its path.
pub(crate) struct Rate {
    pub(crate) path: &'static str,
    pub(crate) calls: usize,
    pub(crate) seconds: i64,
}

/// What the frame asks of a stand-in.
pub(crate) trait Provider: Sync {
    /// The name in plans and in the paths of control, such as `twilio`.
    fn name(&self) -> &'static str;

    /// The paths of the provider.
    fn routes(&self) -> Router<Arc<Sandbox>>;

    /// Whether a call shows the secret, by the provider's own scheme. It is only asked if the sandbox has a secret.
    /// `account` is the account that was set; `None` allows any.
    fn is_authorised(&self, asked: &Asked, account: Option<&str>, secret: &str) -> bool;

    /// A failure with the status and the body that the provider gives it.
    fn failure(&self, failure: &Failure) -> Response;

    /// The rows that a message leaves in the provider's streams, in words of the provider.
    fn message_rows(&self, _world: &World, _message: &Message) -> Vec<Row> {
        Vec::new()
    }

    /// The rows that a person leaves, such as a contact.
    fn person_rows(&self, _world: &World, _person: &Person) -> Vec<Row> {
        Vec::new()
    }

    /// The id of a row, in the shape of the provider. The seed, the stream and `row.n` make it unique: see [`World::hex`].
    fn row_id(&self, world: &World, row: &Row) -> String;

    /// The streams of refusals that messages leave. A person is in each once per status, and not any more after START.
    fn refusals(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether `{"append": n}` means messages; if not, it means people.
    fn has_messages(&self) -> bool {
        true
    }

    /// Whether the ledger names people by their Viber ids.
    fn knows_viber_ids(&self) -> bool {
        false
    }

    fn rates(&self) -> &'static [Rate] {
        &[]
    }
}

/// The settings of all stand-ins.
#[derive(Clone, Debug, Default)]
pub struct ProviderSettings {
    /// The seed of all people and messages.
    pub seed: u64,
    /// People per provider, at most [`ProviderSettings::MOST_PEOPLE`].
    pub people: u32,
    /// Messages per provider.
    pub messages: u32,
    /// Days between the oldest message and the start of the clock.
    pub days: u32,
    /// The account of every provider; without it any account is answered.
    pub account: Option<String>,
    /// Whether the documented rates are lifted.
    pub no_rates: bool,
}

impl ProviderSettings {
    /// More numbers are not reserved for fiction: half of a provider's people may be its own.
    pub const MOST_PEOPLE: u32 = 5_000;
}

/// The state of all stand-ins.
pub struct Providers {
    settings: ProviderSettings,
    starts_at: Timestamp,
    /// The rows of each provider, made when they are first needed.
    stores: BTreeMap<&'static str, Mutex<Option<Store>>>,
    calls: Mutex<Vec<control::CallLine>>,
    /// Calls since faults were last set.
    n_calls: AtomicU64,
}

impl Providers {
    /// Makes the stand-ins. The newest message is of `starts_at`, the start of the clock.
    pub fn new(settings: ProviderSettings, starts_at: Timestamp) -> Self {
        let stores = ALL.iter().map(|it| (it.name(), Mutex::default())).collect();
        Self { settings, starts_at, stores, calls: Mutex::default(), n_calls: AtomicU64::new(0) }
    }

    /// The account of every provider, if one was set.
    pub(crate) fn account(&self) -> Option<&str> {
        self.settings.account.as_deref()
    }
}

/// The paths of all providers.
pub(crate) fn routes() -> Router<Arc<Sandbox>> {
    ALL.iter().fold(Router::new(), |routes, it| routes.merge(it.routes()))
}

fn named(name: &str) -> Option<&'static dyn Provider> {
    ALL.iter().copied().find(|it| it.name() == name)
}
