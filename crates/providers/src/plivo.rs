//! Plivo: messages.
//!
//! Facts: plivo-python `resources/messages.py` and its fixtures (2026-02-18), plivo.com/docs/sms/api/message, and
//! docs.plivo.com account-limits; read 2026-11-22.

mod messages;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::{CallError, Credentials};
use model::Channel;
use serde_json::Value;

use crate::{Limit, Paging, ProviderSpec, Retention, StreamSpec, Windows};

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) const PLIVO: ProviderSpec = ProviderSpec {
    name: "plivo",
    title: "Plivo",
    hosts: &["https://api.plivo.com"],
    account: Some("Auth ID"),
    secret: "Auth Token",
    auth: |it| Credentials::Basic { user: it.account.id.clone(), password: it.account.secret.clone() },
    read_error,
    streams: &[StreamSpec {
        name: "messages",
        title: "messages sent and received, without their texts",
        profile: Some("plivo-messages-api"),
        channel: Channel::Sms,
        // Error 200 of a message to a person who has replied STOP.
        holds_refusals: true,
        // A day is at least one call, and so 3 seconds; a deleted message costs the pages of one day at most.
        windows: Windows::Of {
            length: DAY,
            kept: Some(Retention { days: 90, source: "support.plivo.com, retention of message records, 2026-11-22" }),
            lag: Duration::from_secs(300),
            overlap: Duration::from_secs(3600),
        },
        paging: Paging::Offset,
        page_rows: messages::PAGE_ROWS,
        // 20 a minute.
        limit: Limit { interval: Duration::from_millis(3_100), source: "docs.plivo.com account-limits, 2026-11-22" },
        price: None,
        consumes: false,
        gaps: &[
            "Plivo's list of messages has no texts, so replies of STOP are not in it: add the replies that your webhook has \
             kept",
            "numbers are masked where data logging is off",
        ],
        needs: &[],
        open: |connection| Box::new(messages::Messages::new(connection)),
    }],
};

/// Plivo's errors are `{api_id, error}`, with a text and without a code.
fn read_error(status: u16, _: &[u8]) -> CallError {
    CallError::Refused { status, code: None }
}

/// Fails if a body with status 200 is an error.
fn check(page: &Value) -> Result<(), CallError> {
    match page.get("error") {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(CallError::Refused { status: 200, code: None }),
    }
}
