//! Twilio: messages, participants of conversations, callbacks, and scenarios: content templates and Studio flows.
//!
//! Facts: twilio-oai `twilio_api_v2010`, `twilio_conversations_v1`, `twilio_content_v1` and `twilio_studio_v2`
//! (2026-04-14), twilio.com/docs/errors/20429, and support.twilio.com article 223181008; read 2026-11-22.

mod bulk_export;
pub(crate) mod callback;
mod content;
mod messages;
mod participants;
mod signature;
mod studio;

use std::time::Duration;

use http::{CallError, Credentials, path_of_link};
use model::Channel;
use serde_json::Value;
use url::Url;

use crate::json::next_link;
use crate::{Connection, Limit, Paging, ProviderSpec, Retention, StreamSpec, Windows};

pub(crate) const API: usize = 0;
pub(crate) const CONVERSATIONS: usize = 1;
pub(crate) const CONTENT: usize = 2;
pub(crate) const STUDIO: usize = 3;
pub(crate) const BULK_EXPORTS: usize = 4;

const DAY: Duration = Duration::from_secs(24 * 3600);
const THREE_DAYS: Duration = Duration::from_secs(3 * 24 * 3600);
const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);

/// Twilio publishes no rate, but a limit on concurrent calls (429, code 20429). One call after the other stays below.
const LIMIT: Limit = Limit { interval: Duration::from_millis(5), source: "twilio.com/docs/errors/20429, 2026-11-22" };

/// A list of a host with `meta.next_page_url`.
const PARTICIPANTS: StreamSpec = StreamSpec {
    name: "participants",
    title: "participants of conversations",
    profile: Some("twilio-participants"),
    channel: Channel::Sms,
    holds_refusals: false,
    windows: Windows::None,
    paging: Paging::Cursor,
    page_rows: 100,
    limit: LIMIT,
    price: None,
    consumes: false,
    gaps: &["participants have the date on which they joined, and not that of their last message"],
    needs: &[],
    open: |connection| Box::new(participants::Participants::new(connection)),
};

pub(crate) const TWILIO: ProviderSpec = ProviderSpec {
    name: "twilio",
    title: "Twilio",
    hosts: &[
        "https://api.twilio.com",
        "https://conversations.twilio.com",
        "https://content.twilio.com",
        "https://studio.twilio.com",
        "https://bulkexports.twilio.com",
    ],
    account: Some("Account SID"),
    secret: "Auth Token",
    auth: basic,
    read_error,
    streams: &[
        StreamSpec {
            name: "messages",
            title: "messages sent and received",
            profile: Some("twilio-messages-api"),
            channel: Channel::Sms,
            holds_refusals: true,
            windows: Windows::Days {
                kept: Some(Retention { days: 400, source: "support.twilio.com/223181008, 2026-11-22" }),
                lag: Duration::from_secs(300),
                overlap: DAY,
            },
            paging: Paging::Cursor,
            page_rows: 1000,
            limit: LIMIT,
            price: None,
            consumes: false,
            gaps: &["messages that were never sent have no date, and are in no window"],
            needs: &[],
            open: |connection| Box::new(messages::Messages::new(connection)),
        },
        StreamSpec {
            name: "bulk-export",
            title: "messages of whole days, also older ones",
            profile: Some("twilio-bulk-export"),
            holds_refusals: true,
            // One job for a window: a job has at most 366 days, and an account exports so many in a day of UTC.
            windows: Windows::Of { length: YEAR, kept: None, lag: THREE_DAYS, overlap: DAY },
            gaps: &[
                "days are exported two days later, so read messages too for the last days",
                "an account can export 366 days in a day: name since",
            ],
            open: |connection| Box::new(bulk_export::BulkExport::new(connection)),
            ..PARTICIPANTS
        },
        PARTICIPANTS,
        StreamSpec {
            name: "content",
            title: "content templates",
            profile: None,
            gaps: &[],
            open: |connection| Box::new(content::Content::new(connection)),
            ..PARTICIPANTS
        },
        StreamSpec {
            name: "studio",
            title: "flows of Studio",
            profile: None,
            gaps: &["of a flow, the version that is published or was saved last is read"],
            open: |connection| Box::new(studio::Studio::new(connection)),
            ..PARTICIPANTS
        },
    ],
};

fn basic(connection: &Connection) -> Credentials {
    Credentials::Basic { user: connection.account.id.clone(), password: connection.account.secret.clone() }
}

/// Twilio's errors are `{code, message, more_info, status}`.
fn read_error(status: u16, body: &[u8]) -> CallError {
    let code = serde_json::from_slice::<Value>(body).ok().and_then(|it| it.get("code")?.as_i64());
    match code {
        Some(20429) => CallError::RateLimited { retry_after: None },
        _ => CallError::Refused { status, code },
    }
}

/// Returns the path of the next page of a list with `meta`; none after the last.
fn next_page(page: &Value, base: &Url) -> Result<Option<String>, CallError> {
    let meta = page.get("meta").ok_or(CallError::Malformed)?;
    next_link(meta, "next_page_url")?.map(|it| path_of_link(base, it)).transpose()
}

/// Fails if a body with status 200 is an error: it has a code, and no records.
fn check(page: &Value) -> Result<(), CallError> {
    match (page.get("code").and_then(Value::as_i64), page.get("status").and_then(Value::as_u64)) {
        (Some(20429), _) => Err(CallError::RateLimited { retry_after: None }),
        (Some(_), Some(status)) if status >= 500 => {
            Err(CallError::Provider { status: u16::try_from(status).unwrap_or(500) })
        }
        (Some(code), Some(status)) => {
            Err(CallError::Refused { status: u16::try_from(status).unwrap_or(400), code: Some(code) })
        }
        _ => Ok(()),
    }
}
