//! Losses: the parts of an export that have no place, by name.

use std::collections::HashSet;

use scenario::Loss;
use serde_json::Value;

use super::export::{Flow, list, string};
use super::flow::{FlowReader, several};

/// The keys of each object that are carried, or that mean nothing outside RapidPro. All others are named as lost.
pub(super) const KNOWN: [(&str, &[&str]); 51] = [
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
    (
        "trigger",
        &[
            "trigger_type",
            "flow",
            "groups",
            "exclude_groups",
            "contacts",
            "channel",
            "keyword",
            "keywords",
            "match_type",
            "schedule",
        ],
    ),
    ("schedule", &["repeat_period"]),
    ("campaign", &["name", "group", "events"]),
    ("event", &["offset", "unit", "event_type", "delivery_hour", "relative_to", "flow", "message", "base_language"]),
    ("campaign message", &["text"]),
    // Fields and groups are named where they are used; a group with a query is named apart.
    (
        "export",
        &[
            "flows",
            "triggers",
            "campaigns",
            "version",
            "site",
            "interactive_templates",
            "fields",
            "groups",
            "contact_field",
            "collections",
        ],
    ),
    ("translation", &["text", "quick_replies", "attachments", "arguments", "name", "_ui"]),
    ("quick_reply", &["type", "text", "extra"]),
    ("interactive", &["type", "content", "options", "body", "title", "globalButtons", "items", "action"]),
];

/// The fields of an object that have no place, in words. Empty fields say nothing.
pub(super) fn unknown(kind: &str, value: &Value) -> Vec<String> {
    let known = KNOWN.iter().find(|it| it.0 == kind).map_or(&[][..], |it| it.1);
    let is_known = |key: &str| known.contains(&key) || key == "uuid" || key == "type";
    let fields = value.as_object().into_iter().flatten();
    let lost = fields.filter(|(key, value)| !is_known(key) && !is_empty(value));
    lost.map(|(key, value)| format!("{key} of {kind}{}", shown(key, value))).collect()
}

/// The parts of an export that belong to no flow and have no place: where they are, and what they are.
pub(super) fn of_export(export: &Value) -> Vec<(String, String)> {
    if export.get("flows").is_none() {
        return Vec::new();
    }
    let lost = unknown("export", export).into_iter().map(|it| ("the export".to_owned(), it));
    let groups = list(export, "groups").iter();
    let queries = groups.filter_map(|it| Some((it, string(it, "query").filter(|it| !it.is_empty())?)));
    let queries = queries.map(|(group, query)| {
        let name = string(group, "name").unwrap_or_default();
        (format!("the group “{name}”"), format!("who is in it is not carried: {query}"))
    });
    lost.chain(queries).collect()
}

/// The nodes of a flow that nothing leads to, with what they would say.
pub(super) fn of_unreached(flow: &Flow<'_>) -> Option<String> {
    let (mut reached, mut waiting) = (HashSet::new(), vec![0]);
    while let Some(node) = waiting.pop().filter(|it| *it < flow.nodes.len()) {
        if reached.insert(node) {
            let next = list(&flow.nodes[node], "exits").iter().filter_map(|it| string(it, "destination_uuid"));
            waiting.extend(next.filter_map(|it| flow.node_called(it)));
        }
    }
    let is_empty = |it: &Value| list(it, "actions").is_empty() && it.get("router").is_none_or(Value::is_null);
    let nodes = flow.nodes.iter().enumerate().filter(|it| !reached.contains(&it.0) && !is_empty(it.1));
    let nodes: Vec<&Value> = nodes.map(|it| it.1).collect();
    let actions = nodes.iter().flat_map(|it| list(it, "actions"));
    let texts: Vec<&str> = actions.filter_map(|it| string(it, "text")).filter(|it| !it.trim().is_empty()).collect();
    let says = match texts.is_empty() {
        true => "which say nothing".to_owned(),
        false => format!("which say “{}”", texts.join("”, “")),
    };
    (!nodes.is_empty()).then(|| format!("nothing leads to {} of it, {says}", several(nodes.len() as u64, "node")))
}

impl<'a> FlowReader<'a> {
    /// Names the fields of an object that have no place.
    pub(super) fn name_unknown(&mut self, kind: &str, value: &Value, place: &str) {
        for what in unknown(kind, value) {
            self.builder.record_loss(Loss::FieldDropped, place, what);
        }
    }

    /// Names what a node has and a step does not.
    pub(super) fn name_node(&mut self, node: &'a Value, id: &str) {
        self.name_unknown("node", node, id);
        list(node, "exits").iter().for_each(|it| self.name_unknown("exit", it, id));
        let Some(router) = node.get("router").filter(|it| !it.is_null()) else { return };
        self.name_unknown("router", router, id);
        list(router, "categories").iter().for_each(|it| self.name_unknown("category", it, id));
        let Some(wait) = router.get("wait").filter(|it| !it.is_null()) else { return };
        self.name_unknown("wait", wait, id);
        self.name_unknown("timeout", &wait["timeout"], id);
        self.name_unknown("hint", &wait["hint"], id);
        if let Some(kind) = string(wait, "type").filter(|it| *it != "msg") {
            self.builder.record_loss(Loss::FieldDropped, id, format!("the kind of the wait: {kind}"));
        }
    }

    /// Names exits, categories and nodes that the flow does not have.
    pub(super) fn name_missing_ways(&mut self, flow: &Flow<'a>, node: &'a Value, id: &str) {
        let router = node.get("router").unwrap_or(&Value::Null);
        let ids = |key: &'static str, of: &'a Value| -> HashSet<&str> {
            list(of, key).iter().filter_map(|it| string(it, "uuid")).collect()
        };
        let (exits, categories) = (ids("exits", node), ids("categories", router));
        let of = |list: &'a [Value], key: &'static str| list.iter().filter_map(move |it| string(it, key));
        let timeout = router.pointer("/wait/timeout/category_uuid").and_then(Value::as_str);
        let default = string(router, "default_category_uuid");
        let to_categories = of(list(router, "cases"), "category_uuid").chain(timeout).chain(default);
        let mut missing: Vec<&str> = Vec::new();
        if of(list(node, "exits"), "destination_uuid").any(|it| flow.node_called(it).is_none()) {
            missing.push("an exit leads to a node that the flow does not have");
        }
        if of(list(router, "categories"), "exit_uuid").any(|it| !exits.contains(it)) {
            missing.push("a category leads to an exit that the node does not have");
        }
        if to_categories.filter(|it| !it.is_empty()).any(|it| !categories.contains(it)) {
            missing.push("a way leads to a category that the node does not have");
        }
        for what in missing {
            self.builder.record_loss(Loss::MissingReference, id, what);
        }
    }

    /// Names what translations of the flow say beside texts.
    pub(super) fn name_translations(&mut self, flow: &Flow<'a>) {
        let translations = flow.translations_into(self.language).filter_map(Value::as_object).flatten();
        let lost: Vec<String> = translations.flat_map(|it| unknown("translation", it.1)).collect();
        for what in lost {
            let what = format!("{what} (into {})", self.language);
            self.builder.record_loss(Loss::FieldDropped, &flow.name, what);
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
