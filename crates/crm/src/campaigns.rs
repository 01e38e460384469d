//! Campaigns: orders about them, the waves that were released, and who was left out.
//!
//! The last order of a campaign says whether it runs. Each claim reads it in its own transaction, so no intent is younger than a
//! stop.

mod audience;
mod counts;
mod orders;
mod tables;
mod waves;

pub use audience::{Audience, AudienceMember, Excluded, KeptOutReason};
pub use counts::{CampaignCounts, OpenMessage, ProofCounts, SentId, StepCounts, WatchCounts};
pub use orders::{CampaignOrder, CampaignRow, CampaignState, OrderWord};
pub use waves::{FrozenTemplate, ReleasedWave, WaveProgress, WaveRow};
