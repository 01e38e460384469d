//! Examples of the frame, and what tests of stand-ins are written with.

mod faults;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{ProviderSettings, Providers};
use crate::{Clock, Limits, Population, Sandbox, Templates, Uploads};

/// When the clock of these tests starts.
pub(crate) const STARTS_AT: &str = "2026-03-03T09:14:07Z";
pub(crate) const SECRET: &str = "secret";

/// A sandbox to send calls to, with 40 people and 500 messages at each provider.
pub(crate) struct Shown(Arc<Sandbox>);

/// A response: its status and its body, as JSON where it is JSON.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Shown {
    pub(crate) fn new() -> Self {
        Self::with(ProviderSettings { seed: 3, people: 40, messages: 500, days: 30, ..ProviderSettings::default() })
    }

    /// As many calls a second as one likes.
    pub(crate) fn without_rates() -> Self {
        let settings = ProviderSettings { seed: 3, people: 40, messages: 500, days: 30, ..Default::default() };
        Self::with(ProviderSettings { no_rates: true, ..settings })
    }

    pub(crate) fn with(settings: ProviderSettings) -> Self {
        let starts_at = STARTS_AT.parse().unwrap();
        Self(Arc::new(Sandbox {
            population: Population::new(3, 1.0),
            faults: Vec::new().into(),
            ledger: None,
            token: Some(SECRET.to_owned()),
            login: None,
            limits: Limits::default(),
            clock: Clock::starting(starts_at),
            templates: Templates::default(),
            uploads: Uploads::default(),
            providers: Providers::new(settings, starts_at),
            sending: crate::Sending::default(),
            n_requests: AtomicU64::new(0),
        }))
    }

    /// Sends a call with headers.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Told {
        let mut request = Request::builder().method(method).uri(path).header("host", "sandbox.example");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = crate::routes(Arc::clone(&self.0)).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        Told { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), bytes }
    }

    /// `GET` with Basic authentication.
    pub(crate) async fn get(&self, user: &str, path: &str) -> Told {
        self.send("GET", path, &[basic(user)], "").await
    }

    /// A call of control with a body.
    pub(crate) async fn control(&self, path: &str, body: &Value) {
        let json = [("content-type", "application/json".to_owned())];
        let told = self.send("POST", &format!("/sandbox/{path}"), &json, &body.to_string()).await;
        assert!(told.status < 300, "{told:?}");
    }

    /// The lines of `GET /sandbox/providers/…`.
    pub(crate) async fn lines(&self, path: &str) -> Vec<Value> {
        let told = self.send("GET", &format!("/sandbox/providers/{path}"), &[], "").await;
        assert_eq!(told.status, 200);
        String::from_utf8(told.bytes).unwrap().lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    }

    /// The rows of a stream that are or were there.
    pub(crate) async fn rows(&self, provider: &str, stream: &str) -> Vec<Value> {
        let rows = self.lines(&format!("{provider}/rows")).await;
        rows.into_iter().filter(|it| it["stream"] == stream).collect()
    }

    /// The ids of the rows of a stream that are there, sorted.
    pub(crate) async fn ids(&self, provider: &str, stream: &str) -> Vec<String> {
        let rows = self.rows(provider, stream).await;
        let present = rows.iter().filter(|it| it["state"] == "present");
        let mut ids: Vec<String> = present.map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }
}

/// The header of Basic authentication with the secret.
pub(crate) fn basic(user: &str) -> (&'static str, String) {
    ("authorization", format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{SECRET}"))))
}

#[tokio::test]
async fn a_change_waits_for_the_call_it_was_set_for() {
    let shown = Shown::new();
    let path = format!("/2010-04-01/Accounts/AC{}/Messages.json", "0".repeat(32));
    shown.control("providers/twilio/change", &json!({ "delete_at_call": 2, "n": 5, "stream": "messages" })).await;
    let mut n_present = Vec::new();
    for _ in 0..3 {
        shown.get("AC", &path).await;
        n_present.push(shown.ids("twilio", "messages").await.len());
    }
    assert_eq!(n_present, [500, 495, 495]);
    let rows = shown.rows("twilio", "messages").await;
    let n_deleted = rows.iter().filter(|it| it["state"] == "deleted").count();
    assert_eq!((rows.len(), n_deleted), (500, 5));
}

#[tokio::test]
async fn every_call_is_logged_with_its_rows_and_whether_it_was_authorised() {
    let shown = Shown::new();
    let path = format!("/2010-04-01/Accounts/AC{}/Messages.json?PageSize=7", "0".repeat(32));
    shown.send("GET", &path, &[], "").await;
    shown.get("AC", &path).await;
    let line = |status: u16, n_rows: u64, authorised: bool| json!({ "provider": "twilio", "path": path, "status": status, "n_rows": n_rows, "authorised": authorised });
    assert_eq!(shown.lines("calls").await, [line(401, 0, false), line(200, 7, true)]);
}

#[tokio::test]
async fn a_stop_is_a_message_of_now() {
    let shown = Shown::new();
    let phone = shown.rows("twilio", "messages").await[0]["phone"].clone();
    shown.control("providers/twilio/change", &json!({ "stop": phone })).await;
    let rows = shown.rows("twilio", "messages").await;
    let last = rows.last().unwrap();
    let shown = ["phone", "body", "direction", "appended", "state"].map(|it| last[it].clone());
    assert_eq!(shown, [phone, json!("STOP"), json!("inbound"), json!(true), json!("present")]);
}

#[tokio::test]
async fn an_unknown_provider_is_not_found() {
    let told = Shown::new().send("GET", "/sandbox/providers/nobody/rows", &[], "").await;
    assert_eq!(told.status, 404);
}
