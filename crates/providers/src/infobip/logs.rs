//! `GET /sms/3/logs` and `GET /viber/2/logs`: messages sent in a window, by cursor.

use http::{CallError, path_segment};
use jiff::{Timestamp, tz::TimeZone};
use pages::Window;
use serde_json::json;

use super::error::check;
use crate::json::{link, moment, parse, records, text};
use crate::{Call, PageRead, Row, Stream};

/// A page has 1000 messages at most.
const PAGE_ROWS: usize = 1000;

pub(super) struct Logs {
    path: &'static str,
}

impl Logs {
    pub(super) fn of_sms() -> Self {
        Self { path: "/sms/3/logs" }
    }

    pub(super) fn of_viber() -> Self {
        Self { path: "/viber/2/logs" }
    }

    /// The call for a page of the query in `query`. Each page is asked for with the filters of the first.
    fn call(query: &str, cursor: Option<&str>) -> Call {
        let cursor = cursor.map_or(String::new(), |it| format!("&cursor={}", path_segment(it)));
        Call { state: json!(query), ..Call::get(format!("{query}{cursor}")) }
    }
}

impl Stream for Logs {
    fn first(&self, window: Option<Window>) -> Option<Call> {
        let filters = window.map_or(String::new(), |it| {
            format!("&sentSince={}&sentUntil={}", moment_text(it.since), moment_text(it.until))
        });
        Some(Self::call(&format!("{}?limit={PAGE_ROWS}&useCursor=true{filters}", self.path), None))
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let results = records(&page, "results")?;
        let rows = results.iter().map(|it| Row { id: text(it, "messageId"), at: moment(&text(it, "sentAt")) });
        let query = call.state.as_str().ok_or(CallError::Malformed)?;
        if results.len() >= PAGE_ROWS && page.get("cursor").is_none() {
            // There may be more, and nothing says where.
            return Err(CallError::Malformed);
        }
        let next = page.get("cursor").and_then(|it| link(it, "nextCursor")).map(|it| Self::call(query, Some(it)));
        Ok(PageRead { rows: rows.collect(), next, ..PageRead::default() })
    }
}

/// A moment as `2026-03-03T09:14:07.000+0000`, percent-encoded.
fn moment_text(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.000%%2B0000").to_string()
}
