//! Payloads of buttons: `/intent{"entity": "value"}`, or `/SetSlots(slot=value)` in a flow.

use serde_json::Value;

use super::bot::scalar;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Payload {
    /// Empty if the button sends a text.
    pub(super) intent: String,
    pub(super) values: Vec<(String, String)>,
    /// The text, if the button sends one.
    pub(super) text: Option<String>,
}

impl Payload {
    pub(super) fn parse(payload: &str) -> Self {
        let Some(command) = payload.trim().strip_prefix('/') else {
            return Self { text: Some(payload.trim().to_owned()), ..Self::default() };
        };
        if let Some(slots) = command.strip_prefix("SetSlots(").and_then(|it| it.strip_suffix(')')) {
            let pairs = slots.split(',').filter_map(|it| it.split_once('='));
            let plain = |it: &str| it.trim().trim_matches(['"', '\'']).to_owned();
            let values = pairs.map(|(slot, value)| (plain(slot), plain(value))).collect();
            return Self { values, ..Self::default() };
        }
        let (intent, json) = command.split_once('{').unwrap_or((command, ""));
        // Braces are doubled where the text of a response is formatted.
        let json = json.trim_start_matches('{').trim_end_matches('}');
        let object: Value = serde_json::from_str(&format!("{{{json}}}")).unwrap_or_default();
        let values = object.as_object().into_iter().flatten().map(|(name, it)| (name.clone(), first(it))).collect();
        Self { intent: intent.trim().split('@').next().unwrap_or_default().to_owned(), values, text: None }
    }
}

/// An entity may come several times.
fn first(value: &Value) -> String {
    match value {
        Value::Array(list) => list.first().map(scalar).unwrap_or_default(),
        it => scalar(it),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_gives_an_intent_and_values() {
        let read = |text: &str| {
            let payload = Payload::parse(text);
            format!("{} {:?} {:?}", payload.intent, payload.values, payload.text)
        };
        assert_eq!(read("/greet"), r#"greet [] None"#);
        assert_eq!(read(r#"/order{"size": "large", "n": 2}"#), r#"order [("n", "2"), ("size", "large")] None"#);
        assert_eq!(read(r#"/order{{"size": "large"}}"#), r#"order [("size", "large")] None"#);
        assert_eq!(read("/SetSlots(size=large, gift=true)"), r#" [("size", "large"), ("gift", "true")] None"#);
        assert_eq!(read("large please"), r#" [] Some("large please")"#);
        assert_eq!(read(r#"/order{"size": "#), r#"order [] None"#);
    }
}
