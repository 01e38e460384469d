//! A Viber bot: which of the known ids still follow it, and what Viber says of each.
//!
//! Viber has no list of subscribers. Ids come from what the business recorded: webhooks, or an export of a bot builder.
//! Errors come with status 200 and a `status` that is not 0 in the body.
//!
//! Facts: creators.viber.com get-info, get-subscribers-status and get-subscriber-details; npm messaging-api-viber 1.1.0 for
//! the codes; read 2026-11-22.

mod subscribers;

use std::time::Duration;

use http::{CallError, Credentials};
use model::Channel;
use serde_json::Value;

use crate::{Limit, Paging, ProviderSpec, StreamSpec, Windows};

/// Broadcasts may be 50 a second; nothing is said of other calls.
const LIMIT: Limit =
    Limit { interval: Duration::from_millis(100), source: "creators.viber.com broadcast-message, 2026-11-22" };

pub(crate) const VIBER: ProviderSpec = ProviderSpec {
    name: "viber",
    title: "Viber bot",
    hosts: &["https://chatapi.viber.com"],
    account: None,
    secret: "authentication token of the bot",
    auth: |it| Credentials::Key("X-Viber-Auth-Token", it.account.secret.clone()),
    read_error: |status, _| CallError::Refused { status, code: None },
    streams: &[
        StreamSpec {
            name: "online",
            title: "which of the known ids still follow the bot",
            profile: Some("viber-online"),
            channel: Channel::Viber,
            holds_refusals: true,
            windows: Windows::None,
            paging: Paging::Cursor,
            page_rows: 100,
            limit: LIMIT,
            price: None,
            consumes: false,
            gaps: &["Viber has no list of subscribers: only ids that the business has recorded can be asked about"],
            needs: &["ids_from"],
            open: |connection| Box::new(subscribers::Online::new(connection)),
        },
        StreamSpec {
            name: "details",
            title: "name, country and language of the known ids",
            profile: Some("viber-details"),
            channel: Channel::Viber,
            holds_refusals: true,
            windows: Windows::None,
            paging: Paging::Cursor,
            page_rows: 1,
            limit: LIMIT,
            price: None,
            consumes: false,
            gaps: &["Viber gives details of one user twice in 12 hours, and never the phone number"],
            needs: &["ids_from"],
            open: |connection| Box::new(subscribers::Details::new(connection)),
        },
    ],
};

/// Fails if the answer is an error. 12 asks for fewer calls; 3 of a single user is handled by its stream.
fn check(page: &Value) -> Result<(), CallError> {
    match page.get("status").and_then(Value::as_i64) {
        Some(0) => Ok(()),
        Some(12) => Err(CallError::RateLimited { retry_after: None }),
        // 2: the token is not valid, 15: not authorized.
        Some(code @ (2 | 15)) => Err(CallError::Refused { status: 401, code: Some(code) }),
        Some(code) => Err(CallError::Refused { status: 200, code: Some(code) }),
        None => Err(CallError::Malformed),
    }
}
