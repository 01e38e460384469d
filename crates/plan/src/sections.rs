//! The sections of a plan, as written in TOML.

pub(crate) mod business;
pub(crate) mod gates;
pub(crate) mod merge;
pub(crate) mod report;
pub(crate) mod segment;
pub(crate) mod source;
pub(crate) mod value_schemas;
pub(crate) mod verify;
pub(crate) mod whatsapp;

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
    /// Names the run: small letters, digits and hyphens, at most 64.
    #[schemars(with = "String", regex(pattern = "^[a-z0-9][a-z0-9-]{0,63}$"))]
    pub name: Spanned<String>,
    /// The country of numbers whose row and source name none: a code such as `FR`, or a name in most languages. Without
    /// it such numbers are rejected.
    #[schemars(with = "Option<String>")]
    pub default_region: Option<Region>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrmSection {
    /// The database: `sqlite:PATH`, relative to the plan, or `postgres://USER@HOST/DATABASE`.
    #[schemars(with = "Option<String>")]
    pub(crate) url: Option<Spanned<String>>,
    /// The environment variable with the URL, for a URL that contains a password.
    #[schemars(with = "Option<String>")]
    pub(crate) url_env: Option<Spanned<String>>,
    /// The schema of Ferry's tables, in a database of PostgreSQL that others use as well.
    #[schemars(with = "Option<String>")]
    pub(crate) schema: Option<Spanned<String>>,
    /// How long PostgreSQL works on a statement before it ends it, such as `10min`; none if the server decides.
    #[schemars(with = "Option<String>")]
    pub(crate) statement_timeout: Option<Spanned<String>>,
    /// How many backups of the database are kept: 7 if the plan does not say.
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
    /// The most that an archive may unpack to, in GiB.
    pub unpacked_gib: f64,
    /// The most that an archive may unpack to, in times its size.
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
    /// Words that mean consent or refusal, besides the usual ones.
    #[serde(default)]
    pub(crate) consent_words: WordsSection,
    /// A file with contact ids, one a line, of people whose rows are not loaded.
    pub suppression: Option<PathBuf>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySection {
    /// The environment variable with the contact key, `FERRY_CONTACT_KEY` if the plan does not say. If the plan names
    /// one, it must be set.
    #[schemars(with = "Option<String>")]
    pub(crate) key_env: Option<Spanned<String>>,
    /// The file with the contact key. If there is no key yet, the first run makes one there.
    pub(crate) key_file: PathBuf,
}

impl Default for IdentitySection {
    fn default() -> Self {
        Self { key_env: None, key_file: "ferry.key".into() }
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
fn secret_of_environment(plan: &Plan, variable: &Spanned<String>, what: &str) -> Result<String, PlanError> {
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
