//! Events that are kept and change nothing.

use model::{Event, EventContent, OtherEvent, PersonIds, cleaned};
use serde_json::Value;

use super::change::Change;
use super::field::moment;
use super::{key, shape, statuses};

/// The fields that Meta documents, and of which nothing is taken.
const KNOWN: &[&str] = &[
    "automatic_events",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_echoes",
    "message_template_components_update",
    "messaging_handovers",
    "smb_app_state_sync",
    "smb_message_echoes",
    "template_correct_category_detection",
    "tracking_events",
    "user_actions",
];

/// The fields that tell of messages which the business has written elsewhere, such as in the app.
const ECHOES: &[&str] = &["message_echoes", "smb_message_echoes"];

/// The lists of such fields that are not named as the field.
const LISTS: &[&str] = &["groups", "history", "message_echoes", "state_sync"];

/// The longest word for a kind of event.
const LONGEST: usize = 64;

/// The events of a change, if its value lists them.
pub(super) fn list<'v>(change: &Change<'_>, value: &'v Value) -> Option<(&'v str, &'v [Value])> {
    let is_list = |name: &str| name == change.field || LISTS.contains(&name);
    let (name, items) = value.as_object()?.iter().find(|(name, items)| is_list(name) && items.is_array())?;
    Some((name, items.as_array()?))
}

/// A value that is one event.
pub(super) fn whole(change: &Change<'_>, value: &Value) -> Event {
    let handover = ["control_passed", "control_taken", "control_requested"];
    let kind = handover.into_iter().find(|it| value.get(it).is_some());
    event(change, kind.unwrap_or_else(|| word(value)), KNOWN.contains(&&*change.field), value)
}

/// An item of a list of events. One that tells of a message of the business is a status of that message.
pub(super) fn item(change: &Change<'_>, item: &Value) -> Event {
    if let Some(status) = ECHOES.contains(&&*change.field).then(|| statuses::echo(change, item)).flatten() {
        return status;
    }
    event(change, word(item), KNOWN.contains(&&*change.field), item)
}

fn word(value: &Value) -> &str {
    ["type", "action_type", "event", "action"].iter().find_map(|it| value.get(it)?.as_str()).unwrap_or_default()
}

/// Makes the event of an item. Its key is the digest of the item, with its time.
pub(super) fn event(change: &Change<'_>, kind: &str, is_known: bool, item: &Value) -> Event {
    event_of(change, kind, is_known, PersonIds::default(), item)
}

/// The same, of a person.
pub(super) fn event_of(change: &Change<'_>, kind: &str, is_known: bool, person: PersonIds, item: &Value) -> Event {
    let at = moment(item, "timestamp").or(change.time);
    let key = key::of(&["other", &change.account, &change.sender, &change.field, &key::time(at), &key::digest(item)]);
    let shape = (!is_known).then(|| shape::of(item));
    let content = OtherEvent { field: change.field.clone(), kind: cleaned(kind, LONGEST), is_known, person, shape };
    change.event(key, at, EventContent::Other(content))
}
