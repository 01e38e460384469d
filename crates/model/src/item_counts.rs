use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
