use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Digest;

/// Proof that a stage has done one batch, committed in the same transaction as the rows of the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub stage: Stage,
    pub batch: u32,
    pub input: Digest,
    pub output: Digest,
    pub counts: Counts,
    pub at: Timestamp,
    pub tool: String,
    /// The adapter of a verified batch; for a file of answers, with its digest.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub adapter: String,
}

/// The stages of the crossing, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Scenarios become templates and messages. Independent of the other stages, which are about people.
    Translate,
    Extract,
    Clean,
    Verify,
    Load,
}

impl Stage {
    pub const ALL: [Self; 5] = [Self::Translate, Self::Extract, Self::Clean, Self::Verify, Self::Load];

    /// The name in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Translate => "translate",
            Self::Extract => "extract",
            Self::Clean => "clean",
            Self::Verify => "verify",
            Self::Load => "load",
        }
    }

    /// Reads back what [`Stage::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// The rows that went into a stage, and their outcomes. Every row is in exactly one of the last four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    pub rows_in: u64,
    pub kept: u64,
    pub merged: u64,
    pub rejected: u64,
    pub suppressed: u64,
}

impl Counts {
    /// Rows that went in without an outcome; negative if there are more outcomes than rows.
    pub fn unaccounted(&self) -> i128 {
        let out = [self.kept, self.merged, self.rejected, self.suppressed].map(i128::from);
        i128::from(self.rows_in) - out.iter().sum::<i128>()
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.rows_in += other.rows_in;
        self.kept += other.kept;
        self.merged += other.merged;
        self.rejected += other.rejected;
        self.suppressed += other.suppressed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_balance_if_every_row_has_an_outcome() {
        let counts = Counts { rows_in: 10, kept: 6, merged: 2, rejected: 1, suppressed: 1 };
        assert_eq!(counts.unaccounted(), 0);
        assert_eq!(Counts { merged: 0, ..counts }.unaccounted(), 2);
        assert_eq!(Counts { kept: 9, ..counts }.unaccounted(), -3);
    }
}
