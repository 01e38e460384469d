//! What was approved, compared with what was sent.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A field in which the approved template differs from the one that was sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Difference {
    /// The field in words: `body text`, `button 2 url`, `card 1 header format`.
    pub field: String,
    /// None if nothing was sent there.
    pub sent: Option<String>,
    /// None if nothing is there now.
    pub approved: Option<String>,
}

/// The content of a template as WhatsApp lists it.
#[derive(Clone, Copy, Debug)]
pub struct ListedContent<'a> {
    pub components: &'a [Value],
    pub parameter_format: Option<&'a str>,
    pub message_send_ttl_seconds: Option<i64>,
}

/// Fields that make a difference also if only one side has them. Of other fields WhatsApp may add a default, or leave one
/// out.
const STRICT: [&str; 5] = ["type", "format", "text", "url", "phone_number"];

/// What says nothing about the messages that people get: examples are for reviewers, and WhatsApp puts an address in place
/// of the handle of a sample.
const IGNORED: [&str; 1] = ["example"];

/// Buttons whose text WhatsApp writes.
const OWN_TEXT: [&str; 5] = ["COPY_CODE", "CATALOG", "MPM", "SPM", "REQUEST_CONTACT_INFO"];

/// Compares a template as it was sent with the one that is listed, field by field.
///
/// Texts are compared letter by letter. As little as possible is left out: examples, the order of keys and of components,
/// the case of types and of `parameter_format`, a `+` before the number of a button, fields that only one side has and
/// that are no texts, what WhatsApp writes itself in authentication templates, and the category, which is followed by
/// itself.
pub fn differences(sent: &Value, listed: ListedContent) -> Vec<Difference> {
    let mut found = Vec::new();
    compare_settings(sent, listed, &mut found);
    let components = sent["components"].as_array().map(Vec::as_slice).unwrap_or_default();
    compare_components("", components, listed.components, &mut found);
    found
}

fn compare_settings(sent: &Value, listed: ListedContent, found: &mut Vec<Difference>) {
    if let Some(approved) = listed.parameter_format {
        let format = sent["parameter_format"].as_str().unwrap_or("POSITIONAL");
        if !format.eq_ignore_ascii_case(approved) {
            found.push(difference("parameter format".to_owned(), Some(format.to_owned()), Some(approved.to_owned())));
        }
    }
    if let (Some(sent), Some(approved)) = (sent["message_send_ttl_seconds"].as_i64(), listed.message_send_ttl_seconds)
        && sent != approved
    {
        found.push(difference("time to live".to_owned(), Some(sent.to_string()), Some(approved.to_string())));
    }
}

