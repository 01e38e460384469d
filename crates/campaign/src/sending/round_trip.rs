//! Whether the address of the webhooks leads to this database.

use std::time::Duration;

use anyhow::{Context, Result};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{BytesRequest, Client, ClientConfig, Credentials};
use plan::{Plan, WebhookKind, WebhookProof};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::open::SendingAccount;
use super::preflight::CheckState;

const TIMEOUT: Duration = Duration::from_secs(10);

/// The address that a platform calls, and the secret with which it signs. It has no `Debug`.
pub(super) struct RoundTrip {
    url: Url,
    secret: String,
    header: &'static str,
}

/// The webhook that brings the statuses of a plan; none if its address or its secret is not there.
pub(super) fn of_plan(plan: &Plan, name: Option<&str>) -> Result<Option<RoundTrip>> {
    let Some(webhook) = plan.webhooks.iter().find(|it| Some(it.name()) == name) else { return Ok(None) };
    let Some(url) = webhook.public_url() else { return Ok(None) };
    let header = match webhook.kind() {
        WebhookKind::Meta => "x-hub-signature-256",
        WebhookKind::Dialog360 => "x-360dialog-signature",
        WebhookKind::Twilio => return Ok(None),
    };
    let WebhookProof::Secrets(secrets) = webhook.proof(plan)? else { return Ok(None) };
    let Some(secret) = secrets.into_iter().next() else { return Ok(None) };
    let url = url.parse().context("public_url of the webhook is not an address")?;
    Ok(Some(RoundTrip { url, secret, header }))
}

impl SendingAccount {
    /// Sends a signed body without any event to the address that the platform calls, and looks whether it has come into the
    /// database. Gives how that went.
    pub(super) async fn check_round_trip(&self) -> (CheckState, String) {
        let Some(trip) = &self.round_trip else {
            let text = "the webhook has no public_url in the plan, so nobody knows whether statuses would come";
            return (CheckState::Doubtful, text.to_owned());
        };
        match self.trip(trip).await {
            Ok(true) => {
                (CheckState::Good, "a signed body came from the address of the webhook into the database".to_owned())
            }
            Ok(false) => {
                let text = "the address of the webhook answers, and what it got is not in this database: does `ferry serve` run with this \
                    plan?";
                (CheckState::Bad, text.to_owned())
            }
            Err(error) => {
                let text = format!(
                    "the address of the webhook does not answer as it must ({error:#}): does `ferry serve` run, and is it reached?"
                );
                (CheckState::Bad, text)
            }
        }
    }

    async fn trip(&self, trip: &RoundTrip) -> Result<bool> {
        let nonce =
            hex::encode(self.key.message_key(model::EventChannel::Whatsapp, &self.clock.now().to_string(), None));
        let body = json!({ "object": "whatsapp_business_account", "entry": [], "ferry_round_trip": nonce }).to_string();
        let mut mac =
            Hmac::<Sha256>::new_from_slice(trip.secret.as_bytes()).context("the secret of the webhook is empty")?;
        mac.update(body.as_bytes());
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        let config = ClientConfig { timeout: TIMEOUT, attempts: 2, ..ClientConfig::default() };
        let refused = |status, _: &[u8]| http::CallError::Refused { status, code: None };
        let base = trip.url.join("/").context("public_url of the webhook is not an address")?;
        let client = Client::new(base, Credentials::None, config, refused)?;
        let digest: [u8; 32] = Sha256::digest(body.as_bytes()).into();
        let headers = [(trip.header, signature.as_str()), ("content-type", "application/json")];
        let path = trip.url.path();
        let posted = client
            .post_bytes(BytesRequest { path, headers: &headers, body: body.into_bytes(), timeout: TIMEOUT })
            .await?;
        anyhow::ensure!((200..300).contains(&posted.status), "it answered with {}", posted.status);
        Ok(self.crm.has_body(&digest).await?)
    }
}
