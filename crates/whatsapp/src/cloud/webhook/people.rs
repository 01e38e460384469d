//! The ids of people.
//!
//! Since April 2026 every event names the business-scoped user id, and the number can be missing. Where a number is
//! expected, a user id can stand.

use std::collections::HashMap;

use model::{PersonIds, Personal};
use serde_json::Value;

use super::field::{Unreadable, word};

/// The contacts of a value, by their ids.
#[derive(Default)]
pub(super) struct People {
    contacts: Vec<PersonIds>,
    by_user_id: HashMap<String, usize>,
    by_wa_id: HashMap<String, usize>,
}

impl People {
    /// Reads `contacts`. A contact that cannot be read is left out: an item names its person too.
    pub(super) fn read(contacts: Option<&Value>) -> Self {
        let mut people = Self::default();
        for contact in contacts.and_then(Value::as_array).into_iter().flatten() {
            let Ok(ids) = contact_ids(contact) else { continue };
            let place = people.contacts.len();
            if let Some(Personal(id)) = &ids.user_id {
                people.by_user_id.insert(id.clone(), place);
            }
            if let Some(Personal(id)) = &ids.wa_id {
                people.by_wa_id.insert(id.clone(), place);
            }
            people.contacts.push(ids);
        }
        people
    }

    /// Adds to the ids of an item what the contact of the same person says. An item that names nobody is about the only
    /// contact.
    pub(super) fn complete(&self, ids: PersonIds) -> PersonIds {
        let by_user_id = ids.user_id.as_ref().and_then(|it| self.by_user_id.get(&it.0));
        let place = by_user_id.or_else(|| ids.wa_id.as_ref().and_then(|it| self.by_wa_id.get(&it.0)));
        let contact = match (place, self.contacts.as_slice()) {
            (Some(place), contacts) => contacts.get(*place),
            (None, [contact]) if ids.is_empty() => Some(contact),
            (None, _) => None,
        };
        let Some(contact) = contact else { return ids };
        // A number can have gone to another person: two user ids are two people.
        if ids.user_id.is_some() && contact.user_id.is_some() && ids.user_id != contact.user_id {
            return ids;
        }
        PersonIds {
            wa_id: ids.wa_id.or_else(|| contact.wa_id.clone()),
            user_id: ids.user_id.or_else(|| contact.user_id.clone()),
            parent_user_id: ids.parent_user_id.or_else(|| contact.parent_user_id.clone()),
            username: ids.username.or_else(|| contact.username.clone()),
        }
    }
}

fn contact_ids(contact: &Value) -> Result<PersonIds, Unreadable> {
    let ids = ids(contact, "wa_id", "user_id", "parent_user_id")?;
    let profile = contact.get("profile").unwrap_or(&Value::Null);
    let username = word(profile, "username")?.or(word(contact, "username")?);
    Ok(PersonIds { username: username.map(Personal), ..ids })
}

/// Reads the ids of a person from three fields of an item.
pub(super) fn ids(item: &Value, number: &str, user_id: &str, parent: &str) -> Result<PersonIds, Unreadable> {
    let named = word(item, number)?.map(PersonIds::of_id).unwrap_or_default();
    Ok(PersonIds {
        wa_id: named.wa_id,
        user_id: word(item, user_id)?.map(Personal).or(named.user_id),
        parent_user_id: word(item, parent)?.map(Personal).or(named.parent_user_id),
        username: None,
    })
}
