//! Detects where in a JSON text its records are.

use serde::{Deserialize, Serialize};

use crate::formats::json::values::{MOST_FACT_BYTES, ValueEnd, ValueScanner};

/// Where the records of a JSON text are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonLayout {
    /// One value per line.
    Lines,
    /// Each value is a record; of an array, each element.
    Values,
    /// In the array under this key of each top-level object.
    Under(String),
}

/// Whether a text may be JSON. A CSV header can begin with a bracket too, so the next character is checked as well.
pub(crate) fn looks_like_json(start: &str) -> bool {
    let mut characters = start.chars().filter(|it| !it.is_whitespace());
    match (characters.next(), characters.next()) {
        (Some('{'), Some('"' | '}')) => true,
        (Some('['), Some('{' | ']' | '"' | '[')) => true,
        (Some('['), Some(other)) => other.is_ascii_digit(),
        _ => false,
    }
}

/// Finds the records by the first bytes of a text. `known` are the keys under which providers put them; `is_all` tells
/// whether the text ends with `start`.
pub(crate) fn detect_json_layout(start: &[u8], is_all: bool, known: &[&str]) -> JsonLayout {
    let visible = start.trim_ascii_start();
    if visible.first() == Some(&b'[') {
        return JsonLayout::Values;
    }
    if let Some(key) = known.iter().find(|it| has_records_under(start, it)) {
        return JsonLayout::Under((*key).to_owned());
    }
    let first_line = visible.split(|it| *it == b'\n').next().unwrap_or_default().trim_ascii();
    let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(first_line).is_ok();
    let has_more = !visible[first_line.len().min(visible.len())..].trim_ascii().is_empty() || !is_all;
    if is_whole && has_more {
        return JsonLayout::Lines;
    }
    // A single object: if it has exactly one array of objects, these are the records.
    match lists_of_objects(start).as_slice() {
        [one] if !(is_whole && first_line.len() < visible.trim_ascii_end().len()) => JsonLayout::Under(one.clone()),
        _ if is_whole => JsonLayout::Lines,
        _ => JsonLayout::Values,
    }
}

fn has_records_under(start: &[u8], key: &str) -> bool {
    keys_with_arrays(start).iter().any(|(it, _)| it == key)
}

fn lists_of_objects(start: &[u8]) -> Vec<String> {
    keys_with_arrays(start).into_iter().filter(|it| it.1).map(|it| it.0).collect()
}

/// The keys of the first object whose values are arrays, and whether the array begins with an object.
fn keys_with_arrays(start: &[u8]) -> Vec<(String, bool)> {
    let mut values = ValueScanner::new(start);
    let mut keys = Vec::new();
    if !matches!(values.next_visible(), Ok(Some(b'{'))) {
        return keys;
    }
    values.skip_byte();
    loop {
        match values.next_visible() {
            Ok(Some(b',')) => values.skip_byte(),
            Ok(Some(b'"')) => {
                let Ok(ValueEnd::Whole { range, .. }) = values.value(MOST_FACT_BYTES) else { return keys };
                let key = serde_json::from_slice::<String>(values.bytes(range));
                let (Ok(key), Ok(Some(b':'))) = (key, values.next_visible()) else { return keys };
                values.skip_byte();
                if let Ok(Some(b'[')) = values.next_visible() {
                    let elements = values.rest()[1..].trim_ascii_start();
                    keys.push((key, elements.first() == Some(&b'{')));
                }
                if !matches!(values.value(usize::MAX), Ok(ValueEnd::Whole { .. })) {
                    return keys;
                }
            }
            _ => return keys,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_where_the_records_are() {
        let known = ["messages", "items"];
        let detected = |text: &str| detect_json_layout(text.as_bytes(), true, &known);
        assert_eq!(detected("[{\"a\":1}]"), JsonLayout::Values);
        assert_eq!(detected("{\"a\":1}\n{\"a\":2}\n"), JsonLayout::Lines);
        assert_eq!(detected("{\"a\":1}"), JsonLayout::Lines);
        assert_eq!(detected("{\n \"a\":1\n}\n{\n \"a\":2\n}\n"), JsonLayout::Values);
        assert_eq!(detected("{\"page\":1,\"messages\":[{\"a\":1},{\"a\":"), JsonLayout::Under("messages".into()));
        assert_eq!(detected("{\"people\":[{\"a\":1}],\"n\":1}"), JsonLayout::Under("people".into()));
        assert_eq!(detected("{\"tags\":[\"a\"],\"n\":1}"), JsonLayout::Lines);
    }
}
