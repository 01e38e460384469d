//! The sections of a plan, as written in TOML.

// The comments of keys are the reference of the plan, which names sections as `[[source]]`.
#![allow(rustdoc::broken_intra_doc_links)]

pub(crate) mod basis;
pub(crate) mod business;
pub(crate) mod campaign;
pub(crate) mod gates;
pub(crate) mod merge;
pub(crate) mod replies;
pub(crate) mod report;
pub(crate) mod scenario;
pub(crate) mod segment;
pub(crate) mod sending;
pub(crate) mod source;
pub(crate) mod source_provider;
pub(crate) mod value_schemas;
pub(crate) mod verify;
pub(crate) mod webhook;
pub(crate) mod whatsapp;
pub(crate) mod wording;

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use extract::Limits;
use phone::Region;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::sections::merge::WordsSection;
use crate::{Plan, PlanError};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunSection {
    /// The name of the run: small letters, digits and hyphens, a letter or digit first.
    #[schemars(with = "String", regex(pattern = "^[a-z0-9][a-z0-9-]{0,63}$"))]
    pub name: Spanned<String>,
    /// The country of phone numbers without a country code, if neither their row nor their source names a country: a
    /// code such as `FR`, or a name such as `France`. Without it, such numbers are rejected as `E_NO_REGION`.
    #[schemars(with = "Option<String>")]
    pub default_region: Option<Region>,
    /// The address or the command to notify when `ferry run`, `verify` or `rerun` ends, well or not, but not after Ctrl-C. An address such as
    /// `https://hooks.example.com/ferry` gets a summary in JSON by POST, a command gets it on standard input. `--notify`
    /// comes first. `ferry template sync` notifies of alerts.
    #[schemars(with = "Option<String>")]
    pub(crate) notify: Option<Spanned<String>>,
    /// The environment variable that holds this address or command, for an address with a secret.
    #[schemars(with = "Option<String>")]
    pub(crate) notify_env: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrmSection {
    /// The address of the database: `sqlite:PATH`, relative to the plan, or `postgres://USER@HOST/DATABASE`. The plan
    /// needs `url` or `url_env`.
    #[schemars(with = "Option<String>")]
    pub(crate) url: Option<Spanned<String>>,
    /// The environment variable that holds the address, instead of `url`. Use it for an address with a password.
    #[schemars(with = "Option<String>")]
    pub(crate) url_env: Option<Spanned<String>>,
    /// PostgreSQL only: the schema of Ferry's tables, in a database that other applications use too. Ferry makes it if
    /// the role may. Default: the first schema of the search path.
    #[schemars(with = "Option<String>")]
    pub(crate) schema: Option<Spanned<String>>,
    /// PostgreSQL only: the longest time for one SQL statement, a number with `ms`, `s`, `min` or `h`, such as `10min`.
    /// Default: the setting of the server.
    #[schemars(with = "Option<String>")]
    pub(crate) statement_timeout: Option<Spanned<String>>,
    /// How many backups of the database are kept. A backup that an unfinished run needs is kept beyond that.
    #[schemars(extend("default" = KEEP_BACKUPS))]
    keep_backups: Option<NonZeroUsize>,
}

/// The number of backups that are kept, if the plan does not say.
const KEEP_BACKUPS: usize = 7;

impl CrmSection {
    /// The schema of Ferry's tables, if the plan names one.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_ref().map(|it| it.get_ref().as_str())
    }

    pub fn keep_backups(&self) -> usize {
        self.keep_backups.map_or(KEEP_BACKUPS, NonZeroUsize::get)
    }
}

