use phone::Region;
use serde::{Deserialize, Serialize};

/// Regions whose short date is month first, by CLDR 49, for the first official language of each.
///
/// In Canada the short date is year first, so CLDR does not say what `03/04/2025` means there.
const MONTH_FIRST: [&str; 10] = ["AS", "GU", "MH", "MP", "PA", "PH", "PR", "UM", "US", "VI"];

/// The order of day and month: whether `03/04/2025` is in April or in March.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
}

impl DateOrder {
    /// The name in plans and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::DayFirst => "day-first",
            Self::MonthFirst => "month-first",
        }
    }

    /// Reads back what [`DateOrder::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::DayFirst, Self::MonthFirst].into_iter().find(|it| it.name() == name)
    }

    /// The order that people in `region` write.
    pub fn of(region: Region) -> Self {
        if MONTH_FIRST.contains(&region.code()) { Self::MonthFirst } else { Self::DayFirst }
    }
}
