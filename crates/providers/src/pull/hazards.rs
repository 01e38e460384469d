//! What pages must not do, and what comes of it when they do: a table of a provider's faults.

use serde_json::{Value, json};

use crate::test_server::{Reply, Server, options};
use crate::{PullError, PullOptions};

const LIST: &str = "/2010-04-01/Accounts/abcd1234/Messages.json";

/// A page of Twilio with messages of these numbers, and the link behind it.
fn page(numbers: &[u32], next: Value) -> Value {
    let message = |n: &u32| {
        json!({ "sid": format!("SM{n:032}"), "from": "+33199000001", "to": "+33199009999", "body": "OK",
                "date_sent": "Tue, 03 Mar 2026 09:14:07 +0000" })
    };
    json!({ "messages": numbers.iter().map(message).collect::<Vec<_>>(), "next_page_uri": next })
}

fn link(page: u32) -> Value {
    json!(format!("{LIST}?Page={page}&PageToken=t{page}"))
}

/// One day of messages, read in one window.
fn one_day() -> PullOptions {
    options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z")
}

/// Reads the list from a server whose n-th answer is that of `answer`, and returns what came of it, how many records are
/// kept, and how many calls were made.
async fn read(answer: impl Fn(usize) -> Reply + Send + 'static) -> (Result<(), PullError>, usize, usize) {
    let mut n = 0;
    let server = Server::start(move |_| {
        n += 1;
        answer(n)
    });
    let server = server.await;
    let folder = tempfile::tempdir().unwrap();
    let read = server.pull("twilio", "messages", folder.path(), &one_day()).await;
    let kept = server.ids_kept("twilio", "messages", folder.path());
    (read.map(drop), kept.len(), server.take_lines().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_page_in_the_middle_and_a_smaller_one_do_not_end_the_list() {
    let (read, n_kept, n_calls) = read(|n| {
        Reply::json(&match n {
            1 => page(&[1, 2, 3], link(1)),
            2 => page(&[], link(2)),
            3 => page(&[4], link(3)),
            _ => page(&[5, 6], Value::Null),
        })
    })
    .await;
    assert!(read.is_ok());
    assert_eq!((n_kept, n_calls), (6, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_again_under_a_new_link_loses_and_doubles_nothing() {
    let (read, n_kept, _) = read(|n| {
        Reply::json(&match n {
            1 => page(&[1, 2], link(1)),
            2 => page(&[1, 2], link(2)),
            _ => page(&[3], Value::Null),
        })
    })
    .await;
    assert!(read.is_ok());
    assert_eq!(n_kept, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_leads_back_ends_the_reading_after_one_more_try() {
    let (read, n_kept, n_calls) = read(|n| {
        Reply::json(&match n % 2 {
            1 => page(&[1, 2], link(1)),
            _ => page(&[3], link(1)),
        })
    })
    .await;
    assert!(matches!(read, Err(PullError::Circle { .. })), "{read:?}");
    assert_eq!((n_kept, n_calls), (3, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_links_to_known_records_are_a_circle_too() {
    let (read, _, n_calls) = read(|n| Reply::json(&page(&[1, 2], link(u32::try_from(n).unwrap())))).await;
    assert!(matches!(read, Err(PullError::Circle { .. })), "{read:?}");
    assert!(n_calls < 30, "{n_calls} calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_empty_pages_end_the_reading() {
    let (read, _, n_calls) = read(|n| Reply::json(&page(&[], link(u32::try_from(n).unwrap())))).await;
    assert!(matches!(read, Err(PullError::OnlyEmptyPages { .. })), "{read:?}");
    assert!(n_calls < 300, "{n_calls} calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_page_is_asked_for_again_and_never_kept() {
    let whole = page(&[1, 2], Value::Null).to_string().into_bytes();
    let cut = whole[..whole.len() / 2].to_vec();
    for (what, body) in [
        ("a body that is cut", cut),
        ("a page without its link", br#"{"messages":[]}"#.to_vec()),
        ("a link that is none", br#"{"messages":[],"next_page_uri":5}"#.to_vec()),
        ("a page of something else", br#"{"items":[],"next_page_uri":null}"#.to_vec()),
        ("HTML", b"<html>502</html>".to_vec()),
    ] {
        let whole = whole.clone();
        let answer = move |n: usize| Reply::Answer(200, if n == 1 { body.clone() } else { whole.clone() });
        let (read, n_kept, n_calls) = read(answer).await;
        assert!(read.is_ok(), "{what}: {read:?}");
        assert_eq!((n_kept, n_calls), (2, 2), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_says_what_to_do_and_what_came_before_stays() {
    for (what, status, body, message) in [
        (
            "a link to another host",
            200,
            page(&[3], json!("https://evil.example.net/x")).to_string(),
            "evil.example.net",
        ),
        (
            "an error with status 200",
            200,
            r#"{"code":20003,"message":"x","status":401}"#.to_owned(),
            "(401, code 20003)",
        ),
        (
            "a token that has expired",
            401,
            r#"{"code":20003,"message":"x","status":401}"#.to_owned(),
            "(401, code 20003)",
        ),
    ] {
        let answer = move |n: usize| match n {
            1 => Reply::json(&page(&[1, 2], link(1))),
            _ => Reply::Answer(status, body.clone().into_bytes()),
        };
        let (read, n_kept, n_calls) = read(answer).await;
        let error = read.unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(message), "{what}: {cause}");
        assert!(!error.is_passing(), "{what}");
        assert_eq!((n_kept, n_calls), (2, 2), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_another_account_began_in_vain_does_not_block_the_right_one() {
    let server = Server::start(|asked| match asked.line.contains("/wrong/") {
        true => Reply::Answer(401, Vec::new()),
        false => Reply::json(&page(&[1], Value::Null)),
    });
    let server = server.await;
    let folder = tempfile::tempdir().unwrap();
    let wrong = server.pull_as("wrong", "twilio", "messages", folder.path(), &one_day()).await;
    assert!(wrong.is_err());
    server.pull("twilio", "messages", folder.path(), &one_day()).await.unwrap();
    assert_eq!(server.ids_kept("twilio", "messages", folder.path()).len(), 1);
    let other = server.pull_as("other", "twilio", "messages", folder.path(), &one_day()).await;
    assert!(matches!(other, Err(PullError::OtherAccount { .. })), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brief_reading_ends_at_what_is_known_and_keeps_nothing_twice() {
    let server = Server::start(|asked| {
        let number = asked.number("Page").unwrap_or(0);
        let first = u32::try_from(number * 2 + 1).unwrap();
        Reply::json(&page(&[first, first + 1], if number < 3 { link(first.div_ceil(2)) } else { Value::Null }))
    });
    let server = server.await;
    let folder = tempfile::tempdir().unwrap();
    server.pull("twilio", "messages", folder.path(), &one_day()).await.unwrap();
    assert_eq!(server.take_lines().len(), 4);
    let until = "2026-03-05T00:00:00Z";
    let brief = PullOptions { goes_on: true, is_brief: true, ..options("2026-03-03T00:00:00Z", until) };
    let read = server.pull("twilio", "messages", folder.path(), &brief).await.unwrap();
    // The day before, which the lag reaches into, and the new one: a page of each.
    assert_eq!(server.take_lines().len(), 2);
    assert_eq!(read.coverage.rows, 8, "rows that were known are not kept again");
}
