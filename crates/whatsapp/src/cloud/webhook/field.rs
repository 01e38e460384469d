//! The fields of an item. Meta writes ids and times as texts in some events, and as numbers in others.

use jiff::Timestamp;
use model::is_plain;
use serde_json::Value;
use serde_json::value::RawValue;

/// The longest id or word. The longest that are documented have 512 characters.
const LONGEST: usize = 512;

/// Why an item cannot be read. It names no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) &'static str);

/// Returns an id or a word; none if it is missing or empty. It fails if the word is too long or has control characters.
pub(super) fn word(item: &Value, name: &str) -> Result<Option<String>, Unreadable> {
    match plain_word(item.get(name)) {
        Some(word) if !is_plain(&word, LONGEST) => {
            Err(Unreadable("an id or word is too long or has control characters"))
        }
        word => Ok(word),
    }
}

/// The same, of a part of the envelope: a word that cannot be kept counts as missing.
pub(super) fn word_of(part: Option<&RawValue>) -> Option<String> {
    let value: Value = serde_json::from_str(part?.get()).ok()?;
    plain_word(Some(&value)).filter(|it| is_plain(it, LONGEST))
}

fn plain_word(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(word) if !word.is_empty() => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns a text that is there and not empty.
pub(super) fn text<'v>(item: &'v Value, name: &str) -> Option<&'v str> {
    item.get(name).and_then(Value::as_str).filter(|it| !it.is_empty())
}

/// Returns a whole number, written as a number or as a text.
pub(super) fn integer(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Returns a moment, written as seconds since 1970.
pub(super) fn moment(item: &Value, name: &str) -> Option<Timestamp> {
    moment_from(integer(item.get(name))?)
}

/// The same, of a part of the envelope.
pub(super) fn moment_of(part: Option<&RawValue>) -> Option<Timestamp> {
    let value: Value = serde_json::from_str(part?.get()).ok()?;
    moment_from(integer(Some(&value))?)
}

/// Some products of Meta write milliseconds. As seconds they would be after the year 5000.
fn moment_from(number: i64) -> Option<Timestamp> {
    match number {
        ..100_000_000_000 => Timestamp::from_second(number).ok(),
        _ => Timestamp::from_millisecond(number).ok(),
    }
}
