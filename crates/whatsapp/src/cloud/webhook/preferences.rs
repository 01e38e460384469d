//! What people choose in the app about messages of the business.

use model::{Event, EventContent, PreferenceChoice, PreferenceEvent};
use serde_json::Value;

use super::change::Change;
use super::field::{Unreadable, moment, word};
use super::{key, people};

/// Reads an item of `user_preferences`. A choice without a time is kept: it may be a refusal, which counts.
pub(super) fn preference(change: &Change<'_>, item: &Value) -> Result<Event, Unreadable> {
    let person = change.people.complete(people::ids(item, "wa_id", "user_id", "parent_user_id")?);
    if person.is_empty() {
        return Err(Unreadable("the preference names no person"));
    }
    let value = word(item, "value")?.ok_or(Unreadable("the preference has no value"))?;
    let choice = match &*value.to_ascii_lowercase() {
        "stop" => PreferenceChoice::Stop,
        "resume" => PreferenceChoice::Resume,
        "signup" => PreferenceChoice::Signup(word(item, "signup_id")?),
        _ => PreferenceChoice::Other(value),
    };
    let preference = PreferenceEvent { person, category: word(item, "category")?.unwrap_or_default(), choice };
    let key = key::of(&["preference", &change.sender, &key::digest(item)]);
    Ok(change.event(key, moment(item, "timestamp"), EventContent::Preference(preference)))
}
