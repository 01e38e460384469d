//! The export: its flows, and how they are found by their ids.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::expression::{Piece, pieces};
use super::first_message;
use super::language::whatsapp;
use super::router::snake;
use import_base::language::detect;

pub(super) fn string<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The names of things that an action or a trigger refers to.
pub(super) fn names(value: &Value, key: &str) -> Vec<String> {
    let name = |it: &Value| it.as_str().or(string(it, "name")).or(string(it, "name_match")).map(str::to_owned);
    list(value, key).iter().filter_map(name).collect()
}

/// Whether the value is an export of RapidPro, or a flow. Other products have `nodes` and `flows` too, but without exits.
pub fn is_export(value: &Value) -> bool {
    let of_flow = |it: &Value| {
        let it = it.get("definition").unwrap_or(it);
        let is_node = |it: &Value| it.get("exits").is_some() && it.get("uuid").is_some();
        let has_nodes =
            it.get("nodes").and_then(Value::as_array).is_some_and(|it| it.is_empty() || it.iter().any(is_node));
        has_nodes && it.get("connections").is_none() || it.get("action_sets").is_some()
    };
    match value.get("flows").and_then(Value::as_array) {
        Some(flows) => flows.iter().any(of_flow) || flows.is_empty() && value.get("version").is_some(),
        None => of_flow(value),
    }
}

/// A flow that can be read.
pub(super) struct Flow<'a> {
    pub(super) definition: &'a Value,
    pub(super) name: String,
    pub(super) uuid: Option<&'a str>,
    pub(super) nodes: &'a [Value],
    /// The language of the texts in the nodes, as the flow writes it.
    pub(super) base: &'a str,
    /// Its code of WhatsApp: where the flow declares none, what the texts are written in. Empty if that is not certain.
    base_code: String,
    /// The languages of the translations: their codes of WhatsApp, and how the flow writes them.
    translations: Vec<(String, &'a str)>,
    /// Words that begin it; Glific has them beside the definition.
    pub(super) keywords: Vec<&'a str>,
    nodes_by_uuid: HashMap<&'a str, usize>,
}

pub(super) struct Export<'a> {
    pub(super) json: &'a Value,
    pub(super) flows: Vec<Flow<'a>>,
    flows_by_uuid: HashMap<&'a str, usize>,
    /// Flows that others enter.
    entered: HashSet<usize>,
    /// The names of all results that any flow saves, in their plain form.
    pub(super) results: HashSet<String>,
    /// Whether any flow begins with a template of WhatsApp.
    pub(super) has_templates: bool,
}

impl<'a> Export<'a> {
    /// The flows, and those that cannot be read: their names and why.
    pub(super) fn read(json: &'a Value) -> (Self, Vec<(String, String)>) {
        let all = json.get("flows").unwrap_or(json);
        let one = std::slice::from_ref(all);
        let (mut flows, mut refused) = (Vec::new(), Vec::new());
        for (wrapped, n) in all.as_array().map_or(one, Vec::as_slice).iter().zip(1..) {
            let definition = wrapped.get("definition").unwrap_or(wrapped);
            let own = string(definition, "name").or(definition.get("metadata").and_then(|it| string(it, "name")));
            let name = own.map_or_else(|| format!("flow {n}"), str::to_owned);
            match refusal(definition, json) {
                Some(why) => refused.push((name, why)),
                None => flows.push(Flow::read(wrapped, definition, name)),
            }
        }
        let flows_by_uuid = flows.iter().enumerate().filter_map(|(n, it)| Some((it.uuid?, n))).collect();
        let results = flows.iter().flat_map(|it| it.nodes).flat_map(saved_results).collect();
        let has_templates = flows.iter().any(first_message::is_template);
        let mut export = Self { json, flows, flows_by_uuid, entered: HashSet::new(), results, has_templates };
        let mut entered = HashSet::new();
        for (n, flow) in export.flows.iter().enumerate() {
            let actions = flow.nodes.iter().flat_map(|it| list(it, "actions"));
            let enters = actions.filter(|it| string(it, "type") == Some("enter_flow"));
            entered.extend(enters.filter_map(|it| export.find(it.get("flow")?)).filter(|it| *it != n));
        }
        export.entered = entered;
        (export, refused)
    }

    /// The flow that an action or a trigger refers to.
    pub(super) fn find(&self, reference: &Value) -> Option<usize> {
        let by_uuid = string(reference, "uuid").and_then(|it| self.flows_by_uuid.get(it)).copied();
        by_uuid.or_else(|| {
            let name = string(reference, "name")?;
            self.flows.iter().position(|it| it.uuid.is_none() && it.name == name)
        })
    }

    /// Whether a flow is not only a part of others. A template begins a conversation of its own, although a menu may lead
    /// to it too.
    pub(super) fn is_root(&self, n: usize) -> bool {
        let flow = &self.flows[n];
        super::begin::has_start(self, flow) || !self.entered.contains(&n) || first_message::is_template(flow)
    }
}

/// The names of the results that a node saves.
fn saved_results(node: &Value) -> impl Iterator<Item = String> {
    let router = node.get("router").and_then(|it| string(it, "result_name"));
    let actions = list(node, "actions").iter().filter_map(|it| {
        let is_set = string(it, "type") == Some("set_run_result");
        if is_set { string(it, "name") } else { string(it, "result_name") }
    });
    router.into_iter().chain(actions).filter(|it| !it.is_empty()).map(snake)
}

