//! Which of several values of a field a contact keeps.

use serde::Deserialize;

/// A rule for one field. Of values that a rule holds equal, the latest is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Of the latest row that has one.
    #[default]
    Latest,
    /// Of the earliest row with a date that has one.
    First,
    /// Of the source with the smallest priority number.
    SourcePriority,
    /// The one with the most characters.
    Longest,
}

/// The rule of each field that has a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Survivorship {
    pub name: Rule,
    pub email: Rule,
    pub language: Rule,
}

impl Rule {
    const NAMES: [(Self, &'static str); 4] = [
        (Self::Latest, "latest"),
        (Self::First, "first"),
        (Self::SourcePriority, "source-priority"),
        (Self::Longest, "longest"),
    ];

    /// The name as a plan writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// What a value weighs, before its row's place in time: the heavier is kept. `measure` is its
    /// length.
    pub(crate) fn weight(self, at: Option<i64>, priority: i32, measure: usize) -> i64 {
        match self {
            Self::Latest => 0,
            Self::First => at.map_or(i64::MIN, |it| it.saturating_neg().max(i64::MIN + 1)),
            Self::SourcePriority => -i64::from(priority),
            Self::Longest => i64::try_from(measure).unwrap_or(i64::MAX),
        }
    }
}
