//! Examples.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::providers::tests::{SECRET, Shown, Told};

async fn get(shown: &Shown, path: &str) -> Told {
    shown.send("GET", path, &[("authorization", format!("App {SECRET}"))], "").await
}

/// Texts of a field of all items of a list.
fn texts(body: &Value, list: &str, field: &str) -> Vec<String> {
    let text = |it: &Value| it[field].as_str().map_or_else(|| it[field].to_string(), str::to_owned);
    body[list].as_array().unwrap().iter().map(text).collect()
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

/// The ids of a stream in the ledger from a moment on.
async fn ids_since(shown: &Shown, stream: &str, since: &str) -> Vec<String> {
    let rows = shown.lines("infobip/rows").await;
    let rows = rows.iter().filter(|it| it["stream"] == stream && it["at"].as_str().unwrap() >= since);
    sorted(rows.map(|it| it["id"].as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn pages_of_people_are_counted_from_one_and_hold_everybody_once() {
    let shown = Shown::without_rates();
    let mut ids = Vec::new();
    for n_page in 1..=4 {
        let told = get(&shown, &format!("/people/2/persons?limit=15&page={n_page}&includeTotalCount=true")).await;
        assert_eq!((&told.body["currentPage"], &told.body["totalCount"]), (&json!(n_page), &json!(40)));
        ids.extend(texts(&told.body, "persons", "id"));
    }
    assert_eq!(sorted(ids), shown.ids("infobip", "persons").await);
    assert_eq!(get(&shown, "/people/2/persons?page=0").await.status, 400);
    assert_eq!(get(&shown, "/people/2/persons?limit=1001").await.status, 400);
    let first = get(&shown, "/people/2/persons").await.body;
    assert_eq!((texts(&first, "persons", "id").len(), &first["totalCount"]), (20, &Value::Null));
}

#[tokio::test]
async fn a_person_is_written_as_infobip_writes_it() {
    let shown = Shown::new();
    let people = get(&shown, "/people/2/persons?limit=1000").await.body["persons"].clone();
    let people = people.as_array().unwrap();
    assert!(people.iter().all(|it| it["createdAt"].as_str().unwrap().len() == "2025-11-02T08:30:00".len()));
    let addresses = |kind: &str| people.iter().filter(|it| it["contactInformation"][kind].is_array()).count();
    assert_eq!(["phone", "viberBots", "whatsapp"].map(addresses), [40, 14, 6]);
    let n_phones = |it: &&Value| it["contactInformation"]["phone"].as_array().unwrap().len();
    assert_eq!(people.iter().filter(|it| n_phones(it) == 2).count(), 7);
    let phone = people[0]["contactInformation"]["phone"][0]["number"].as_str().unwrap();
    assert!(phone.bytes().all(|it| it.is_ascii_digit()), "{phone}");
    let one = get(&shown, &format!("/people/2/persons?identifier={phone}&type=PHONE")).await;
    assert_eq!(one.body, people[0]);
}

#[tokio::test]
async fn people_are_filtered_by_when_they_changed() {
    let shown = Shown::new();
    let filter =
        "%7B%22%23and%22%3A%5B%7B%22%23gte%22%3A%7B%22modifiedAt%22%3A%222025-10-01T00%3A00%3A00%22%7D%7D%5D%7D";
    let all = get(&shown, "/people/2/persons?limit=1000").await.body;
    let later =
        get(&shown, &format!("/people/2/persons?limit=1000&orderBy=modifiedAt:desc&filter={filter}")).await.body;
    let expected = texts(&all, "persons", "modifiedAt").into_iter().filter(|it| it.as_str() >= "2025-10-01");
    let mut expected: Vec<String> = expected.collect();
    expected.sort_by(|a, b| b.cmp(a));
    assert!((5..35).contains(&expected.len()), "{}", expected.len());
    assert_eq!(texts(&later, "persons", "modifiedAt"), expected);
}

#[tokio::test]
async fn logs_reach_back_48_hours_and_no_error_says_so() {
    let shown = Shown::new();
    let two_days_ago = "2026-03-01T09:14:08";
    for (path, stream) in [("/sms/3/logs", "sms-logs"), ("/viber/2/logs", "viber-logs")] {
        let all = get(&shown, &format!("{path}?limit=1000&sentSince=2026-02-01T00:00:00.000%2B0000")).await;
        let ids = sorted(texts(&all.body, "results", "messageId"));
        assert!(!ids.is_empty());
        assert_eq!(ids, ids_since(&shown, stream, two_days_ago).await);
        let old = get(&shown, &format!("{path}?sentUntil=2026-02-20T00:00:00.000%2B0000")).await;
        assert_eq!((old.status, &old.body["results"]), (200, &json!([])));
    }
}

#[tokio::test]
async fn a_log_has_local_time_and_an_offset_without_a_colon() {
    let shown = Shown::new();
    let log = get(&shown, "/sms/3/logs?limit=1").await.body["results"][0].clone();
    let sent_at = log["sentAt"].as_str().unwrap();
    assert!(sent_at.starts_with("2026-03-0") && sent_at.ends_with(".000+0100"), "{sent_at}");
    assert!(log["price"]["pricePerMessage"].is_number() && log["status"]["groupId"].is_number(), "{log}");
}

#[tokio::test]
async fn cursors_go_through_the_logs() {
    let shown = Shown::new();
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    for _ in 0..20 {
        let told = get(&shown, &format!("/sms/3/logs?useCursor=true&limit=4{cursor}")).await;
        ids.extend(texts(&told.body, "results", "messageId"));
        let Some(next) = told.body["cursor"]["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(sorted(ids), ids_since(&shown, "sms-logs", "2026-03-01T09:14:08").await);
}

#[tokio::test]
async fn the_inbox_loses_what_it_returns_even_if_the_answer_is_cut() {
    let shown = Shown::new();
    let all = ids_since(&shown, "inbox", "2026-03-01T09:14:08").await;
    shown.control("faults", &json!(["cut-page=1"])).await;
    assert_eq!(get(&shown, "/sms/1/inbox/reports?limit=3").await.body, Value::Null);
    let second = get(&shown, "/sms/1/inbox/reports?limit=3").await.body;
    assert_eq!((&second["messageCount"], &second["pendingMessageCount"]), (&json!(3), &json!(all.len() - 6)));
    let rest = get(&shown, "/sms/1/inbox/reports?limit=1000").await.body;
    let mut ids = texts(&second, "results", "messageId");
    ids.extend(texts(&rest, "results", "messageId"));
    assert_eq!(ids.len(), all.len() - 3);
    assert_eq!(get(&shown, "/sms/1/inbox/reports").await.body["results"], json!([]));
}

#[tokio::test]
async fn reports_are_returned_once_and_logs_still_have_them() {
    let shown = Shown::new();
    let first = get(&shown, "/sms/3/reports?limit=1000").await.body;
    assert!(texts(&first, "results", "to").len() > 5);
    assert_eq!(get(&shown, "/sms/3/reports").await.body["results"], json!([]));
    let n_logs = get(&shown, "/sms/3/logs?limit=1000").await.body["results"].as_array().unwrap().len();
    assert!(n_logs >= texts(&first, "results", "to").len());
}

#[tokio::test]
async fn the_blocklist_says_how_each_refusal_became_known() {
    let settings = crate::ProviderSettings { seed: 3, people: 400, messages: 2_000, days: 30, ..Default::default() };
    let shown = Shown::with(crate::ProviderSettings { no_rates: true, ..settings });
    let (mut destinations, mut kinds) = (Vec::new(), BTreeSet::new());
    for n_page in 0..40 {
        let told = get(&shown, &format!("/platform/1/blocklists?size=7&page={n_page}")).await.body;
        destinations.extend(texts(&told, "results", "destination"));
        kinds.extend(texts(&told, "results", "sourceType"));
        let n_pages = told["paging"]["totalPages"].as_u64().unwrap();
        assert_eq!(texts(&told, "results", "channel").is_empty(), n_page >= n_pages);
    }
    let mut n_rows = 0;
    for stream in ["blocklist", "blocklist-manual", "blocklist-urn"] {
        n_rows += shown.ids("infobip", stream).await.len();
    }
    assert_eq!(destinations.len(), n_rows);
    assert_eq!(kinds, ["CAMPAIGN", "CUSTOM", "MO", "URL_OPT_OUT"].map(str::to_owned).into());
    assert_eq!(destinations.iter().filter(|it| it.starts_with("urn:mbid:")).count(), 16);
}

#[tokio::test]
async fn stop_puts_a_person_on_the_blocklist_once_and_start_takes_it_off() {
    let shown = Shown::without_rates();
    let rows = shown.lines("infobip/rows").await;
    let listed: Vec<&Value> = rows.iter().filter(|it| it["stream"] == "blocklist").map(|it| &it["phone"]).collect();
    let person = rows.iter().find(|it| it["stream"] == "persons" && !listed.contains(&&it["phone"])).unwrap();
    let phone = person["phone"].as_str().unwrap().to_owned();
    let listed = async |shown: &Shown| {
        let path = format!("/platform/1/blocklists?sourceType=MO&channel=SMS&destination={}", &phone[1..]);
        get(shown, &path).await.body["results"].as_array().unwrap().len()
    };
    assert_eq!(listed(&shown).await, 0);
    for (word, n) in [("stop", 1), ("stop", 1), ("start", 0)] {
        shown.control("providers/infobip/change", &json!({ word: phone })).await;
        assert_eq!(listed(&shown).await, n, "{word}");
    }
}

#[tokio::test]
async fn errors_have_the_shape_of_their_generation_and_rates_are_kept() {
    let shown = Shown::new();
    let old = get(&shown, "/people/2/persons?limit=x").await;
    assert_eq!(old.body["requestError"]["serviceException"]["messageId"], "BAD_REQUEST");
    assert!(old.body["requestError"]["serviceException"]["validationErrors"]["limit"][0].is_string());
    let new = get(&shown, "/sms/3/logs?limit=5000").await;
    assert_eq!((new.status, &new.body["violations"][0]["property"]), (400, &json!("limit")));
    let statuses =
        [get(&shown, "/platform/1/blocklists").await.status, get(&shown, "/platform/1/blocklists").await.status];
    assert_eq!(statuses, [200, 429]);
    let wrong = shown.send("GET", "/sms/3/logs", &[("authorization", "App no".to_owned())], "").await;
    assert_eq!((wrong.status, &wrong.body["errorCode"]), (401, &json!("E401")));
}

#[tokio::test]
async fn templates_have_named_places() {
    let shown = Shown::new();
    let told = get(&shown, "/viber/1/senders/MaMarque/templates?size=2&page=2").await.body;
    assert_eq!(told["paging"], json!({ "page": 2, "size": 2, "totalPages": 3, "totalResults": 5 }));
    let all = get(&shown, "/viber/1/senders/MaMarque/templates").await.body;
    assert_eq!(all["templates"][0]["params"][1]["name"], "numero");
    assert_eq!(get(&shown, "/viber/1/senders/Other/templates").await.status, 404);
}

#[tokio::test]
async fn faults_of_pages_choose_another_page_where_there_are_no_links() {
    let shown = Shown::without_rates();
    let page = async |fault: &str, n_page: usize| {
        shown.control("faults", &json!([fault])).await;
        get(&shown, &format!("/people/2/persons?limit=10&includeTotalCount=true&page={n_page}")).await.body
    };
    let first = texts(&page("rate-limit=0", 1).await, "persons", "id");
    let second = texts(&page("rate-limit=0", 2).await, "persons", "id");
    assert_eq!(texts(&page("repeat-page=1", 3).await, "persons", "id"), second);
    assert_eq!(texts(&page("loop-page=1", 3).await, "persons", "id"), first);
    assert_eq!(page("empty-page=1", 2).await["persons"], json!([]));
    assert_eq!(page("wrong-total=1", 2).await["totalCount"], 47);
    let small = page("small-page=1", 2).await;
    assert_eq!((texts(&small, "persons", "id"), &small["limit"]), (second[..5].to_vec(), &json!(5)));
}
