//! What a run made of the scenarios of its plan.

use std::collections::BTreeMap;

use model::Digest;
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

/// What became of items: steps, choices or slots of scenarios. Every item is in exactly one of the last three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemCounts {
    pub items_in: u64,
    /// Items that WhatsApp has.
    pub carried: u64,
    /// Items that WhatsApp does not have, each named by a finding.
    pub lost: u64,
    /// Items of scenarios and of files that were not translated because of an error.
    pub not_taken: u64,
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

impl ItemCounts {
    /// Items without an outcome; negative if there are more outcomes than items.
    pub fn unaccounted(&self) -> i128 {
        let out = [self.carried, self.lost, self.not_taken].map(i128::from);
        i128::from(self.items_in) - out.iter().sum::<i128>()
    }
}

impl std::ops::Add for ItemCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            items_in: self.items_in + other.items_in,
            carried: self.carried + other.carried,
            lost: self.lost + other.lost,
            not_taken: self.not_taken + other.not_taken,
        }
    }
}