/// Compares the components of a template, or of the card of a carousel, by their types. `place` ends with a space unless
/// it is empty.
fn compare_components(place: &str, sent: &[Value], listed: &[Value], found: &mut Vec<Difference>) {
    let mut kinds: Vec<String> = Vec::new();
    for kind in sent.iter().chain(listed).map(kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    for kind in kinds {
        let of = |list: &[Value]| list.iter().find(|it| self::kind(it) == kind).cloned();
        let name = format!("{place}{}", kind.to_lowercase().replace('_', " "));
        match (of(sent), of(listed)) {
            (Some(sent), Some(listed)) if kind == "BUTTONS" => {
                compare_lists(&format!("{place}button"), &sent["buttons"], &listed["buttons"], found, compare_button);
            }
            (Some(sent), Some(listed)) if kind == "CAROUSEL" => {
                compare_lists(&format!("{place}card"), &sent["cards"], &listed["cards"], found, compare_card);
            }
            (Some(sent), Some(listed)) => compare_component(&name, &sent, &listed, found),
            (sent, listed) => found.push(difference(name, sent.map(|it| shown(&it)), listed.map(|it| shown(&it)))),
        }
    }
}

/// The type of a component or a button.
fn kind(value: &Value) -> String {
    value["type"].as_str().unwrap_or_default().to_uppercase()
}

fn compare_component(name: &str, sent: &Value, listed: &Value, found: &mut Vec<Difference>) {
    let mut listed = fields(listed);
    // WhatsApp writes the text of an authentication template.
    if sent.get("text").is_none() && sent.get("format").is_none() {
        listed.remove("text");
    }
    compare_fields(name, &fields(sent), &listed, found);
}

fn compare_card(name: &str, sent: &Value, listed: &Value, found: &mut Vec<Difference>) {
    let list = |it: &Value| it["components"].as_array().cloned().unwrap_or_default();
    compare_components(&format!("{name} "), &list(sent), &list(listed), found);
}

fn compare_button(name: &str, sent: &Value, listed: &Value, found: &mut Vec<Difference>) {
    // WhatsApp lists a button for a code as an address of its own.
    if is_of_code(sent) && is_of_code(listed) {
        return;
    }
    let mut approved = fields(listed);
    if sent.get("text").is_none() && OWN_TEXT.contains(&kind(sent).as_str()) {
        approved.remove("text");
    }
    compare_fields(name, &fields(sent), &approved, found);
}

fn is_of_code(button: &Value) -> bool {
    let url = button["url"].as_str().unwrap_or_default();
    kind(button) == "OTP" || url.starts_with("https://www.whatsapp.com/otp/")
}

/// Compares two lists of buttons or cards, one by one: `name` of the second is `button 2`.
fn compare_lists(
    name: &str,
    sent: &Value,
    listed: &Value,
    found: &mut Vec<Difference>,
    compare: impl Fn(&str, &Value, &Value, &mut Vec<Difference>),
) {
    let list = |it: &Value| it.as_array().cloned().unwrap_or_default();
    let (sent, listed) = (list(sent), list(listed));
    for at in 0..sent.len().max(listed.len()) {
        let name = format!("{name} {}", at + 1);
        match (sent.get(at), listed.get(at)) {
            (Some(sent), Some(listed)) => compare(&name, sent, listed, found),
            (sent, listed) => found.push(difference(name, sent.map(shown), listed.map(shown))),
        }
    }
}

/// The fields of an object that are compared.
fn fields(value: &Value) -> Map<String, Value> {
    let mut fields = value.as_object().cloned().unwrap_or_default();
    fields.retain(|key, value| !IGNORED.contains(&key.as_str()) && !value.is_null());
    fields
}

fn compare_fields(name: &str, sent: &Map<String, Value>, listed: &Map<String, Value>, found: &mut Vec<Difference>) {
    let mut keys: Vec<&String> = sent.keys().chain(listed.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (sent, approved) = (sent.get(key), listed.get(key));
        let is_compared = STRICT.contains(&key.as_str()) || (sent.is_some() && approved.is_some());
        if is_compared && sent.map(|it| compared(key, it)) != approved.map(|it| compared(key, it)) {
            let field = format!("{name} {}", key.replace('_', " "));
            found.push(difference(field, sent.map(shown), approved.map(shown)));
        }
    }
}

/// A value in the form in which it is compared.
fn compared(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("type" | "format" | "otp_type", Value::String(text)) => Value::String(text.to_uppercase()),
        ("phone_number", Value::String(text)) => Value::String(text.trim_start_matches('+').to_owned()),
        _ => value.clone(),
    }
}

/// A value for people: a text as it is, a component by its text or its type.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => ["text", "format", "type"]
            .iter()
            .find_map(|key| fields.get(*key).and_then(Value::as_str))
            .map_or_else(|| value.to_string(), str::to_owned),
        value => value.to_string(),
    }
}

