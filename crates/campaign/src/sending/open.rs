//! The account that sends.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;

use anyhow::{Context, Result};
use http::{ClientConfig, OnceConfig};
use model::{ConsentChannel, Personal};
use plan::{Plan, SendingMode};
use rates::RateCard;
use whatsapp::{Recipient, Sending};

use super::journal::CampaignJournal;
use super::log::SendsLog;
use super::release::Choice;
use super::round_trip::{RoundTrip, of_plan};
use super::spend::card_of;
use crate::templates::account::TemplateAccount;

/// Requests in progress at once: a thousand a second at a quarter of a second each.
pub(super) const CONCURRENCY: usize = 256;

/// Everything that a campaign needs to be sent: its journal, and more.
pub struct SendingAccount {
    pub journal: CampaignJournal,
    pub log: SendsLog,
    pub(crate) client: Sending,
    /// The digests of those who may get messages; none if everybody may.
    pub(crate) allowed: Option<HashSet<[u8; 32]>>,
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
    /// Opens the journal and the account of a campaign. Nothing is sent yet. A rehearsal takes its clock from the sandbox.
    pub async fn open(plan: &Plan, campaign: &str, is_rehearsal: bool, by_whom: &str) -> Result<Self> {
        Self::of_journal(plan, CampaignJournal::open(plan, campaign, is_rehearsal, by_whom).await?).await
    }

    /// Opens the account of a journal.
    pub(super) async fn of_journal(plan: &Plan, journal: CampaignJournal) -> Result<Self> {
        let sending = plan.sending()?;
        let section = plan.whatsapp.as_ref().context("the plan has no [whatsapp]")?;
        let allowed = (journal.plan.mode == SendingMode::Test).then(|| {
            let digest = |it: &phone::PhoneNumber| journal.key.recipient(ConsentChannel::Whatsapp, &it.to_string());
            sending.test_recipients.iter().map(digest).collect()
        });
        let reads = ClientConfig { timeout: section.timeout(), attempts: 3, ..ClientConfig::default() };
        let once = OnceConfig { timeout: sending.timeout, concurrency: CONCURRENCY, ..OnceConfig::default() };
        Ok(Self {
            client: Sending::new(journal.base.clone(), section.credentials(plan)?, reads, once)?,
            log: journal.open_log()?,
            is_onboarded: false,
            templates: TemplateAccount::of_database(plan, journal.crm.clone()).await?,
            card: card_of(plan)?,
            choices: tokio::sync::Mutex::default(),
            round_trip: of_plan(plan, sending.webhook.as_deref())?,
            allowed,
            journal,
        })
    }

    /// Closes the database.
    pub async fn close(self) {
        self.journal.close().await;
    }
}

/// A sending account is the journal of its campaign, with what sending needs in addition.
impl Deref for SendingAccount {
    type Target = CampaignJournal;

    fn deref(&self) -> &CampaignJournal {
        &self.journal
    }
}

/// The recipient with an address of the database: a phone number, or a user id.
pub(crate) fn recipient_of(address: &str) -> Recipient {
    match address.strip_prefix('+') {
        Some(digits) => Recipient::Phone(Personal(digits.to_owned())),
        None => Recipient::UserId(Personal(address.to_owned())),
    }
}
