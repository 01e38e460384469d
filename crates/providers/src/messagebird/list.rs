//! `GET /contacts` and `GET /messages`.

use http::{CallError, path_of_link};
use pages::Window;
use serde_json::json;
use url::Url;

use super::{PAGE_ROWS, check, row_of};
use crate::json::{next_link, parse, records};
use crate::{Call, Connection, PageRead, Stream};

/// A list that is read by offset. A message counts once, however many recipients it has.
pub(crate) struct List {
    base: Url,
    path: &'static str,
}

impl List {
    pub(crate) fn new(connection: &Connection, path: &'static str) -> Self {
        Self { base: connection.bases[0].clone(), path }
    }
}

impl Stream for List {
    fn first(&self, window: Option<Window>) -> Option<Call> {
        self.at_offset(window, 0)
    }

    fn read(&self, _call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let rows = records(&page, "items")?.iter().map(row_of).collect();
        let next = next_link(&page["links"], "next")?.map(|it| path_of_link(&self.base, it)).transpose()?;
        Ok(PageRead { rows, next: next.map(Call::get), total: page["totalCount"].as_u64(), ..PageRead::default() })
    }

    fn at_offset(&self, _: Option<Window>, offset: u64) -> Option<Call> {
        let path = format!("{}?offset={offset}&limit={PAGE_ROWS}", self.path);
        Some(Call { state: json!({ "offset": offset }), ..Call::get(path) })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use expect_test::expect;
    use pages::PullFinding;
    use serde_json::Value;

    use super::*;
    use crate::PullError;
    use crate::served::{Asked, Served, connection, shown};

    fn contacts() -> List {
        List::new(&connection("messagebird", "https://rest.messagebird.com"), "/contacts")
    }

    #[test]
    fn the_next_link_of_a_page_says_whether_there_is_more() {
        let page = br#"{"offset":0,"limit":20,"count":1,"totalCount":21,
            "links":{"next":"https://rest.messagebird.com/contacts?offset=20"},
            "items":[{"id":"c1","href":"x","msisdn":33199000001,"createdDatetime":"2024-05-02T10:33:52+00:00"}]}"#;
        let first = contacts().first(None).unwrap();
        shown(&first, &contacts().read(&first, page)).assert(expect![[r#"
            GET /contacts?offset=0&limit=20
            c1 2024-05-02T10:33:52Z
            of 21
            then GET /contacts?offset=20
        "#]]);
        let last = br#"{"links":{"next":null},"totalCount":0,"items":[]}"#;
        assert_eq!(contacts().read(&first, last).unwrap().next, None);
    }

    #[test]
    fn a_link_to_another_host_and_an_error_with_status_200_are_errors() {
        let read = |page: &str| contacts().read(&contacts().first(None).unwrap(), page.as_bytes());
        let away = read(r#"{"links":{"next":"https://evil.example.net/contacts?offset=20"},"items":[]}"#);
        assert!(matches!(away, Err(CallError::OtherHost { .. })), "{away:?}");
        let refused = read(r#"{"errors":[{"code":2,"description":"Request not allowed","parameter":"access_key"}]}"#);
        assert!(matches!(refused, Err(CallError::Refused { status: 200, code: Some(2) })), "{refused:?}");
        let failed = read(r#"{"errors":[{"code":99,"description":"Internal error","parameter":null}]}"#);
        assert!(matches!(failed, Err(CallError::Provider { .. })), "{failed:?}");
    }

    #[test]
    fn a_message_counts_once_however_many_recipients_it_has() {
        let messages = List::new(&connection("messagebird", "https://rest.messagebird.com"), "/messages");
        let page = br#"{"links":{"next":null},"totalCount":1,"items":[{"id":"m1","href":"x","direction":"mt",
            "originator":"Shop","body":"Promo","createdDatetime":"2026-03-03T09:14:07Z","recipients":{"items":[
            {"recipient":33199000001,"status":"delivered"},{"recipient":33199000002,"status":"delivered"},
            {"recipient":33199000003,"status":"delivery_failed"}]}}]}"#;
        let first = messages.first(None).unwrap();
        shown(&first, &messages.read(&first, page)).assert(expect![[r#"
            GET /messages?offset=0&limit=20
            m1 2026-03-03T09:14:07Z
            of 1
        "#]]);
    }

    fn id(n: usize) -> String {
        format!("c{n:03}")
    }

    /// A list of contacts that a test changes between calls. `next` makes the link of a page.
    async fn list(
        n_records: usize,
        change: impl Fn(usize, &mut Vec<usize>) + Send + Sync + 'static,
        next: impl Fn(usize) -> String + Send + Sync + 'static,
    ) -> Served {
        let records = Mutex::new((0..n_records).collect::<Vec<_>>());
        Served::start(move |asked: &Asked| {
            let mut records = records.lock().unwrap();
            change(asked.number, &mut records);
            let (offset, limit) = (asked.number_of("offset"), asked.number_of("limit"));
            let items: Vec<Value> = records.iter().skip(offset).take(limit).map(|it| json!({"id": id(*it)})).collect();
            let next = (offset + limit < records.len()).then(|| next(offset + limit));
            (200, json!({"items": items, "totalCount": records.len(), "links": {"next": next}}).to_string())
        })
        .await
    }

    fn relative(offset: usize) -> String {
        format!("/contacts?offset={offset}")
    }

    /// The contacts that are in the list at the end and were not kept.
    fn lost(served: &Served, left: impl IntoIterator<Item = usize>) -> Vec<String> {
        let kept: BTreeSet<String> = served.kept("messagebird", "contacts");
        left.into_iter().map(id).filter(|it| !kept.contains(it)).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_contact_that_is_deleted_between_two_pages_hides_no_other() {
        let delete = |number: usize, records: &mut Vec<usize>| {
            if number == 2 {
                records.remove(0);
            }
        };
        let served = list(100, delete, relative).await;
        let pulled = served.pull("messagebird", "contacts").await.unwrap();
        assert_eq!(lost(&served, 1..100), [] as [String; 0]);
        // The deleted one came too.
        let findings = [PullFinding::TotalDiffers { claimed: 99, records: 100 }, PullFinding::Moved { times: 1 }];
        assert_eq!(pulled.coverage.findings, findings);
        assert!(served.asked().iter().all(|it| it.authorization == "AccessKey secret"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_contacts_that_are_deleted_far_into_the_list_hide_no_other() {
        // The steps back reach 290 records too far, so that fifteen pages come again in a row.
        let delete = |number: usize, records: &mut Vec<usize>| {
            if number == 50 {
                records.drain(0..330);
            }
        };
        let served = list(1500, delete, relative).await;
        let pulled = served.pull("messagebird", "contacts").await.unwrap();
        assert_eq!(lost(&served, 330..1500), [] as [String; 0]);
        assert!(pulled.coverage.is_complete);
        // Fifty pages, five steps back, and forty-five pages: the list is not begun again.
        assert!(served.asked().len() < 110, "{} calls", served.asked().len());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_end_of_a_list_that_is_deleted_while_it_is_read_is_no_error() {
        let delete = |number: usize, records: &mut Vec<usize>| {
            if number == 2 {
                records.truncate(25);
            }
        };
        let served = list(60, delete, relative).await;
        assert!(served.pull("messagebird", "contacts").await.unwrap().coverage.is_complete);
        assert_eq!(lost(&served, 0..25), [] as [String; 0]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn contacts_that_come_while_the_list_is_read_move_it_down_and_hide_none() {
        let add = |number: usize, records: &mut Vec<usize>| {
            if number == 2 {
                records.splice(0..0, 500..507);
            }
        };
        let served = list(60, add, relative).await;
        served.pull("messagebird", "contacts").await.unwrap();
        assert_eq!(lost(&served, 0..60), [] as [String; 0]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_page_that_is_empty_once_is_read_again_and_one_that_stays_empty_ends_the_reading() {
        for (is_once, n_lost) in [(true, 0), (false, 10)] {
            let served = Served::start(move |asked: &Asked| {
                let (offset, limit) = (asked.number_of("offset"), asked.number_of("limit"));
                let is_empty = offset > 30 && (asked.number == 2 || !is_once);
                let records = if is_empty { 0..0 } else { offset..60.min(offset + limit) };
                let items: Vec<Value> = records.map(|it| json!({"id": id(it)})).collect();
                let next = (offset + limit < 60).then(|| relative(offset + limit));
                (200, json!({"items": items, "totalCount": 60, "links": {"next": next}}).to_string())
            });
            let served = served.await;
            let pulled = served.pull("messagebird", "contacts").await;
            assert_eq!(matches!(pulled, Err(PullError::Circle { .. })), !is_once, "{pulled:?}");
            assert_eq!(lost(&served, 0..60).len(), n_lost);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_link_to_another_host_ends_the_reading_and_nothing_is_sent_there() {
        let other = Served::start(|_: &Asked| (200, "{}".to_owned())).await;
        let url = other.url.clone();
        let served = list(60, |_, _| {}, move |offset| format!("{url}/contacts?offset={offset}")).await;
        let error = served.pull("messagebird", "contacts").await.unwrap_err();
        assert!(matches!(error, PullError::Call { source: CallError::OtherHost { .. }, .. }), "{error:?}");
        assert_eq!((other.asked().len(), served.asked().len()), (0, 1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn members_of_a_group_are_read_whole_while_some_are_deleted() {
        let records = Mutex::new((0..60).collect::<Vec<usize>>());
        let served = Served::start(move |asked: &Asked| {
            if asked.path.starts_with("/groups?") {
                return (200, r#"{"items":[{"id":"g"}],"links":{"next":null}}"#.to_owned());
            }
            let mut records = records.lock().unwrap();
            if asked.number == 2 {
                records.drain(0..3);
            }
            let (offset, limit) = (asked.number_of("offset"), asked.number_of("limit"));
            let items: Vec<Value> = records.iter().skip(offset).take(limit).map(|it| json!({"id": id(*it)})).collect();
            let next = (offset + limit < records.len()).then(|| relative(offset + limit));
            (200, json!({"items": items, "links": {"next": next}}).to_string())
        });
        let served = served.await;
        served.pull("messagebird", "group-members").await.unwrap();
        let expected: BTreeSet<String> = (0..60).map(|it| format!("g/{}", id(it))).collect();
        assert_eq!(served.kept("messagebird", "group-members"), expected);
    }
}
