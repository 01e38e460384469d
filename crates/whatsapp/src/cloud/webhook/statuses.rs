//! What became of messages of the business.

use model::{Event, EventContent, MessageError, MessageState, Personal, Price, StatusEvent};
use serde_json::Value;

use super::change::Change;
use super::field::{Unreadable, integer, moment, text, word};
use super::{calls, key, people};

/// Reads an item of `statuses`. The order of states depends on their times, so a status without one cannot be used.
pub(super) fn status(change: &Change<'_>, item: &Value) -> Result<Event, Unreadable> {
    if change.field == "calls" || text(item, "type") == Some("call") {
        return calls::status(change, item);
    }
    let message = word(item, "id")?.ok_or(Unreadable("the status names no message"))?;
    let state = word(item, "status")?.ok_or(Unreadable("the status has no state"))?;
    let at = moment(item, "timestamp").ok_or(Unreadable("the time of the status cannot be read"))?;
    let is_group = text(item, "recipient_type") == Some("group");
    let person = match is_group {
        true => people::ids(item, "recipient_participant_id", "recipient_participant_user_id", "")?,
        false => people::ids(item, "recipient_id", "recipient_user_id", "recipient_parent_user_id")?,
    };
    let error = error(change, item, &state);
    let code = error.as_ref().and_then(|it| it.code).map(|it| it.to_string()).unwrap_or_default();
    let key = key::of(&["status", &message, &state, recipient(&person), &key::time(Some(at)), &code]);
    let status = StatusEvent {
        message: Personal(message),
        opaque_id: word(item, "biz_opaque_callback_data")?,
        state: message_state(state),
        person: change.people.complete(person),
        group: if is_group { word(item, "recipient_id")? } else { None },
        error,
        price: price(item),
    };
    Ok(change.event(key, Some(at), EventContent::Status(status)))
}

/// The types of echoes that say nothing new to the person.
const NO_MESSAGES: &[&str] = &["edit", "reaction", "revoke"];

/// Reads the echo of a message that the business has written elsewhere, such as in the app: it was sent. None if the echo is no
/// message, or does not say when it was sent and to whom.
pub(super) fn echo(change: &Change<'_>, item: &Value) -> Option<Event> {
    let message = word(item, "id").ok().flatten()?;
    let at = moment(item, "timestamp")?;
    let person = people::ids(item, "to", "to_user_id", "to_parent_user_id").ok()?;
    if person.is_empty() || text(item, "type").is_some_and(|it| NO_MESSAGES.contains(&it)) {
        return None;
    }
    let key = key::of(&["echo", &message, recipient(&person)]);
    let status = StatusEvent {
        message: Personal(message),
        opaque_id: None,
        state: MessageState::Sent,
        person: change.people.complete(person),
        group: None,
        error: None,
        price: None,
    };
    Some(change.event(key, Some(at), EventContent::Status(status)))
}

/// The recipient as a part of the key: a message to a group has one id and many recipients.
fn recipient(person: &model::PersonIds) -> &str {
    person.user_id.as_ref().or(person.wa_id.as_ref()).map_or("", |it| it.0.as_str())
}

fn message_state(state: String) -> MessageState {
    match &*state {
        "accepted" => MessageState::Accepted,
        "held_for_quality_assessment" => MessageState::Held,
        "sent" => MessageState::Sent,
        "delivered" => MessageState::Delivered,
        // A voice message that was played was read.
        "read" | "played" => MessageState::Read,
        "failed" => MessageState::Failed,
        _ => MessageState::Other(state),
    }
}

fn error(change: &Change<'_>, item: &Value, state: &str) -> Option<MessageError> {
    let own = item.pointer("/errors/0").cloned();
    let error = own.or_else(|| if state == "failed" { change.error() } else { None })?;
    let details = error.pointer("/error_data/details").and_then(Value::as_str).filter(|it| !it.is_empty());
    let details = details.or_else(|| text(&error, "message")).or_else(|| text(&error, "title"));
    Some(MessageError { code: integer(error.get("code")), details: details.map(|it| Personal(it.to_owned())) })
}

/// Before 2026 the category stood only in the conversation.
fn price(item: &Value) -> Option<Price> {
    let part = |name| item.get(name).filter(|it| it.is_object());
    let (pricing, conversation) = (part("pricing"), part("conversation"));
    let pricing = pricing.or(conversation.filter(|it| it.get("origin").is_some()))?;
    let word = |name| word(pricing, name).ok().flatten();
    let origin = || conversation?.pointer("/origin/type")?.as_str().map(str::to_owned);
    Some(Price {
        is_billable: pricing.get("billable").and_then(Value::as_bool),
        category: word("category").or_else(origin),
        model: word("pricing_model"),
        kind: word("type"),
    })
}
