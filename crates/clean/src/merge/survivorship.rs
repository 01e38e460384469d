use serde::Deserialize;

/// Decides which of several values of a field a contact keeps. If the rule does not decide, the latest is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldRule {
    /// The value of the latest row with a value.
    #[default]
    Latest,
    /// The value of the row with the earliest date.
    First,
    /// The value of the source with the lowest priority number.
    SourcePriority,
    /// The value with the most characters.
    Longest,
}

/// The rules of the fields for which a plan can choose one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Survivorship {
    pub name: FieldRule,
    pub email: FieldRule,
    pub language: FieldRule,
}

impl FieldRule {
    const NAMES: [(Self, &'static str); 4] = [
        (Self::Latest, "latest"),
        (Self::First, "first"),
        (Self::SourcePriority, "source-priority"),
        (Self::Longest, "longest"),
    ];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// The weight of a value. The heavier value is kept, and the later row decides between equal weights. `measure` is
    /// the length of the value.
    pub(crate) fn weight(self, at: Option<i64>, priority: i32, measure: usize) -> i64 {
        match self {
            Self::Latest => 0,
            Self::First => at.map_or(i64::MIN, |it| it.saturating_neg().max(i64::MIN + 1)),
            Self::SourcePriority => -i64::from(priority),
            Self::Longest => i64::try_from(measure).unwrap_or(i64::MAX),
        }
    }
}
