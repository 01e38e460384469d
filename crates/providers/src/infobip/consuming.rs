//! `GET /sms/3/reports` and `GET /sms/1/inbox/reports`, which give each record once. The same call gives the next records
//! until there are none.

use http::CallError;
use pages::Window;
use serde_json::json;

use super::error::check;
use crate::json::{moment, parse, records, text};
use crate::{Call, PageRead, Row, Stream};

pub(super) struct Consuming {
    path: &'static str,
    /// The key of the moment of a record.
    at: &'static str,
}

impl Consuming {
    pub(super) fn reports() -> Self {
        Self { path: "/sms/3/reports?limit=1000", at: "sentAt" }
    }

    pub(super) fn inbox() -> Self {
        Self { path: "/sms/1/inbox/reports?limit=1000", at: "receivedAt" }
    }

    /// The calls differ by their number alone, so that none is taken for a repeated one.
    fn call(&self, number: u64) -> Call {
        Call { state: json!(number), ..Call::get(self.path) }
    }
}

impl Stream for Consuming {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        Some(self.call(0))
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let results = records(&page, "results")?;
        let rows: Vec<Row> =
            results.iter().map(|it| Row { id: text(it, "messageId"), at: moment(&text(it, self.at)) }).collect();
        let number = call.state.as_u64().ok_or(CallError::Malformed)?;
        let next = (!rows.is_empty()).then(|| self.call(number + 1));
        Ok(PageRead { rows, next, ..PageRead::default() })
    }
}
