//! Lists in numbered pages: people from page 1, the blocklist and the templates of a Viber sender from page 0. A page can
//! be shorter than was asked for, so a list ends with a page without records.

use http::{CallError, path_segment};
use pages::Window;
use serde_json::{Value, json};

use super::error::check;
use crate::json::{moment, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream};

pub(super) struct Numbered {
    /// The path with all of the query but the number of the page.
    path: String,
    /// The number of the first page.
    first: u64,
    /// The key of the records.
    key: &'static str,
    /// The keys that tell two records apart.
    id: &'static [&'static str],
    /// Where a page says how many records there are.
    totals: &'static [&'static str],
}

/// `GET /people/2/persons`, in the order of creation, so that new people are at the end.
pub(super) fn people() -> Numbered {
    Numbered {
        path: "/people/2/persons?limit=1000&includeTotalCount=true&orderBy=createdAt:asc".to_owned(),
        first: 1,
        key: "persons",
        id: &["id"],
        totals: &["/totalCount"],
    }
}

/// `GET /platform/1/blocklists`. One person can be blocked for several senders and channels.
pub(super) fn blocklist() -> Numbered {
    Numbered {
        path: "/platform/1/blocklists?size=1000".to_owned(),
        first: 0,
        key: "results",
        id: &["destination", "sender", "channel", "sourceType", "accountKey", "createdDate"],
        totals: &["/paging/totalResults", "/paging/totalItems"],
    }
}

/// `GET /viber/1/senders/{sender}/templates`.
pub(super) fn viber_templates(connection: &Connection) -> Numbered {
    let sender = connection.settings.get("sender").map(String::as_str).unwrap_or_default();
    Numbered {
        path: format!("/viber/1/senders/{}/templates?size=100", path_segment(sender)),
        first: 0,
        key: "templates",
        id: &["templateId", "version"],
        totals: &["/paging/totalResults", "/paging/totalItems"],
    }
}

impl Numbered {
    fn call(&self, number: u64) -> Call {
        Call { state: json!(number), ..Call::get(format!("{}&page={number}", self.path)) }
    }

    fn row(&self, record: &Value) -> Row {
        let id: Vec<String> = self.id.iter().map(|it| text(record, it)).collect();
        Row { id: id.join("|"), at: moment(&text(record, "createdDate")) }
    }
}

impl Stream for Numbered {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        Some(self.call(self.first))
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let rows: Vec<Row> = records(&page, self.key)?.iter().map(|it| self.row(it)).collect();
        let number = call.state.as_u64().ok_or(CallError::Malformed)?;
        let next = (!rows.is_empty()).then(|| self.call(number + 1));
        let total = self.totals.iter().find_map(|it| page.pointer(it)?.as_u64());
        Ok(PageRead { rows, next, total, ..PageRead::default() })
    }
}
