//! What is said of an account or of a number of the business.

use model::{AccountEvent, Event, EventContent, NumberEvent, cleaned};
use serde_json::Value;

use super::change::Change;
use super::field::{Unreadable, integer, moment, word};
use super::key;

/// The fields, with the place of the word for what has happened, and whether they are about a number.
const FIELDS: &[(&str, &str, bool)] = &[
    ("account_alerts", "/alert_info/alert_type", false),
    ("account_review_update", "/decision", false),
    ("account_settings_update", "/event", false),
    ("account_update", "/event", false),
    ("business_capability_update", "/event", false),
    ("business_status_update", "/event", false),
    ("partner_solutions", "/event", false),
    ("payment_configuration_update", "/status", false),
    ("phone_number_name_update", "/decision", true),
    ("phone_number_quality_update", "/event", true),
    ("phone_number_username_update", "/event", true),
    ("security", "/event", true),
];

/// Where a limit of people a day stands. The first two were for a number, until October 2025.
const LIMITS: &[&str] = &["max_daily_conversations_per_business", "max_daily_conversation_per_phone", "current_limit"];

/// The most other values of an event that are kept, and the most characters of each.
const MOST_VALUES: usize = 64;
const LONGEST: usize = 512;

pub(super) fn is_known(field: &str) -> bool {
    FIELDS.iter().any(|(name, ..)| *name == field)
}

/// Reads the value of a change of one of the fields.
pub(super) fn event(change: &Change<'_>, value: &Value) -> Result<Event, Unreadable> {
    let (place, is_of_number) =
        FIELDS.iter().find(|it| it.0 == change.field).map_or(("/event", false), |it| (it.1, it.2));
    let about = change.field.clone();
    let event = value.pointer(place).and_then(Value::as_str).map(|it| cleaned(it, LONGEST)).unwrap_or_default();
    let limit = LIMITS.iter().find_map(|it| limit(value.get(it)?));
    let mut rest = Vec::new();
    flatten(value, String::new(), &mut rest);
    let key = key::of(&["account", &change.account, &about, &key::time(change.time), &key::digest(value)]);
    let number = number(value)?;
    if number.is_none() && !is_of_number {
        let content = EventContent::Account(AccountEvent { about, event, limit, rest });
        return Ok(change.event(key, change.time, content));
    }
    let content = EventContent::Number(NumberEvent { about, event, limit, rest });
    let told = change.event(key, change.time, content);
    Ok(Event { sender: number.unwrap_or_default(), ..told })
}

/// The number that an event is about: its id if it is named, or its digits.
fn number(value: &Value) -> Result<Option<String>, Unreadable> {
    let is_number = value.get("entity_type").and_then(Value::as_str) == Some("PHONE_NUMBER");
    let entity = if is_number { word(value, "entity_id")? } else { None };
    Ok(entity.or(word(value, "phone_number_id")?).or(word(value, "display_phone_number")?))
}

/// A limit: a number, the name of a tier such as `TIER_10K`, or -1 for none.
fn limit(value: &Value) -> Option<i64> {
    if let Some(number) = integer(Some(value)) {
        return Some(number);
    }
    let tier = value.as_str()?.trim().strip_prefix("TIER_")?;
    match tier.strip_suffix('K') {
        Some(thousands) => thousands.parse::<i64>().ok()?.checked_mul(1000),
        None if tier == "UNLIMITED" => Some(-1),
        None => tier.parse().ok(),
    }
}

/// Collects all plain values by their place. The person who asked is no business of ours.
fn flatten(value: &Value, place: String, rest: &mut Vec<(String, String)>) {
    let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    match value {
        _ if rest.len() == MOST_VALUES => {}
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().filter(|(name, _)| *name != "requester").collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            fields.into_iter().for_each(|(name, value)| flatten(value, below(&cleaned(name, LONGEST)), rest));
        }
        Value::Array(items) => {
            items
                .iter()
                .zip(0..)
                .for_each(|(value, number): (_, u32)| flatten(value, below(&number.to_string()), rest));
        }
        Value::Null => {}
        Value::String(text) => rest.push((place, cleaned(text, LONGEST))),
        scalar => rest.push((place, scalar.to_string())),
    }
}

/// Reads an item of the `errors` of a value that has no messages: something is wrong with the number or the account.
pub(super) fn error(change: &Change<'_>, item: &Value) -> Result<Event, Unreadable> {
    let code = integer(item.get("code")).ok_or(Unreadable("the error has no code"))?.to_string();
    let title = item.get("title").and_then(Value::as_str).map(|it| ("title".to_owned(), cleaned(it, LONGEST)));
    let at = moment(item, "timestamp").or(change.time);
    let key = key::of(&["error", &change.account, &change.sender, &key::time(at), &key::digest(item)]);
    let rest = title.into_iter().collect();
    let content = NumberEvent { about: "errors".to_owned(), event: code, limit: None, rest };
    Ok(change.event(key, at, EventContent::Number(content)))
}
