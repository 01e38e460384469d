//! The parts of JSON pages that all providers share.

use http::CallError;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;

/// Reads an answer as JSON.
pub(crate) fn parse(body: &[u8]) -> Result<Value, CallError> {
    serde_json::from_slice(body).map_err(|_| CallError::Malformed)
}

/// Returns the records under a key of a page.
pub(crate) fn records<'a>(page: &'a Value, key: &str) -> Result<&'a [Value], CallError> {
    page.get(key).and_then(Value::as_array).map(Vec::as_slice).ok_or(CallError::Malformed)
}

/// Returns a text or a number as text; empty for anything else.
pub(crate) fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Returns a link that is not empty.
pub(crate) fn link<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).filter(|it| !it.is_empty())
}

/// Reads a moment as RFC 2822, RFC 3339, or with an offset without a colon.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    text.parse()
        .ok()
        .or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
        .or_else(|| jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).ok()?.to_timestamp().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dates_of_providers_name_the_same_moment() {
        let expected: Timestamp = "2026-03-03T09:14:07Z".parse().unwrap();
        for text in ["Tue, 03 Mar 2026 09:14:07 +0000", "2026-03-03T09:14:07+0000", "2026-03-03T10:14:07+01:00"] {
            assert_eq!(moment(text), Some(expected), "{text}");
        }
        assert_eq!(moment("yesterday"), None);
    }
}
