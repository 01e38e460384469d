//! `GET /v1/Account/{auth_id}/Message/`, newest first, by days of UTC and by offset.

use http::{CallError, path_of_link, path_segment};
use jiff::{Timestamp, tz::TimeZone};
use pages::Window;
use serde_json::json;
use url::Url;

use super::check;
use crate::json::{moment, next_link, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream};

/// A page has 20 messages at most.
pub(crate) const PAGE_ROWS: u32 = 20;

pub(crate) struct Messages {
    base: Url,
    account: String,
}

impl Messages {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { base: connection.bases[0].clone(), account: connection.account.id.clone() }
    }
}

impl Stream for Messages {
    fn first(&self, window: Option<Window>) -> Option<Call> {
        self.at_offset(window, 0)
    }

    fn is_newest_first(&self) -> bool {
        true
    }

    /// Without filters Plivo would give the last 24 hours alone. The last filter does not include its moment.
    fn at_offset(&self, window: Option<Window>, offset: u64) -> Option<Call> {
        let filters = window.map_or(String::new(), |it| {
            format!("&message_time__gte={}&message_time__lt={}", moment_text(it.since), moment_text(it.until))
        });
        let account = path_segment(&self.account);
        let path = format!("/v1/Account/{account}/Message/?limit={PAGE_ROWS}&offset={offset}{filters}");
        Some(Call { state: json!({ "offset": offset }), ..Call::get(path) })
    }

    /// The link says only whether there is more: the driver asks by offset.
    fn read(&self, _call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let objects = records(&page, "objects")?;
        let rows = objects.iter().map(|it| Row { id: text(it, "message_uuid"), at: moment(&text(it, "message_time")) });
        let meta = page.get("meta").ok_or(CallError::Malformed)?;
        let next = next_link(meta, "next")?.map(|it| path_of_link(&self.base, it)).transpose()?;
        let total = meta.get("total_count").and_then(serde_json::Value::as_u64);
        Ok(PageRead { rows: rows.collect(), next: next.map(Call::get), total, ..PageRead::default() })
    }
}

/// A moment as `2026-03-03 09:14:07`, percent-encoded.
fn moment_text(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d%%20%H:%M:%S").to_string()
}
