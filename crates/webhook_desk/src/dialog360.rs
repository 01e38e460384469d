//! The address at 360dialog: one for each API key.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{CallError, Client, ClientConfig, Credentials, Parameters, Request};
use model::cleaned;
use plan::{Plan, WebhookProof, WebhookSection};
use serde_json::{Value, json};

use crate::found::{Found, Messages, Place, Registered};

const PATH: &str = "v1/configs/webhook";
const KEY_HEADER: &str = "D360-API-KEY";
/// The most characters of an address that are kept.
const MAX_URL: usize = 2000;

fn client(plan: &Plan, webhook: &WebhookSection) -> Result<Client> {
    let key = Credentials::Key(KEY_HEADER, webhook.api_key(plan)?);
    let config = ClientConfig { attempts: 3, ..ClientConfig::default() };
    let refused = |status, _: &[u8]| CallError::Refused { status, code: None };
    Ok(Client::new(webhook.api_url(plan)?, key, config, refused)?)
}

/// Asks 360dialog for the address.
pub(crate) async fn find(plan: &Plan, webhook: &WebhookSection) -> Result<Found> {
    let request = Request { path: PATH, parameters: Parameters::Query(&[]), units: 0 };
    let url = client(plan, webhook)?.send_retrying(request, read).await.context("could not ask 360dialog")?;
    let registered = Registered { place: Place::Channel, id: String::new(), url: url.clone() };
    let messages = Messages { number: String::new(), by: Place::Channel, url };
    Ok(Found { registered: vec![registered], messages: vec![messages] })
}

/// Sets the address. A password of the plan goes with it, which 360dialog then sends.
pub(crate) async fn set(plan: &Plan, webhook: &WebhookSection, url: &str) -> Result<()> {
    let mut body = json!({ "url": url });
    if webhook.has_secret_path()
        && let WebhookProof::Basic(password) = webhook.proof(plan)?
    {
        body["headers"] = json!({ "Authorization": basic(&password) });
    }
    let request = Request { path: PATH, parameters: Parameters::json(&body)?, units: 0 };
    client(plan, webhook)?.send_retrying(request, |_| Ok(())).await.context("360dialog did not take the address")
}

/// The value of a header of HTTP Basic.
fn basic(password: &str) -> String {
    format!("Basic {}", STANDARD.encode(password))
}

fn read(body: &[u8]) -> Result<Option<String>, CallError> {
    let answer: Value = serde_json::from_slice(body).map_err(|_| CallError::Malformed)?;
    Ok(answer.get("url").and_then(Value::as_str).map(|it| cleaned(it, MAX_URL)).filter(|it| !it.is_empty()))
}
