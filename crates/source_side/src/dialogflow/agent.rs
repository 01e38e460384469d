//! The files of an agent.

use serde_json::Value;

use super::Agent;
use super::answer::Answer;
use crate::json::list;

#[derive(Debug)]
pub(super) struct Intent {
    pub(super) name: String,
    /// The contexts that must be active.
    pub(super) contexts: Vec<String>,
    pub(super) is_fallback: bool,
    pub(super) priority: i64,
    pub(super) resets: bool,
    /// The contexts that it sets, with their lifespans.
    pub(super) sets: Vec<(String, i64)>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) answers: Vec<Answer>,
    pub(super) phrases: Vec<Vec<Part>>,
    pub(super) calls: bool,
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// Such as `occasion` for an entity of the agent, or `sys.date`.
    pub(super) kind: String,
    /// Such as `$day` or `#order.day`.
    pub(super) value: String,
    pub(super) default: String,
    pub(super) is_required: bool,
    pub(super) prompts: Vec<String>,
}

/// A part of a training phrase.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) parameter: Option<String>,
    pub(super) kind: String,
}

/// The values of an entity, each with its synonyms.
pub(super) type Entity = Vec<(String, Vec<String>)>;

pub(super) fn read(documents: &[(&str, Value)], language: &str) -> Agent {
    let mut agent = Agent::default();
    let of = |folder: &str, path: &str| path.rsplit('/').nth(1).is_some_and(|it| it == folder);
    for (path, value) in documents.iter().filter(|it| of("intents", it.0)) {
        let stem = path.strip_suffix(".json").unwrap_or(path);
        if value.is_object() && value["responses"].is_array() {
            let phrases = documents.iter().find(|it| it.0 == format!("{stem}_usersays_{language}.json"));
            agent.intents.push(intent(value, phrases.map(|it| &it.1), language));
        }
    }
    for (path, value) in documents.iter().filter(|it| of("entities", it.0)) {
        let file = path.rsplit('/').next().unwrap_or_default();
        if let Some(name) = file.strip_suffix(&format!("_entries_{language}.json")) {
            agent.entities.insert(name.to_owned(), list(value).iter().map(entry).collect());
        }
    }
    agent
}

fn entry(value: &Value) -> (String, Vec<String>) {
    let name = value["value"].as_str().unwrap_or_default().to_owned();
    let mut synonyms = texts(&value["synonyms"]);
    synonyms.push(name.clone());
    (name, synonyms)
}

fn intent(value: &Value, phrases: Option<&Value>, language: &str) -> Intent {
    let response = &value["responses"][0];
    let lower = |it: &str| it.to_lowercase();
    let sets = list(&response["affectedContexts"]).iter().filter_map(|it| {
        let lifespan = &it["lifespan"];
        Some((lower(it["name"].as_str()?), lifespan.as_i64().or_else(|| lifespan.as_str()?.parse().ok()).unwrap_or(5)))
    });
    let phrase = |it: &Value| list(&it["data"]).iter().map(part).collect();
    Intent {
        name: value["name"].as_str().unwrap_or_default().to_owned(),
        contexts: texts(&value["contexts"]).iter().map(|it| lower(it)).collect(),
        is_fallback: value["fallbackIntent"].as_bool().unwrap_or(false),
        priority: value["priority"].as_i64().unwrap_or(500_000),
        resets: response["resetContexts"].as_bool().unwrap_or(false),
        sets: sets.collect(),
        parameters: list(&response["parameters"]).iter().map(|it| parameter(it, language)).collect(),
        answers: super::answer::read(&response["messages"], language),
        phrases: phrases.map(list).unwrap_or_default().iter().map(phrase).collect(),
        calls: value["webhookUsed"].as_bool().unwrap_or(false),
    }
}

fn part(value: &Value) -> Part {
    Part {
        text: value["text"].as_str().unwrap_or_default().to_owned(),
        parameter: value["alias"].as_str().filter(|it| !it.is_empty()).map(str::to_owned),
        kind: value["meta"].as_str().unwrap_or_default().trim_start_matches('@').to_owned(),
    }
}

fn parameter(value: &Value, language: &str) -> Parameter {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let prompts = list(&value["prompts"]).iter().filter(|it| speaks(it, language));
    Parameter {
        name: text("name"),
        kind: text("dataType").trim_start_matches('@').to_owned(),
        value: text("value"),
        default: text("defaultValue"),
        is_required: value["required"].as_bool().unwrap_or(false),
        prompts: prompts.filter_map(|it| it["value"].as_str()).map(str::to_owned).collect(),
    }
}

/// Whether an entry is for a language: for this one, or for all.
pub(super) fn speaks(value: &Value, language: &str) -> bool {
    value["lang"].as_str().is_none_or(|it| it.is_empty() || it.eq_ignore_ascii_case(language))
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        other => list(other).iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}
