//! How far a campaign has come.

use anyhow::Result;
use crm::{CampaignCounts, CampaignOrder, CampaignState, Excluded, WatchCounts, WaveRow};
use jiff::Timestamp;

use super::journal::CampaignJournal;
use super::usage::UsageState;
use super::watch::OLD;

/// Everything that is known of a campaign.
#[derive(Debug)]
pub struct CampaignStatus {
    pub state: CampaignState,
    pub orders: Vec<CampaignOrder>,
    pub counts: CampaignCounts,
    pub waves: Vec<WaveRow>,
    pub watch: Vec<WatchCounts>,
    pub excluded: Vec<Excluded>,
    /// What keeps the next message back, and until when, as the sender said last.
    pub binding: Option<(String, Option<Timestamp>)>,
    /// The people who were written to in the last 24 hours, outside of open conversations.
    pub people_used: u64,
}

impl CampaignJournal {
    /// Reads how far the campaign has come. Asks nobody but the database.
    pub async fn status(&self) -> Result<CampaignStatus> {
        let (name, now) = (&self.plan.name, self.clock.now());
        self.crm.abandon_intents(now).await?;
        let mut usage = UsageState::load(&self.crm, self.plan.limits.clone(), &self.number, now).await?;
        usage.read_failures(&self.crm).await?;
        let old = now.checked_sub(OLD).unwrap_or(Timestamp::MIN);
        Ok(CampaignStatus {
            state: self.crm.campaign_state(name).await?,
            orders: self.crm.campaign_orders(name).await?,
            counts: self.crm.campaign_counts(name, now).await?,
            waves: self.crm.waves(name).await?,
            watch: self.crm.watch_counts(name, (old, Timestamp::UNIX_EPOCH)).await?,
            excluded: self.crm.excluded(name).await?,
            binding: self.crm.campaign_wait(name).await?,
            people_used: usage.usage.people_used(now) as u64,
        })
    }
}
