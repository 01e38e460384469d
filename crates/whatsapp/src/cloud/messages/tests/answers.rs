use std::time::Duration;

use http::AnswerHeaders;

use super::*;
use crate::{ErrorScope, Retry};

const GOOD: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"+33199000001","wa_id":"33199000001"}],
    "messages":[{"id":"wamid.HBgL","message_status":"accepted"}]}"#;

fn read(status: u16, body: &str) -> SendAnswer {
    read_send_answer(status, &AnswerHeaders::default(), body.as_bytes()).answer
}

fn accepted(body: &str) -> AcceptedMessage {
    match read(200, body) {
        SendAnswer::Accepted(it) => it,
        other => panic!("{other:?}"),
    }
}

/// The code of a refusal, and how it is sent again.
fn refused(status: u16, body: &str) -> (Option<i64>, Retry) {
    match read(status, body) {
        SendAnswer::Refused(it) => (it.code, it.meaning.retry()),
        other => panic!("{other:?}"),
    }
}

fn is_unknown(status: u16, body: &str) -> bool {
    matches!(read(status, body), SendAnswer::Unknown(_))
}

#[test]
fn an_acceptance_names_the_message_and_the_person() {
    let good = accepted(GOOD);
    assert_eq!((good.message.0.as_str(), good.wa_id.unwrap().0.as_str()), ("wamid.HBgL", "33199000001"));
    assert_eq!((good.user_id, good.status), (None, Acceptance::Accepted));
    let to_user = accepted(r#"{"contacts":[{"input":"FR.1349","user_id":"FR.1349"}],"messages":[{"id":"wamid.1"}]}"#);
    assert_eq!((to_user.wa_id, to_user.user_id.unwrap().0.as_str()), (None, "FR.1349"));
}

#[test]
fn a_held_message_is_accepted_and_a_new_word_is_kept() {
    let status =
        |word: &str| accepted(&format!(r#"{{"messages":[{{"id":"wamid.1","message_status":{word}}}]}}"#)).status;
    assert_eq!(status(r#""held_for_quality_assessment""#), Acceptance::Held);
    assert_eq!(status(r#""paused""#), Acceptance::Paused);
    assert_eq!(status(r#""queued_elsewhere""#), Acceptance::Other("queued_elsewhere".into()));
    assert_eq!(status("null"), Acceptance::Accepted);
}

#[test]
fn a_success_without_the_id_of_a_message_is_unknown() {
    for body in [
        "",
        "{}",
        "<html>Bad Gateway</html>",
        r#"{"messages":[]}"#,
        r#"{"messages":[{"id":""}]}"#,
        r#"{"messages":[{"id":7}]}"#,
        r#"{"messages":[{"id":"a\u0000b"}]}"#,
        r#"{"messages":[{"id":"wamid.1","id":"wamid.2"}]}"#,
        r#"{"messages":[{"id":"wam"#,
        r#"{"messages":[{"id":"wamid.1"}]} and more"#,
        r#"[{"messages":[{"id":"wamid.1"}]}]"#,
    ] {
        assert!(is_unknown(200, body), "{body}");
    }
    // What is beside the id spoils nothing.
    assert_eq!(accepted(r#"{"contacts":"none","messages":[{"id":"wamid.1"}]}"#).wa_id, None);
}

#[test]
fn a_refusal_says_what_it_is_about_and_when_to_send_again() {
    let pair = r#"{"error":{"message":"(#131056) pair","code":131056,"error_data":{"details":"Too many."}}}"#;
    assert_eq!(refused(400, pair), (Some(131_056), Retry::Backoff));
    let SendAnswer::Refused(pair) = read(400, pair) else { panic!() };
    assert_eq!((pair.meaning.rule.scope, pair.details.as_str()), (ErrorScope::Pair, "Too many."));
    assert_eq!(refused(401, r#"{"error":{"code":190}}"#), (Some(190), Retry::Never));
    assert_eq!(refused(200, r#"{"error":{"code":132001}}"#).0, Some(132_001));
}

#[test]
fn a_failing_server_and_an_unknown_code_refuse_nothing() {
    for status in [500, 502, 503, 504] {
        assert!(is_unknown(status, r#"{"error":{"code":100}}"#), "{status}");
        assert!(is_unknown(status, GOOD), "{status}");
        assert!(is_unknown(status, ""), "{status}");
    }
    for code in ["131000", "131016", "133004", "2", "999999", "\"100\"", "null"] {
        assert!(is_unknown(400, &format!(r#"{{"error":{{"code":{code}}}}}"#)), "{code}");
    }
    for (status, body) in [(302, ""), (400, ""), (403, "<html>"), (404, "{}"), (400, GOOD)] {
        assert!(is_unknown(status, body), "{status} {body}");
    }
}

#[test]
fn a_status_alone_says_that_the_token_or_the_rate_is_wrong() {
    assert_eq!(refused(401, ""), (Some(190), Retry::Never));
    assert_eq!(refused(429, "slow down"), (Some(130_429), Retry::Backoff));
    assert_eq!(refused(429, r#"{"error":{"code":131056}}"#).0, Some(131_056));
}

#[test]
fn details_hold_no_number_and_no_user_id() {
    for (told, shown) in [
        ("Recipient +33199000001 is not allowed", "Recipient … is not allowed"),
        ("Recipient +33 1 99 00 00 01, sorry", "Recipient … sorry"),
        ("to=(202) 555-0101.", "to=(202) …"),
        ("user FR.13491208655302741918 is gone", "user … is gone"),
        ("Parameter 3 of 12 is missing (#132000)", "Parameter 3 of 12 is missing (#132000)"),
        ("٣٣١٩٩٠٠٠٠٠١", "…"),
    ] {
        let body = serde_json::json!({ "error": { "code": 100, "error_data": { "details": told } } }).to_string();
        let SendAnswer::Refused(failure) = read(400, &body) else { panic!() };
        assert_eq!(failure.details, shown);
    }
}

#[test]
fn headers_say_the_time_the_wait_and_what_was_used() {
    let headers = AnswerHeaders {
        date: Some("2026-11-01T09:00:00Z".parse().unwrap()),
        retry_after: Some(Duration::from_secs(7)),
        business_use_case_usage: Some(
            r#"{"1":[{"type":"messages","call_count":28,"total_cputime":30.2,"total_time":5,
            "estimated_time_to_regain_access":0}],"2":[{"call_count":90.2,"estimated_time_to_regain_access":12}]}"#
                .into(),
        ),
    };
    let reply = read_send_answer(200, &headers, GOOD.as_bytes());
    assert_eq!((reply.date, reply.retry_after), (headers.date, headers.retry_after));
    assert_eq!(reply.usage, Some(AccountUsage { percent: 91, minutes_to_regain: 12 }));
    let odd = AnswerHeaders { business_use_case_usage: Some("[1".into()), ..headers };
    assert_eq!(read_send_answer(200, &odd, GOOD.as_bytes()).usage, None);
}
