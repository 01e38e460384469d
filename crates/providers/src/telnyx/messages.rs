//! `GET /v2/detail_records?filter[record_type]=messaging`, the oldest first.

use http::CallError;
use jiff::Timestamp;
use pages::Window;
use serde::{Deserialize, Serialize};

use super::{Meta, check};
use crate::json::{moment, parse, records, text};
use crate::{Call, PageRead, Row, Stream};

/// The largest page of detail records.
pub(crate) const PAGE_SIZE: u32 = 50;

pub(crate) struct Messages;

#[derive(Clone, Serialize, Deserialize)]
struct State {
    page: u64,
    window: Option<Window>,
}

fn call(state: &State) -> Call {
    let moment = |it: Timestamp| http::path_segment(&it.to_string());
    let within = state.window.map_or(String::new(), |it| {
        let (since, until) = (moment(it.since), moment(it.until));
        format!("&filter%5Bcreated_at%5D%5Bgte%5D={since}&filter%5Bcreated_at%5D%5Blt%5D={until}")
    });
    let path = format!(
        "/v2/detail_records?filter%5Brecord_type%5D=messaging{within}&sort=created_at\
         &page%5Bnumber%5D={}&page%5Bsize%5D={PAGE_SIZE}",
        state.page
    );
    Call { state: serde_json::to_value(state).unwrap_or_default(), ..Call::get(path) }
}

impl Stream for Messages {
    fn first(&self, window: Option<Window>) -> Option<Call> {
        Some(call(&State { page: 1, window }))
    }

    fn read(&self, asked: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let answer = parse(body)?;
        check(&answer)?;
        let state: State = serde_json::from_value(asked.state.clone()).map_err(|_| CallError::Malformed)?;
        let row = |it| Row { id: text(it, "uuid"), at: moment(&text(it, "created_at")) };
        let rows: Vec<Row> = records(&answer, "data")?.iter().map(row).collect();
        let Meta { total, has_next } = Meta::of(&answer, state.page.max(1), PAGE_SIZE, rows.len() as u64)?;
        let next = has_next.then(|| call(&State { page: state.page + 1, ..state }));
        Ok(PageRead { rows, next, total, ..PageRead::default() })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::served::shown;

    #[test]
    fn a_window_is_a_filter_on_the_date_of_creation() {
        let at = |it: &str| it.parse().unwrap();
        let window = Window { since: at("2026-03-01T00:00:00Z"), until: at("2026-03-31T00:00:00Z") };
        let first = Messages.first(Some(window)).unwrap();
        let page = br#"{"data":[{"record_type":"message_detail_record","uuid":"3ca7bd3d","cld":"+33199000001",
            "cli":"+33199009999","direction":"outbound","status":"delivered","created_at":"2026-03-03T09:14:07Z"}],
            "meta":{"total_pages":2,"total_results":51,"page_number":1,"page_size":50}}"#;
        shown(&first, &Messages.read(&first, page)).assert(expect![[r#"
            GET /v2/detail_records?filter%5Brecord_type%5D=messaging&filter%5Bcreated_at%5D%5Bgte%5D=2026-03-01T00%3A00%3A00Z&filter%5Bcreated_at%5D%5Blt%5D=2026-03-31T00%3A00%3A00Z&sort=created_at&page%5Bnumber%5D=1&page%5Bsize%5D=50
            3ca7bd3d 2026-03-03T09:14:07Z
            of 51
            then GET /v2/detail_records?filter%5Brecord_type%5D=messaging&filter%5Bcreated_at%5D%5Bgte%5D=2026-03-01T00%3A00%3A00Z&filter%5Bcreated_at%5D%5Blt%5D=2026-03-31T00%3A00%3A00Z&sort=created_at&page%5Bnumber%5D=2&page%5Bsize%5D=50
        "#]]);
    }
}
