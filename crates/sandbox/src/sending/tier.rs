use serde::{Deserialize, Serialize};

/// The messaging limit of a portfolio: people in 24 hours that messages outside of an open window are delivered to (Meta,
/// "Messaging limits", 2026-05-08).
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    #[serde(rename = "TIER_250")]
    People250,
    #[default]
    #[serde(rename = "TIER_2K")]
    People2K,
    #[serde(rename = "TIER_10K")]
    People10K,
    #[serde(rename = "TIER_100K")]
    People100K,
    #[serde(rename = "TIER_UNLIMITED")]
    Unlimited,
}

impl Tier {
    /// The name in answers and webhooks.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::People250 => "TIER_250",
            Self::People2K => "TIER_2K",
            Self::People10K => "TIER_10K",
            Self::People100K => "TIER_100K",
            Self::Unlimited => "TIER_UNLIMITED",
        }
    }

    /// The people in 24 hours; none if there is no limit.
    pub(super) fn people(self) -> Option<u32> {
        match self {
            Self::People250 => Some(250),
            Self::People2K => Some(2_000),
            Self::People10K => Some(10_000),
            Self::People100K => Some(100_000),
            Self::Unlimited => None,
        }
    }

    /// The level after this one.
    pub(super) fn next(self) -> Option<Self> {
        match self {
            Self::People250 => Some(Self::People2K),
            Self::People2K => Some(Self::People10K),
            Self::People10K => Some(Self::People100K),
            Self::People100K => Some(Self::Unlimited),
            Self::Unlimited => None,
        }
    }
}
