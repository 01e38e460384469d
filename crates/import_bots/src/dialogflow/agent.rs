//! An agent as its files say it: intents, what users say, what the agent answers.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::entities::Entities;
use import_base::phrases::Piece;
use import_base::{File, ImportError, Imported, Skipped};

static CONTEXT_VALUE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"#[\p{L}_][\w-]*\.([\p{L}_][\p{L}\d_-]*)").ok());

/// The messages that a context lives if its lifespan is not written (Dialogflow, Input and output contexts).
const DEFAULT_LIFESPAN: i64 = 5;

fn names_in(pattern: &Regex, text: &str) -> Vec<String> {
    pattern.captures_iter(text).map(|it| it[1].to_owned()).collect()
}

/// An agent of Dialogflow ES.
#[derive(Default)]
pub(super) struct Agent {
    /// The language of texts that name none.
    pub(super) language: String,
    /// The languages that the agent declares, without its own.
    pub(super) declared: Vec<String>,
    /// In the order of their files.
    pub(super) intents: Vec<Intent>,
    pub(super) entities: Entities,
}

/// An intent: what users say, and what the agent answers.
pub(super) struct Intent {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) value: Value,
    /// The phrases of users, by language.
    pub(super) phrases: BTreeMap<String, Vec<String>>,
    /// The same phrases in pieces, with the parameters that the pieces are values of.
    pieces: BTreeMap<String, Vec<Vec<Piece>>>,
    /// Phrases that are patterns of entities, such as `@size:size please`, by language.
    pub(super) n_patterns: BTreeMap<String, usize>,
}

impl Agent {
    /// Reads the files of an agent.
    pub(super) fn read(files: &[File], imported: &mut Imported) -> Result<Self, ImportError> {
        let mut agent = Self::default();
        let mut said = Vec::new();
        let mut places = HashMap::new();
        for file in files {
            let name = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
            if name == "agent" {
                agent.read_head(&parse(file)?, file, imported);
            } else if file.path.contains("intents/") {
                let stem = file.path.trim_end_matches(".json");
                match stem.rsplit_once("_usersays_") {
                    Some((intent, language)) => said.push((intent.to_owned(), language.to_owned(), parse(file)?)),
                    None => {
                        places.insert(stem.to_owned(), agent.intents.len());
                        agent.intents.push(Intent::new(file, name, parse(file)?));
                    }
                }
            } else if file.path.contains("entities/") {
                agent.entities.read(name, &parse(file)?);
            } else if name != "package" && name != "README.md" {
                imported.skipped.push(skipped(file, "", other_file(name)));
            }
        }
        if agent.language.is_empty() {
            agent.guess_language(&said, files, imported);
        }
        for (intent, language, value) in said {
            if let Some(at) = places.get(&intent) {
                agent.intents[*at].add_phrases(&language, &value);
            }
        }
        for intent in &mut agent.intents {
            // Agents of 2017 have their phrases in the intent.
            let inline = intent.value.get("userSays").cloned().unwrap_or_default();
            intent.add_phrases(&agent.language, &inline);
        }
        Ok(agent)
    }

    fn read_head(&mut self, value: &Value, file: &File, imported: &mut Imported) {
        self.language = value.get("language").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.declared = strings(value.get("supportedLanguages"));
        if !strings(value.get("enabledKnowledgeBaseNames")).is_empty() {
            let why = "answers out of documents are not in the export";
            imported.skipped.push(skipped(file, "enabledKnowledgeBaseNames", why));
        }
    }

    /// Without `agent.json`, the language of most phrases is the agent's own.
    fn guess_language(&mut self, said: &[(String, String, Value)], files: &[File], imported: &mut Imported) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        said.iter().for_each(|it| *counts.entry(it.1.as_str()).or_default() += 1);
        let most = counts.into_iter().rev().max_by_key(|it| it.1);
        self.language = most.map(|it| it.0.to_owned()).unwrap_or_default();
        if let Some(first) = files.first().filter(|_| !files.iter().any(|it| it.path.ends_with("agent.json"))) {
            let why = format!("the agent has no agent.json: its language is taken from its phrases: {}", self.language);
            imported.skipped.push(skipped(first, "agent.json", &why));
        }
    }

    /// The parameters that are read out of contexts, such as `#order.size`.
    pub(super) fn shared_parameters(&self) -> HashSet<String> {
        let texts = self.intents.iter().map(|it| it.response().to_string());
        texts
            .flat_map(|it| CONTEXT_VALUE.iter().flat_map(|pattern| names_in(pattern, &it)).collect::<Vec<_>>())
            .collect()
    }

    /// The languages in which the agent says something.
    pub(super) fn spoken(&self) -> BTreeSet<String> {
        self.intents.iter().flat_map(|it| it.spoken(&self.language)).collect()
    }
}

impl Intent {
    fn new(file: &File, name: &str, value: Value) -> Self {
        let named = value.get("name").and_then(Value::as_str).filter(|it| !it.trim().is_empty());
        Self {
            file: file.path.clone(),
            name: named.unwrap_or(name).to_owned(),
            phrases: BTreeMap::new(),
            pieces: BTreeMap::new(),
            n_patterns: BTreeMap::new(),
            value,
        }
    }

