//! The journal of a campaign: its plan, and the database that knows what was ordered and sent.

use std::path::PathBuf;

use anyhow::{Result, bail};
use crm::Crm;
use model::ContactKey;
use plan::{Plan, SendingMode, contact_key};
use thiserror::Error;
use url::Url;

use super::clock::CampaignClock;
use super::log::{LoggedSend, LoggedSends, SendsLog, SendsLogError};
use super::order::CampaignPlan;

/// Why nothing can be sent.
#[derive(Debug, Error)]
pub enum SendingError {
    #[error(
        "{n} messages in the log of sends, {log}, are not in the database: it was restored, or is another one. `ferry campaign \
         settle {campaign} --from-log` adds them, so that nobody gets them again"
    )]
    Behind { n: usize, log: String, campaign: String },
    #[error("the clock of the platform differs from that of this machine by {seconds} seconds: set it right")]
    ClockDiffers { seconds: i64 },
}

/// A campaign with the database that keeps its journal: all that orders about it need. Nothing can be sent with it.
pub struct CampaignJournal {
    pub crm: Crm,
    pub plan: CampaignPlan,
    pub clock: CampaignClock,
    pub(crate) key: ContactKey,
    /// The id of the account.
    pub account: String,
    /// The id of the number that sends.
    pub number: String,
    /// The address of the API.
    pub base: Url,
    /// The name under which orders are noted in the journal.
    pub by_whom: String,
    /// Where the log of sends is.
    log_path: PathBuf,
}

impl CampaignJournal {
    /// Opens the database of a campaign. A rehearsal takes its clock from the sandbox.
    pub async fn open(plan: &Plan, campaign: &str, is_rehearsal: bool, by_whom: &str) -> Result<Self> {
        Self::open_as(plan, CampaignPlan::of(plan, campaign)?, is_rehearsal, by_whom).await
    }

    /// As [`Self::open`], for a campaign that was read.
    pub(super) async fn open_as(
        plan: &Plan,
        campaign: CampaignPlan,
        is_rehearsal: bool,
        by_whom: &str,
    ) -> Result<Self> {
        let sending = plan.sending()?;
        let Some(section) = &plan.whatsapp else {
            bail!("the plan has no [whatsapp]: name the account there, as in account = \"1234567890\"");
        };
        let base = section.base_url(plan)?;
        if campaign.mode == SendingMode::Sandbox && !http::is_loopback(&base) {
            return Err(plan
                .wrong_sending(format!("mode = \"sandbox\" sends only to this machine, and [whatsapp] names {base}"))
                .into());
        }
        let clock = match is_rehearsal {
            true => CampaignClock::rehearsal(&base).await?,
            false => CampaignClock::real(),
        };
        let key = contact_key(plan)?;
        let crm = Crm::open(&plan.crm_url()?).await?;
        crm.check_key(&key.id()).await?;
        Ok(Self {
            account: section.account.get_ref().clone(),
            number: sending.number.clone(),
            by_whom: by_whom.to_owned(),
            log_path: sending.log.clone(),
            plan: campaign,
            crm,
            clock,
            key,
            base,
        })
    }

    /// Opens the log of sends.
    pub(super) fn open_log(&self) -> Result<SendsLog, SendsLogError> {
        SendsLog::open(&self.log_path)
    }

    /// Fails if the database is behind the log of sends.
    pub async fn check_log(&self) -> Result<()> {
        self.check_sends(&self.logged()?).await
    }

    /// The same, for a caller who has read the log.
    pub(super) async fn check_sends(&self, logged: &LoggedSends) -> Result<()> {
        let n = self.forgotten(logged).await?.len();
        if n > 0 {
            let (log, campaign) = (self.log_path.display().to_string(), self.plan.name.clone());
            return Err(SendingError::Behind { n, log, campaign }.into());
        }
        Ok(())
    }

    /// The messages of the campaign in the log of sends.
    pub(super) fn logged(&self) -> Result<LoggedSends, SendsLogError> {
        self.open_log()?.read(&self.plan.name, self.plan.mode.name())
    }

    /// The intents of the log that the database does not know.
    pub(super) async fn forgotten(&self, logged: &LoggedSends) -> Result<Vec<crm::LoggedIntent>> {
        let intents: Vec<_> = logged.values().filter_map(LoggedSend::intent).collect();
        let mut forgotten = Vec::new();
        for chunk in intents.chunks(model::MAX_BATCH) {
            forgotten.extend(self.crm.forgotten(chunk).await?);
        }
        Ok(forgotten)
    }

    /// Adds to the database what the log of sends has more, as unknown. Gives how many messages that were.
    pub async fn reconcile(&self) -> Result<u64> {
        let mut forgotten = self.forgotten(&self.logged()?).await?;
        // In this order each keeps its number, if the database has not made it meanwhile.
        forgotten.sort_by_key(|it| it.number);
        let mut n = 0;
        for chunk in forgotten.chunks(model::MAX_BATCH) {
            let reconciled = self.crm.reconcile(chunk, self.clock.now()).await?;
            n += reconciled.n_unknown + reconciled.n_doubled;
        }
        Ok(n)
    }

    /// The campaign as the database knows it.
    pub fn row(&self) -> crm::CampaignRow {
        crm::CampaignRow {
            name: self.plan.name.clone(),
            mode: self.plan.mode.name().to_owned(),
            account: self.account.clone(),
            sender: self.number.clone(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    /// Closes the database.
    pub async fn close(self) {
        self.crm.close().await;
    }
}
