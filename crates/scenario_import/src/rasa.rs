//! Bots of Rasa: the domain, what users say, rules and stories, in YAML.
//!
//! Stories that begin with the same intent become one scenario, as a tree: where they part, an intent is a choice.

mod build;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use scenario::{Purpose, Trigger};
use serde_json::Value;

use crate::flow::{Head, origin};
use crate::{File, Format, ImportError, Imported, Options, Skipped, language};
use build::Builder;

/// `[text](entity)` and `[text]{"entity": "x"}` in what users say.
static ENTITY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})").ok());

const MOST_PHRASES: usize = 20;
/// A story beyond this is no story; steps are built one within the other.
const MOST_EVENTS: usize = 500;
/// Alternatives that are told apart, of one story.
const MOST_TELLINGS: usize = 32;

#[derive(Default)]
struct Bot {
    responses: BTreeMap<String, Value>,
    forms: BTreeMap<String, Vec<String>>,
    /// What users say, by intent.
    phrases: BTreeMap<String, Vec<String>>,
    /// Rules and stories: where they stand, their name, their steps.
    stories: Vec<(String, String, Vec<Event>)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Event {
    Intent(String),
    Action(String),
}

/// Stories as a tree.
#[derive(Default)]
struct Node {
    next: Vec<(Event, Node)>,
}

pub(crate) fn import(files: &[File], options: &Options, imported: &mut Imported) -> Result<(), ImportError> {
    let mut bot = Bot::default();
    for file in files.iter().filter(|it| it.path.ends_with(".yml") || it.path.ends_with(".yaml")) {
        let text = String::from_utf8_lossy(&file.bytes);
        // Yes and No are titles of buttons, as they are in YAML 1.2.
        let options = serde_saphyr::options! { strict_booleans: true };
        let value: Value = serde_saphyr::from_str_with_options(&text, options)
            .map_err(|it| ImportError::shape(file, "YAML of Rasa", it))?;
        read(&mut bot, &value, &file.path, imported);
    }
    let mut roots: BTreeMap<&str, (&str, Node)> = BTreeMap::new();
    // Stories that begin with what the bot does say how it goes on after that.
    let mut sequels: BTreeMap<&str, Node> = BTreeMap::new();
    for (file, _, events) in &bot.stories {
        match events.first() {
            Some(Event::Intent(first)) => {
                insert(&mut roots.entry(first).or_insert_with(|| (file, Node::default())).1, &events[1..]);
            }
            // A form is named when it starts and when it runs.
            Some(Event::Action(first)) => {
                let n_same = events.iter().take_while(|it| **it == events[0]).count();
                insert(sequels.entry(first).or_default(), &events[n_same..]);
            }
            None => {}
        }
    }
    let mut used = BTreeSet::new();
    for (intent, (file, root)) in &roots {
        let mut builder = Builder::new(&bot, &roots, &sequels);
        let start = builder.story(intent, root);
        used.append(&mut builder.used);
        let flow = builder.flow;
        let said = flow.said();
        let phrases = bot.phrases.get(*intent).cloned().unwrap_or_default();
        let words = format!("{said} {}", phrases.join(" "));
        let head = Head {
            intent,
            language: language::guess(&words).unwrap_or(&options.language),
            purpose: Purpose::Conversation,
            trigger: Trigger::Message { phrases },
            origin: origin(Format::Rasa, file, *intent),
        };
        match start {
            Some(start) => imported.scenarios.push(flow.finish(head, Some(&start))),
            None => imported.skipped.push(Skipped {
                file: (*file).to_owned(),
                place: (*intent).to_owned(),
                why: "nothing is said or done after it".to_owned(),
            }),
        }
    }
    for action in sequels.keys().filter(|it| !used.contains(**it)) {
        let file = files.first().map(|it| it.path.clone()).unwrap_or_default();
        let why = "it begins with no intent, and no story comes to where it goes on".to_owned();
        imported.skipped.push(Skipped { file, place: (*action).to_owned(), why });
    }
    Ok(())
}

fn read(bot: &mut Bot, value: &Value, file: &str, imported: &mut Imported) {
    // `templates` is what Rasa 1 called responses.
    for key in ["responses", "templates"] {
        for (name, response) in value.get(key).and_then(Value::as_object).into_iter().flatten() {
            bot.responses.insert(name.clone(), response.clone());
        }
    }
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
    for entry in value.get("nlu").and_then(Value::as_array).into_iter().flatten() {
        let Some(intent) = entry.get("intent").and_then(Value::as_str) else { continue };
        let examples = entry.get("examples").and_then(Value::as_str).unwrap_or_default();
        let lines = examples.lines().filter_map(|it| it.trim().strip_prefix('-')).map(str::trim);
        let plain =
            |line: &str| ENTITY.as_ref().map_or_else(|| line.to_owned(), |it| it.replace_all(line, "$1").into_owned());
        let phrases: Vec<String> = lines.take(MOST_PHRASES).map(plain).collect();
        bot.phrases.entry(intent.to_owned()).or_default().extend(phrases);
    }
    for (key, name_key) in [("rules", "rule"), ("stories", "story")] {
        for story in value.get(key).and_then(Value::as_array).into_iter().flatten() {
            let name = story.get(name_key).and_then(Value::as_str).unwrap_or_default().to_owned();
            // A story with alternatives is several.
            let mut tellings: Vec<Vec<Event>> = vec![Vec::new()];
            for step in story.get("steps").and_then(Value::as_array).into_iter().flatten() {
                if let Some(alternatives) = alternatives(step).filter(|it| tellings.len() * it.len() <= MOST_TELLINGS) {
                    let told = tellings.iter().flat_map(|it| alternatives.iter().map(move |event| (it, event)));
                    tellings = told.map(|(it, event)| [it.as_slice(), std::slice::from_ref(event)].concat()).collect();
                    continue;
                }
                match event(step) {
                    Ok(Some(event)) => tellings.iter_mut().for_each(|it| it.push(event.clone())),
                    Ok(None) => {}
                    Err(what) => imported.skipped.push(Skipped {
                        file: file.to_owned(),
                        place: name.clone(),
                        why: format!("its step “{what}” has no counterpart"),
                    }),
                }
            }
            for events in tellings.into_iter().filter(|it| !it.is_empty()) {
                if events.len() > MOST_EVENTS {
                    let why = format!("it has {} steps, and at most {MOST_EVENTS} are read", events.len());
                    imported.skipped.push(Skipped { file: file.to_owned(), place: name.clone(), why });
                } else {
                    bot.stories.push((file.to_owned(), name.clone(), events));
                }
            }
        }
    }
}

/// The intents of which one is enough.
fn alternatives(step: &Value) -> Option<Vec<Event>> {
    let list = step.get("or")?.as_array()?;
    let intents = list.iter().map(|it| it.get("intent").and_then(Value::as_str).map(|it| Event::Intent(it.to_owned())));
    intents.collect::<Option<Vec<Event>>>().filter(|it| !it.is_empty())
}

/// An event of a story; none for what only sets things; the name of what is not known.
fn event(step: &Value) -> Result<Option<Event>, String> {
    let string = |key: &str| step.get(key).and_then(Value::as_str);
    if let Some(intent) = string("intent") {
        return Ok(Some(Event::Intent(intent.to_owned())));
    }
    if let Some(action) = string("action") {
        let quiet = ["action_listen", "action_restart", "action_back"];
        return Ok((!quiet.contains(&action)).then(|| Event::Action(action.to_owned())));
    }
    if let Some(form) = step.get("active_loop") {
        return Ok(form.as_str().map(|it| Event::Action(it.to_owned())));
    }
    let quiet = ["slot_was_set", "condition", "wait_for_user_input"];
    match step.as_object().and_then(|it| it.keys().next()) {
        Some(key) if quiet.contains(&key.as_str()) => Ok(None),
        Some(key) => Err(key.clone()),
        None => Ok(None),
    }
}

fn insert(mut node: &mut Node, events: &[Event]) {
    for (n, event) in events.iter().enumerate() {
        // A form is named when it starts and when it runs.
        if n > 0 && events[n - 1] == *event {
            continue;
        }
        let at = node.next.iter().position(|it| it.0 == *event).unwrap_or_else(|| {
            node.next.push((event.clone(), Node::default()));
            node.next.len() - 1
        });
        node = &mut node.next[at].1;
    }
}