    fn add_phrases(&mut self, language: &str, said: &Value) {
        for phrase in said.as_array().into_iter().flatten() {
            let data = phrase.get("data").and_then(Value::as_array).into_iter().flatten();
            let string = |it: &Value, key: &str| it.get(key).and_then(Value::as_str).map(str::to_owned);
            let pieces: Vec<Piece> = data.filter_map(|it| Some((string(it, "text")?, string(it, "alias")))).collect();
            let text: String = pieces.iter().map(|it| it.0.as_str()).collect();
            match phrase.get("isTemplate").and_then(Value::as_bool) {
                Some(true) => *self.n_patterns.entry(language.to_owned()).or_default() += 1,
                _ if text.trim().is_empty() => {}
                _ => {
                    self.phrases.entry(language.to_owned()).or_default().push(text.trim().to_owned());
                    self.pieces.entry(language.to_owned()).or_default().push(pieces);
                }
            }
        }
    }

    /// The phrases of users in a language, or in the language without its region.
    pub(super) fn phrases(&self, language: &str) -> &[String] {
        of_language(&self.phrases, language)
    }

    /// The phrases of users in a language, in pieces.
    pub(super) fn pieces(&self, language: &str) -> &[Vec<Piece>] {
        of_language(&self.pieces, language)
    }

    pub(super) fn response(&self) -> &Value {
        self.value.get("responses").and_then(|it| it.get(0)).unwrap_or(&Value::Null)
    }

    pub(super) fn parameters(&self) -> &[Value] {
        self.response().get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn is_set(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool) == Some(true)
    }

    /// Dialogflow ignores intents of a negative priority.
    pub(super) fn is_off(&self) -> bool {
        self.value.get("priority").and_then(Value::as_i64).is_some_and(|it| it < 0)
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.value.get("id").and_then(Value::as_str).filter(|it| !it.is_empty())
    }

    pub(super) fn events(&self) -> Vec<&str> {
        let events = self.value.get("events").and_then(Value::as_array).into_iter().flatten();
        events.filter_map(|it| it.get("name").and_then(Value::as_str)).collect()
    }

    /// The contexts that must be active, in small letters.
    pub(super) fn contexts(&self) -> Vec<String> {
        strings(self.value.get("contexts")).iter().map(|it| it.to_lowercase()).collect()
    }

    /// The contexts that the intent opens, with how many messages each lives.
    pub(super) fn sets(&self) -> Vec<(String, i64)> {
        let contexts = self.response().get("affectedContexts").and_then(Value::as_array).into_iter().flatten();
        let number = |it: &Value| it.as_i64().or_else(|| it.as_str()?.parse().ok());
        let lifespan = |it: &Value| it.get("lifespan").and_then(number).unwrap_or(DEFAULT_LIFESPAN);
        contexts.filter_map(|it| Some((it.get("name")?.as_str()?.to_lowercase(), lifespan(it)))).collect()
    }

    /// The languages of the messages and prompts of the intent.
    pub(super) fn spoken(&self, own: &str) -> BTreeSet<String> {
        let messages = self.response().get("messages").and_then(Value::as_array).into_iter().flatten();
        let prompts = self.parameters().iter().filter_map(|it| it.get("prompts")?.as_array()).flatten();
        let said = messages.chain(prompts).filter(|it| says_something(it));
        said.map(|it| language_of(it, own).to_owned()).collect()
    }
}

/// Whether a message or a prompt has content: the console leaves empty ones in exports.
pub(super) fn says_something(value: &Value) -> bool {
    let keys = ["speech", "title", "subtitle", "imageUrl", "image", "replies", "suggestions", "textToSpeech", "value"];
    let others = ["displayText", "formattedText", "items", "payload", "url", "content"];
    keys.iter().chain(&others).any(|it| match value.get(*it) {
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(list)) => list.iter().any(|it| it.as_str() != Some("")),
        Some(Value::Object(object)) => !object.is_empty(),
        _ => false,
    })
}

fn of_language<'a, T>(all: &'a BTreeMap<String, Vec<T>>, language: &str) -> &'a [T] {
    let root = language.split(['-', '_']).next().unwrap_or_default();
    all.get(language).or_else(|| all.get(root)).map(Vec::as_slice).unwrap_or_default()
}

/// The language of a message or a prompt. One that names none is in the agent's own.
pub(super) fn language_of<'a>(value: &'a Value, own: &'a str) -> &'a str {
    value.get("lang").and_then(Value::as_str).filter(|it| !it.is_empty()).unwrap_or(own)
}

/// The values in a language. A language with a region falls back to the one without it, as in Dialogflow.
pub(super) fn in_language<'a>(list: Option<&'a Value>, language: &str, own: &str) -> Vec<&'a Value> {
    let of = |wanted: &str| -> Vec<&'a Value> {
        let all = list.and_then(Value::as_array).into_iter().flatten();
        all.filter(|it| language_of(it, own) == wanted).collect()
    };
    let exact = of(language);
    match language.split_once(['-', '_']) {
        Some((root, _)) if exact.is_empty() => of(root),
        _ => exact,
    }
}

pub(super) fn strings(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

pub(super) fn skipped(file: &File, place: &str, why: &str) -> Skipped {
    Skipped { file: file.path.clone(), place: place.to_owned(), why: why.to_owned() }
}

fn parse(file: &File) -> Result<Value, ImportError> {
    serde_json::from_slice(&file.bytes).map_err(|it| ImportError::shape(file, "a file of a Dialogflow agent", it))
}

fn other_file(name: &str) -> &'static str {
    match name {
        it if it.starts_with("customSmalltalkResponses") => "answers to small talk belong to no intent",
        _ => "it is not an intent",
    }
}
