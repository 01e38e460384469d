//! Plivo's pages, and the driver against a Plivo in this process.

use std::path::Path;
use std::sync::{Arc, Mutex};

use expect_test::expect;
use pages::{PullFinding, Window};
use serde_json::{Value, json};

use crate::json::text;
use crate::test_server::{Asked, Reply, Server, connection, options, rows_by_profile};
use crate::{Call, PullOptions, Stream, plivo};

fn stream() -> Box<dyn Stream> {
    (plivo::PLIVO.streams[0].open)(&connection(&["https://api.plivo.com"]))
}

fn message(n: usize) -> Value {
    json!({
        "error_code": null,
        "from_number": "33199009999",
        "message_direction": "outbound",
        "message_state": "delivered",
        "message_time": format!("2026-03-03 10:{:02}:07+01:00", n % 60),
        "message_type": "sms",
        "message_uuid": format!("0f4c0000-0000-4000-8000-{n:012}"),
        "to_number": format!("33199{n:06}"),
        "units": 1,
    })
}

fn page(messages: &[Value], offset: usize, limit: usize, total: usize) -> Value {
    let next = (offset + messages.len() < total && !messages.is_empty())
        .then(|| format!("/v1/Account/abcd1234/Message/?limit={limit}&offset={}", offset + limit));
    let meta = json!({"limit": limit, "offset": offset, "next": next, "previous": null, "total_count": total});
    json!({"api_id": "a", "meta": meta, "objects": messages})
}

