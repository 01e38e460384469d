//! `GET /v2/messaging_optouts`, by numbered pages of at most 250.

use http::CallError;
use pages::Window;
use serde_json::{Value, json};

use super::{Meta, check};
use crate::json::{moment, parse, records, text};
use crate::{Call, PageRead, Row, Stream};

pub(crate) const PAGE_SIZE: u32 = 250;

pub(crate) struct OptOuts;

fn page(number: u64) -> Call {
    let path = format!("/v2/messaging_optouts?page%5Bnumber%5D={number}&page%5Bsize%5D={PAGE_SIZE}");
    Call { state: json!(number), ..Call::get(path) }
}

/// An opt-out has no id of its own.
fn row(record: &Value) -> Row {
    let id = ["messaging_profile_id", "from", "to", "created_at"].map(|it| text(record, it)).join(" ");
    Row { id, at: moment(&text(record, "created_at")) }
}

impl Stream for OptOuts {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        Some(page(1))
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let answer = parse(body)?;
        check(&answer)?;
        let number = call.state.as_u64().unwrap_or(1).max(1);
        let rows: Vec<Row> = records(&answer, "data")?.iter().map(row).collect();
        let Meta { total, has_next } = Meta::of(&answer, number, PAGE_SIZE, rows.len() as u64)?;
        Ok(PageRead { rows, next: has_next.then(|| page(number + 1)), total, ..PageRead::default() })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use expect_test::expect;

    use super::*;
    use crate::served::{Asked, Served, shown};
    use pages::PullFinding;

    fn record(n: usize) -> Value {
        json!({"from": "+33199009999", "to": format!("+3319900{n:04}"), "messaging_profile_id": "p-1", "keyword": "STOP",
            "created_at": "2026-03-03 09:14:07.638231"})
    }

    fn answer(records: &[Value], number: u64, size: u64, total: u64) -> String {
        json!({"data": records, "meta": {"total_pages": total.div_ceil(size), "total_results": total,
            "page_number": number, "page_size": size}})
        .to_string()
    }

    #[test]
    fn pages_are_numbered_from_one_and_dates_have_no_zone() {
        let first = OptOuts.first(None).unwrap();
        let read = OptOuts.read(&first, answer(&[record(1)], 1, 1, 2).as_bytes());
        shown(&first, &read).assert(expect![[r#"
            GET /v2/messaging_optouts?page%5Bnumber%5D=1&page%5Bsize%5D=250
            p-1 +33199009999 +33199000001 2026-03-03 09:14:07.638231 2026-03-03T09:14:07.638231Z
            of 2
            then GET /v2/messaging_optouts?page%5Bnumber%5D=2&page%5Bsize%5D=250
        "#]]);
        assert_eq!(OptOuts.read(&first, answer(&[record(1)], 1, 250, 1).as_bytes()).unwrap().next, None);
    }

    #[test]
    fn a_total_that_is_wrong_hides_no_page() {
        let first = OptOuts.first(None).unwrap();
        let next = |body: String| OptOuts.read(&first, body.as_bytes()).unwrap().next.is_some();
        // A full page is followed by another, whatever the total says.
        assert!(next(answer(&[record(1), record(2)], 1, 2, 2)));
        // An empty page is the last one unless the list says that there are more pages.
        assert!(next(answer(&[], 1, 2, 4)));
        assert!(!next(answer(&[], 1, 2, 0)));
        assert!(OptOuts.read(&first, br#"{"data":[]}"#).is_err(), "a page that says nothing of its list");
    }

    /// A list that a test changes while it is read.
    async fn list(n_records: usize, change: impl Fn(usize, &mut Vec<Value>) + Send + Sync + 'static) -> Served {
        let records = Mutex::new((0..n_records).map(record).collect::<Vec<_>>());
        Served::start(move |asked: &Asked| {
            let mut records = records.lock().unwrap();
            change(asked.number, &mut records);
            let number = asked.number_of("page[number]");
            let page: Vec<Value> = records.iter().skip((number - 1) * 2).take(2).cloned().collect();
            (200, answer(&page, number as u64, 2, records.len() as u64))
        })
        .await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_list_whose_total_changes_while_it_is_read_is_read_again() {
        // After the first page its first record is deleted, so that the third moves to where it was not looked for.
        let served = list(7, |number, records| {
            if number == 1 {
                records.remove(0);
            }
        });
        let served = served.await;
        let pulled = served.pull("telnyx", "opt-outs").await.unwrap();
        let kept = served.kept("telnyx", "opt-outs");
        let lost: Vec<usize> = (1..7).filter(|n| !kept.contains(&row(&record(*n)).id)).collect();
        assert_eq!(lost, [] as [usize; 0]);
        assert!(pulled.coverage.is_complete);
        assert!(served.asked().iter().all(|it| it.authorization == "Bearer secret"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_list_is_read_until_a_pass_brings_nothing_new() {
        let served = list(4, |_, _| {}).await;
        let pulled = served.pull("telnyx", "opt-outs").await.unwrap();
        // Two full pages, and an empty one that shows that there is no more.
        assert_eq!((served.asked().len(), pulled.coverage.rows), (6, 8));
        assert_eq!(pulled.coverage.findings, [] as [PullFinding; 0]);
    }
}
