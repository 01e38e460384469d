//! MessageBird, the classic API: contacts, the members of groups, and messages.
//!
//! Lists count records (`offset`, `limit`), the newest first, so a record that is deleted moves all behind it. Errors are
//! `{"errors": [{"code", "description", "parameter"}]}`.
//!
//! Facts: messagebird/go-rest-api at e0a41ed5 (2022-10-21), `contact`, `group` and `sms`; read 2026-11-22. The largest page
//! and the rate are not documented.

mod group_members;
mod list;

use std::time::Duration;

use http::{CallError, Credentials};
use model::Channel;
use serde_json::Value;

use crate::json::moment;
use crate::{Limit, Paging, ProviderSpec, Row, StreamSpec, Windows};

/// The documented default. A larger page may be refused.
const PAGE_ROWS: u32 = 20;

const LIMIT: Limit = Limit {
    interval: Duration::from_millis(100),
    source: "no rate is documented for messagebird/go-rest-api, 2026-11-22: ten calls a second are modest",
};

const CONTACTS: StreamSpec = StreamSpec {
    name: "contacts",
    title: "contacts",
    profile: Some("messagebird-contacts"),
    channel: Channel::Sms,
    holds_refusals: false,
    windows: Windows::None,
    paging: Paging::Offset,
    page_rows: PAGE_ROWS,
    limit: LIMIT,
    price: None,
    consumes: false,
    gaps: &["contacts have the date on which they were created, and not that of their last message"],
    needs: &[],
    open: |connection| Box::new(list::List::new(connection, "/contacts")),
};

pub(crate) const MESSAGEBIRD: ProviderSpec = ProviderSpec {
    name: "messagebird",
    title: "MessageBird (classic API)",
    hosts: &["https://rest.messagebird.com"],
    account: None,
    secret: "access key",
    auth: |it| Credentials::Key("Authorization", format!("AccessKey {}", it.account.secret)),
    read_error: |status, body| error_of(status, &serde_json::from_slice(body).unwrap_or_default()),
    streams: &[
        CONTACTS,
        StreamSpec {
            name: "group-members",
            title: "members of groups",
            // The stream keeps its own place, because there is a list for each group.
            paging: Paging::Cursor,
            gaps: &["the pages do not name the group"],
            open: |connection| Box::new(group_members::GroupMembers::new(connection)),
            ..CONTACTS
        },
        StreamSpec {
            name: "messages",
            title: "messages sent and received",
            profile: Some("messagebird-messages"),
            holds_refusals: true,
            gaps: &["how long MessageBird keeps messages is not documented"],
            open: |connection| Box::new(list::List::new(connection, "/messages")),
            ..CONTACTS
        },
    ],
};

/// Makes the error of an answer. 99 is a failure of MessageBird itself.
fn error_of(status: u16, answer: &Value) -> CallError {
    match answer["errors"][0]["code"].as_i64() {
        Some(99) => CallError::Provider { status: 500 },
        code => CallError::Refused { status, code },
    }
}

/// Fails if a body with status 200 is an error.
fn check(page: &Value) -> Result<(), CallError> {
    if page["errors"].is_array() { Err(error_of(200, page)) } else { Ok(()) }
}

fn row_of(record: &Value) -> Row {
    Row { id: crate::json::text(record, "id"), at: moment(&crate::json::text(record, "createdDatetime")) }
}
