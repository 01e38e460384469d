//! The sending side by its answers, its log and its webhooks.

mod answers;
mod clients;
mod clocks;
mod faults;
mod limits;
mod nodes;
mod statuses;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::{Sending, SendsLog};
use crate::{Clock, Limits, Population, ProviderSettings, Providers, Sandbox, Templates, Uploads};

const NUMBER: &str = "500000000000301";
const ACCOUNT: &str = "400000000000033";
const TOKEN: &str = "secret";
const APP_SECRET: &str = "app secret";
const STARTS_AT: &str = "2026-11-02T09:00:00Z";

/// A sandbox whose clock stands still, and its log.
struct Shore {
    sandbox: Arc<Sandbox>,
    home: TempDir,
}

/// An answer.
#[derive(Debug)]
struct Told {
    http: u16,
    body: Value,
    date: String,
}

impl Told {
    /// The status and the code of an error, or 200 and the status of the message.
    fn short(&self) -> String {
        match self.body.pointer("/error/code") {
            Some(code) => format!("{} {code}", self.http),
            None => {
                let status = self.body.pointer("/messages/0/message_status").and_then(Value::as_str);
                format!("{} {}", self.http, status.unwrap_or_default()).trim_end().to_owned()
            }
        }
    }
}

impl Shore {
    fn new(settings: Value) -> Self {
        Self::with(settings, Clock::frozen(STARTS_AT.parse().unwrap()))
    }

    fn with(settings: Value, clock: Clock) -> Self {
        let home = tempfile::tempdir().unwrap();
        let log = SendsLog::open(&home.path().join("sends.jsonl")).unwrap();
        let settings = serde_json::from_value(settings).unwrap();
        let starts_at = STARTS_AT.parse().unwrap();
        let sandbox = Arc::new(Sandbox {
            population: Population::new(3, 1.0),
            faults: Vec::new().into(),
            ledger: None,
            token: Some(TOKEN.to_owned()),
            login: None,
            limits: Limits::default(),
            clock,
            templates: Templates::default(),
            uploads: Uploads::default(),
            providers: Providers::new(ProviderSettings::default(), starts_at),
            sending: Sending::new(settings, Some(APP_SECRET.to_owned()), Some(log)).unwrap(),
            n_requests: AtomicU64::new(0),
        });
        Self { sandbox, home }
    }

    async fn call(&self, method: &str, path: &str, token: &str, body: Vec<u8>) -> Told {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let response = crate::routes(Arc::clone(&self.sandbox)).oneshot(request).await.unwrap();
        let date = response.headers().get("date").map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
        let http = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap_or_default();
        Told { http, body: serde_json::from_slice(&bytes).unwrap_or_default(), date }
    }

    async fn post(&self, path: &str, body: Value) -> Told {
        self.call("POST", path, TOKEN, body.to_string().into_bytes()).await
    }

    async fn get(&self, path: &str) -> Told {
        self.call("GET", path, TOKEN, Vec::new()).await
    }

    /// Sends a message by `/messages`.
    async fn send(&self, message: Value) -> Told {
        self.post(&format!("/v26.0/{NUMBER}/messages"), message).await
    }

    async fn send_marketing(&self, message: Value) -> Told {
        self.post(&format!("/v26.0/{NUMBER}/marketing_messages"), message).await
    }

    /// Makes a template of the account, which is approved at once.
    async fn template(&self, name: &str, category: &str) {
        let text = "Bonjour {{1}}, votre commande est prête, à bientôt chez nous.";
        self.template_of(
            name,
            category,
            json!([
                { "type": "BODY", "text": format!("{text} ({name})"), "example": { "body_text": [["Ana"]] } },
            ]),
        )
        .await;
    }

    async fn template_of(&self, name: &str, category: &str, components: Value) {
        let body = json!({ "name": name, "language": "fr", "category": category, "components": components });
        let told = self.post(&format!("/v26.0/{ACCOUNT}/message_templates"), body).await;
        assert_eq!(told.http, 200, "{:?}", told.body);
    }

    /// Replaces the settings.
    async fn set(&self, settings: Value) {
        let told = self.post("/sandbox/sending", settings).await;
        assert_eq!(told.http, 204, "{:?}", told.body);
    }

    async fn moderate(&self, moderation: Value) {
        assert_eq!(self.post("/sandbox/moderation", moderation).await.http, 204);
    }

    /// Moves the clock to a time of the first day, or to a whole moment.
    async fn at(&self, to: &str) -> Value {
        let to = if to.len() > 15 { to.to_owned() } else { format!("2026-11-02T{to}Z") };
        let told = self.post("/sandbox/clock", json!({ "to": to })).await;
        assert_eq!(told.http, 200, "{:?}", told.body);
        told.body
    }

    /// A person writes to the number, now.
    async fn writes(&self, from: &str, text: &str) {
        let done = json!([{ "from": from, "number": NUMBER, "does": { "writes": text } }]);
        assert_eq!(self.post("/sandbox/inbound", done).await.http, 204);
        let now = self.sandbox.clock.now().to_string();
        self.at(&now).await;
    }

    fn log_path(&self) -> PathBuf {
        self.home.path().join("sends.jsonl")
    }

    /// The lines of the log.
    fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.log_path()).unwrap();
        text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    }

    /// The lines of the log that have a field.
    fn lines(&self, field: &str) -> Vec<Value> {
        self.log().into_iter().filter(|it| it.get(field).is_some()).collect()
    }

    /// What became of a message by its statuses, in their order: `sent delivered`, `failed 131026`.
    fn fate(&self, opaque: &str) -> String {
        let statuses = self.lines("status").into_iter().filter(|it| it["opaque"] == opaque);
        let words: Vec<String> = statuses
            .map(|it| match it["code"].as_u64() {
                Some(code) => format!("{} {code}", it["status"].as_str().unwrap()),
                None => it["status"].as_str().unwrap().to_owned(),
            })
            .collect();
        words.join(" ")
    }
}

/// A text to somebody.
fn text(to: &str) -> Value {
    json!({ "messaging_product": "whatsapp", "to": to, "type": "text", "text": { "body": "Bonjour" } })
}

/// A template with one parameter to somebody. The opaque id is what comes back in statuses.
fn template(name: &str, to: &str, opaque: &str) -> Value {
    json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": "template",
        "template": { "name": name, "language": { "code": "fr" }, "components": [
            { "type": "body", "parameters": [{ "type": "text", "text": "Ana" }] },
        ] },
        "biz_opaque_callback_data": opaque,
    })
}

/// The n-th person.
fn person(n: u32) -> String {
    format!("+331990{n:05}")
}
