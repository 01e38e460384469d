//! Messages of people.

use model::{Event, EventContent, InboundMessage, PersonIds, Personal};
use serde_json::Value;

use super::change::Change;
use super::field::{Unreadable, moment, text, word};
use super::{identity, key, other, people, statuses};

/// The types of messages that people send.
const TYPES: &[&str] = &[
    "audio",
    "button",
    "contacts",
    "document",
    "edit",
    "image",
    "interactive",
    "location",
    "order",
    "reaction",
    "sticker",
    "text",
    "unknown",
    "unsupported",
    "video",
];

/// The types that tell something that is no message of a person.
const NO_MESSAGES: &[&str] = &["request_welcome", "revoke"];

/// Reads an item of `messages`.
///
/// A message without a time or an id is kept all the same: it may be a refusal, which counts.
pub(super) fn message(change: &Change<'_>, item: &Value) -> Result<Event, Unreadable> {
    let kind = word(item, "type")?.unwrap_or_default();
    if kind == "system" {
        return identity::system(change, item);
    }
    if change.is_from_business(item) {
        return Ok(statuses::echo(change, item).unwrap_or_else(|| other::event(change, "echo", true, item)));
    }
    if !TYPES.contains(&&*kind) || is_automatic(item) {
        let is_known = TYPES.contains(&&*kind) || NO_MESSAGES.contains(&&*kind);
        // Whatever it is, it says which ids are one person's.
        let person = person(change, item).unwrap_or_default();
        return Ok(other::event_of(change, &kind, is_known, person, item));
    }
    let person = person(change, item)?;
    if person.is_empty() {
        return Err(Unreadable("the message names no person"));
    }
    let content = if kind == "edit" { item.pointer("/edit/message").unwrap_or(&Value::Null) } else { item };
    let (words, payload) = words(content);
    let message = InboundMessage {
        message: Personal(word(item, "id")?.unwrap_or_default()),
        person,
        group: word(item, "group_id")?,
        text: words.map(|it| Personal(it.to_owned())),
        payload: payload.map(str::to_owned),
        answers: word(item.get("context").unwrap_or(&Value::Null), "id")?.map(Personal),
        is_standby: change.field == "standby",
        kind,
    };
    Ok(change.event(key::of_message(change, item)?, moment(item, "timestamp"), EventContent::Message(message)))
}

fn person(change: &Change<'_>, item: &Value) -> Result<PersonIds, Unreadable> {
    Ok(change.people.complete(people::ids(item, "from", "from_user_id", "from_parent_user_id")?))
}

/// Whether the app has answered a request for calls by itself.
fn is_automatic(item: &Value) -> bool {
    let source = item.pointer("/interactive/call_permission_reply/response_source").and_then(Value::as_str);
    source.is_some_and(|it| it.eq_ignore_ascii_case("automatic"))
}

/// What the person wrote or pressed, and the payload that the business gave it. Answers to flows are neither.
fn words(content: &Value) -> (Option<&str>, Option<&str>) {
    let part = |name| content.get(name).unwrap_or(&Value::Null);
    match text(content, "type").unwrap_or_default() {
        "text" => (text(part("text"), "body"), None),
        "button" => (text(part("button"), "text"), text(part("button"), "payload")),
        "interactive" => {
            let choices = ["button_reply", "list_reply"];
            let choice = choices.iter().find_map(|it| part("interactive").get(it)).unwrap_or(&Value::Null);
            (text(choice, "title"), text(choice, "id"))
        }
        kind => (text(part(kind), "caption"), None),
    }
}
