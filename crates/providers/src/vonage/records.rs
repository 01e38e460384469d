//! `GET /v2/reports/records`: a day of one product and direction, by cursor. What came in is read first, because it can
//! say STOP.

use http::{CallError, path_of_link, path_segment};
use pages::Window;
use serde_json::{Value, json};
use url::Url;

use super::error::check;
use super::moment_text;
use crate::json::{link, moment, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream};

pub(super) struct Records {
    base: Url,
    account: String,
    product: &'static str,
}

impl Records {
    pub(super) fn new(connection: &Connection, product: &'static str) -> Self {
        Self { base: connection.bases[0].clone(), account: connection.account.id.clone(), product }
    }

    /// `state` is the window while there is another direction to read.
    fn call(&self, window: Window, direction: &str, state: Value) -> Call {
        let (product, account) = (self.product, path_segment(&self.account));
        let (since, until) = (moment_text(window.since), moment_text(window.until));
        let path = format!(
            "/v2/reports/records?account_id={account}&product={product}&direction={direction}\
             &date_start={since}&date_end={until}&include_message=true"
        );
        Call { state, ..Call::get(path) }
    }

    /// The call for the next page of a direction.
    fn next_page(&self, page: &Value) -> Result<Option<String>, CallError> {
        let next = page.pointer("/_links/next").and_then(|it| link(it, "href"));
        match (next, page.get("request_status").and_then(Value::as_str)) {
            (Some(link), _) => path_of_link(&self.base, link).map(Some),
            // There is more, and nothing says where.
            (None, Some("TRUNCATED")) => Err(CallError::Malformed),
            (None, Some("FAILED" | "ABORTED")) => Err(CallError::Provider { status: 500 }),
            (None, _) => Ok(None),
        }
    }
}

impl Stream for Records {
    fn first(&self, window: Option<Window>) -> Option<Call> {
        let window = window?;
        Some(self.call(window, "inbound", json!(window)))
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let next = match self.next_page(&page)? {
            Some(path) => Some(Call { state: call.state.clone(), ..Call::get(path) }),
            None => {
                let window: Option<Window> = serde_json::from_value(call.state.clone()).ok();
                window.map(|it| self.call(it, "outbound", Value::Null))
            }
        };
        let rows = records(&page, "records")?.iter().map(row).collect();
        Ok(PageRead { rows, next, ..PageRead::default() })
    }
}

/// A record, on a page or in the file of a report.
pub(super) fn row(record: &Value) -> Row {
    Row { id: text(record, "message_id"), at: moment(&text(record, "date_received")) }
}
