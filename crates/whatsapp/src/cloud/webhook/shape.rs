//! What a JSON value looks like, without what it says: for people who find out what an unknown event is.

use serde_json::{Map, Value};

/// The longest shape. The rest is cut off.
const LONGEST: usize = 600;
/// The depth below which values are not described.
const DEEPEST: usize = 6;
/// Names of fields are words. Anything longer, or with this many digits, may be an id.
const LONGEST_NAME: usize = 48;
const MOST_DIGITS: usize = 3;

/// Returns the names of the fields, with the kinds of their values, as JSON. Of a list the first item is described.
pub(super) fn of(value: &Value) -> String {
    let text = described(value, 0).to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn described(value: &Value, depth: usize) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(_) | Value::Object(_) if depth == DEEPEST => "…".into(),
        Value::Array(items) => items.iter().take(1).map(|it| described(it, depth + 1)).collect(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| (shown_name(name), described(value, depth + 1));
            Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
        }
    }
}

fn shown_name(name: &str) -> String {
    let n_digits = name.chars().filter(char::is_ascii_digit).count();
    match name.len() > LONGEST_NAME || n_digits > MOST_DIGITS {
        true => "…".to_owned(),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of;

    #[test]
    fn a_shape_names_fields_and_holds_no_values() {
        let value = json!({
            "from": "33199000001", "at": 1_790_000_000, "is_new": true, "none": null,
            "33199000001": {"name": "Ana"}, "list": [{"text": "hello"}, {"text": "again"}],
        });
        assert_eq!(
            of(&value),
            r#"{"at":"number","from":"text","is_new":"boolean","list":[{"text":"text"}],"none":null,"…":{"name":"text"}}"#
        );
    }

    #[test]
    fn a_shape_is_short_and_not_deep() {
        let deep = (0..50).fold(json!("x"), |inner, _| json!({ "a": inner }));
        assert_eq!(of(&deep), r#"{"a":{"a":{"a":{"a":{"a":{"a":"…"}}}}}}"#);
        let wide: serde_json::Map<_, _> =
            (b'a'..=b'z').map(|it| (char::from(it).to_string().repeat(40), json!(1))).collect();
        assert_eq!(of(&wide.into()).chars().count(), 601);
    }
}
