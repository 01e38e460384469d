//! Whole bodies: what is none, several accounts, broken parts, keys.

use std::collections::BTreeSet;

use expect_test::expect;
use model::Personal;
use proptest::prelude::*;

use super::{body, check, read_events, shown};
use crate::cloud::webhook::NotAWebhook;

fn keys(body: &str) -> Vec<String> {
    read_events(body.as_bytes()).unwrap().events.into_iter().map(|it| it.key.0).collect()
}

#[test]
fn what_is_no_webhook_is_an_error_and_an_empty_one_is_not() {
    let truncated = &body("messages", r#"{"messages":[]}"#)[..90];
    for body in ["", "[]", "{}", "null", r#"{"entry":1}"#, r#"{"entry":{}}"#, "\u{feff}{}", truncated] {
        assert_eq!(read_events(body.as_bytes()), Err(NotAWebhook), "{body}");
    }
    assert_eq!(read_events(b"{\"entry\":[\"\xff\"]}"), Err(NotAWebhook));
    for body in [r#"{"entry":[]}"#, r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[]}]}"#] {
        assert_eq!(read_events(body.as_bytes()), Ok(model::EventsRead::default()), "{body}");
    }
    check("messages", r#"{"contacts":[],"messages":[],"statuses":[]}"#, expect![[""]]);
}

#[test]
fn one_body_brings_events_of_several_accounts_and_numbers() {
    let status = |number: u32| {
        format!(
            r#"{{"field":"messages","value":{{"metadata":{{"phone_number_id":{number}}},"statuses":[{{"id":"wamid.{number}","status":"sent","timestamp":"1767000001","recipient_id":"33199000001"}}]}}}}"#
        )
    };
    let (one, two, three) = (status(106), status(107), status(208));
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102","changes":[{one},{two}]}},{{"id":202,"time":"1767000000","changes":[{three}]}}]}}"#
    );
    expect![[r#"
        102 106 @1767000001 status Sent of wamid.106, to 33199000001
        102 107 @1767000001 status Sent of wamid.107, to 33199000001
        202 208 @1767000001 status Sent of wamid.208, to 33199000001
    "#]]
    .assert_eq(&shown(&read_events(body.as_bytes()).unwrap()));
}

#[test]
fn one_broken_event_costs_one_event() {
    let good = |id: u32| {
        format!(r#"{{"id":"wamid.{id}","status":"sent","timestamp":"1767000001","recipient_id":"33199000001"}}"#)
    };
    let deep = "[".repeat(200) + &"]".repeat(200);
    let long = "x".repeat(600);
    let broken = [
        r#""a text""#.to_owned(),
        r#"{"status":"sent","timestamp":"1767000001"}"#.to_owned(),
        r#"{"id":"wamid.1","timestamp":"1767000001"}"#.to_owned(),
        r#"{"id":"wamid.1","status":"sent","timestamp":"soon"}"#.to_owned(),
        r#"{"id":"wamid.1","status":"sent","timestamp":99999999999999999999}"#.to_owned(),
        format!(r#"{{"id":"{long}","status":"sent","timestamp":"1767000001"}}"#),
        r#"{"id":"wamid\u0000","status":"sent","timestamp":"1767000001"}"#.to_owned(),
        r#"{"id":"wamid.1","status":"sent","timestamp":1e999}"#.to_owned(),
        format!(r#"{{"id":"wamid.1","deep":{deep}}}"#),
    ];
    let statuses = format!("{},{},{}", good(1), broken.join(","), good(2));
    check(
        "messages",
        &format!(r#"{{"statuses":[{statuses}],"messages":{{}},"calls":[{{"id":"c"}}]}}"#),
        expect![[r#"
            102 106 @1767000001 status Sent of wamid.1, to 33199000001
            102 106 @1767000001 status Sent of wamid.2, to 33199000001
            broken /entry/0/changes/0/value/calls/0: nothing is said of the call
            broken /entry/0/changes/0/value/messages: it is no list
            broken /entry/0/changes/0/value/statuses/1: it is no object
            broken /entry/0/changes/0/value/statuses/2: the status names no message
            broken /entry/0/changes/0/value/statuses/3: the status has no state
            broken /entry/0/changes/0/value/statuses/4: the time of the status cannot be read
            broken /entry/0/changes/0/value/statuses/5: the time of the status cannot be read
            broken /entry/0/changes/0/value/statuses/6: an id or word is too long or has control characters
            broken /entry/0/changes/0/value/statuses/7: an id or word is too long or has control characters
            broken /entry/0/changes/0/value/statuses/8: it is not the JSON that was expected
            broken /entry/0/changes/0/value/statuses/9: it is not the JSON that was expected
        "#]],
    );
}

#[test]
fn entries_and_changes_break_one_by_one() {
    let body = r#"{"entry":[1,{"id":"102"},{"id":"102","changes":7},{"id":"102","changes":[{},{"field":"messages","value":3},
        {"field":"account_update","value":[]},{"field":"account_review_update","value":{"decision":"APPROVED"}}]}]}"#;
    expect![[r#"
        102 - @- account account_review_update APPROVED, rest decision=APPROVED
        broken /entry/0: it is no object
        broken /entry/1: the entry has no changes
        broken /entry/2/changes: it is no list
        broken /entry/3/changes/0: the change has no value
        broken /entry/3/changes/1/value: it is no object
        broken /entry/3/changes/2/value: it is no object
    "#]]
    .assert_eq(&shown(&read_events(body.as_bytes()).unwrap()));
}

#[test]
fn a_body_of_another_product_is_kept_by_its_name() {
    let body = r#"{"object":"page","entry":[{"id":"7","messaging":[{"sender":{"id":"8"}}]}]}"#;
    expect![[r#"
        - - @- other unknown page
    "#]]
    .assert_eq(&shown(&read_events(body.as_bytes()).unwrap()));
}

#[test]
fn a_name_in_a_value_is_no_way_out_of_its_place() {
    check(
        "messages",
        r#"{"a/b~\u0000":{"x":1e999}}"#,
        expect![[r#"
            broken /entry/0/changes/0/value/a~1b~0�: it is not the JSON that was expected
        "#]],
    );
}

#[test]
fn an_event_has_one_key_in_every_body_that_brings_it() {
    let status = r#"{"id":"wamid.1","status":"sent","timestamp":"1767000001","recipient_id":"33199000001"}"#;
    let same = r#"{"timestamp":1767000001,"recipient_id":33199000001,"status":"sent","id":"wamid.1","new":true}"#;
    let one = keys(&body("messages", &format!(r#"{{"statuses":[{status}]}}"#)));
    let many =
        keys(&body("messages", &format!(r#"{{"statuses":[{same},{status}],"contacts":[{{"wa_id":"33199000001"}}]}}"#)));
    assert_eq!([one.clone(), one].concat(), many);

    let quality = r#"bare {"message_template_id":"1","message_template_name":"a","message_template_language":"en","new_quality_score":"RED"}"#;
    let swapped = r#"bare {"new_quality_score":"RED","message_template_language":"en","message_template_name":"a","message_template_id":"1"}"#;
    assert_eq!(keys(&body("message_template_quality_update", quality)), keys(&body("other_name", swapped)));
}

#[test]
fn different_events_have_different_keys() {
    let status = |rest: &str| format!(r#"{{"id":"wamid.1","recipient_id":"33199000001",{rest}}}"#);
    let statuses = [
        status(r#""status":"sent","timestamp":"1767000001""#),
        status(r#""status":"sent","timestamp":"1767000002""#),
        status(r#""status":"read","timestamp":"1767000001""#),
        status(r#""status":"played","timestamp":"1767000001""#),
        status(r#""status":"failed","timestamp":"1767000001""#),
        status(r#""status":"failed","timestamp":"1767000001","errors":[{"code":131026}]"#),
        status(
            r#""status":"sent","timestamp":"1767000001","recipient_type":"group","recipient_participant_id":"33199000001""#,
        ),
        status(
            r#""status":"sent","timestamp":"1767000001","recipient_type":"group","recipient_participant_user_id":"FR.2""#,
        ),
    ];
    let message = |id: &str| format!(r#"{{"id":"{id}","from":"33199000001","type":"text","text":{{"body":"a"}}}}"#);
    let (one, two, none) = (message("wamid.1"), message("wamid.2"), r#"{"from":"33199000001","type":"text"}"#);
    let value = format!(r#"{{"statuses":[{}],"messages":[{one},{two},{none}]}}"#, statuses.join(","));
    let mut all = keys(&body("messages", &value));
    all.extend(keys(&body("account_review_update", r#"bare {"decision":"APPROVED"}"#)));
    let later = body("account_review_update", r#"bare {"decision":"APPROVED"}"#).replace("1767000000", "1767000009");
    all.extend(keys(&later));
    // The first status of the group is that of the same person: the member stands in the place of the recipient.
    assert_eq!(all.len(), 13);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 12, "{all:#?}");
}

#[test]
fn a_message_to_one_number_is_not_that_to_another() {
    let message = r#"{"messages":[{"id":"wamid.1","from":"33199000001","type":"text"}]}"#;
    let one = body("messages", message);
    assert_ne!(keys(&one), keys(&one.replace(r#""106""#, r#""107""#)));
}

#[test]
fn nothing_personal_is_printed() {
    let value = r#"{"contacts":[{"wa_id":"33199000001","user_id":"FR.1","profile":{"name":"Ana","username":"ana.m"}}],
        "messages":[{"id":"wamid.HBgLMzMxOTkwMDAwMDE","from":"33199000001","type":"text","text":{"body":"secret"}},{"from":{},"id":"33199000001","type":"text"}],
        "statuses":[{"id":"wamid.HBgLMzMxOTkwMDAwMDE","status":"failed","timestamp":"1","recipient_id":"33199000001","errors":[{"code":1,"message":"secret"}]}]}"#;
    let read = read_events(body("messages", value).as_bytes()).unwrap();
    let printed = format!("{read:?}");
    for personal in ["33199000001", "FR.1", "Ana", "ana.m", "secret", "wamid"] {
        assert!(!printed.contains(personal), "{personal}: {printed}");
    }
    assert!(read.events.iter().any(|it| it.key != Personal::default()));
}

/// Any JSON, made of the names and the values that the reader looks for.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let names = prop::sample::select(vec![
        "id",
        "entry",
        "changes",
        "field",
        "value",
        "time",
        "messages",
        "statuses",
        "calls",
        "contacts",
        "errors",
        "user_preferences",
        "user_id_update",
        "user_id",
        "wa_id",
        "from",
        "type",
        "text",
        "body",
        "system",
        "timestamp",
        "status",
        "event",
        "metadata",
        "message_template_id",
        "new_category",
        "groups",
        "code",
        "object",
    ]);
    let words = prop::sample::select(vec![
        "messages",
        "text",
        "system",
        "sent",
        "failed",
        "1767000001",
        "user_changed_number",
        "FR.1",
        "33199000001",
        "",
        "calls",
        "account_update",
        "group",
        "whatsapp_business_account",
        "edit",
        "\0",
        "TIER_1K",
    ]);
    let leaf = prop_oneof![
        words.prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        "\\PC{0,8}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..6).prop_map(|it| it
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_fail_in_another_way(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_events(&bytes);
    }

    #[test]
    fn no_json_makes_the_reader_panic_and_every_item_is_an_event_or_broken(
        field in prop::sample::select(vec!["messages", "calls", "account_update", "message_template_status_update", "user_actions", "x"]),
        items in prop::collection::vec(any_json(), 0..4),
        value in any_json(),
    ) {
        let list = serde_json::Value::from(items.clone()).to_string();
        let read = read_events(body("messages", &format!(r#"{{"statuses":{list}}}"#)).as_bytes()).unwrap();
        prop_assert_eq!(read.events.len() + read.broken.len(), items.len());
        let whole = read_events(body(field, &format!("bare {value}")).as_bytes()).unwrap();
        // What was read is stored as JSON.
        for event in &whole.events {
            serde_json::to_string(event).unwrap();
        }
        let _ = read_events(value.to_string().as_bytes());
    }

    #[test]
    fn a_body_that_was_cut_or_changed_is_read_without_panic(cut in 0_usize..700, byte in any::<u8>()) {
        let value = r#"{"contacts":[{"wa_id":"33199000001","user_id":"FR.1"}],"messages":[{"from":"33199000001","id":"wamid.1","timestamp":"1","type":"text","text":{"body":"é"}}]}"#;
        let mut whole = body("messages", value).into_bytes();
        let _ = read_events(&whole[..cut.min(whole.len())]);
        let place = cut % whole.len();
        whole[place] = byte;
        let _ = read_events(&whole);
    }
}

#[test]
fn a_change_that_does_not_say_what_it_is_about_is_a_broken_part() {
    let read =
        read_events(br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":{"no":1}}]}]}"#);
    let broken = read.unwrap().broken;
    assert_eq!(broken.len(), 1);
    assert_eq!(
        (broken[0].place.as_str(), broken[0].reason.as_str()),
        ("/entry/0/changes/0", "the change does not say what it is about")
    );
}
