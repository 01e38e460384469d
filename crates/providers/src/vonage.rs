//! Vonage: the records of SMS and MESSAGES, page by page or as reports that are ordered.
//!
//! Every record that is returned is charged, also one that is returned again. Pages are for small numbers; above 10,000
//! records a report is faster.
//!
//! Facts: Nexmo/api-specification `reports.yml` (2021-07-14), developer.vonage.com how-to-handle-pagination and
//! reports-api-best-practices; read 2026-11-22.

mod error;
mod records;
mod report_file;
mod reports;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::Credentials;
use jiff::Timestamp;
use model::Channel;

use crate::{Limit, Paging, ProviderSpec, Retention, StreamSpec, Windows};

const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);

const KEPT: Retention =
    Retention { days: 396, source: "developer.vonage.com reports overview, thirteen months, 2026-11-22" };

/// Records are charged by the contract; Vonage publishes no price of one, and a page says what it cost.
const PRICE: Option<(u64, &str)> = Some((0, "EUR"));

const NO_LIST: &str = "Vonage has no list of people who have opted out: refusals are replies of STOP alone";

pub(crate) const VONAGE: ProviderSpec = ProviderSpec {
    name: "vonage",
    title: "Vonage",
    hosts: &["https://api.nexmo.com"],
    account: Some("API key"),
    secret: "API secret",
    auth: |it| Credentials::Basic { user: it.account.id.clone(), password: it.account.secret.clone() },
    read_error: error::read_error,
    streams: &[SMS, MESSAGES, SMS_REPORTS, MESSAGES_REPORTS],
};

const SMS: StreamSpec = StreamSpec {
    name: "sms",
    title: "SMS sent and received",
    profile: Some("vonage-sms"),
    channel: Channel::Sms,
    holds_refusals: true,
    // A longer window is refused. What is read again is charged again, so the overlap is short.
    windows: Windows::Of { length: DAY, kept: Some(KEPT), lag: Duration::from_secs(900), overlap: HOUR },
    paging: Paging::Cursor,
    page_rows: 1000,
    // 10 a second.
    limit: Limit { interval: Duration::from_millis(100), source: "reports-api-best-practices, 2026-11-22" },
    price: PRICE,
    consumes: false,
    gaps: &[NO_LIST],
    needs: &[],
    open: |connection| Box::new(records::Records::new(connection, "SMS")),
};

const MESSAGES: StreamSpec = StreamSpec {
    name: "messages",
    title: "messages over Viber, WhatsApp and Messenger, sent and received",
    profile: Some("vonage-messages"),
    channel: Channel::Viber,
    open: |connection| Box::new(records::Records::new(connection, "MESSAGES")),
    ..SMS
};

const SMS_REPORTS: StreamSpec = StreamSpec {
    name: "sms-reports",
    title: "reports of SMS sent and received",
    // A report takes 5 to 10 minutes for a million records, and its file has at most about seven million.
    windows: Windows::Of {
        length: Duration::from_secs(7 * 24 * 3600),
        kept: Some(KEPT),
        lag: Duration::from_secs(900),
        overlap: HOUR,
    },
    // 5 a second.
    limit: Limit { interval: Duration::from_millis(200), source: "reports-api-best-practices, 2026-11-22" },
    gaps: &[NO_LIST, "the file of a report is kept for 72 hours: one that is fetched later has to be ordered again"],
    open: |connection| Box::new(reports::Reports::new(connection, "SMS")),
    ..SMS
};

const MESSAGES_REPORTS: StreamSpec = StreamSpec {
    name: "messages-reports",
    title: "reports of messages over Viber, WhatsApp and Messenger",
    profile: Some("vonage-messages"),
    channel: Channel::Viber,
    open: |connection| Box::new(reports::Reports::new(connection, "MESSAGES")),
    ..SMS_REPORTS
};

/// A moment as `2026-03-03T09:14:07Z`.
fn moment_text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
