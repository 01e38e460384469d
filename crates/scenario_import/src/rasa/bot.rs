//! What the YAML files of a bot say: responses, forms, examples, and the events of its stories.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::{Imported, Skipped};

/// `[text](entity)` and `[text]{"entity": "x"}` in what users say.
static ENTITY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})").ok());

const MAX_PHRASES: usize = 20;
/// Limits the events of a story: steps are built by recursion.
const MAX_EVENTS: usize = 500;
/// Limits the variants of one story.
const MAX_VARIANTS: usize = 32;

#[derive(Default)]
pub(super) struct Bot {
    pub(super) responses: BTreeMap<String, Value>,
    pub(super) forms: BTreeMap<String, Vec<String>>,
    /// What users say, by intent.
    pub(super) phrases: BTreeMap<String, Vec<String>>,
    /// Rules and stories: their file, their name, their events.
    pub(super) stories: Vec<(String, String, Vec<StoryEvent>)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum StoryEvent {
    Intent(String),
    Action(String),
}

/// Adds what a YAML file says to the bot.
pub(super) fn read(bot: &mut Bot, value: &Value, file: &str, imported: &mut Imported) {
    // `templates` is what Rasa 1 called responses.
    for key in ["responses", "templates"] {
        for (name, response) in value.get(key).and_then(Value::as_object).into_iter().flatten() {
            bot.responses.insert(name.clone(), response.clone());
        }
    }
    read_forms(bot, value);
    read_phrases(bot, value);
    for (key, name_key) in [("rules", "rule"), ("stories", "story")] {
        for story in value.get(key).and_then(Value::as_array).into_iter().flatten() {
            let name = story.get(name_key).and_then(Value::as_str).unwrap_or_default();
            read_story(bot, story, file, name, imported);
        }
    }
}

fn read_forms(bot: &mut Bot, value: &Value) {
    for (name, form) in value.get("forms").and_then(Value::as_object).into_iter().flatten() {
        let required = form.get("required_slots").unwrap_or(form);
        let slots = match required {
            Value::Array(names) => names.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect(),
            // Rasa 2: a map of slots.
            Value::Object(slots) => slots.keys().cloned().collect(),
            _ => Vec::new(),
        };
        bot.forms.insert(name.clone(), slots);
    }
}

fn read_phrases(bot: &mut Bot, value: &Value) {
    for entry in value.get("nlu").and_then(Value::as_array).into_iter().flatten() {
        let Some(intent) = entry.get("intent").and_then(Value::as_str) else { continue };
        let examples = entry.get("examples").and_then(Value::as_str).unwrap_or_default();
        let lines = examples.lines().filter_map(|it| it.trim().strip_prefix('-')).map(str::trim);
        let plain =
            |line: &str| ENTITY.as_ref().map_or_else(|| line.to_owned(), |it| it.replace_all(line, "$1").into_owned());
        let phrases: Vec<String> = lines.take(MAX_PHRASES).map(plain).collect();
        bot.phrases.entry(intent.to_owned()).or_default().extend(phrases);
    }
}

/// Reads a rule or a story. A story with alternatives is read as several stories.
fn read_story(bot: &mut Bot, story: &Value, file: &str, name: &str, imported: &mut Imported) {
    let mut skip = |why: String| {
        imported.skipped.push(Skipped { file: file.to_owned(), place: name.to_owned(), why });
    };
    let mut variants: Vec<Vec<StoryEvent>> = vec![Vec::new()];
    for step in story.get("steps").and_then(Value::as_array).into_iter().flatten() {
        if let Some(alternatives) = alternatives(step).filter(|it| variants.len() * it.len() <= MAX_VARIANTS) {
            let pairs = variants.iter().flat_map(|it| alternatives.iter().map(move |event| (it, event)));
            variants = pairs.map(|(it, event)| [it.as_slice(), std::slice::from_ref(event)].concat()).collect();
            continue;
        }
        match event(step) {
            Ok(Some(event)) => variants.iter_mut().for_each(|it| it.push(event.clone())),
            Ok(None) => {}
            Err(what) => skip(format!("its step “{what}” has no counterpart")),
        }
    }
    for events in variants.into_iter().filter(|it| !it.is_empty()) {
        match events.len() > MAX_EVENTS {
            true => skip(format!("it has {} steps, and at most {MAX_EVENTS} are read", events.len())),
            false => bot.stories.push((file.to_owned(), name.to_owned(), events)),
        }
    }
}

/// The alternative intents of a step.
fn alternatives(step: &Value) -> Option<Vec<StoryEvent>> {
    let list = step.get("or")?.as_array()?;
    let intents =
        list.iter().map(|it| it.get("intent").and_then(Value::as_str).map(|it| StoryEvent::Intent(it.to_owned())));
    intents.collect::<Option<Vec<StoryEvent>>>().filter(|it| !it.is_empty())
}

/// The event of a step; none for a step that only sets slots; `Err` with the name of an unknown step.
fn event(step: &Value) -> Result<Option<StoryEvent>, String> {
    let string = |key: &str| step.get(key).and_then(Value::as_str);
    if let Some(intent) = string("intent") {
        return Ok(Some(StoryEvent::Intent(intent.to_owned())));
    }
    if let Some(action) = string("action") {
        let quiet = ["action_listen", "action_restart", "action_back"];
        return Ok((!quiet.contains(&action)).then(|| StoryEvent::Action(action.to_owned())));
    }
    if let Some(form) = step.get("active_loop") {
        return Ok(form.as_str().map(|it| StoryEvent::Action(it.to_owned())));
    }
    let quiet = ["slot_was_set", "condition", "wait_for_user_input"];
    match step.as_object().and_then(|it| it.keys().next()) {
        Some(key) if quiet.contains(&key.as_str()) => Ok(None),
        Some(key) => Err(key.clone()),
        None => Ok(None),
    }
}
