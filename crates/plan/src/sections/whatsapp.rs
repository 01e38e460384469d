//! `[whatsapp]`: the account that owns the templates.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use url::Url;
use whatsapp::Credentials;

use super::secret_of_environment;
use crate::{Plan, PlanError};

/// The default version of the Graph API: the newest that the documentation of May 2026 shows.
const DEFAULT_URL: &str = "https://graph.facebook.com/v25.0";
const DEFAULT_SAMPLES: &str = "samples";
const DEFAULT_TOKEN: &str = "FERRY_WHATSAPP_TOKEN";

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsappSection {
    /// The id of the WhatsApp Business account.
    #[schemars(with = "String")]
    pub account: Spanned<String>,
    /// The id of your Meta app, under which samples of media are uploaded. Templates with media headers need it.
    pub app_id: Option<String>,
    /// The folder with sample files of media headers, relative to the plan: see
    /// [Samples of media headers](#samples-of-media-headers).
    #[schemars(extend("default" = DEFAULT_SAMPLES))]
    samples: Option<PathBuf>,
    /// The address of the Graph API with its version: `https://`, or `http://` on this machine.
    #[schemars(with = "Option<String>", extend("default" = DEFAULT_URL))]
    url: Option<Spanned<String>>,
    /// The environment variable that holds the token. If the plan names a variable, it must be set.
    #[schemars(with = "Option<String>", extend("default" = DEFAULT_TOKEN))]
    token_env: Option<Spanned<String>>,
    /// The timeout of a request, in milliseconds. The upload of a sample has one more second for each 64 KiB.
    #[schemars(with = "Option<u64>", range(min = 1, max = 600_000), extend("default" = super::TIMEOUT_MS))]
    timeout_ms: Option<Spanned<u64>>,
}

impl WhatsappSection {
    /// Returns the token, or no credentials if the plan names no variable and the default one is not set.
    pub fn credentials(&self, plan: &Plan) -> Result<Credentials, PlanError> {
        if let Some(variable) = &self.token_env {
            return secret_of_environment(plan, variable, "the token").map(Credentials::Bearer);
        }
        let token = std::env::var(DEFAULT_TOKEN).unwrap_or_default().trim().to_owned();
        Ok(if token.is_empty() { Credentials::None } else { Credentials::Bearer(token) })
    }

    /// The variable with the token, if the plan names one.
    pub(crate) fn token_variable(&self) -> Option<&str> {
        self.token_env.as_ref().map(|it| it.get_ref().as_str())
    }

    /// Returns the base URL of the Graph API.
    pub fn base_url(&self, plan: &Plan) -> Result<Url, PlanError> {
        let url = self.url.as_ref().map_or(DEFAULT_URL, |it| it.get_ref());
        whatsapp::base_url(url).map_err(|error| self.wrong_url(plan, &error.to_string()))
    }

    /// Returns the folder with samples of media: `samples` beside the plan, if the plan names none.
    pub fn samples(&self, plan: &Plan) -> PathBuf {
        plan.folder().join(self.samples.as_deref().unwrap_or(Path::new(DEFAULT_SAMPLES)))
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.as_ref().map_or(super::TIMEOUT_MS, |it| *it.get_ref()))
    }

    pub fn check(&self, plan: &Plan) -> Result<(), PlanError> {
        self.timeout_ms.as_ref().map_or(Ok(()), |it| plan.check_range("timeout_ms", it, super::TIMEOUT_RANGE_MS))
    }

    fn wrong_url(&self, plan: &Plan, message: &str) -> PlanError {
        plan.wrong(self.url.as_ref().map_or(0, |it| it.span().start), message.to_owned())
    }
}
