//! The results of commands in JSON, as types, and the JSON Schemas of all results.
//!
//! `docs/schemas` holds these schemas: those of types are written there by a test, and the others are kept there by hand.

mod callbacks;
mod campaigns;
mod consent;
mod events;
mod identity;
mod kept_templates;
mod people;
mod reviews;
mod runs;
mod schemas;
mod serving;
mod sources;
mod templates;
mod webhooks;

use schemars::JsonSchema;
use serde::Serialize;

pub use callbacks::*;
pub use campaigns::*;
pub use consent::*;
pub use events::*;
pub use identity::*;
pub use kept_templates::*;
pub use people::*;
pub use reviews::*;
pub use runs::*;
pub use schemas::{names, schema};
pub use serving::*;
pub use sources::*;
pub use templates::*;
pub use webhooks::*;

/// The version of the JSON that commands print. It rises when a field is removed or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// A result with the version of its schema.
#[derive(Serialize)]
pub struct Versioned<'a, T> {
    schema_version: u32,
    #[serde(flatten)]
    value: &'a T,
}

impl<'a, T> Versioned<'a, T> {
    /// Adds the version.
    pub fn of(value: &'a T) -> Self {
        Self { schema_version: SCHEMA_VERSION, value }
    }
}

/// What standard error holds of a command that failed, with `--format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FailureResult {
    /// Why the command failed.
    pub error: Failure,
}

/// Why a command failed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Failure {
    /// Names the exit code: `failed`, `usage`, `gate`, `try_later` or `fault`.
    pub code: &'static str,
    /// The exit code.
    pub exit: u8,
    /// What could not be done.
    pub message: String,
    /// The reasons, from the nearest to the deepest.
    pub causes: Vec<String>,
    /// What can be done about it.
    pub hint: Option<String>,
}