/// Why a flow cannot be read.
fn refusal(definition: &Value, export: &Value) -> Option<String> {
    let is_old = definition.get("action_sets").is_some() || definition.get("rule_sets").is_some();
    if is_old {
        let version = string(definition, "version").or(string(export, "version"));
        // An export in a new version can hold flows in the old format.
        let version = version.filter(|it| !it.starts_with("13") && !it.starts_with("14"));
        let version = version.map_or_else(String::new, |it| format!(" of version {it}"));
        return Some(format!("it is in the old format{version} with action sets: export it again in version 13"));
    }
    if definition.get("nodes").and_then(Value::as_array).is_none() {
        return Some("it has no nodes".to_owned());
    }
    let nodes = list(definition, "nodes");
    if !nodes.is_empty() && nodes.iter().all(|it| it.get("exits").is_none()) {
        return Some("its nodes have no exits: it is a flow of another product".to_owned());
    }
    match string(definition, "type").unwrap_or_default() {
        "voice" | "ivr" => Some("it is a flow of telephone calls".to_owned()),
        "survey" | "messaging_offline" | "surveyor" => Some("it is a flow of the Surveyor app".to_owned()),
        _ => None,
    }
}

impl<'a> Flow<'a> {
    fn read(wrapped: &'a Value, definition: &'a Value, name: String) -> Self {
        let nodes = list(definition, "nodes");
        let by_uuid = nodes.iter().enumerate().filter_map(|(n, it)| Some((string(it, "uuid")?, n)));
        let base = string(definition, "language").unwrap_or_default();
        let translated = definition.get("localization").and_then(Value::as_object);
        let translations: Vec<(String, &str)> =
            translated.into_iter().flatten().map(|it| (whatsapp(it.0), it.0.as_str())).collect();
        let declared = whatsapp(base);
        let base_code = match declared.is_empty() && !translations.is_empty() {
            true => detect(&texts_of(nodes)).unwrap_or_default().to_owned(),
            false => declared,
        };
        let keywords = if std::ptr::eq(wrapped, definition) { &[][..] } else { list(wrapped, "keywords") };
        Self {
            definition,
            name,
            uuid: string(definition, "uuid"),
            nodes,
            base,
            base_code,
            translations,
            keywords: keywords.iter().filter_map(Value::as_str).collect(),
            nodes_by_uuid: by_uuid.collect(),
        }
    }

    pub(super) fn node_called(&self, uuid: &str) -> Option<usize> {
        self.nodes_by_uuid.get(uuid).copied()
    }

    /// The languages that it has texts in, its own first. A translation into the language of the flow is no other
    /// language; where the flow does not declare its language, that translation does.
    pub(super) fn languages(&self) -> Vec<&'a str> {
        let own = self.translations.iter().find(|it| !it.0.is_empty() && it.0 == self.base_code && it.1 != self.base);
        let own = own.filter(|_| whatsapp(self.base).is_empty()).map_or(self.base, |it| it.1);
        let mut seen = HashSet::from([self.base_code.as_str()]);
        let others = self.translations.iter().filter(|it| it.1 != self.base && (it.0.is_empty() || seen.insert(&it.0)));
        let others: Vec<&str> = others.map(|it| it.1).collect();
        std::iter::once(own).chain(others).collect()
    }

    /// Whether the texts in the nodes are in the language.
    pub(super) fn is_in(&self, language: &str) -> bool {
        let code = whatsapp(language);
        language == self.base || !code.is_empty() && code == self.base_code
    }

    /// Whether any text of it is in the language.
    pub(super) fn is_translated(&self, language: &str) -> bool {
        let has_text = |it: &Value| {
            it.as_object().is_some_and(|it| it.values().any(|it| list(it, "text").iter().any(|it| it != "")))
        };
        self.is_in(language) || self.translations_into(language).any(has_text)
    }

    /// The translation of a key of something with an id; none if there is none. The engine never looks for a translation
    /// into the language of the flow.
    pub(super) fn translation(&self, language: &str, of: &'a Value, key: &str) -> Option<&'a Value> {
        let uuid = string(of, "uuid").filter(|_| language != self.base)?;
        let is_empty = |it: &Value| it.as_str().is_some_and(|it| it.trim().is_empty());
        let has_content = |it: &&Value| it.as_array().map_or(!is_empty(it), |it| it.iter().any(|it| !is_empty(it)));
        self.translations_into(language).filter_map(|it| it.get(uuid)?.get(key)).find(has_content)
    }

    /// Whether it has translations into its own language, which nobody sees.
    pub(super) fn has_unseen_translations(&self) -> bool {
        let own = self.definition.get("localization").and_then(|it| it.get(self.base)).and_then(Value::as_object);
        own.is_some_and(|it| it.values().any(|it| list(it, "text").iter().any(|it| it != "")))
    }

    pub(super) fn translations_into(&self, language: &str) -> impl Iterator<Item = &'a Value> {
        let code = whatsapp(language);
        let is_meant =
            |it: &&(String, &str)| it.1 != self.base && (it.1 == language || !code.is_empty() && it.0 == code);
        let keys: Vec<&str> = self.translations.iter().filter(is_meant).map(|it| it.1).collect();
        let all = self.definition.get("localization");
        keys.into_iter().filter_map(move |it| all?.get(it))
    }
}

/// All texts in the nodes, to tell their language.
fn texts_of(nodes: &[Value]) -> String {
    let actions = nodes.iter().flat_map(|it| list(it, "actions"));
    let messages = actions.filter(|it| string(it, "type") == Some("send_msg")).filter_map(|it| string(it, "text"));
    let plain = messages.flat_map(pieces).filter_map(|it| match it {
        Piece::Plain(text) => Some(text),
        _ => None,
    });
    plain.collect::<Vec<_>>().join(" ")
}
