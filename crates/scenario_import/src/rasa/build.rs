//! Builds the steps of a story.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use scenario::{Accepts, Act, Call, Choice, Goal, Handover, Loss, Media, MediaKind, Message, Question, Text, Via};
use serde_json::Value;

use super::bot::{Bot, StoryEvent};
use super::tree::StoryNode;
use crate::placeholders;
use crate::scenario_builder::ScenarioBuilder;

static SLOT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{([A-Za-z_][\w-]*)\}").ok());

fn is_handover(action: &str) -> bool {
    ["handoff", "handover", "human", "agent", "escalat"].iter().any(|it| action.contains(it))
}

/// Builds the steps of one scenario.
pub(super) struct StoryBuilder<'a> {
    pub(super) scenario: ScenarioBuilder,
    bot: &'a Bot,
    /// Stories by the intent that they begin with.
    roots: &'a BTreeMap<&'a str, (&'a str, StoryNode)>,
    /// What follows an action, for stories that end with it.
    continuations: &'a BTreeMap<&'a str, StoryNode>,
    /// The first steps of the stories that are in this scenario already.
    starts: BTreeMap<String, Goal>,
    /// The actions whose continuation is in this scenario already.
    pub(super) used: BTreeSet<String>,
}

impl<'a> StoryBuilder<'a> {
    pub(super) fn new(
        bot: &'a Bot,
        roots: &'a BTreeMap<&'a str, (&'a str, StoryNode)>,
        continuations: &'a BTreeMap<&'a str, StoryNode>,
    ) -> Self {
        Self {
            scenario: ScenarioBuilder::default(),
            bot,
            roots,
            continuations,
            starts: BTreeMap::new(),
            used: BTreeSet::new(),
        }
    }

    /// Adds the steps of a story, once: buttons may lead to it from several places.
    pub(super) fn story(&mut self, intent: &str, root: &'a StoryNode) -> Goal {
        if let Some(start) = self.starts.get(intent) {
            return start.clone();
        }
        let first = root.next.iter().find_map(|it| match &it.0 {
            StoryEvent::Action(action) => Some(match self.bot.forms.get(action).and_then(|it| it.first()) {
                Some(slot) => format!("{action} {slot}"),
                None => action.clone(),
            }),
            StoryEvent::Intent(_) => None,
        });
        let start = first.map(|it| self.scenario.free_id(&it));
        self.starts.insert(intent.to_owned(), start.clone());
        self.build(root, intent);
        start
    }

    /// Adds the steps after a node, and returns the id of the first.
    fn build(&mut self, node: &'a StoryNode, place: &str) -> Goal {
        let (event, after) = node.next.iter().find(|it| matches!(it.0, StoryEvent::Action(_)))?;
        let StoryEvent::Action(action) = event else { return None };
        for (other, _) in node.next.iter().filter(|it| matches!(it.0, StoryEvent::Action(_))).skip(1) {
            if let StoryEvent::Action(other) = other {
                self.scenario.record_loss(
                    Loss::RouteDropped,
                    place,
                    format!("to {other}, but the story does not say when"),
                );
            }
        }
        let after = self.continuation(action, after);
        if let Some(slots) = self.bot.forms.get(action) {
            return self.form(action, slots, after);
        }
        let id = self.scenario.free_id(action);
        // The step is pushed first, so that it comes before those that follow it.
        self.scenario.push(&id, Act::Message(Message::default()));
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
        if let Some(step) = self.scenario.steps.iter_mut().find(|it| it.id == id) {
            step.act = act;
        }
        Some(id)
    }

    /// What follows an action: the rest of the story, or the continuation in another story, once.
    ///
    /// No step waits after a form or a custom action, so intents that follow it are recorded as lost.
    fn continuation(&mut self, action: &str, after: &'a StoryNode) -> &'a StoryNode {
        let is_silent = !self.bot.responses.contains_key(action);
        for (event, _) in after.next.iter().filter(|_| is_silent) {
            if let StoryEvent::Intent(intent) = event {
                self.scenario.record_loss(Loss::RouteDropped, action, format!("if the customer says {intent} then"));
            }
        }
        let goes_on = after.next.iter().any(|it| !is_silent || matches!(it.0, StoryEvent::Action(_)));
        match self.continuations.get(action) {
            Some(continuation) if !goes_on && self.used.insert(action.to_owned()) => continuation,
            _ => after,
        }
    }

    fn text(&mut self, raw: &str) -> Text {
        let Some(pattern) = SLOT.as_ref() else { return Text::plain(raw) };
        placeholders::parse_with(&mut self.scenario, raw, pattern, |it| Some(it[1].to_owned()))
    }

    /// The first variation of a response; the others are recorded as lost.
    fn variation(&mut self, response: &'a Value, place: &str) -> Option<&'a Value> {
        let list = response.as_array()?;
        if list.len() > 1 {
            self.scenario.record_loss(Loss::RouteDropped, place, format!("{} other wordings", list.len() - 1));
        }
        list.first()
    }

    fn utter(&mut self, response: &'a Value, after: &'a StoryNode, id: &str) -> Message {
        let mut message = Message::default();
        if let Some(value) = self.variation(response, id) {
            message.text = self.text(value.get("text").and_then(Value::as_str).unwrap_or_default().trim());
            if let Some(url) = value.get("image").and_then(Value::as_str) {
                message.media = Some(Media { kind: MediaKind::Image, url: self.text(url) });
            }
            for key in ["custom", "attachment"] {
                if value.get(key).is_some() {
                    self.scenario.record_loss(Loss::StepDropped, id, format!("what {key} holds"));
                }
            }
            for button in value.get("buttons").and_then(Value::as_array).into_iter().flatten() {
                let string = |key: &str| button.get(key).map(scalar).unwrap_or_default();
                let (title, payload) = (string("title"), string("payload"));
                let next = self.way(&payload, after, id);
                message.choices.push(Choice::Reply { title, description: None, value: Some(payload), next });
            }
        }
        // Intents without a button.
        for (event, node) in &after.next {
            let StoryEvent::Intent(intent) = event else { continue };
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

    /// The step that a button leads to: the next step of its story, or the story that begins with its intent.
    fn way(&mut self, payload: &str, after: &'a StoryNode, place: &str) -> Goal {
        let intent = intent_of(payload);
        if let Some((_, node)) = after.next.iter().find(|it| it.0 == StoryEvent::Intent(intent.to_owned())) {
            return self.build(node, place);
        }
        match self.roots.get(intent) {
            Some((_, root)) => self.story(intent, root),
            None => {
                self.scenario.record_loss(
                    Loss::RouteDropped,
                    place,
                    format!("a button with the payload {payload}, which no story answers"),
                );
                None
            }
        }
    }

    /// Adds a question for each slot of a form.
    fn form(&mut self, name: &str, slots: &[String], after: &'a StoryNode) -> Goal {
        let ids: Vec<String> = slots.iter().map(|it| self.scenario.free_id(&format!("{name} {it}"))).collect();
        self.scenario.record_loss(Loss::FormDropped, name, "the form's own checks of answers");
        for (slot, id) in slots.iter().zip(&ids) {
            let keys = [format!("utter_ask_{name}_{slot}"), format!("utter_ask_{slot}")];
            let response = keys.iter().find_map(|it| self.bot.responses.get(it));
            let value = response.and_then(|it| self.variation(it, id));
            let raw = value.and_then(|it| it.get("text")).and_then(Value::as_str);
            let (text, slot) = (self.text(raw.unwrap_or(&format!("{slot}?")).trim()), self.scenario.slot(slot));
            let buttons = value.and_then(|it| it.get("buttons")).and_then(Value::as_array).into_iter().flatten();
            let titles = buttons.filter_map(|it| it.get("title").map(scalar));
            let choices: Vec<Choice> = titles.map(|it| Choice::reply(&it, None)).collect();
            let act = match choices.is_empty() {
                true => Act::Question(Question { text, slot, accepts: Accepts::Text, next: None, timeout: None }),
                false => Act::Message(Message { text, choices, slot: Some(slot), ..Message::default() }),
            };
            self.scenario.push(id, act);
        }
        let last = self.build(after, name);
        for (n, id) in ids.iter().enumerate() {
            let next = ids.get(n + 1).cloned().or_else(|| last.clone());
            match self.scenario.steps.iter_mut().find(|it| it.id == *id).map(|it| &mut it.act) {
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
