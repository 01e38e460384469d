//! Losses: the parts of an export that have no place, by name.

use scenario::Loss;
use serde_json::Value;

use super::flow::FlowReader;

/// The keys of each object that are carried, or that mean nothing outside RapidPro. All others are named as lost.
pub(super) const KNOWN: [(&str, &[&str]); 48] = [
    (
        "flow",
        &[
            "uuid",
            "name",
            "spec_version",
            "language",
            "type",
            "nodes",
            "localization",
            "revision",
            "metadata",
            "_ui",
            "vars",
            "base_language",
            "version",
        ],
    ),
    ("node", &["uuid", "actions", "exits", "router"]),
    ("exit", &["uuid", "destination_uuid"]),
    ("router", &["type", "wait", "result_name", "categories", "cases", "operand", "default_category_uuid"]),
    ("category", &["uuid", "name", "exit_uuid"]),
    ("case", &["uuid", "type", "arguments", "category_uuid"]),
    ("wait", &["type", "timeout", "hint"]),
    ("timeout", &["seconds", "category_uuid"]),
    ("send_msg", &["text", "quick_replies", "attachments"]),
    ("send_interactive_msg", &["text", "id", "name", "params", "paramsCount", "params_count"]),
    ("set_contact_field", &["field", "value"]),
    ("set_contact_name", &["name"]),
    ("set_contact_language", &["language"]),
    ("set_contact_timezone", &["timezone"]),
    ("set_contact_status", &["status"]),
    ("set_contact_channel", &["channel"]),
    ("set_contact_profile", &["value", "profile_type"]),
    ("set_run_result", &["name", "value", "category"]),
    ("set_run_local", &["local", "value", "operation"]),
    ("add_contact_groups", &["groups"]),
    ("remove_contact_groups", &["groups", "all_groups"]),
    ("add_contact_urn", &["scheme", "path"]),
    ("add_input_labels", &["labels"]),
    ("call_webhook", &["method", "url", "result_name"]),
    ("call_resthook", &["resthook", "result_name"]),
    ("call_classifier", &["classifier", "result_name"]),
    ("call_llm", &["llm", "output_local"]),
    ("transfer_airtime", &["amounts", "result_name"]),
    ("open_ticket", &["topic", "ticketer", "result_name"]),
    ("enter_flow", &["flow", "terminal"]),
    ("start_session", &["flow"]),
    ("send_broadcast", &["text"]),
    ("send_email", &["subject"]),
    ("request_optin", &["optin"]),
    ("send_optin", &["optin"]),
    ("say_msg", &["text"]),
    ("play_audio", &[]),
    ("wait_for_time", &["delay"]),
    ("wait_for_result", &["delay"]),
    ("link_google_sheet", &["name", "action_type", "result_name"]),
    ("set_wa_group_field", &["field", "value"]),
    ("hint", &["type"]),
    ("trigger", &[]),
    ("campaign", &[]),
    ("template", &["uuid", "name"]),
    ("templating", &["template"]),
    ("quick_reply", &["type", "text", "extra"]),
    ("interactive", &["type", "content", "options", "body", "title", "globalButtons", "items", "action"]),
];

impl FlowReader<'_> {
    /// Names the fields of an object that have no place. Empty fields say nothing.
    pub(super) fn name_unknown(&mut self, kind: &str, value: &Value, place: &str) {
        let known = KNOWN.iter().find(|it| it.0 == kind).map_or(&[][..], |it| it.1);
        for (key, value) in value.as_object().into_iter().flatten() {
            let is_known = known.contains(&key.as_str()) || key == "uuid" || key == "type";
            if !is_known && !is_empty(value) {
                self.builder.record_loss(Loss::FieldDropped, place, format!("{key} of {kind}{}", shown(key, value)));
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(it) => it.is_empty(),
        Value::Array(it) => it.is_empty(),
        Value::Object(it) => it.is_empty(),
        _ => false,
    }
}

/// The value, where it is short. Headers can hold keys of services, so they are named only.
fn shown(key: &str, value: &Value) -> String {
    const SECRET: [&str; 3] = ["headers", "addresses", "urns"];
    let text = match value {
        _ if SECRET.contains(&key) => String::new(),
        Value::String(it) => it.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Object(it) => it.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    if text.is_empty() { text } else { format!(": {}", text.chars().take(80).collect::<String>()) }
}