fn difference(field: String, sent: Option<String>, approved: Option<String>) -> Difference {
    Difference { field, sent, approved }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(sent: &Value, components: &Value, parameter_format: Option<&str>) -> Vec<String> {
        let components = components.as_array().unwrap();
        let listed = ListedContent { components, parameter_format, message_send_ttl_seconds: None };
        let of = |it: Difference| format!("{}: {:?} -> {:?}", it.field, it.sent, it.approved);
        differences(sent, listed).into_iter().map(of).collect()
    }

    fn sent() -> Value {
        json!({
            "name": "order", "language": "en", "category": "utility", "parameter_format": "named",
            "components": [
                { "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4::aW"] } },
                { "type": "BODY", "text": "Your order {{number}} is here.",
                  "example": { "body_text_named_params": [{ "param_name": "number", "example": "A1" }] } },
                { "type": "FOOTER", "text": "Shop" },
                { "type": "BUTTONS", "buttons": [
                    { "type": "URL", "text": "Track", "url": "https://example.com/{{1}}", "example": ["x"] },
                    { "type": "PHONE_NUMBER", "text": "Call", "phone_number": "15550051310" },
                    { "type": "COPY_CODE", "example": "SAVE" },
                ] },
            ],
        })
    }

    #[test]
    fn what_whatsapp_writes_otherwise_is_no_difference() {
        let listed = json!([
            { "text": "Shop", "type": "footer" },
            { "type": "HEADER", "format": "image", "example": { "header_handle": ["https://scontent.example/x"] } },
            { "text": "Your order {{number}} is here.", "type": "BODY", "add_security_recommendation": false },
            { "type": "BUTTONS", "buttons": [
                { "url": "https://example.com/{{1}}", "type": "URL", "text": "Track" },
                { "type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550051310" },
                { "type": "COPY_CODE", "text": "Copy offer code", "example": ["SAVE"] },
            ] },
        ]);
        assert_eq!(found(&sent(), &listed, Some("NAMED")), Vec::<String>::new());
        assert_eq!(found(&sent(), &listed, None), Vec::<String>::new());
        let none = json!({ "components": [{ "type": "BODY", "text": "Hello." }] });
        assert_eq!(found(&none, &none["components"], Some("POSITIONAL")), Vec::<String>::new());
    }

    #[test]
    fn the_texts_that_whatsapp_writes_itself_are_no_difference() {
        let sent = json!({ "category": "AUTHENTICATION", "components": [
            { "type": "BODY", "add_security_recommendation": true },
            { "type": "FOOTER", "code_expiration_minutes": 10 },
            { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "COPY_CODE" }] },
        ] });
        let listed = json!([
            { "type": "BODY", "text": "*{{1}}* is your verification code.", "add_security_recommendation": true },
            { "type": "FOOTER", "text": "This code expires in 10 minutes.", "code_expiration_minutes": 10 },
            { "type": "BUTTONS", "buttons": [
                { "type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE" },
            ] },
        ]);
        assert_eq!(found(&sent, &listed, None), Vec::<String>::new());
    }

    #[test]
    fn every_field_that_was_altered_is_named() {
        let listed = json!([
            { "type": "HEADER", "format": "VIDEO" },
            { "type": "BODY", "text": "Your order {{number}} is  here." },
            { "type": "BUTTONS", "buttons": [
                { "type": "URL", "text": "Track it", "url": "https://example.org/{{1}}" },
                { "type": "QUICK_REPLY", "text": "Call" },
            ] },
        ]);
        expect_test::expect![[r#"
            parameter format: Some("named") -> Some("POSITIONAL")
            header format: Some("IMAGE") -> Some("VIDEO")
            body text: Some("Your order {{number}} is here.") -> Some("Your order {{number}} is  here.")
            footer: Some("Shop") -> None
            button 1 text: Some("Track") -> Some("Track it")
            button 1 url: Some("https://example.com/{{1}}") -> Some("https://example.org/{{1}}")
            button 2 phone number: Some("15550051310") -> None
            button 2 type: Some("PHONE_NUMBER") -> Some("QUICK_REPLY")
            button 3: Some("COPY_CODE") -> None"#]]
        .assert_eq(&found(&sent(), &listed, Some("POSITIONAL")).join("\n"));
    }

    #[test]
    fn cards_are_compared_one_by_one_and_a_time_to_live_if_both_have_one() {
        let card = |text: &str| json!({ "components": [{ "type": "body", "text": text }] });
        let sent = json!({ "message_send_ttl_seconds": 60, "components": [
            { "type": "BODY", "text": "Look." }, { "type": "CAROUSEL", "cards": [card("One"), card("Two")] } ] });
        let components = [
            json!({ "type": "BODY", "text": "Look." }),
            json!({ "type": "CAROUSEL", "cards": [card("One"), card("2")] }),
        ];
        let listed =
            ListedContent { components: &components, parameter_format: None, message_send_ttl_seconds: Some(90) };
        let fields: Vec<String> = differences(&sent, listed).into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["time to live", "card 2 body text"]);
    }
}
