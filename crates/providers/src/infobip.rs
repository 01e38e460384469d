//! Infobip: people, the blocklist, logs of sent messages, Viber templates, and the endpoints that give each record once.
//!
//! Facts: Infobip's OpenAPI documents 3.210 of People, SMS, Viber and Blocklist; read 2026-11-22. An account has an address
//! of its own, such as `https://abc12.api.infobip.com`; the shared one works too.

mod consuming;
mod error;
mod logs;
mod numbered;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::Credentials;
use model::Channel;

use crate::{Limit, Paging, ProviderSpec, Retention, StreamSpec, Windows};

/// Logs, reports and received messages can be read for so long.
const KEPT: Retention = Retention { days: 2, source: "Infobip's OpenAPI document of SMS, /sms/3/logs, 2026-07-23" };

/// 120 a minute.
const LOGS_LIMIT: Limit =
    Limit { interval: Duration::from_millis(500), source: "Infobip's OpenAPI document of SMS, 2026-07-23" };

const HOUR: Duration = Duration::from_secs(3600);

pub(crate) const INFOBIP: ProviderSpec = ProviderSpec {
    name: "infobip",
    title: "Infobip",
    hosts: &["https://api.infobip.com"],
    account: None,
    secret: "API key",
    auth: |it| Credentials::Key("Authorization", format!("App {}", it.account.secret)),
    read_error: error::read_error,
    streams: &[PEOPLE, BLOCKLIST, LOGS, VIBER_LOGS, VIBER_TEMPLATES, REPORTS, INBOX],
};

/// A stream of a whole list, which the others differ from.
const LIST: StreamSpec = StreamSpec {
    name: "",
    title: "",
    profile: None,
    channel: Channel::Sms,
    holds_refusals: false,
    windows: Windows::None,
    paging: Paging::Numbered,
    page_rows: 1000,
    limit: LOGS_LIMIT,
    price: None,
    consumes: false,
    gaps: &[],
    needs: &[],
    open: |_| Box::new(numbered::people()),
};

const PEOPLE: StreamSpec = StreamSpec {
    name: "people",
    title: "profiles of people",
    profile: Some("infobip-people-api"),
    // 5 a second.
    limit: Limit { interval: Duration::from_millis(200), source: "Infobip's OpenAPI document of People, 2026-07-23" },
    gaps: &["Infobip's profiles have the times of creation and change, but not of the last message"],
    open: |_| Box::new(numbered::people()),
    ..LIST
};

const BLOCKLIST: StreamSpec = StreamSpec {
    name: "blocklist",
    title: "people who must not be written to",
    profile: Some("infobip-blocklist"),
    holds_refusals: true,
    limit: Limit { interval: Duration::from_secs(1), source: "Infobip's OpenAPI document of Blocklist, 2026-07-23" },
    gaps: &["entries with the source CUSTOM were added by hand and do not prove that the person opted out"],
    open: |_| Box::new(numbered::blocklist()),
    ..LIST
};

const LOGS: StreamSpec = StreamSpec {
    name: "logs",
    title: "SMS sent in the last 48 hours",
    profile: Some("infobip-logs"),
    windows: Windows::Of { length: HOUR, kept: Some(KEPT), lag: Duration::from_secs(300), overlap: HOUR },
    paging: Paging::Cursor,
    gaps: &["Infobip's logs reach back 48 hours", "the logs contain only sent messages"],
    open: |_| Box::new(logs::Logs::of_sms()),
    ..LIST
};

const VIBER_LOGS: StreamSpec = StreamSpec {
    name: "viber-logs",
    title: "Viber messages sent in the last 48 hours",
    profile: Some("infobip-viber-logs"),
    channel: Channel::Viber,
    open: |_| Box::new(logs::Logs::of_viber()),
    ..LOGS
};

const VIBER_TEMPLATES: StreamSpec = StreamSpec {
    name: "viber-templates",
    title: "templates of a Viber sender",
    channel: Channel::Viber,
    page_rows: 100,
    needs: &["sender"],
    open: |connection| Box::new(numbered::viber_templates(connection)),
    ..LIST
};

const REPORTS: StreamSpec = StreamSpec {
    name: "reports",
    title: "delivery reports that nobody has fetched yet",
    profile: Some("infobip-logs"),
    paging: Paging::Cursor,
    consumes: true,
    gaps: &[
        "Infobip gives each delivery report once: if the process is killed or the connection breaks before an answer is \
         written, up to 1,000 reports are lost, and the logs of the last 48 hours are the only other place that has them",
        "reports that another program fetches or that a webhook receives are not here, and those fetched here do not reach \
         that program any more",
        "Infobip keeps reports for 48 hours",
    ],
    open: |_| Box::new(consuming::Consuming::reports()),
    ..LIST
};

const INBOX: StreamSpec = StreamSpec {
    name: "inbox",
    title: "SMS received that nobody has fetched yet",
    profile: Some("infobip-inbox"),
    holds_refusals: true,
    paging: Paging::Cursor,
    consumes: true,
    gaps: &[
        "Infobip gives each received message once: if the process is killed or the connection breaks before an answer is \
         written, up to 1,000 messages are lost, replies of STOP among them: read the blocklist too",
        "messages that another program fetches or that a webhook receives are not here, and those fetched here do not reach \
         that program any more",
        "Infobip keeps received messages for 48 hours",
    ],
    open: |_| Box::new(consuming::Consuming::inbox()),
    ..LIST
};
