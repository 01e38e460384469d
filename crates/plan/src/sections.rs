//! The sections of a plan, as written in TOML.

pub(crate) mod gates;
pub(crate) mod merge;
pub(crate) mod source;
pub(crate) mod verify;
pub(crate) mod whatsapp;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use extract::Limits;
use phone::Region;
use serde::Deserialize;
use toml::Spanned;

use crate::sections::merge::WordsSection;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSection {
    pub name: Spanned<String>,
    pub default_region: Option<Region>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrmSection {
    pub(crate) url: Option<Spanned<String>>,
    /// The environment variable with the URL, for a URL that contains a password.
    pub(crate) url_env: Option<Spanned<String>>,
    /// How many backups of the database are kept.
    keep_backups: Option<NonZeroUsize>,
}

/// The number of backups that are kept, if the plan does not say.
const KEEP_BACKUPS: usize = 7;

impl CrmSection {
    pub fn keep_backups(&self) -> usize {
        self.keep_backups.map_or(KEEP_BACKUPS, NonZeroUsize::get)
    }
}

/// Limits on the unpacked size of archives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSection {
    pub unpacked_gib: f64,
    pub ratio: u64,
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self { unpacked_gib: 20.0, ratio: Limits::default().ratio }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanSection {
    #[serde(default)]
    pub(crate) consent_words: WordsSection,
    /// The file of suppressed contact ids, one per line.
    pub suppression: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySection {
    /// The environment variable with the contact key. If the plan names one, it must be set.
    pub(crate) key_env: Option<Spanned<String>>,
    pub(crate) key_file: PathBuf,
}

impl Default for IdentitySection {
    fn default() -> Self {
        Self { key_env: None, key_file: "ferry.key".into() }
    }
}

/// The default timeout of a request.
const TIMEOUT_MS: u64 = 30_000;
