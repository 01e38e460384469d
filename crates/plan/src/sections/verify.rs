//! `[verify]`: the provider that checks which contacts are on WhatsApp, and its limits.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use model::MAX_BATCH;
use phone::PhoneNumber;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use verify::{AdapterKind, CANARIES, Properties, UNOFFICIAL};
use whatsapp::ClientConfig;

use crate::{Plan, PlanError};

/// Limits a batch of an adapter that takes one number per call, so that a killed run loses few paid answers.
const BATCH_OF_SINGLE_CALLS: usize = 100;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VerifySection {
    /// Required: [`Self::check`] refuses a plan without it.
    #[serde(deserialize_with = "adapter")]
    adapter: Option<Spanned<AdapterKind>>,
    pub url: Option<Spanned<String>>,
    /// The answer files of an adapter that sends no requests.
    pub path: Option<PathBuf>,
    /// The session name of WAHA.
    pub session: String,
    /// The instance of Evolution API or GREEN-API.
    pub instance: String,
    /// The environment variable with the token or key.
    token_env: Option<String>,
    /// The file with the token or key.
    token_file: Option<PathBuf>,
    /// The environment variable with USER:PASSWORD for the login.
    login_env: Option<String>,
    pub blocking: bool,
    batch: Option<Spanned<usize>>,
    /// The number of concurrent calls.
    pub concurrency: usize,
    per_second: Option<NonZeroU32>,
    daily_quota: Option<u64>,
    /// The messages that the business sends in thirty days. The plan allows `checks_per_message` checks for each.
    messages: Option<u64>,
    checks_per_message: f64,
    timeout_ms: u64,
    /// The number of attempts per request, including the first.
    attempts: usize,
    /// The wait before the second attempt, doubled after each attempt.
    backoff_ms: u64,
    /// How often a pending answer is polled.
    pub polls: u32,
    pub poll_ms: u64,
    /// The number of days for which an answer is valid.
    valid_days: Option<u32>,
    /// The price of one check.
    price: Option<f64>,
    pub currency: String,
    i_accept_unofficial: bool,
    /// Numbers of the business that are known to be on WhatsApp.
    known_registered: Vec<Spanned<String>>,
}

impl Default for VerifySection {
    fn default() -> Self {
        Self {
            adapter: None,
            url: None,
            path: None,
            session: "default".to_owned(),
            instance: String::new(),
            token_env: None,
            token_file: None,
            login_env: None,
            blocking: true,
            batch: None,
            concurrency: 4,
            per_second: None,
            daily_quota: None,
            messages: None,
            checks_per_message: 1.0,
            timeout_ms: super::TIMEOUT_MS,
            attempts: 8,
            backoff_ms: 500,
            polls: 30,
            poll_ms: 2_000,
            valid_days: None,
            price: None,
            currency: "USD".to_owned(),
            i_accept_unofficial: false,
            known_registered: Vec::new(),
        }
    }
}

fn adapter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Spanned<AdapterKind>>, D::Error> {
    let name = Spanned::<String>::deserialize(deserializer)?;
    let names = || AdapterKind::ALL.map(|it| format!("`{}`", it.properties().name)).join(", ");
    let kind = AdapterKind::from_name(name.get_ref()).ok_or_else(|| {
        serde::de::Error::custom(format!("unknown adapter `{}`, expected one of {}", name.get_ref(), names()))
    })?;
    Ok(Some(Spanned::new(name.span(), kind)))
}

impl VerifySection {
    pub fn kind(&self) -> AdapterKind {
        self.adapter.as_ref().map_or(AdapterKind::Contacts, |it| *it.get_ref())
    }

    pub fn properties(&self) -> Properties {
        self.kind().properties()
    }

    /// Returns whether the adapter reads files instead of sending requests.
    pub fn asks_nobody(&self) -> bool {
        matches!(self.kind(), AdapterKind::Passive | AdapterKind::File)
    }

    /// Returns the largest allowed number of contacts in a batch.
    pub fn batch(&self) -> usize {
        let usual = if self.properties().largest_batch == 1 { BATCH_OF_SINGLE_CALLS } else { MAX_BATCH };
        self.batch.as_ref().map_or(usual, |it| *it.get_ref())
    }

    /// Returns the price of one check, in millionths of the currency.
    pub fn price_micros(&self) -> u64 {
        self.price.map_or(self.properties().price_micros, |it| (it * 1e6).round() as u64)
    }

    pub fn valid_days(&self) -> u32 {
        self.valid_days.unwrap_or(self.properties().valid_days)
    }

    /// Returns the allowed number of checks in any 24 hours.
    pub fn daily_quota(&self) -> Option<u64> {
        self.daily_quota.or(self.properties().daily_quota)
    }

