//! Bots of Rasa: the domain, what users say, rules and stories, in YAML.
//!
//! Stories that begin with the same intent become one scenario, as a tree: where they part, an intent is a choice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use model::scenario::{
    Accepts, Act, Call, Choice, Goal, Handover, Media, MediaKind, Message, Purpose, Question, Trigger, Via,
};
use model::{Loss, Text};
use regex::Regex;
use serde_json::Value;

use crate::flow::{Flow, Head, origin};
use crate::{File, Format, ImportError, Imported, Options, Skipped, language, notation};

static SLOT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{([A-Za-z_][\w-]*)\}").ok());
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
        let mut builder = Builder {
            flow: Flow::default(),
            bot: &bot,
            roots: &roots,
            sequels: &sequels,
            starts: BTreeMap::new(),
            used: BTreeSet::new(),
        };
        let start = builder.story(intent, root);
        used.append(&mut builder.used);
        let flow = builder.flow;
        let said: String = flow.steps.iter().filter_map(|it| it.act.text()).map(|it| format!("{it} ")).collect();
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

fn is_handover(action: &str) -> bool {
    ["handoff", "handover", "human", "agent", "escalat"].iter().any(|it| action.contains(it))
}

/// The steps of one scenario on their way.
struct Builder<'a> {
    flow: Flow,
    bot: &'a Bot,
    /// Stories by the intent that they begin with.
    roots: &'a BTreeMap<&'a str, (&'a str, Node)>,
    /// How it goes on after what the bot does, where the story itself does not say.
    sequels: &'a BTreeMap<&'a str, Node>,
    /// The first steps of stories that are in this scenario already.
    starts: BTreeMap<String, Goal>,
    /// Whose sequels are in it already.
    used: BTreeSet<String>,
}

impl<'a> Builder<'a> {
    /// The steps of a story, once: a button may lead to it from anywhere.
    fn story(&mut self, intent: &str, root: &'a Node) -> Goal {
        if let Some(start) = self.starts.get(intent) {
            return start.clone();
        }
        let first = root.next.iter().find_map(|it| match &it.0 {
            Event::Action(action) => Some(match self.bot.forms.get(action).and_then(|it| it.first()) {
                Some(slot) => format!("{action} {slot}"),
                None => action.clone(),
            }),
            Event::Intent(_) => None,
        });
        let start = first.map(|it| self.flow.free_id(&it));
        self.starts.insert(intent.to_owned(), start.clone());
        self.build(root, intent);
        start
    }

    /// The steps after a node, and the id of the first.
    fn build(&mut self, node: &'a Node, place: &str) -> Goal {
        let (event, after) = node.next.iter().find(|it| matches!(it.0, Event::Action(_)))?;
        let Event::Action(action) = event else { return None };
        for (other, _) in node.next.iter().filter(|it| matches!(it.0, Event::Action(_))).skip(1) {
            if let Event::Action(other) = other {
                self.flow.lose(Loss::RouteDropped, place, format!("to {other}, where the story cannot tell when"));
            }
        }
        let after = self.sequel(action, after);
        if let Some(slots) = self.bot.forms.get(action) {
            return self.form(action, slots, after);
        }
        let id = self.flow.free_id(action);
        // The step has its place before those that follow it.
        self.flow.push(&id, Act::Message(Message::default()));
        let act = match self.bot.responses.get(action) {
            Some(response) => Act::Message(self.utter(response, after, &id)),
            None => {
                let next = self.build(after, &id);
                match is_handover(action) {
                    true => Act::Handover(Handover { via: Via::Agent, text: Text::default(), target: None, next }),
                    false => Act::Call(Call { system: action.clone(), on_failure: next.clone(), next }),
                }
            }
        };
        if let Some(step) = self.flow.steps.iter_mut().find(|it| it.id == id) {
            step.act = act;
        }
        Some(id)
    }

