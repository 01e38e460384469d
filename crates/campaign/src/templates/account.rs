//! The account, and the database that keeps its journal.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use crm::{Crm, TemplateRow};
use plan::Plan;
use whatsapp::{Client, ClientConfig};

/// The name and the language of a template: both together are unique in an account.
pub type TemplateKey = (String, String);

/// A WhatsApp Business account, and the database that keeps its journal.
pub struct TemplateAccount {
    /// The id of the account.
    pub(crate) name: String,
    pub(crate) client: Client,
    pub(crate) crm: Crm,
}

impl TemplateAccount {
    /// Opens the database and the account that the plan names. No request is sent yet.
    pub async fn open(plan: &Plan) -> Result<Self> {
        let Some(section) = &plan.whatsapp else {
            bail!("the plan has no [whatsapp]: name the account there, as in account = \"1234567890\"");
        };
        let config = ClientConfig { timeout: section.timeout(), ..ClientConfig::default() };
        let client = Client::new(section.base_url(plan)?, section.credentials(plan)?, config)?;
        let crm = Crm::open(&plan.crm_url()?).await?;
        Ok(Self { name: section.account.get_ref().clone(), client, crm })
    }

    /// Every template that the database knows, by name and language.
    pub async fn templates(&self) -> Result<BTreeMap<TemplateKey, TemplateRow>> {
        let rows = self.crm.templates(&self.name).await?;
        Ok(rows.into_iter().map(|it| ((it.name.clone(), it.language.clone()), it)).collect())
    }

    /// Closes the database.
    pub async fn close(self) {
        self.crm.close().await;
    }
}
