//! `[verify]`: the provider that checks which contacts are on WhatsApp, and its limits.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use model::MAX_BATCH;
use phone::PhoneNumber;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use verify::{AdapterKind, CANARIES, Properties, UNOFFICIAL};
use whatsapp::ClientConfig;

use super::{secret_of_environment, secret_of_file};
use crate::sections::value_schemas;
use crate::{Plan, PlanError, SourceSection};

/// Limits a batch of an adapter that takes one number per call, so that a killed run loses few paid answers.
const BATCH_OF_SINGLE_CALLS: usize = 100;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VerifySection {
    /// The kind of provider. [verification.md](verification.md#adapters) and `ferry verify --help` describe each.
    // Required: [`Self::check`] refuses a plan without it.
    #[serde(deserialize_with = "adapter")]
    #[schemars(schema_with = "value_schemas::adapter")]
    adapter: Option<Spanned<AdapterKind>>,
    /// The address of the provider: `https://`, or `http://` on this machine. Adapters that send requests need it.
    #[schemars(with = "Option<String>")]
    pub url: Option<Spanned<String>>,
    /// The files of an adapter that sends no requests: webhooks (`passive`) or answers (`file`). A file, a folder or a
    /// pattern.
    pub path: Option<PathBuf>,
    /// The name of the session, for `waha`.
    pub session: String,
    /// The instance, for `evolution` and `green-api`, which need it.
    pub instance: String,
    /// The environment variable that holds the provider's token or key.
    #[schemars(with = "Option<String>")]
    token_env: Option<Spanned<String>>,
    /// The file that holds the provider's token or key, instead of `token_env`.
    #[schemars(with = "Option<String>")]
    token_file: Option<Spanned<PathBuf>>,
    /// The environment variable that holds `USER:PASSWORD`, for `contacts`. Ferry logs in with it for a token, and
    /// again when the token has expired.
    #[schemars(with = "Option<String>")]
    login_env: Option<Spanned<String>>,
    /// Whether a call to `contacts` waits until all its numbers have been looked up. If not, Ferry polls for the
    /// answers.
    pub blocking: bool,
    /// How many contacts are checked and recorded together. A killed run repeats at most the batches that it was
    /// working on. Default: 1000, or 100 for adapters that take one number per call.
    #[schemars(with = "Option<u64>", range(min = 1, max = 1000))]
    batch: Option<Spanned<u64>>,
    /// How many calls run at the same time.
    #[schemars(with = "u64", range(min = 1, max = 256))]
    concurrency: Spanned<u64>,
    /// The highest number of calls per second. Default: no limit.
    #[schemars(with = "Option<u64>", range(min = 1, max = 10_000))]
    per_second: Option<Spanned<u64>>,
    /// The highest number of checks in any 24 hours, over all runs. Test numbers count. Default: 1000 for adapters
    /// through a linked phone, else no limit.
    #[schemars(with = "Option<u64>", range(min = 7, max = 1_000_000_000))]
    daily_quota: Option<Spanned<u64>>,
    /// How many messages the business sends in thirty days. With `checks_per_message` it limits the checks in thirty
    /// days, because WhatsApp bans numbers that check many people and write to few. Default: no limit.
    #[schemars(with = "Option<u64>", range(min = 0, max = 1_000_000_000))]
    messages: Option<Spanned<u64>>,
    /// The highest number of checks for each message of `messages`.
    #[schemars(with = "f64", range(min = 0, max = 1000))]
    checks_per_message: Spanned<f64>,
    /// The timeout of a call, in milliseconds.
    #[schemars(with = "u64", range(min = 1, max = 600_000))]
    timeout_ms: Spanned<u64>,
    /// How often a call is attempted, including the first time.
    #[schemars(with = "u64", range(min = 1, max = 20))]
    attempts: Spanned<u64>,
    /// The wait before the second attempt, in milliseconds. It doubles with each further attempt, with jitter.
    #[schemars(with = "u64", range(min = 1, max = 60_000))]
    backoff_ms: Spanned<u64>,
    /// How often Ferry asks again about numbers that the provider is still looking up.
    #[schemars(with = "u64", range(min = 0, max = 600))]
    polls: Spanned<u64>,
    /// The wait before each poll, in milliseconds.
    #[schemars(with = "u64", range(min = 1, max = 60_000))]
    poll_ms: Spanned<u64>,
    /// How many days an answer is valid. Default: 30, or 180 for `passive`.
    #[schemars(with = "Option<u64>", range(min = 1, max = 36_500))]
    valid_days: Option<Spanned<u64>>,
    /// The price of one check. Default: 0.001 for `contacts`, else 0.
    #[schemars(with = "Option<f64>", range(min = 0, max = 1000))]
    price: Option<Spanned<f64>>,
    /// The currency of `price`.
    pub currency: String,
    /// Accepts an adapter that works through a linked phone (`waha`, `evolution`, `wuzapi`, `green-api`). WhatsApp's
    /// terms forbid these, and linked numbers get banned.
    i_accept_unofficial: bool,
    /// Phone numbers of yours that are on WhatsApp. Ferry asks about them first: a provider that does not know them is
    /// not used.
    #[schemars(with = "Vec<String>")]
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
            concurrency: unplaced(4),
            per_second: None,
            daily_quota: None,
            messages: None,
            checks_per_message: unplaced(1.0),
            timeout_ms: unplaced(super::TIMEOUT_MS),
            attempts: unplaced(8),
            backoff_ms: unplaced(500),
            polls: unplaced(30),
            poll_ms: unplaced(2_000),
            valid_days: None,
            price: None,
            currency: "USD".to_owned(),
            i_accept_unofficial: false,
            known_registered: Vec::new(),
        }
    }
}