#[test]
fn a_window_is_asked_for_in_moments_of_utc_of_which_the_last_is_excluded() {
    let window =
        Window { since: "2026-03-03T00:00:00Z".parse().unwrap(), until: "2026-03-03T12:30:00Z".parse().unwrap() };
    let shown = |call: Option<Call>| format!("{}\n", call.unwrap().path);
    expect![[r#"
        /v1/Account/abcd1234/Message/?limit=20&offset=0&message_time__gte=2026-03-03%2000:00:00&message_time__lt=2026-03-03%2012:30:00
    "#]]
    .assert_eq(&shown(stream().first(Some(window))));
    expect![[r#"
        /v1/Account/abcd1234/Message/?limit=20&offset=19&message_time__gte=2026-03-03%2000:00:00&message_time__lt=2026-03-03%2012:30:00
    "#]]
    .assert_eq(&shown(stream().at_offset(Some(window), 19)));
}

#[test]
fn a_page_has_messages_with_their_moments_and_says_whether_there_are_more() {
    let call = stream().first(None).unwrap();
    let read = |page: &Value| stream().read(&call, page.to_string().as_bytes());
    let page = page(&[message(0), message(1)], 0, 2, 3);
    let read_page = read(&page).unwrap();
    assert_eq!(read_page.rows[0].id, "0f4c0000-0000-4000-8000-000000000000");
    assert_eq!(read_page.rows[1].at, "2026-03-03T09:01:07Z".parse().ok());
    assert_eq!((read_page.next.is_some(), read_page.total), (true, Some(3)));
    // Fractions have five or six digits, and numbers may be masked: that is for the profile.
    let mut masked = page.clone();
    masked["objects"][0]["to_number"] = json!("+33199000***");
    masked["objects"][0]["message_time"] = json!("2026-03-03 10:14:07.51947+01:00");
    assert_eq!(read(&masked).unwrap().rows[0].at, "2026-03-03T09:14:07.51947Z".parse().ok());
}

#[test]
fn what_is_not_a_page_is_an_error() {
    let call = stream().first(None).unwrap();
    let error = |body: &str| stream().read(&call, body.as_bytes()).unwrap_err().to_string();
    expect!["the provider refused the call (200)"].assert_eq(&error(r#"{"api_id":"a","error":"account suspended"}"#));
    expect!["the answer of the provider is not what its interface says"].assert_eq(&error(r#"{"api_id":"a","meta":{"#));
    let without_link = error(r#"{"api_id":"a","meta":{"limit":20,"offset":0},"objects":[]}"#);
    expect!["the answer of the provider is not what its interface says"].assert_eq(&without_link);
    let mut elsewhere = page(&[message(0)], 0, 1, 2);
    elsewhere["meta"]["next"] = json!("https://api.example.net/v1/Account/abcd1234/Message/?offset=20");
    expect!["the provider links to another host, api.example.net: nothing was sent there"]
        .assert_eq(&error(&elsewhere.to_string()));
}

/// A Plivo with so many messages of one day, of which `change` may take some away before the n-th call.
fn plivo(n_messages: usize, change: impl Fn(usize, &mut Vec<Value>) + Send + 'static) -> impl FnMut(&Asked) -> Reply {
    let mut messages: Vec<Value> = (0..n_messages).map(message).collect();
    let mut n_calls = 0;
    move |asked| {
        change(n_calls, &mut messages);
        n_calls += 1;
        let (limit, offset) = (asked.number("limit").unwrap(), asked.number("offset").unwrap());
        let shown: Vec<Value> = messages.iter().skip(offset).take(limit).cloned().collect();
        Reply::json(&page(&shown, offset, limit, messages.len()))
    }
}

/// The numbers of the messages that a folder does not have.
fn missing(server: &Server, folder: &Path, n_messages: usize) -> Vec<usize> {
    let kept = server.ids_kept("plivo", "messages", folder);
    (0..n_messages).filter(|it| !kept.contains(&text(&message(*it), "message_uuid"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_deleted_between_two_pages_hide_no_other_message() {
    for n_deleted in [1, 7, 19, 20, 45] {
        let server = Server::start(plivo(300, move |n_call, messages| {
            if n_call == 5 {
                messages.drain(2..2 + n_deleted);
            }
        }))
        .await;
        let home = tempfile::tempdir().unwrap();
        let options = options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
        let pulled = server.pull("plivo", "messages", home.path(), &options).await.unwrap();
        assert_eq!(missing(&server, home.path(), 300), Vec::<usize>::new(), "{n_deleted} deleted");
        assert!(pulled.coverage.findings.iter().any(|it| matches!(it, PullFinding::Moved { .. })), "{n_deleted}");
        assert!(pulled.coverage.is_complete);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_while_it_looks_for_the_gap_goes_on_looking() {
    // The calls from the sixth on lead back: each of them is the last of a process.
    for n_calls in 6..14 {
        let server = Server::start(plivo(300, |n_call, messages| {
            if n_call == 5 {
                messages.drain(2..47);
            }
        }))
        .await;
        let home = tempfile::tempdir().unwrap();
        let options = options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
        let stopped = PullOptions { max_calls: Some(n_calls), ..options.clone() };
        server.pull("plivo", "messages", home.path(), &stopped).await.unwrap_err();
        server.pull("plivo", "messages", home.path(), &options).await.unwrap();
        assert_eq!(missing(&server, home.path(), 300), Vec::<usize>::new(), "{n_calls} calls");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_cut_at_a_byte_is_asked_for_again() {
    for (n_bytes, is_closed) in [(1, false), (400, false), (1, true), (400, true)] {
        let mut plivo = plivo(50, |_, _| {});
        let n_calls = Arc::new(Mutex::new(0));
        let server = Server::start(move |asked| {
            let mut n_calls = n_calls.lock().unwrap();
            *n_calls += 1;
            match plivo(asked) {
                Reply::Answer(_, body) if *n_calls == 2 && is_closed => Reply::Cut(body[..n_bytes].to_vec()),
                Reply::Answer(status, body) if *n_calls == 2 => Reply::Answer(status, body[..n_bytes].to_vec()),
                reply => reply,
            }
        })
        .await;
        let home = tempfile::tempdir().unwrap();
        let options = options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
        let pulled = server.pull("plivo", "messages", home.path(), &options).await.unwrap();
        assert_eq!(missing(&server, home.path(), 50), Vec::<usize>::new());
        assert_eq!((pulled.coverage.pages, pulled.calls), (3, 4));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_ends_in_an_error_goes_on_behind_the_last_page() {
    let mut plivo = plivo(100, |_, _| {});
    let mut n_calls = 0;
    let server = Server::start(move |asked| {
        n_calls += 1;
        if n_calls == 4 { Reply::Answer(403, br#"{"api_id":"a","error":"no"}"#.to_vec()) } else { plivo(asked) }
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    let options = options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
    let error = server.pull("plivo", "messages", home.path(), &options).await.unwrap_err();
    expect!["the provider could not be read to the end: 3 pages of this reading are kept"]
        .assert_eq(&error.to_string());
    server.take_lines();
    server.pull("plivo", "messages", home.path(), &options).await.unwrap();
    assert_eq!(missing(&server, home.path(), 100), Vec::<usize>::new());
    assert!(server.take_lines()[0].contains("offset=57&"), "behind three pages that overlap by a message");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_reads_the_pages_and_keeps_a_masked_number_as_it_is() {
    let server = Server::start(|_| {
        let (mut stopped, mut masked) = (message(1), message(2));
        (stopped["message_state"], stopped["error_code"]) = (json!("failed"), json!("200"));
        masked["to_number"] = json!("+33199000***");
        Reply::json(&page(&[message(0), stopped, masked], 0, 20, 3))
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    let options = options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
    server.pull("plivo", "messages", home.path(), &options).await.unwrap();
    expect![[r#"
        33199000000||2026-03-03 10:00:07+01:00
        33199000001|stop|2026-03-03 10:01:07+01:00
        +33199000***||2026-03-03 10:02:07+01:00"#]]
    .assert_eq(&rows_by_profile("plivo", "messages", home.path()).join("\n"));
}
