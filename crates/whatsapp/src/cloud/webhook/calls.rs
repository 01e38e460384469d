//! Calls.

use model::{CallEvent, Event, EventContent, Personal};
use serde_json::Value;

use super::change::Change;
use super::field::{Unreadable, moment, text, word};
use super::{key, people};

/// Reads an item of `calls`.
pub(super) fn call(change: &Change<'_>, item: &Value) -> Result<Event, Unreadable> {
    let is_by_person = match text(item, "direction") {
        Some(direction) => direction.eq_ignore_ascii_case("USER_INITIATED"),
        None => !change.number.is_empty() && text(item, "from").is_some() && !change.is_from_business(item),
    };
    let person = match is_by_person {
        true => people::ids(item, "from", "from_user_id", "from_parent_user_id")?,
        false => people::ids(item, "to", "to_user_id", "to_parent_user_id")?,
    };
    event(change, item, person, is_by_person, word(item, "event")?)
}

/// Reads an item of `statuses` that is about a call of the business.
pub(super) fn status(change: &Change<'_>, item: &Value) -> Result<Event, Unreadable> {
    let person = people::ids(item, "recipient_id", "recipient_user_id", "recipient_parent_user_id")?;
    event(change, item, person, false, word(item, "status")?)
}

fn event(
    change: &Change<'_>,
    item: &Value,
    person: model::PersonIds,
    is_by_person: bool,
    event: Option<String>,
) -> Result<Event, Unreadable> {
    let call = word(item, "id")?.ok_or(Unreadable("the call has no id"))?;
    let event = event.ok_or(Unreadable("nothing is said of the call"))?;
    let at = moment(item, "timestamp").ok_or(Unreadable("the time of the call cannot be read"))?;
    let key = key::of(&["call", &change.sender, &call, &event, &key::time(Some(at))]);
    let person = change.people.complete(person);
    let call = CallEvent { call: Personal(call), person, is_by_person, event };
    Ok(change.event(key, Some(at), EventContent::Call(call)))
}
