//! Sinch Conversation API: contacts, and the three lists of people who have opted out.
//!
//! A key id and a key secret give a token for an hour. Errors are `{"error": {"code", "message", "status"}}`.
//!
//! Facts: developers.sinch.com, consent management, OAuth 2.0 access tokens and SDK 1.5.0 (Node) and 2.4.0 (Python), for
//! `ListContactsRequestData` and `Consents.list_identities`; read 2026-11-22 and 2026-11-29. 800 calls a second a project:
//! api-evangelist/sinch, rate limits, 2026-10-08.

mod contacts;
mod opt_outs;

use std::time::Duration;

use http::{CallError, Credentials, Login};
use model::Channel;
use serde_json::Value;

use crate::{Connection, Limit, Paging, ProviderSpec, StreamSpec, Windows};

/// The host that gives tokens.
const LOGIN: usize = 1;

const CONTACTS: StreamSpec = StreamSpec {
    name: "contacts",
    title: "contacts",
    profile: Some("sinch-contacts"),
    channel: Channel::Sms,
    holds_refusals: false,
    windows: Windows::None,
    paging: Paging::Cursor,
    page_rows: 20,
    limit: Limit { interval: Duration::from_millis(2), source: "api-evangelist/sinch, rate limits, 2026-10-08" },
    price: None,
    consumes: false,
    gaps: &["contacts have no dates"],
    needs: &["region", "project"],
    open: |connection| Box::new(contacts::Contacts::new(connection)),
};

pub(crate) const SINCH: ProviderSpec = ProviderSpec {
    name: "sinch",
    title: "Sinch Conversation",
    hosts: &["https://{region}.conversation.api.sinch.com", "https://auth.sinch.com"],
    account: Some("key id"),
    secret: "key secret",
    auth: login,
    read_error: |status, _| CallError::Refused { status, code: None },
    streams: &[
        StreamSpec {
            name: "opt-outs",
            title: "people who have opted out of all, marketing or notification messages",
            profile: Some("sinch-consents"),
            holds_refusals: true,
            page_rows: 50,
            gaps: &["the lists have no dates, and only people who answered by one of the keywords are on them"],
            needs: &["region", "project", "app"],
            open: |connection| Box::new(opt_outs::OptOuts::new(connection)),
            ..CONTACTS
        },
        CONTACTS,
    ],
};

fn login(connection: &Connection) -> Credentials {
    Credentials::Login(Login {
        user: connection.account.id.clone(),
        password: connection.account.secret.clone(),
        base: connection.bases.get(LOGIN).cloned(),
        path: "oauth2/token",
        form: &[("grant_type", "client_credentials")],
        read_token: |body| Some(serde_json::from_slice::<Value>(body).ok()?.get("access_token")?.as_str()?.to_owned()),
    })
}

/// Fails if a body with status 200 is an error.
fn check(page: &Value) -> Result<(), CallError> {
    match &page["error"] {
        Value::Null => Ok(()),
        error => match error["code"].as_u64().and_then(|it| u16::try_from(it).ok()) {
            Some(429) => Err(CallError::RateLimited { retry_after: None }),
            Some(status @ 500..) => Err(CallError::Provider { status }),
            status => Err(CallError::Refused { status: status.unwrap_or(200), code: None }),
        },
    }
}

/// Returns the setting of a connection as a segment of a path.
fn segment(connection: &Connection, setting: &str) -> String {
    http::path_segment(connection.settings.get(setting).map_or("", String::as_str))
}

/// Returns a path with the token of a page.
fn with_token(path: &str, token: &str) -> String {
    format!("{path}&page_token={}", http::path_segment(token))
}