    /// Returns the allowed number of checks in any thirty days, which depends on the messages that are sent.
    pub fn most_for_messages(&self) -> Option<u64> {
        self.messages.map(|it| (it as f64 * self.checks_per_message) as u64)
    }

    pub fn client_config(&self, quota: Option<u64>) -> ClientConfig {
        ClientConfig {
            timeout: Duration::from_millis(self.timeout_ms),
            attempts: self.attempts,
            backoff: Duration::from_millis(self.backoff_ms),
            concurrency: self.concurrency,
            per_second: self.per_second,
            quota,
            ..ClientConfig::default()
        }
    }

    /// Returns the allowed number of calls per second.
    pub fn per_second(&self) -> Option<NonZeroU32> {
        self.per_second
    }

    /// Returns the token or key. It is a secret, so neither the command line nor the plan holds it: the plan only names
    /// its place.
    pub fn token(&self, plan: &Plan) -> Result<Option<String>, PlanError> {
        if let Some(path) = &self.token_file {
            let path = plan.folder().join(path);
            let text = run::read_small_text(&path, run::MOST_SECRET_BYTES);
            let text = text.map_err(|source| PlanError::ReadToken { path, source })?;
            return Ok(Some(text.trim().to_owned()).filter(|it| !it.is_empty()));
        }
        Ok(from_environment(self.token_env.as_deref()))
    }

    /// Returns the user and the password for the login.
    pub fn login(&self) -> Option<String> {
        from_environment(self.login_env.as_deref())
    }

    /// Returns the numbers that are known to be on WhatsApp.
    pub fn known_registered(&self, plan: &Plan) -> Result<Vec<PhoneNumber>, PlanError> {
        let number = |it: &Spanned<String>| {
            let parsed = clean::phone(it.get_ref(), plan.default_region());
            parsed.map(|it| it.0.number).map_err(|reason| {
                plan.wrong(
                    it.span().start,
                    format!("a number in known_registered cannot be used: {}", reason.describe()),
                )
            })
        };
        self.known_registered.iter().map(number).collect()
    }

    pub fn check(&self, plan: &Plan) -> Result<(), PlanError> {
        let Some(adapter) = &self.adapter else {
            let at = plan.text.find("[verify]").unwrap_or(0);
            return Err(plan.wrong(at, "[verify] names no adapter: add adapter = \"contacts\", or another".into()));
        };
        let at = adapter.span().start;
        let Properties { name, is_unofficial, .. } = self.properties();
        let wrong = |message: String| Err(plan.wrong(at, message));
        if let Some(batch) = self.batch.as_ref().filter(|it| !(1..=MAX_BATCH).contains(it.get_ref())) {
            return Err(plan.wrong(batch.span().start, format!("a batch holds 1 to {MAX_BATCH} contacts")));
        }
        if self.concurrency == 0 || self.attempts == 0 || self.timeout_ms == 0 {
            return wrong("concurrency, attempts and timeout_ms are at least 1".into());
        }
        if self.price.is_some_and(|it| !(0.0..1e6).contains(&it)) || !(0.0..1e6).contains(&self.checks_per_message) {
            return wrong("price and checks_per_message are numbers from 0 on".into());
        }
        if is_unofficial && !self.i_accept_unofficial {
            return wrong(format!("`{name}` is off unless the plan says i_accept_unofficial = true: {UNOFFICIAL}"));
        }
        if matches!(self.kind(), AdapterKind::Evolution | AdapterKind::GreenApi) && self.instance.is_empty() {
            return wrong(format!("`{name}` needs the instance to ask: add instance = \"…\""));
        }
        let n_first = CANARIES.len() + self.known_registered(plan)?.len();
        // A phone number has at most two variants, so one contact needs at most two checks.
        if !self.asks_nobody() && self.daily_quota().is_some_and(|it| it < n_first as u64 + 2) {
            return wrong(format!(
                "each verification first asks about {n_first} numbers to find out what the provider knows: daily_quota is \
                 at least {}",
                n_first + 2
            ));
        }
        match (self.asks_nobody(), &self.url, &self.path) {
            (true, _, None) => wrong(format!("`{name}` reads files: add path = \"…\"")),
            (true, _, Some(_)) => Ok(()),
            (false, None, _) => wrong(format!("`{name}` needs an address: add url = \"…\"")),
            (false, Some(url), _) => {
                let refused = |error: whatsapp::UrlError| plan.wrong(url.span().start, error.to_string());
                whatsapp::base_url(url.get_ref()).map(|_| ()).map_err(refused)
            }
        }
    }
}

fn from_environment(variable: Option<&str>) -> Option<String> {
    let value = std::env::var(variable?).ok()?.trim().to_owned();
    Some(value).filter(|it| !it.is_empty())
}
