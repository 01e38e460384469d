//! Keys of events.
//!
//! A key has the parts that name an event for good, as a JSON array, so that different parts give different keys. Meta
//! sends a body again after an error, and to every application that subscribes to it.

use jiff::Timestamp;
use model::{Digest, Personal};
use serde_json::Value;

use super::change::Change;
use super::field::{Unreadable, word};

pub(super) fn of(parts: &[&str]) -> Personal<String> {
    Personal(Value::from(parts.to_vec()).to_string())
}

/// The key of an item of `messages`: its id at the business's number, or its digest if it has none.
pub(super) fn of_message(change: &Change<'_>, item: &Value) -> Result<Personal<String>, Unreadable> {
    Ok(match word(item, "id")? {
        Some(id) => of(&["message", &change.sender, &id]),
        None => of(&["message", &change.sender, "", &digest(item)]),
    })
}

/// A moment as a part of a key.
pub(super) fn time(at: Option<Timestamp>) -> String {
    at.map(|it| it.as_second().to_string()).unwrap_or_default()
}

/// The digest of a value. The order of its names does not matter.
pub(super) fn digest(value: &Value) -> String {
    let mut written = String::new();
    write_canonical(value, &mut written);
    Digest::of_parts([written.as_bytes()]).to_string()
}

fn write_canonical(value: &Value, to: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            to.push('{');
            for (name, value) in fields {
                to.push_str(&Value::from(name.as_str()).to_string());
                to.push(':');
                write_canonical(value, to);
                to.push(',');
            }
            to.push('}');
        }
        Value::Array(items) => {
            to.push('[');
            for item in items {
                write_canonical(item, to);
                to.push(',');
            }
            to.push(']');
        }
        scalar => to.push_str(&scalar.to_string()),
    }
}
