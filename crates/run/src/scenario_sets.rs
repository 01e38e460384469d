//! What a run made of the scenarios of its plan.

use std::collections::BTreeMap;

use model::{Digest, ItemCounts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A set of scenarios as the run translated it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioSetRecord {
    /// The name of the `[[scenario]]`.
    pub name: String,
    /// The digest of what its rows in the database depend on, which its receipt repeats.
    pub input: Digest,
    /// The format of its files, such as `sms-list`.
    pub format: String,
    /// Who decides about its texts; empty if the plan does not say.
    pub owner: String,
    pub files: Vec<ScenarioFile>,
    /// The number of scenarios.
    pub scenarios: u64,
    /// Scenarios that were not translated because of an error.
    pub refused: u64,
    /// Parts of the files that could not be read.
    pub skipped: u64,
    /// The number of templates by category.
    pub templates: BTreeMap<String, u64>,
    /// What became of the steps, choices and slots, by kind.
    pub items: BTreeMap<String, ItemCounts>,
    /// The number of findings by severity.
    pub findings: BTreeMap<String, u64>,
}

/// A file of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioFile {
    pub path: String,
    pub sha256: Digest,
}

/// The changes that translating made in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateChanges {
    /// Templates that the database did not have.
    pub new: u64,
    /// Templates whose text became another one.
    pub changed: u64,
    /// Edited templates whose source has changed: the new text is proposed beside the edit.
    pub proposed: u64,
    pub unchanged: u64,
    /// Templates that their set no longer has.
    pub missing: u64,
}

impl ScenarioSetRecord {
    /// What became of all items of the set.
    pub fn all_items(&self) -> ItemCounts {
        self.items.values().fold(ItemCounts::default(), |sum, it| sum + *it)
    }
}