    /// What comes after an action: the rest of the story, or what another tells, once.
    ///
    /// After a form or an action of the bot's own nobody is waited for here: what customers may say then is told as lost.
    fn sequel(&mut self, action: &str, after: &'a Node) -> &'a Node {
        let is_silent = !self.bot.responses.contains_key(action);
        for (event, _) in after.next.iter().filter(|_| is_silent) {
            if let Event::Intent(intent) = event {
                self.flow.lose(Loss::RouteDropped, action, format!("if the customer says {intent} then"));
            }
        }
        let goes_on = after.next.iter().any(|it| !is_silent || matches!(it.0, Event::Action(_)));
        match self.sequels.get(action) {
            Some(sequel) if !goes_on && self.used.insert(action.to_owned()) => sequel,
            _ => after,
        }
    }

    fn text(&mut self, raw: &str) -> Text {
        let Some(pattern) = SLOT.as_ref() else { return Text::plain(raw) };
        notation::with(&mut self.flow, raw, pattern, |it| Some(it[1].to_owned()))
    }

    /// The first variation of a response; others are named.
    fn variation(&mut self, response: &'a Value, place: &str) -> Option<&'a Value> {
        let list = response.as_array()?;
        if list.len() > 1 {
            self.flow.lose(Loss::RouteDropped, place, format!("{} other ways to say the same", list.len() - 1));
        }
        list.first()
    }

    fn utter(&mut self, response: &'a Value, after: &'a Node, id: &str) -> Message {
        let mut message = Message::default();
        if let Some(value) = self.variation(response, id) {
            message.text = self.text(value.get("text").and_then(Value::as_str).unwrap_or_default().trim());
            if let Some(url) = value.get("image").and_then(Value::as_str) {
                message.media = Some(Media { kind: MediaKind::Image, url: self.text(url) });
            }
            for key in ["custom", "attachment"] {
                if value.get(key).is_some() {
                    self.flow.lose(Loss::StepDropped, id, format!("what {key} holds"));
                }
            }
            for button in value.get("buttons").and_then(Value::as_array).into_iter().flatten() {
                let string = |key: &str| button.get(key).map(scalar).unwrap_or_default();
                let (title, payload) = (string("title"), string("payload"));
                let next = self.way(&payload, after, id);
                message.choices.push(Choice::Reply { title, description: None, value: Some(payload), next });
            }
        }
        // Intents that no button stands for.
        for (event, node) in &after.next {
            let Event::Intent(intent) = event else { continue };
            let is_button = |it: &Choice| match it {
                Choice::Reply { value: Some(value), .. } => intent_of(value) == intent,
                _ => false,
            };
            if message.choices.iter().any(is_button) {
                continue;
            }
            let next = self.build(node, id);
            let phrase = self.bot.phrases.get(intent).and_then(|it| it.first()).cloned();
            let title = phrase.unwrap_or_else(|| intent.replace('_', " "));
            message.choices.push(Choice::Reply { title, description: None, value: Some(format!("/{intent}")), next });
        }
        if message.choices.is_empty() {
            message.next = self.build(after, id);
        }
        message
    }

    /// Where a button leads: on in its story, or to the story that begins with its intent.
    fn way(&mut self, payload: &str, after: &'a Node, place: &str) -> Goal {
        let intent = intent_of(payload);
        if let Some((_, node)) = after.next.iter().find(|it| it.0 == Event::Intent(intent.to_owned())) {
            return self.build(node, place);
        }
        match self.roots.get(intent) {
            Some((_, root)) => self.story(intent, root),
            None => {
                self.flow.lose(
                    Loss::RouteDropped,
                    place,
                    format!("a button with the payload {payload}, which no story answers"),
                );
                None
            }
        }
    }

    /// A question for each slot of a form.
    fn form(&mut self, name: &str, slots: &[String], after: &'a Node) -> Goal {
        let ids: Vec<String> = slots.iter().map(|it| self.flow.free_id(&format!("{name} {it}"))).collect();
        self.flow.lose(Loss::FormDropped, name, "the form's own checks of answers");
        for (slot, id) in slots.iter().zip(&ids) {
            let keys = [format!("utter_ask_{name}_{slot}"), format!("utter_ask_{slot}")];
            let response = keys.iter().find_map(|it| self.bot.responses.get(it));
            let value = response.and_then(|it| self.variation(it, id));
            let raw = value.and_then(|it| it.get("text")).and_then(Value::as_str);
            let (text, slot) = (self.text(raw.unwrap_or(&format!("{slot}?")).trim()), self.flow.slot(slot));
            let buttons = value.and_then(|it| it.get("buttons")).and_then(Value::as_array).into_iter().flatten();
            let titles = buttons.filter_map(|it| it.get("title").map(scalar));
            let choices: Vec<Choice> = titles.map(|it| Choice::reply(&it, None)).collect();
            let act = match choices.is_empty() {
                true => Act::Question(Question { text, slot, accepts: Accepts::Text, next: None, timeout: None }),
                false => Act::Message(Message { text, choices, slot: Some(slot), ..Message::default() }),
            };
            self.flow.push(id, act);
        }
        let last = self.build(after, name);
        for (n, id) in ids.iter().enumerate() {
            let next = ids.get(n + 1).cloned().or_else(|| last.clone());
            match self.flow.steps.iter_mut().find(|it| it.id == *id).map(|it| &mut it.act) {
                Some(Act::Question(question)) => question.next = next,
                Some(Act::Message(message)) => message.next = next,
                _ => {}
            }
        }
        ids.first().cloned().or(last)
    }
}

/// A title may be a number.
fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The intent of a payload such as `/track_order{"id": 1}`.
fn intent_of(payload: &str) -> &str {
    payload.trim_start_matches('/').split('{').next().unwrap_or_default()
}
