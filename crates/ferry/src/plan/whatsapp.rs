//! `[whatsapp]`: the account whose templates these are.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use whatsapp::{Client, ClientConfig, Credentials};

use crate::plan::{Plan, PlanError};

/// The newest version that the documents of May 2026 show.
const DEFAULT_URL: &str = "https://graph.facebook.com/v25.0";
const DEFAULT_TOKEN: &str = "FERRY_WHATSAPP_TOKEN";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatsappSection {
    /// The id of the WhatsApp Business account.
    pub(crate) account: Spanned<String>,
    /// The Graph API, with its version.
    url: Option<Spanned<String>>,
    /// The environment variable with the token.
    token_env: Option<String>,
    #[serde(default = "thirty_seconds")]
    timeout_ms: u64,
}

fn thirty_seconds() -> u64 {
    30_000
}

impl WhatsappSection {
    pub(crate) fn client(&self, plan: &Plan) -> anyhow::Result<Client> {
        let name = self.token_env.as_deref().unwrap_or(DEFAULT_TOKEN);
        let credentials = match std::env::var(name) {
            Ok(token) => Credentials::Bearer(token.trim().to_owned()),
            Err(_) if self.token_env.is_none() => Credentials::None,
            Err(_) => {
                let at = self.account.span().start;
                return Err(plan.wrong(at, format!("the environment has no {name}: set it to the token")).into());
            }
        };
        let url = self.url.as_ref().map_or(DEFAULT_URL, |it| it.get_ref());
        let base = whatsapp::base_url(url).map_err(|error| self.wrong_url(plan, &error.to_string()))?;
        let config = ClientConfig { timeout: Duration::from_millis(self.timeout_ms), ..ClientConfig::default() };
        Ok(Client::new(base, credentials, config)?)
    }

    fn wrong_url(&self, plan: &Plan, message: &str) -> PlanError {
        plan.wrong(self.url.as_ref().map_or(0, |it| it.span().start), message.to_owned())
    }
}