/// Limits on the unpacked size of archives.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSection {
    /// The most that an archive may unpack to, in GiB. It is above 0.
    pub unpacked_gib: f64,
    /// The most that an archive may unpack to, as a multiple of its own size.
    #[schemars(range(min = 1))]
    pub ratio: u64,
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self { unpacked_gib: 20.0, ratio: Limits::default().ratio }
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanSection {
    /// Words that mean consent or refusal in your exports, in addition to the words that Ferry knows.
    ///
    /// Your words win over those of Ferry, except that a word of refusal cannot be made a yes. They count in cells.
    /// Those of `no` and `stop` count in messages too, also as `WORD 36180` or with a word of courtesy. When the list
    /// changes, the next load reads the statements of earlier imports again.
    #[serde(default)]
    pub(crate) consent_words: WordsSection,
    /// A file with contact ids, one per line. Rows of these people are counted as suppressed and are not loaded. People
    /// who are in the database already keep their segment: `ferry suppress` is for them.
    pub suppression: Option<PathBuf>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySection {
    /// The environment variable with the contact key, 64 hexadecimal digits. If the plan names a variable, it must be
    /// set.
    #[schemars(with = "Option<String>", extend("default" = crate::secrets::DEFAULT_KEY))]
    pub(crate) key_env: Option<Spanned<String>>,
    /// The file with the contact key, if the environment has none. The first run makes a key there.
    pub(crate) key_file: PathBuf,
}

impl Default for IdentitySection {
    fn default() -> Self {
        Self { key_env: None, key_file: "ferry.key".into() }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SuppressionSection {
    /// The environment variable with the suppression keys, each of 64 hexadecimal digits, with spaces or line ends between
    /// them. The first is the current one, the others only check. If the plan names a variable, it must be set.
    #[schemars(with = "Option<String>", extend("default" = crate::suppression_keys::DEFAULT_KEYS))]
    pub(crate) keys_env: Option<Spanned<String>>,
    /// The file with the suppression keys, one a line, if the environment has none. The first `ferry suppress` makes a key
    /// there.
    pub(crate) keys_file: PathBuf,
}

impl Default for SuppressionSection {
    fn default() -> Self {
        Self { keys_env: None, keys_file: "suppression.keys".into() }
    }
}

/// The default timeout of a request.
const TIMEOUT_MS: u64 = 30_000;
/// The timeouts that a plan can set: a connection that is silent for longer is dead.
const TIMEOUT_RANGE_MS: RangeInclusive<u64> = 1..=600_000;

impl Plan {
    /// Fails if a number of the plan is out of its range.
    fn check_range<T: Copy + PartialOrd + Display>(
        &self,
        key: &str,
        value: &Spanned<T>,
        range: RangeInclusive<T>,
    ) -> Result<(), PlanError> {
        if range.contains(value.get_ref()) {
            return Ok(());
        }
        let message = format!("{key} is {}: it can be from {} to {}", value.get_ref(), range.start(), range.end());
        Err(self.wrong(value.span().start, message))
    }
}

/// Returns a secret from the environment. `what` says what the variable has to hold.
pub(crate) fn secret_of_environment(plan: &Plan, variable: &Spanned<String>, what: &str) -> Result<String, PlanError> {
    let name = variable.get_ref();
    let wrong = |message: String| plan.wrong(variable.span().start, message);
    let value = std::env::var(name).map_err(|_| wrong(format!("the environment has no {name}: set it to {what}")))?;
    match value.trim() {
        "" => Err(wrong(format!("{name} is empty in the environment: set it to {what}"))),
        value => Ok(value.to_owned()),
    }
}

/// Returns the token in a file, whose path starts from the folder of the plan.
fn secret_of_file(plan: &Plan, path: &Spanned<PathBuf>) -> Result<String, PlanError> {
    let full = plan.folder().join(path.get_ref());
    let wrong = |why: &dyn Display| {
        plan.wrong(path.span().start, format!("token_file {} cannot be used: {why}", path.get_ref().display()))
    };
    let text = run::read_small_text(&full, run::MOST_SECRET_BYTES).map_err(|error| wrong(&error))?;
    match text.trim() {
        "" => Err(wrong(&"it is empty")),
        token => Ok(token.to_owned()),
    }
}
