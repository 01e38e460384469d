//! Vonage's pages and reports, and the driver against a Vonage in this process.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use expect_test::expect;
use pages::Window;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::test_server::{Asked, Reply, Server, connection, options, rows_by_profile};
use crate::{Call, PageRead, PullError, PullOptions, Stream, provider, stream_of};

fn stream(name: &str) -> Box<dyn Stream> {
    let spec = stream_of(provider("vonage").unwrap(), Some(name)).unwrap();
    (spec.open)(&connection(&["https://api.nexmo.com"]))
}

fn window() -> Option<Window> {
    Some(Window { since: "2026-03-03T00:00:00Z".parse().unwrap(), until: "2026-03-04T00:00:00Z".parse().unwrap() })
}

/// The method, path and body of a call.
fn shown(call: Option<&Call>) -> String {
    let Some(call) = call else { return "nothing\n".to_owned() };
    let body = if call.body.is_null() { String::new() } else { format!(" {}", call.body) };
    format!("{:?} {:?} {}{body}\n", call.method, call.then, call.path)
}

fn read(stream: &dyn Stream, call: &Call, answer: &Value) -> PageRead {
    stream.read(call, answer.to_string().as_bytes()).unwrap()
}

fn record(id: &str, direction: &str) -> Value {
    json!({"account_id": "abcd1234", "message_id": id, "direction": direction, "from": "33199000001",
        "to": "33199009999", "network": "20801", "message_body": "STOP", "date_received": "2026-03-03T09:14:07+0000",
        "total_price": "0.0650", "currency": "EUR"})
}