/// A default, which has no place in the plan.
fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
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
        self.batch.as_ref().map_or(usual, |it| *it.get_ref() as usize)
    }

    /// Returns the price of one check, in millionths of the currency.
    pub fn price_micros(&self) -> u64 {
        self.price.as_ref().map_or(self.properties().price_micros, |it| (it.get_ref() * 1e6).round() as u64)
    }

    pub fn valid_days(&self) -> u32 {
        self.valid_days.as_ref().map_or(self.properties().valid_days, |it| *it.get_ref() as u32)
    }

    /// Returns the allowed number of checks in any 24 hours.
    pub fn daily_quota(&self) -> Option<u64> {
        self.daily_quota.as_ref().map(|it| *it.get_ref()).or(self.properties().daily_quota)
    }

    /// Returns the allowed number of checks in any thirty days, which depends on the messages that are sent.
    pub fn most_for_messages(&self) -> Option<u64> {
        self.messages.as_ref().map(|it| (*it.get_ref() as f64 * self.checks_per_message.get_ref()) as u64)
    }

    pub fn client_config(&self, quota: Option<u64>) -> ClientConfig {
        ClientConfig {
            timeout: Duration::from_millis(*self.timeout_ms.get_ref()),
            attempts: *self.attempts.get_ref() as usize,
            backoff: Duration::from_millis(*self.backoff_ms.get_ref()),
            concurrency: self.concurrency(),
            per_second: self.per_second(),
            quota,
            ..ClientConfig::default()
        }
    }

    /// Returns the number of concurrent calls.
    pub fn concurrency(&self) -> usize {
        *self.concurrency.get_ref() as usize
    }

    /// Returns how often a pending answer is polled.
    pub fn polls(&self) -> u32 {
        *self.polls.get_ref() as u32
    }

    /// Returns the wait before each poll.
    pub fn between_polls(&self) -> Duration {
        Duration::from_millis(*self.poll_ms.get_ref())
    }

    /// Returns the allowed number of calls per second.
    pub fn per_second(&self) -> Option<NonZeroU32> {
        self.per_second.as_ref().and_then(|it| NonZeroU32::new(*it.get_ref() as u32))
    }

    /// Returns the token or key; none if the plan names no variable or file for it. It is a secret, so neither the
    /// command line nor the plan holds it. A named variable or file without a value is an error.
    pub fn token(&self, plan: &Plan) -> Result<Option<String>, PlanError> {
        if let Some(path) = &self.token_file {
            return secret_of_file(plan, path).map(Some);
        }
        self.token_env.as_ref().map(|it| secret_of_environment(plan, it, "the token")).transpose()
    }

    /// Returns the user and the password for the login, as `USER:PASSWORD`; none if the plan names no place of them.
    pub fn login(&self, plan: &Plan) -> Result<Option<String>, PlanError> {
        let Some(variable) = &self.login_env else { return Ok(None) };
        let login = secret_of_environment(plan, variable, "USER:PASSWORD")?;
        if !login.contains(':') {
            let message = format!("{} in the environment is not USER:PASSWORD", variable.get_ref());
            return Err(plan.wrong(variable.span().start, message));
        }
        Ok(Some(login))
    }

    /// The places of the secrets, as an error names them.
    fn places_of_secrets(&self) -> Vec<String> {
        let variables = [&self.token_env, &self.login_env].into_iter().flatten().map(|it| it.get_ref().clone());
        variables.chain(self.token_file.as_ref().map(|it| it.get_ref().display().to_string())).collect()
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
        self.check_ranges(plan)?;
        if is_unofficial && !self.i_accept_unofficial {
            return wrong(format!("`{name}` is off unless the plan says i_accept_unofficial = true: {UNOFFICIAL}"));
        }
        if matches!(self.kind(), AdapterKind::Evolution | AdapterKind::GreenApi) && self.instance.is_empty() {
            return wrong(format!("`{name}` needs the instance to ask: add instance = \"…\""));
        }
        if self.kind() == AdapterKind::GreenApi && self.token_env.is_none() && self.token_file.is_none() {
            return wrong(format!("`{name}` needs a token: add token_env = \"…\" or token_file = \"…\""));
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

    /// Checks that each number is one with which a verification can end.
    fn check_ranges(&self, plan: &Plan) -> Result<(), PlanError> {
        const MOST_CHECKS: u64 = 1_000_000_000;
        for (key, value, range) in [
            ("batch", self.batch.as_ref(), 1..=MAX_BATCH as u64),
            ("concurrency", Some(&self.concurrency), 1..=256),
            ("per_second", self.per_second.as_ref(), 1..=10_000),
            ("daily_quota", self.daily_quota.as_ref(), 1..=MOST_CHECKS),
            ("messages", self.messages.as_ref(), 0..=MOST_CHECKS),
            ("timeout_ms", Some(&self.timeout_ms), super::TIMEOUT_RANGE_MS),
            ("attempts", Some(&self.attempts), 1..=20),
            ("backoff_ms", Some(&self.backoff_ms), 1..=60_000),
            ("polls", Some(&self.polls), 0..=600),
            ("poll_ms", Some(&self.poll_ms), 1..=60_000),
            ("valid_days", self.valid_days.as_ref(), 1..=36_500),
        ] {
            value.map_or(Ok(()), |it| plan.check_range(key, it, range))?;
        }
        plan.check_range("checks_per_message", &self.checks_per_message, 0.0..=1000.0)?;
        self.price.as_ref().map_or(Ok(()), |it| plan.check_range("price", it, 0.0..=1000.0))
    }
}

impl Plan {
    /// Fails with the line of the plan if a secret that `[verify]` names is not there: a variable that is unset or
    /// empty, a file that is missing or empty. No secret is kept or shown. A run that verifies calls this before it
    /// reads its first row.
    pub fn check_secrets(&self) -> Result<(), PlanError> {
        for source in self.all_sources().filter_map(SourceSection::of_provider) {
            source.connection(self, Vec::new())?;
        }
        let Some(section) = self.verify.as_ref().filter(|it| !it.asks_nobody()) else { return Ok(()) };
        section.token(self)?;
        section.login(self).map(drop)
    }

    /// Fails with the line of the plan if any secret is not there, also one that a run does not need. Returns the
    /// variables and files that the plan names for secrets, without the key and the URL of the database.
    pub fn check_all_secrets(&self) -> Result<Vec<String>, PlanError> {
        self.check_secrets()?;
        self.notify()?;
        let mut places = Vec::new();
        places.extend(self.run.iter().filter_map(|it| it.notify_env.as_ref()).map(|it| it.get_ref().clone()));
        places.extend(self.all_sources().flat_map(SourceSection::places_of_secrets));
        if let Some(section) = self.verify.as_ref().filter(|it| !it.asks_nobody()) {
            places.extend(section.places_of_secrets());
        }
        if let Some(section) = &self.whatsapp {
            section.credentials(self)?;
            places.extend(section.token_variable().map(str::to_owned));
        }
        let mut seen = HashSet::new();
        places.retain(|it: &String| seen.insert(it.clone()));
        Ok(places)
    }
}
