//! The parts of JSON pages that all providers share.

use http::CallError;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde_json::Value;

/// Reads an answer as JSON.
///
/// A message that was cut inside an emoji can hold half of a surrogate pair, which JSON allows and `serde_json` does not.
/// Only such a body is looked through and read again.
pub(crate) fn parse(body: &[u8]) -> Result<Value, CallError> {
    let lenient = || serde_json::from_slice(&model::without_lone_surrogates(body));
    serde_json::from_slice(body).or_else(|_| lenient()).map_err(|_| CallError::Malformed)
}

/// Returns the link to the next page, which a page must have: null after the last one.
pub(crate) fn next_link<'a>(page: &'a Value, key: &str) -> Result<Option<&'a str>, CallError> {
    match page.get(key) {
        Some(Value::Null) => Ok(None),
        Some(Value::String(link)) => Ok(Some(link.as_str()).filter(|it| !it.is_empty())),
        _ => Err(CallError::Malformed),
    }
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

/// Reads a moment as RFC 2822, RFC 3339, with an offset without a colon, or without a zone as UTC.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    text.parse()
        .ok()
        .or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
        .or_else(|| jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).ok()?.to_timestamp().ok())
        .or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_surrogate_pair_costs_itself_alone() {
        let body = br#"{"a":"Bonjour \ud83d","b":"\ud83d\ude00 \\ud83d","c":"\ude00x"}"#;
        let page = parse(body).unwrap();
        assert_eq!(text(&page, "a"), "Bonjour \u{fffd}");
        assert_eq!(text(&page, "b"), "\u{1f600} \\ud83d");
        assert_eq!(text(&page, "c"), "\u{fffd}x");
        assert!(parse(br#"{"a":"#).is_err());
    }

    #[test]
    fn a_page_that_does_not_say_what_comes_next_is_no_page() {
        let link = |text: &str| next_link(&serde_json::from_str(text).unwrap(), "next").map(|it| it.map(str::to_owned));
        assert_eq!(link(r#"{"next":null}"#).unwrap(), None);
        assert_eq!(link(r#"{"next":"/2"}"#).unwrap(), Some("/2".to_owned()));
        for text in ["{}", r#"{"next":5}"#, r#"{"next":{}}"#] {
            assert!(link(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_dates_of_providers_name_the_same_moment() {
        let expected: Timestamp = "2026-03-03T09:14:07Z".parse().unwrap();
        for text in [
            "Tue, 03 Mar 2026 09:14:07 +0000",
            "2026-03-03T09:14:07+0000",
            "2026-03-03T10:14:07+01:00",
            "2026-03-03 09:14:07.000",
        ] {
            assert_eq!(moment(text), Some(expected), "{text}");
        }
        assert_eq!(moment("yesterday"), None);
    }
}
