//! The account, and the database that keeps its journal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use crm::{AccountTemplate, Crm, OrderClaim};
use jiff::Timestamp;
use plan::{Plan, draw_uid};
use whatsapp::{Client, ClientConfig, Hooks, Uploads, Wait};

use super::limits::UNKNOWN_TIMEOUTS;

/// Attempts of a request that is made again later anyway.
const FEW_ATTEMPTS: usize = 2;

/// The name and the language of a template: both together are unique in an account.
pub type TemplateKey = (String, String);

/// A WhatsApp Business account, and the database that keeps its journal.
pub struct TemplateAccount {
    /// The id of the account.
    pub(crate) name: String,
    pub(crate) client: Client,
    pub(crate) uploads: Uploads,
    /// The id of the app under which samples are uploaded.
    app: Option<String>,
    pub(crate) crm: Crm,
    /// The random word of this process in its claims.
    pub(crate) holder: String,
    /// The timeout of one request.
    timeout: Duration,
}

/// A wait during which nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderWait {
    pub length: Duration,
    /// Whether WhatsApp asked for it, with 429 or `Retry-After`. If not, it keeps failing.
    pub is_asked_for: bool,
    pub until: Timestamp,
}

impl TemplateAccount {
    /// Opens the database and the account that the plan names. No request is sent yet. `on_wait` is told of each wait of
    /// some seconds or more when it begins.
    pub async fn open(plan: &Plan, on_wait: impl Fn(ProviderWait) + Send + Sync + 'static) -> Result<Self> {
        Self::open_with(plan, None, ClientConfig::default().attempts, on_wait).await
    }

    /// The same, for a caller who asks again later anyway: a request is given up after few attempts.
    pub async fn open_briefly(plan: &Plan, on_wait: impl Fn(ProviderWait) + Send + Sync + 'static) -> Result<Self> {
        Self::open_with(plan, None, FEW_ATTEMPTS, on_wait).await
    }

    /// The same, with a database that is open already.
    pub(crate) async fn of_database(plan: &Plan, crm: Crm) -> Result<Self> {
        Self::open_with(plan, Some(crm), FEW_ATTEMPTS, |_| {}).await
    }

    async fn open_with(
        plan: &Plan,
        crm: Option<Crm>,
        attempts: usize,
        on_wait: impl Fn(ProviderWait) + Send + Sync + 'static,
    ) -> Result<Self> {
        let Some(section) = &plan.whatsapp else {
            bail!("the plan has no [whatsapp]: name the account there, as in account = \"1234567890\"");
        };
        let timeout = section.timeout();
        let config = ClientConfig { timeout, attempts, ..ClientConfig::default() };
        let on_wait = move |Wait { length, is_asked_for }| {
            let until = Timestamp::now().saturating_add(length).unwrap_or(Timestamp::MAX);
            on_wait(ProviderWait { length, is_asked_for, until });
        };
        let hooks = Hooks { on_wait: Some(Arc::new(on_wait)), ..Hooks::default() };
        let (base, credentials) = (section.base_url(plan)?, section.credentials(plan)?);
        let uploads = Uploads::with_hooks(base.clone(), credentials.clone(), config, hooks.clone())?;
        let client = Client::with_hooks(base, credentials, config, hooks)?;
        let crm = match crm {
            Some(crm) => crm,
            None => Crm::open(&plan.crm_url()?).await?,
        };
        let (name, app) = (section.account.get_ref().clone(), section.app_id.clone());
        Ok(Self { name, client, uploads, app, crm, holder: draw_uid()?, timeout })
    }

    /// The id of the app under which samples are uploaded.
    pub(crate) fn app(&self) -> Result<&str> {
        let missing =
            "the plan has no app_id in [whatsapp]: samples are uploaded under your app, as in app_id = \"1234567890\"";
        self.app.as_deref().context(missing)
    }

    /// A claim of this process on an order that is given now.
    pub(crate) fn claim(&self) -> OrderClaim {
        let now = Timestamp::now();
        let unknown_until = now.saturating_add(self.timeout * UNKNOWN_TIMEOUTS).unwrap_or(Timestamp::MAX);
        OrderClaim { holder: self.holder.clone(), claimed_at: now, unknown_until }
    }

    /// Every template that the database knows, by name and language.
    pub async fn templates(&self) -> Result<BTreeMap<TemplateKey, AccountTemplate>> {
        let rows = self.crm.account_templates(&self.name).await?;
        Ok(rows.into_iter().map(|it| ((it.name.clone(), it.language.clone()), it)).collect())
    }

    /// Closes the database.
    pub async fn close(self) {
        self.crm.close().await;
    }
}