#[test]
fn a_day_is_read_by_direction_and_page() {
    let stream = stream("sms");
    let first = stream.first(window()).unwrap();
    let next = "https://api.nexmo.com/v2/reports/records?product=SMS&direction=inbound&cursor=Vww&iv=Qn";
    let truncated = json!({"_links": {"next": {"href": next}, "self": {"href": "x"}}, "request_status": "TRUNCATED",
        "items_count": 1, "price": 0.1, "currency": "EUR", "records": [record("0A", "inbound")]});
    let last = json!({"_links": {"self": {"href": "x"}}, "request_status": "SUCCESS", "records": []});
    let second = read(&*stream, &first, &truncated);
    let third = read(&*stream, second.next.as_ref().unwrap(), &last);
    let end = read(&*stream, third.next.as_ref().unwrap(), &last);
    expect![[r#"
        Get Page /v2/reports/records?account_id=abcd1234&product=SMS&direction=inbound&date_start=2026-03-03T00:00:00Z&date_end=2026-03-04T00:00:00Z&include_message=true
        Get Page /v2/reports/records?product=SMS&direction=inbound&cursor=Vww&iv=Qn
        Get Page /v2/reports/records?account_id=abcd1234&product=SMS&direction=outbound&date_start=2026-03-03T00:00:00Z&date_end=2026-03-04T00:00:00Z&include_message=true
        nothing
    "#]]
    .assert_eq(&[Some(&first), second.next.as_ref(), third.next.as_ref(), end.next.as_ref()].map(shown).concat());
    assert_eq!((second.rows[0].id.as_str(), second.rows[0].at), ("0A", "2026-03-03T09:14:07Z".parse().ok()));
    assert!(super::MESSAGES.price.is_some(), "so that no page is asked for before the one in front of it is kept");
}

#[test]
fn a_page_that_says_there_is_more_must_say_where() {
    let stream = stream("messages");
    let call = stream.first(window()).unwrap();
    let error = |body: Value| stream.read(&call, body.to_string().as_bytes()).unwrap_err().to_string();
    let text = [
        error(json!({"request_status": "TRUNCATED", "records": []})),
        error(json!({"request_status": "TRUNCATED", "records": [],
            "_links": {"next": {"href": "https://api.example.net/v2/reports/records?cursor=V"}}})),
        error(json!({"type": "https://developer.nexmo.com/api-errors#unauthorized", "title": "Unauthorized",
            "detail": "no", "instance": "bf0ca0bf"})),
        error(json!({"type": "x", "title": "Too many", "status": 429})),
        error(json!({"request_status": "FAILED", "records": []})),
    ]
    .join("\n");
    expect![[r#"
        the answer of the provider is not what its interface says
        the provider links to another host, api.example.net: nothing was sent there
        the provider refused the call (200)
        the provider asks to slow down
        the provider failed (500)"#]]
    .assert_eq(&text);
}

fn state(status: &str) -> Value {
    json!({"request_id": "aaaa-1", "request_status": status, "product": "SMS", "items_count": 2,
        "_links": {"self": {"href": "https://api.nexmo.com/v2/reports/aaaa-1"},
            "download_report": {"href": "https://api.nexmo.com/v3/media/ffff-1"}}})
}

/// The file of a report, with the columns that its direction has.
fn csv(direction: &str, ids: &[&str]) -> String {
    let date = "2026-03-03T09:14:07+0000";
    let (head, row): (&str, fn(&str, &str) -> String) = match direction {
        "inbound" => ("message_id,direction,from,to,message_body,network,date_received", |id, date| {
            format!("{id},inbound,33199000001,33199009999,\"STOP\nmerci\",20801,{date}")
        }),
        _ => ("message_id,client_ref,direction,from,to,message_body,network,date_received,status", |id, date| {
            format!("{id},mine,outbound,MaMarque,33199000002,Promo,20801,{date},delivered")
        }),
    };
    let rows: String = ids.iter().map(|it| format!("abcd1234,{}\n", row(it, date))).collect();
    format!("\u{feff}account_id,{head}\n{rows}")
}

fn zipped(name: &str, text: &str) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, SimpleFileOptions::default()).unwrap();
    archive.write_all(text.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_report_is_ordered_waited_for_and_fetched_for_each_direction() {
    let stream = stream("sms-reports");
    let order = stream.first(window()).unwrap();
    let ordered = read(&*stream, &order, &state("PENDING"));
    let poll = ordered.next.unwrap();
    let waiting = read(&*stream, &poll, &state("PROCESSING"));
    let ready = read(&*stream, waiting.next.as_ref().unwrap(), &state("SUCCESS"));
    let file = ready.next.unwrap();
    let kept = stream.kept(&file, zipped("report_SMS_abcd1234_20260303.csv", &csv("inbound", &["0A", "0B"]))).unwrap();
    let fetched = stream.read(&file, &kept).unwrap();
    let next = fetched.next.as_ref();
    expect![[r#"
        Post Order /v2/reports {"account_id":"abcd1234","date_end":"2026-03-04T00:00:00Z","date_start":"2026-03-03T00:00:00Z","direction":"inbound","include_message":true,"product":"SMS"}
        Get Step /v2/reports/aaaa-1
        Get Step /v2/reports/aaaa-1
        Get Page /v3/media/ffff-1
        Post Order /v2/reports {"account_id":"abcd1234","date_end":"2026-03-04T00:00:00Z","date_start":"2026-03-03T00:00:00Z","direction":"outbound","include_message":true,"product":"SMS"}
    "#]]
    .assert_eq(&[Some(&order), Some(&poll), waiting.next.as_ref(), Some(&file), next].map(shown).concat());
    assert_eq!((ordered.wait, waiting.wait.map(|it| it.as_secs())), (None, Some(5)));
    expect![[r#"{"records":[{"account_id":"abcd1234","date_received":"2026-03-03T09:14:07+0000","direction":"inbound","from":"33199000001","message_body":"STOP\nmerci","message_id":"0A","network":"20801","to":"33199009999"},{"account_id":"abcd1234","date_received":"2026-03-03T09:14:07+0000","direction":"inbound","from":"33199000001","message_body":"STOP\nmerci","message_id":"0B","network":"20801","to":"33199009999"}]}"#]]
        .assert_eq(&String::from_utf8(kept).unwrap());
    assert_eq!(fetched.rows.len(), 2);
    // A file that is cut off is none.
    let whole = zipped("report.csv", &csv("inbound", &["0A"]));
    assert!(stream.kept(&file, whole[..whole.len() - 1].to_vec()).is_err());
}

#[test]
fn a_report_that_fails_is_ordered_three_times_and_one_that_is_cut_off_in_halves() {
    let stream = stream("messages-reports");
    let mut call = stream.first(window()).unwrap();
    for _ in 0..2 {
        let poll = read(&*stream, &call, &state("PENDING")).next.unwrap();
        call = read(&*stream, &poll, &state("FAILED")).next.unwrap();
    }
    let poll = read(&*stream, &call, &state("PENDING")).next.unwrap();
    assert!(stream.read(&poll, state("ABORTED").to_string().as_bytes()).is_err());
    let mut nothing = state("SUCCESS");
    (nothing["items_count"], nothing["_links"]) = (json!(0), json!({}));
    let halved = read(&*stream, &poll, &state("TRUNCATED")).next.unwrap();
    let mut orders = shown(Some(&halved));
    let mut next = Some(halved);
    while let Some(order) = next {
        next = read(&*stream, &order, &nothing).next;
        orders += &shown(next.as_ref());
    }
    expect![[r#"
        Post Order /v2/reports {"account_id":"abcd1234","date_end":"2026-03-03T12:00:00Z","date_start":"2026-03-03T00:00:00Z","direction":"inbound","include_message":true,"product":"MESSAGES"}
        Post Order /v2/reports {"account_id":"abcd1234","date_end":"2026-03-04T00:00:00Z","date_start":"2026-03-03T12:00:00Z","direction":"inbound","include_message":true,"product":"MESSAGES"}
        Post Order /v2/reports {"account_id":"abcd1234","date_end":"2026-03-04T00:00:00Z","date_start":"2026-03-03T00:00:00Z","direction":"outbound","include_message":true,"product":"MESSAGES"}
        nothing
    "#]]
    .assert_eq(&orders);
}

/// A Vonage that makes reports at once. `order` may answer the n-th order in another way.
fn vonage(order: impl Fn(usize) -> Option<Reply> + Send + 'static) -> impl FnMut(&Asked) -> Reply {
    let mut directions: Vec<String> = Vec::new();
    let mut n_orders = 0;
    move |asked| {
        let path = asked.line.split_once(' ').unwrap().1;
        let report = |n: usize, status: &str| {
            Reply::json(&json!({"request_id": n.to_string(), "request_status": status, "items_count": 1,
                "_links": {"download_report": {"href": format!("/v3/media/{n}")}}}))
        };
        match path.rsplit_once('/').unwrap() {
            ("/v2", "reports") => {
                n_orders += 1;
                if let Some(reply) = order(n_orders) {
                    return reply;
                }
                let body: Value = serde_json::from_slice(&asked.body).unwrap();
                directions.push(body["direction"].as_str().unwrap().to_owned());
                report(directions.len() - 1, "PENDING")
            }
            ("/v2/reports", n) => report(n.parse().unwrap(), "SUCCESS"),
            (_, n) => {
                let direction = &directions[n.parse::<usize>().unwrap()];
                let id = format!("{direction}-{n}");
                Reply::Answer(200, zipped("report_SMS.csv", &csv(direction, &[&id])))
            }
        }
    }
}

fn one_window() -> PullOptions {
    // From a Thursday, at which windows of seven days begin.
    options("2026-02-26T00:00:00Z", "2026-03-05T00:00:00Z")
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_ordered_once_and_their_files_are_kept() {
    let server = Server::start(vonage(|_| None)).await;
    let home = tempfile::tempdir().unwrap();
    let pulled = server.pull("vonage", "sms-reports", home.path(), &one_window()).await.unwrap();
    expect![[r#"
        POST /v2/reports
        GET /v2/reports/0
        GET /v3/media/0
        POST /v2/reports
        GET /v2/reports/1
        GET /v3/media/1"#]]
    .assert_eq(&server.take_lines().join("\n"));
    assert_eq!(server.ids_kept("vonage", "sms-reports", home.path()), ["inbound-0", "outbound-1"]);
    assert_eq!((pulled.coverage.rows, pulled.coverage.is_complete), (2, true));
    server.pull("vonage", "sms-reports", home.path(), &one_window()).await.unwrap();
    assert_eq!(server.take_lines(), Vec::<String>::new(), "what was read costs nothing again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_answer_is_lost_is_given_again_only_if_a_person_says_so() {
    let server = Server::start(vonage(|n| (n == 2).then_some(Reply::Lost))).await;
    let home = tempfile::tempdir().unwrap();
    let pull = async |options: &PullOptions| server.pull("vonage", "sms-reports", home.path(), options).await;
    assert!(matches!(pull(&one_window()).await.unwrap_err(), PullError::OrderUnknown));
    server.take_lines();
    assert!(matches!(pull(&one_window()).await.unwrap_err(), PullError::OrderUnknown));
    assert_eq!(server.take_lines(), Vec::<String>::new(), "nothing is ordered by itself");
    pull(&PullOptions { orders_again: true, ..one_window() }).await.unwrap();
    // What came in was fetched before, and is not ordered a second time.
    assert_eq!(server.take_lines(), ["POST /v2/reports", "GET /v2/reports/1", "GET /v3/media/1"]);
    assert_eq!(server.ids_kept("vonage", "sms-reports", home.path()), ["inbound-0", "outbound-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_refused_is_given_by_the_next_reading() {
    for (status, message) in [(429, "asks to slow down"), (422, "refused the call (422)")] {
        let server = Server::start(vonage(move |n| (n == 1).then(|| Reply::Answer(status, b"{}".to_vec())))).await;
        let home = tempfile::tempdir().unwrap();
        let pull = async || server.pull("vonage", "sms-reports", home.path(), &one_window()).await;
        let PullError::Call { source, .. } = pull().await.unwrap_err() else { panic!("another error") };
        assert!(source.to_string().contains(message), "{source}");
        pull().await.unwrap();
        assert_eq!(server.ids_kept("vonage", "sms-reports", home.path()), ["inbound-0", "outbound-1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_an_order_that_cannot_be_read_does_not_say_what_was_done() {
    for reply in [|| Reply::Answer(200, b"{\"request_id\": \"0".to_vec()), || Reply::Answer(503, Vec::new())] {
        let server = Server::start(vonage(move |_| Some(reply()))).await;
        let home = tempfile::tempdir().unwrap();
        let error = server.pull("vonage", "sms-reports", home.path(), &one_window()).await.unwrap_err();
        assert!(matches!(error, PullError::OrderUnknown), "{error}");
        assert_eq!(server.take_lines().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ends_while_a_report_is_made_asks_for_that_report_again() {
    let is_down = Arc::new(Mutex::new(true));
    let mut vonage = vonage(|_| None);
    let down = Arc::clone(&is_down);
    let server = Server::start(move |asked| {
        let is_poll = asked.line.starts_with("GET /v2/reports/");
        if is_poll && *down.lock().unwrap() { Reply::Answer(403, Vec::new()) } else { vonage(asked) }
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    server.pull("vonage", "sms-reports", home.path(), &one_window()).await.unwrap_err();
    *is_down.lock().unwrap() = false;
    server.take_lines();
    server.pull("vonage", "sms-reports", home.path(), &one_window()).await.unwrap();
    assert_eq!(server.take_lines()[..2], ["GET /v2/reports/0", "GET /v3/media/0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_once_more_is_the_overlap_alone() {
    let server = Server::start(|_| Reply::json(&json!({"request_status": "SUCCESS", "records": []}))).await;
    let home = tempfile::tempdir().unwrap();
    let first = options("2026-03-03T00:00:00Z", "2026-03-03T12:00:00Z");
    server.pull("vonage", "messages", home.path(), &first).await.unwrap();
    server.take_lines();
    let second = PullOptions { goes_on: true, ..options("2026-03-03T00:00:00Z", "2026-03-03T18:00:00Z") };
    server.pull("vonage", "messages", home.path(), &second).await.unwrap();
    let times: Vec<String> =
        server.take_lines().iter().map(|it| it.split('&').skip(2).take(3).collect::<Vec<_>>().join(" ")).collect();
    expect![[r#"
        direction=inbound date_start=2026-03-03T11:00:00Z date_end=2026-03-03T18:00:00Z
        direction=outbound date_start=2026-03-03T11:00:00Z date_end=2026-03-03T18:00:00Z"#]]
    .assert_eq(&times.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profiles_read_pages_and_files_of_both_directions() {
    let server = Server::start(|asked| {
        let mut record =
            if asked.line.contains("=inbound") { record("0A", "inbound") } else { record("0B", "outbound") };
        if asked.line.contains("product=MESSAGES") {
            record.as_object_mut().unwrap().remove("network");
            record["provider"] = json!("viber_service_msg");
        }
        if asked.line.contains("=outbound") {
            (record["from"], record["to"]) = (json!("MaMarque"), json!("33199000002"));
            (record["status"], record["error_code"]) = (json!("delivered"), json!("0"));
        }
        Reply::json(&json!({"request_status": "SUCCESS", "records": [record]}))
    })
    .await;
    let day = options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
    for stream in ["sms", "messages"] {
        let home = tempfile::tempdir().unwrap();
        server.pull("vonage", stream, home.path(), &day).await.unwrap();
        let rows = rows_by_profile("vonage", stream, home.path()).join("\n");
        expect![[r#"
            33199000001|STOP|2026-03-03T09:14:07+0000
            33199000002||2026-03-03T09:14:07+0000"#]]
        .assert_eq(&rows);
    }
    let server = Server::start(vonage(|_| None)).await;
    let home = tempfile::tempdir().unwrap();
    server.pull("vonage", "sms-reports", home.path(), &one_window()).await.unwrap();
    expect![[r#"
        33199000001|STOP
        merci|2026-03-03T09:14:07+0000
        33199000002||2026-03-03T09:14:07+0000"#]]
    .assert_eq(&rows_by_profile("vonage", "sms-reports", home.path()).join("\n"));
}
