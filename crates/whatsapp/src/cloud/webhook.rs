//! Bodies of webhooks: statuses of messages, and inbound messages.

use std::borrow::Cow;

use jiff::Timestamp;
use phone::PhoneNumber;
use serde::Deserialize;
use serde_json::Value;

use crate::answer::read_number;

/// An event of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The person's number. Since April 2026 a webhook may name no phone.
    pub phone: Option<PhoneNumber>,
    pub at: Timestamp,
    pub kind: EventKind,
}

/// The kind of an [`Event`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The person wrote, pressed a button or chose from a list.
    Inbound,
    Sent,
    Delivered,
    Read,
    Played,
    /// A message was not delivered, with the code that Meta gives.
    Failed(Option<i64>),
    /// The number now belongs to another account.
    IdentityChanged,
    /// A status or message that we do not know.
    Other,
}

/// The body is not that of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the body of a WhatsApp webhook")]
pub struct NotAWebhook;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default)]
    changes: Vec<Change<'a>>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    value: Content<'a>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    statuses: Vec<Status<'a>>,
    #[serde(borrow, default)]
    messages: Vec<Message<'a>>,
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    timestamp: Value,
    #[serde(borrow, default)]
    recipient_id: Option<Cow<'a, str>>,
    #[serde(default)]
    errors: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    code: Option<i64>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    from: Option<Cow<'a, str>>,
    timestamp: Value,
    #[serde(borrow, default)]
    r#type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    system: Option<System<'a>>,
}

#[derive(Deserialize)]
struct System<'a> {
    #[serde(borrow, default)]
    r#type: Option<Cow<'a, str>>,
}

/// Reads the events of one body. Events without a date are left out; unknown fields and kinds are allowed.
pub fn events(body: &[u8]) -> Result<Vec<Event>, NotAWebhook> {
    let body: Body = serde_json::from_slice(body).map_err(|_| NotAWebhook)?;
    let mut events = Vec::new();
    for content in body.entry.into_iter().flat_map(|it| it.changes).map(|it| it.value) {
        events.extend(content.statuses.iter().filter_map(status_event));
        events.extend(content.messages.iter().filter_map(message_event));
    }
    Ok(events)
}

fn status_event(status: &Status) -> Option<Event> {
    let kind = match &*status.status {
        "sent" => EventKind::Sent,
        "delivered" => EventKind::Delivered,
        "read" => EventKind::Read,
        "played" => EventKind::Played,
        "failed" => EventKind::Failed(status.errors.first().and_then(|it| it.code)),
        _ => EventKind::Other,
    };
    Some(Event {
        phone: status.recipient_id.as_deref().and_then(read_number),
        at: read_timestamp(&status.timestamp)?,
        kind,
    })
}

fn message_event(message: &Message) -> Option<Event> {
    let changes =
        ["user_changed_number", "customer_changed_number", "customer_identity_changed", "user_identity_changed"];
    let kind = match (message.r#type.as_deref(), message.system.as_ref().and_then(|it| it.r#type.as_deref())) {
        (Some("system"), Some(change)) if changes.contains(&change) => EventKind::IdentityChanged,
        (Some("system"), _) => EventKind::Other,
        _ => EventKind::Inbound,
    };
    Some(Event { phone: message.from.as_deref().and_then(read_number), at: read_timestamp(&message.timestamp)?, kind })
}

/// Reads seconds since 1970: a string in messages and statuses, a number elsewhere.
fn read_timestamp(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &str) {
        let body = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{value}}}]}}]}}"#
        );
        let shown: Vec<String> = events(body.as_bytes())
            .unwrap()
            .iter()
            .map(|it| {
                format!("{} {} {:?}", it.phone.map_or("-".into(), |it| it.to_string()), it.at.as_second(), it.kind)
            })
            .collect();
        assert_eq!(shown.join(", "), expected);
    }

    #[test]
    fn statuses_and_messages_are_events_of_a_number() {
        check(
            r#"{"statuses":[{"id":"wamid.1","status":"delivered","timestamp":"1767000000","recipient_id":"33199000001",
                "recipient_user_id":"FR.1"},{"id":"wamid.2","status":"failed","timestamp":1767000001,
                "recipient_id":"33199000002","errors":[{"code":131026,"title":"x"}]}]}"#,
            "+33199000001 1767000000 Delivered, +33199000002 1767000001 Failed(Some(131026))",
        );
        check(
            r#"{"messages":[{"from":"33199000001","id":"wamid.3","timestamp":"1767000002","type":"text","text":{"body":"hi"}},
                {"from_user_id":"FR.1","id":"wamid.4","timestamp":"1767000003","type":"button"}]}"#,
            "+33199000001 1767000002 Inbound, - 1767000003 Inbound",
        );
    }

    #[test]
    fn a_number_that_went_to_another_account_is_an_event() {
        check(
            r#"{"messages":[{"from":"33199000001","timestamp":"1767000004","type":"system",
                "system":{"type":"user_changed_number","wa_id":"33199000009"}},
                {"from":"33199000002","timestamp":"1767000005","type":"system","system":{"type":"new_kind"}}]}"#,
            "+33199000001 1767000004 IdentityChanged, +33199000002 1767000005 Other",
        );
    }

    #[test]
    fn what_is_no_webhook_is_an_error_and_an_empty_one_is_not() {
        for body in ["", "[]", "{}", r#"{"entry":1}"#, r#"{"entry":[{"changes":[{}]}]}"#] {
            assert_eq!(events(body.as_bytes()), Err(NotAWebhook), "{body}");
        }
        assert_eq!(events(br#"{"entry":[]}"#), Ok(vec![]));
        check(r#"{"contacts":[]}"#, "");
        check(r#"{"statuses":[{"status":"sent","timestamp":"soon"}]}"#, "");
    }
}
