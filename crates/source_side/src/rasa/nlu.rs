//! Training phrases, synonyms and lookup tables: what a text means if it is exactly one of them.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use super::yaml::Node;

#[derive(Debug, Default)]
pub(super) struct Nlu {
    /// Each phrase with its intent and its entities, in the order of the files.
    pub(super) phrases: Vec<Phrase>,
    synonyms: BTreeMap<String, String>,
    /// Names of entities and patterns that find them in a text.
    patterns: Vec<(String, Regex)>,
}

#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) intent: String,
    pub(super) text: String,
    pub(super) entities: BTreeMap<String, String>,
}

/// The meaning of a message.
#[derive(Clone, Debug, Default)]
pub(super) struct Meaning {
    pub(super) intent: Option<String>,
    pub(super) text: String,
    pub(super) entities: BTreeMap<String, String>,
}

impl Nlu {
    pub(super) fn add(&mut self, document: &Node) {
        for entry in document.get("nlu").map(Node::list).unwrap_or_default() {
            let examples = examples(entry.get("examples"));
            if let Some(intent) = entry.text_of("intent") {
                self.phrases.extend(examples.iter().map(|it| phrase(intent, it)));
            }
            if let Some(value) = entry.text_of("synonym") {
                self.synonyms.extend(examples.iter().map(|it| (it.to_lowercase(), value.to_owned())));
            }
            if let Some(entity) = entry.text_of("lookup") {
                let words: Vec<String> = examples.iter().map(|it| regex::escape(it)).collect();
                self.patterns
                    .extend(finder(&format!(r"\b(?:{})\b", words.join("|"))).map(|it| (entity.to_owned(), it)));
            }
            if let Some(entity) = entry.text_of("regex") {
                self.patterns.extend(examples.iter().filter_map(|it| Some((entity.to_owned(), finder(it)?))));
            }
        }
    }

    /// The meaning of a text: the intent of the phrase that it is, and the entities in it.
    pub(super) fn meaning(&self, text: &str) -> Meaning {
        let plain = |it: &str| it.trim().trim_end_matches(['.', '!', '?']).trim_end().to_lowercase();
        let wanted = plain(text);
        let mut entities = self.entities_in(text);
        let found = self.phrases.iter().find(|it| plain(&it.text) == wanted);
        // An answer that is the value of an entity and nothing else is that entity.
        let values = self.phrases.iter().flat_map(|it| &it.entities);
        for (entity, value) in values.filter(|it| plain(it.1) == wanted) {
            entities.entry(entity.clone()).or_insert(self.canonical(value));
        }
        if let Some(phrase) = found {
            entities.extend(phrase.entities.iter().map(|(name, value)| (name.clone(), self.canonical(value))));
        }
        Meaning { intent: found.map(|it| it.intent.clone()), text: text.to_owned(), entities }
    }

    /// The value that a synonym stands for, or the value itself.
    fn canonical(&self, value: &str) -> String {
        self.synonyms.get(&value.to_lowercase()).cloned().unwrap_or_else(|| value.to_owned())
    }

    fn entities_in(&self, text: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for (entity, pattern) in &self.patterns {
            if let Some(it) = pattern.find(text) {
                found.entry(entity.clone()).or_insert(self.canonical(it.as_str()));
            }
        }
        found
    }

    pub(super) fn intents(&self) -> Vec<&str> {
        let mut intents: Vec<&str> = Vec::new();
        for phrase in &self.phrases {
            if !intents.contains(&phrase.intent.as_str()) {
                intents.push(&phrase.intent);
            }
        }
        intents
    }
}

/// The expression that finds an entity in a text.
fn finder(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build().ok()
}

/// The meaning of a payload such as `/inform{"size": "big"}`; none if it is a text.
///
/// Responses are filled in before they are sent, so a brace may be written twice.
pub(super) fn payload(text: &str) -> Option<Meaning> {
    let text = text.replace("{{", "{").replace("}}", "}");
    let rest = text.trim().strip_prefix('/')?;
    let (intent, values) = rest.find('{').map_or((rest, ""), |at| rest.split_at(at));
    let values: BTreeMap<String, serde_json::Value> = serde_json::from_str(values).unwrap_or_default();
    let shown = |it: serde_json::Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
    let entities = values.into_iter().map(|(name, value)| (name, shown(value))).collect();
    Some(Meaning { intent: Some(intent.trim().to_owned()), text: text.clone(), entities })
}

/// The lines of a block that begin with `-`, or the texts of a list.
fn examples(node: Option<&Node>) -> Vec<String> {
    match node {
        Some(Node::Text(text)) => {
            let lines = text.lines().filter_map(|it| it.trim().strip_prefix('-'));
            lines.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect()
        }
        Some(Node::List(nodes)) => {
            let text = |it: &Node| {
                it.text().or_else(|| it.text_of("text")).map(|it| it.trim().trim_start_matches("- ").to_owned())
            };
            nodes.iter().filter_map(text).collect()
        }
        _ => Vec::new(),
    }
}

/// A phrase with marks such as `[tomorrow](day)` and `[tmrw]{"entity": "day", "value": "tomorrow"}`.
fn phrase(intent: &str, marked: &str) -> Phrase {
    let (mut text, mut entities, mut rest) = (String::new(), BTreeMap::new(), marked);
    while let Some(open) = rest.find('[') {
        let Some(close) = rest[open..].find(']').map(|it| open + it) else { break };
        let (inside, after) = (&rest[open + 1..close], &rest[close + 1..]);
        let end = match after.chars().next() {
            Some('(') => after.find(')'),
            Some('{') => after.find('}'),
            _ => None,
        };
        let Some(end) = end else {
            text.push_str(&rest[..=close]);
            rest = after;
            continue;
        };
        text.push_str(&rest[..open]);
        text.push_str(inside);
        let mark = &after[1..end];
        if after.starts_with('(') {
            let (name, value) = mark.split_once(':').unwrap_or((mark, inside));
            entities.insert(name.to_owned(), value.to_owned());
        } else if let Ok(mark) = serde_json::from_str::<serde_json::Value>(&format!("{{{mark}}}")) {
            let name = mark["entity"].as_str().unwrap_or_default();
            entities.insert(name.to_owned(), mark["value"].as_str().unwrap_or(inside).to_owned());
        }
        rest = &after[end + 1..];
    }
    text.push_str(rest);
    Phrase { intent: intent.to_owned(), text, entities }
}
