//! The account that sends, and the database that keeps its journal.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};
use crm::Crm;
use http::{ClientConfig, OnceConfig};
use model::{ConsentChannel, ContactKey, Personal};
use plan::{Plan, SendingMode, contact_key};
use rates::RateCard;
use thiserror::Error;
use url::Url;
use whatsapp::{Recipient, Sending};

use super::clock::CampaignClock;
use super::log::{LoggedSend, LoggedSends, SendsLog, SendsLogError};
use super::order::CampaignPlan;
use super::release::Choice;
use super::round_trip::{RoundTrip, of_plan};
use super::spend::card_of;
use crate::templates::account::TemplateAccount;

/// Requests in progress at once: a thousand a second at a quarter of a second each.
pub(super) const CONCURRENCY: usize = 256;

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

/// Everything that a campaign needs to be sent.
pub struct SendingAccount {
    pub crm: Crm,
    pub plan: CampaignPlan,
    pub clock: CampaignClock,
    pub log: SendsLog,
    pub(crate) key: ContactKey,
    /// The id of the account.
    pub account: String,
    /// The id of the number that sends.
    pub number: String,
    /// The address of the API.
    pub base: Url,
    pub(crate) client: Sending,
    /// The digests of those who may get messages; none if everybody may.
    pub(crate) allowed: Option<HashSet<[u8; 32]>>,
    /// The name under which orders are noted in the journal.
    pub by_whom: String,
    /// Whether marketing takes the endpoint of its own.
    pub(crate) is_onboarded: bool,
    /// The templates at the platform.
    pub(crate) templates: TemplateAccount,
    pub(super) card: Option<RateCard>,
    /// By step.
    pub(super) choices: tokio::sync::Mutex<HashMap<String, Choice>>,
    pub(super) round_trip: Option<RoundTrip>,
}

impl SendingAccount {
    /// Opens the database and the account of a campaign. Nothing is sent yet. A rehearsal takes its clock from the sandbox.
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
        let allowed = (campaign.mode == SendingMode::Test).then(|| {
            let digest = |it: &phone::PhoneNumber| key.recipient(ConsentChannel::Whatsapp, &it.to_string());
            sending.test_recipients.iter().map(digest).collect()
        });
        let reads = ClientConfig { timeout: section.timeout(), attempts: 3, ..ClientConfig::default() };
        let once = OnceConfig { timeout: sending.timeout, concurrency: CONCURRENCY, ..OnceConfig::default() };
        Ok(Self {
            client: Sending::new(base.clone(), section.credentials(plan)?, reads, once)?,
            log: SendsLog::open(&sending.log)?,
            account: section.account.get_ref().clone(),
            number: sending.number.clone(),
            by_whom: by_whom.to_owned(),
            is_onboarded: false,
            templates: TemplateAccount::open_briefly(plan, |_| {}).await?,
            card: card_of(plan)?,
            choices: tokio::sync::Mutex::default(),
            round_trip: of_plan(plan, sending.webhook.as_deref())?,
            plan: campaign,
            crm,
            clock,
            key,
            base,
            allowed,
        })
    }

    /// Fails if the database is behind the log of sends.
    pub async fn check_log(&self) -> Result<()> {
        self.check_sends(&self.logged()?).await
    }

    /// The same, for a caller who has read the log.
    pub(super) async fn check_sends(&self, logged: &LoggedSends) -> Result<()> {
        let n = self.forgotten(logged).await?.len();
        if n > 0 {
            let (log, campaign) = (self.log.path().display().to_string(), self.plan.name.clone());
            return Err(SendingError::Behind { n, log, campaign }.into());
        }
        Ok(())
    }

    /// The messages of the campaign in the log of sends.
    pub(super) fn logged(&self) -> Result<LoggedSends, SendsLogError> {
        self.log.read(&self.plan.name, self.plan.mode.name())
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
        let forgotten = self.forgotten(&self.logged()?).await?;
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

/// The recipient with an address of the database: a phone number, or a user id.
pub(crate) fn recipient_of(address: &str) -> Recipient {
    match address.strip_prefix('+') {
        Some(digits) => Recipient::Phone(Personal(digits.to_owned())),
        None => Recipient::UserId(Personal(address.to_owned())),
    }
}
