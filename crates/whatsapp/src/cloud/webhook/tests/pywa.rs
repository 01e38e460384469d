//! The same bodies, read by pywa. It reads the first event of a body, and needs contacts with user ids everywhere.

use std::io::Write;
use std::process::{Command, Stdio};

use model::{EventContent, MessageState, PersonIds, Personal, PreferenceChoice};

use super::{body, read_events};

const CONTACTS: &str =
    r#""contacts":[{"profile":{"name":"Ana","username":"ana.m"},"wa_id":"33199000001","user_id":"FR.1"}]"#;

/// Bodies of the profile `pywa-compat`: a field, and the parts of its value besides the contacts.
const BODIES: &[(&str, &str)] = &[
    (
        "messages",
        r#""messages":[{"from":"33199000001","from_user_id":"FR.1","id":"wamid.1","timestamp":"1767000001","type":"text","text":{"body":"Bonjour"}}]"#,
    ),
    (
        "messages",
        r#""messages":[{"from":"33199000001","from_user_id":"FR.1","id":"wamid.2","timestamp":"1767000002","type":"button","button":{"text":"Stop","payload":"OPT_OUT"},"context":{"from":"12025550100","id":"wamid.0"}}]"#,
    ),
    (
        "messages",
        r#""messages":[{"from":"33199000001","from_user_id":"FR.1","id":"wamid.3","timestamp":"1767000003","type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"row-2","title":"Paris","description":"d"}},"context":{"from":"12025550100","id":"wamid.0"}}]"#,
    ),
    (
        "messages",
        r#""statuses":[{"id":"wamid.4","status":"delivered","timestamp":"1767000004","recipient_id":"33199000001","recipient_user_id":"FR.1","biz_opaque_callback_data":"0197-ab","pricing":{"billable":true,"pricing_model":"PMP","type":"regular","category":"marketing"}}]"#,
    ),
    (
        "messages",
        r#""statuses":[{"id":"wamid.5","status":"failed","timestamp":"1767000005","recipient_id":"33199000001","recipient_user_id":"FR.1","biz_opaque_callback_data":"0197-cd","errors":[{"code":131026,"title":"Message undeliverable","message":"Message undeliverable","error_data":{"details":"Unable to deliver."}}]}]"#,
    ),
    (
        "user_preferences",
        r#""user_preferences":[{"wa_id":"33199000001","user_id":"FR.1","detail":"x","category":"marketing_messages","value":"stop","timestamp":1767000006}]"#,
    ),
    (
        "messages",
        r#""messages":[{"from":"33199000001","id":"wamid.7","timestamp":"1767000007","type":"system","system":{"type":"user_changed_number","body":"x","wa_id":"33199000009","user_id":"FR.9"}}]"#,
    ),
    (
        "calls",
        r#""calls":[{"id":"wacid.8","from":"33199000001","to":"12025550100","event":"connect","timestamp":"1767000008","direction":"USER_INITIATED"}]"#,
    ),
];

const SCRIPT: &str = r#"
import json, sys
from pywa import WhatsApp
from pywa.types.base_update import RawUpdate
client = WhatsApp(phone_id="106", token="x", filter_updates=False, server=None)
def line(body):
    raw = RawUpdate(body.encode(), hmac_header=None, update_hash="x")
    update = client._handlers_to_updates[client._get_handler_type(raw)].from_update(client=client, update=raw)
    kind, user = type(update).__name__, update.from_user
    who = f"{int(update.timestamp.timestamp())} {user.wa_id} {user.bsuid} {user.username}"
    if kind == "Message": return f"message {update.id} {who} {update.text} None"
    if kind in ("CallbackButton", "CallbackSelection"): return f"message {update.id} {who} {update.title} {update.data}"
    if kind == "MessageStatus":
        code = update.error.code if update.error else None
        return f"status {update.id} {who} {update.status} {update.tracker} {code}"
    if kind == "UserMarketingPreferences": return f"preference {who} {update.value}"
    if kind == "PhoneNumberChange": return f"number {update.old_wa_id} {update.new_wa_id} {update.new_user_id}"
    if kind == "CallConnect": return f"call {update.id} {who} {update.event} {update.direction}"
    return kind
json.dump([line(body) for body in json.load(sys.stdin)], sys.stdout)
"#;

#[test]
fn pywa_reads_the_same_from_the_same_bodies() {
    let Some(python) = test_needs::Need::Python.find() else { return };
    let bodies: Vec<String> =
        BODIES.iter().map(|(field, parts)| body(field, &format!("{{{CONTACTS},{parts}}}"))).collect();
    let mut pywa =
        Command::new(python).args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = serde_json::to_vec(&bodies).unwrap();
    pywa.stdin.take().unwrap().write_all(&input).unwrap();
    let output = pywa.wait_with_output().unwrap();
    assert!(output.status.success());
    let theirs: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    let ours: Vec<String> = bodies.iter().map(|it| line(it)).collect();
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 8);
}

fn line(body: &str) -> String {
    let read = read_events(body.as_bytes()).unwrap();
    assert_eq!((read.events.len(), read.broken.len()), (1, 0));
    let event = &read.events[0];
    let text = |it: &Option<Personal<String>>| it.as_ref().map_or("None".to_owned(), |it| it.0.clone());
    let who = |it: &PersonIds| {
        let at = event.at.unwrap().as_second();
        format!("{at} {} {} {}", text(&it.wa_id), text(&it.user_id), text(&it.username))
    };
    match &event.content {
        EventContent::Message(it) => {
            let payload = it.payload.as_deref().unwrap_or("None");
            format!("message {} {} {} {payload}", it.message.0, who(&it.person), text(&it.text))
        }
        EventContent::Status(it) => {
            let state = match it.state {
                MessageState::Delivered => "delivered",
                MessageState::Failed => "failed",
                _ => "another state",
            };
            let code = it.error.as_ref().and_then(|it| it.code).map_or("None".to_owned(), |it| it.to_string());
            let opaque = it.opaque_id.as_deref().unwrap_or("None");
            format!("status {} {} {state} {opaque} {code}", it.message.0, who(&it.person))
        }
        EventContent::Preference(it) => {
            let choice = if it.choice == PreferenceChoice::Stop { "stop" } else { "another choice" };
            format!("preference {} {choice}", who(&it.person))
        }
        EventContent::Identity(it) => {
            format!("number {} {} {}", text(&it.before.wa_id), text(&it.person.wa_id), text(&it.person.user_id))
        }
        EventContent::Call(it) => {
            let direction = if it.is_by_person { "USER_INITIATED" } else { "BUSINESS_INITIATED" };
            format!("call {} {} {} {direction}", it.call.0, who(&it.person), it.event)
        }
        other => format!("{other:?}"),
    }
}
