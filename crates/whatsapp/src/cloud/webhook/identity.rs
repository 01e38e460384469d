//! Changes of identities: system messages, and the older list `user_id_update`.

use model::{Event, EventContent, IdentityTelling, IdentityTold, PersonIds, Personal};
use serde_json::Value;

use super::change::Change;
use super::field::{Unreadable, moment, word};
use super::{key, other, people};

/// Reads a message of the type `system`.
pub(super) fn system(change: &Change<'_>, item: &Value) -> Result<Event, Unreadable> {
    let system = item.get("system").unwrap_or(&Value::Null);
    let kind = word(system, "type")?.unwrap_or_default();
    let told = match &*kind {
        "user_changed_number" | "customer_changed_number" => number_changed(item, system)?,
        "user_changed_user_id" => user_id_changed(item, system)?,
        "customer_identity_changed" | "user_identity_changed" => key_changed(change, item)?,
        _ => return Ok(other::event(change, &kind, false, item)),
    };
    told_event(change, key::of_message(change, item)?, item, told)
}

/// The number of the message is the old one.
fn number_changed(item: &Value, system: &Value) -> Result<IdentityTold, Unreadable> {
    let person = people::ids(system, "wa_id", "user_id", "parent_user_id")?;
    let wa_id = person.wa_id.clone().or(number(word(system, "new_wa_id")?));
    let old = number(word(system, "customer")?.or(word(item, "from")?));
    let before = PersonIds { wa_id: old, ..ids_before(item, system, &person)? };
    Ok(IdentityTold { change: IdentityTelling::NumberChanged, person: PersonIds { wa_id, ..person }, before })
}

/// The number stays as it is, and names the person after the change as before, unless another one is told.
fn user_id_changed(item: &Value, system: &Value) -> Result<IdentityTold, Unreadable> {
    let person = people::ids(system, "wa_id", "user_id", "parent_user_id")?;
    let old = number(word(item, "from")?);
    let mut before = ids_before(item, system, &person)?;
    before.wa_id = old.clone().filter(|it| person.wa_id.as_ref().is_some_and(|now| now != it));
    let wa_id = person.wa_id.clone().or(old);
    Ok(IdentityTold { change: IdentityTelling::UserIdChanged, person: PersonIds { wa_id, ..person }, before })
}

/// The user ids before a change. The sender of the message has the old ones unless they are told as the new ones.
fn ids_before(item: &Value, system: &Value, now: &PersonIds) -> Result<PersonIds, Unreadable> {
    let sender = people::ids(item, "from", "from_user_id", "from_parent_user_id")?;
    let old = |told: Option<String>, sender: Option<Personal<String>>, now: &Option<Personal<String>>| {
        told.map(Personal).or_else(|| sender.filter(|it| now.as_ref().is_some_and(|now| now != it)))
    };
    Ok(PersonIds {
        user_id: old(word(system, "previous_user_id")?, sender.user_id, &now.user_id),
        parent_user_id: old(word(system, "previous_parent_user_id")?, sender.parent_user_id, &now.parent_user_id),
        ..PersonIds::default()
    })
}

fn key_changed(change: &Change<'_>, item: &Value) -> Result<IdentityTold, Unreadable> {
    let person = change.people.complete(people::ids(item, "from", "from_user_id", "from_parent_user_id")?);
    Ok(IdentityTold { change: IdentityTelling::KeyChanged, person, before: PersonIds::default() })
}

/// Reads an item of `user_id_update`.
pub(super) fn update(change: &Change<'_>, item: &Value) -> Result<Event, Unreadable> {
    let part = |name| item.get(name).unwrap_or(&Value::Null);
    let pair = |name| -> Result<_, Unreadable> {
        let now = word(part(name), "current")?.or(word(item, name)?);
        Ok((now.map(Personal), word(part(name), "previous")?.map(Personal)))
    };
    let ((user_id, old), (parent_user_id, old_parent)) = (pair("user_id")?, pair("parent_user_id")?);
    let wa_id = number(word(item, "wa_id")?);
    let told = IdentityTold {
        change: IdentityTelling::UserIdChanged,
        person: PersonIds { wa_id, user_id, parent_user_id, username: None },
        before: PersonIds { user_id: old, parent_user_id: old_parent, ..PersonIds::default() },
    };
    told_event(change, key::of(&["user id", &change.sender, &key::digest(item)]), item, told)
}

/// An id that is a number.
fn number(id: Option<String>) -> Option<Personal<String>> {
    PersonIds::of_id(id?).wa_id
}

fn told_event(
    change: &Change<'_>,
    key: Personal<String>,
    item: &Value,
    told: IdentityTold,
) -> Result<Event, Unreadable> {
    if told.person.is_empty() && told.before.is_empty() {
        return Err(Unreadable("the change of an identity names no person"));
    }
    Ok(change.event(key, moment(item, "timestamp"), EventContent::Identity(told)))
}
