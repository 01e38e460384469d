//! The file: flows, nodes and triggers.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::json::list;

#[derive(Debug, Default)]
pub(super) struct Definition {
    pub(super) flows: Vec<Flow>,
    triggers: Vec<Trigger>,
    /// The flows that a campaign or a schedule starts.
    scheduled: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Flow {
    uuid: String,
    pub(super) name: String,
    language: String,
    localization: Value,
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) uuid: String,
    pub(super) actions: Vec<Value>,
    pub(super) router: Option<Value>,
    /// Each exit with the node that it leads to.
    pub(super) exits: Vec<(String, Option<String>)>,
}

/// Words that start a flow.
#[derive(Debug)]
struct Trigger {
    flow: String,
    /// Empty for a trigger that takes any message.
    keywords: Vec<String>,
    is_whole: bool,
}

impl Definition {
    pub(super) fn read(files: &[Value]) -> Self {
        let mut definition = Self::default();
        for file in files {
            let flows = list(&file["flows"]);
            let alone = std::slice::from_ref(file);
            let flows = if file["nodes"].is_array() { alone } else { flows };
            definition.flows.extend(flows.iter().filter(|it| it["nodes"].is_array()).map(Flow::read));
            let campaigns = list(&file["campaigns"]).iter().flat_map(|it| list(&it["events"]));
            let scheduled = campaigns.chain(list(&file["triggers"])).filter_map(|it| it["flow"]["uuid"].as_str());
            definition.scheduled.extend(scheduled.map(str::to_owned));
            definition.triggers.extend(list(&file["triggers"]).iter().filter_map(Trigger::read));
        }
        definition
    }

    /// Whether a flow is only a part of another one.
    pub(super) fn is_entered(&self, flow: usize) -> bool {
        let Some(flow) = self.flows.get(flow) else { return false };
        let is_triggered = self.triggers.iter().any(|it| it.flow == flow.uuid);
        let others = self.flows.iter().filter(|it| it.uuid != flow.uuid);
        let mut actions = others.flat_map(|it| &it.nodes).flat_map(|it| &it.actions);
        !is_triggered && actions.any(|it| it["type"] == "enter_flow" && it["flow"]["uuid"] == flow.uuid.as_str())
    }

    /// Whether the file says what starts a flow.
    pub(super) fn is_triggered(&self, flow: usize) -> bool {
        self.flows.get(flow).is_some_and(|it| self.scheduled.contains(&it.uuid))
    }

    pub(super) fn position(&self, uuid: &str) -> Option<usize> {
        self.flows.iter().position(|it| it.uuid == uuid)
    }

    /// Whether a message of the customer starts the flow.
    pub(super) fn is_begun_by_customer(&self, flow: usize) -> bool {
        self.flows.get(flow).is_some_and(|flow| self.triggers.iter().any(|it| it.flow == flow.uuid))
    }

    /// Whether this message starts the flow: its first word, or all of it, is a keyword.
    pub(super) fn starts(&self, flow: usize, text: &str) -> bool {
        let Some(flow) = self.flows.get(flow) else { return false };
        let words = super::case::tokens(&text.to_lowercase());
        self.triggers.iter().filter(|it| it.flow == flow.uuid).any(|it| {
            let is_word = |keyword: &String| words.first().is_some_and(|it| *it == keyword.to_lowercase());
            it.keywords.is_empty() || ((!it.is_whole || words.len() == 1) && it.keywords.iter().any(is_word))
        })
    }

    pub(super) fn keywords(&self, flow: usize) -> Vec<String> {
        let Some(flow) = self.flows.get(flow) else { return Vec::new() };
        self.triggers.iter().filter(|it| it.flow == flow.uuid).flat_map(|it| it.keywords.clone()).collect()
    }
}

impl Trigger {
    fn read(value: &Value) -> Option<Self> {
        let kind = value["trigger_type"].as_str().or(value["type"].as_str())?;
        // K: keyword, C: any message, N: new conversation. A schedule or a campaign is begun by the business.
        if !["K", "C", "N", "keyword", "catchall"].contains(&kind) {
            return None;
        }
        let mut keywords: Vec<String> = texts(&value["keywords"]);
        keywords.extend(value["keyword"].as_str().filter(|it| !it.is_empty()).map(str::to_owned));
        let is_whole = value["match_type"] == "O";
        Some(Self { flow: value["flow"]["uuid"].as_str()?.to_owned(), keywords, is_whole })
    }
}

impl Flow {
    fn read(value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        Self {
            uuid: text("uuid"),
            name: text("name"),
            language: text("language"),
            localization: value["localization"].clone(),
            nodes: list(&value["nodes"]).iter().map(Node::read).collect(),
        }
    }

    /// The language of the flow, and those that it is translated to.
    pub(super) fn languages(&self) -> Vec<String> {
        let mut codes = vec![self.language.clone()];
        let others = self.localization.as_object().into_iter().flat_map(|it| it.keys());
        codes.extend(others.filter(|it| **it != self.language).cloned());
        codes
    }

    pub(super) fn node(&self, uuid: &str) -> Option<&Node> {
        self.nodes.iter().find(|it| it.uuid == uuid)
    }

    /// The translation of a part of the flow, if there is one.
    pub(super) fn translated(&self, language: &str, uuid: &str, key: &str) -> Option<Vec<String>> {
        if language == self.language {
            return None;
        }
        let found = texts(&self.localization[language][uuid][key]);
        found.iter().any(|it| !it.is_empty()).then_some(found)
    }

    /// Decisions of models and people, which are not simulated.
    pub(super) fn not_simulated(&self) -> Vec<String> {
        let kinds = ["call_classifier", "call_llm", "open_ticket", "transfer_airtime"];
        let actions = self.nodes.iter().flat_map(|it| &it.actions).filter_map(|it| it["type"].as_str());
        let found: BTreeSet<&str> = actions.filter(|it| kinds.contains(it)).collect();
        found.into_iter().map(|it| format!("{it} is decided by the script")).collect()
    }
}

impl Node {
    fn read(value: &Value) -> Self {
        let exit = |it: &Value| {
            let goal = it["destination_uuid"].as_str().filter(|it| !it.is_empty());
            (it["uuid"].as_str().unwrap_or_default().to_owned(), goal.map(str::to_owned))
        };
        Self {
            uuid: value["uuid"].as_str().unwrap_or_default().to_owned(),
            actions: list(&value["actions"]).to_vec(),
            router: value["router"].is_object().then(|| value["router"].clone()),
            exits: list(&value["exits"]).iter().map(exit).collect(),
        }
    }

    /// Names the node by what it says or asks.
    pub(super) fn label(&self) -> String {
        let said = self.actions.iter().find_map(|it| it["text"].as_str());
        let asked = || self.router.as_ref().and_then(|it| it["result_name"].as_str()).filter(|it| !it.is_empty());
        let short = |it: &str| it.chars().take(24).collect::<String>();
        let id: String = self.uuid.chars().take(8).collect();
        match said.map(short).or_else(|| asked().map(short)) {
            Some(label) => format!("{label} ({id})"),
            None => id,
        }
    }
}

/// A list of texts, or one text.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        // In specification 14 a quick reply is an object.
        Value::Array(values) => {
            let text = |it: &Value| it.as_str().or(it["text"].as_str()).map_or_else(|| it.to_string(), str::to_owned);
            values.iter().map(text).collect()
        }
        _ => Vec::new(),
    }
}
