//! Builds the messages of responses and the ways out of them: buttons, and what the customer types.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use scenario::{Accepts, Act, Choice, Condition, Goal, Loss, Message, Question, Text};
use serde_json::Value;

use super::bot::scalar;
use super::build::{Saying, StoryBuilder, Values};
use super::payload::Payload;
use super::responses;
use super::stories::{SlotValue, StoryEvent};
use crate::markdown;
use crate::phrases::branches;
use crate::placeholders;
use crate::scenario_builder::ScenarioBuilder;

static SLOT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{([\p{L}_][\p{L}\d_.-]*)\}").ok());

/// Limits the values that are read out of what a customer types at one step.
pub(super) const MAX_VALUES: usize = 30;

impl<'a> StoryBuilder<'a> {
    pub(super) fn text(builder: &mut ScenarioBuilder, raw: &str) -> Text {
        let Some(pattern) = SLOT.as_ref() else { return Text::plain(raw) };
        let plain = markdown::to_whatsapp(raw);
        placeholders::parse_with(builder, &plain, pattern, |it| Some(it[1].to_owned()))
    }

    /// Builds a message and the ways out of it.
    pub(super) fn say(&mut self, saying: Saying<'a>) {
        let Saying { id, name, variation, after } = saying;
        let mut message = responses::message(&mut self.scenario, &name, variation, Self::text);
        let at = self.scenario.steps.len();
        self.scenario.push(&id, Act::Message(message.clone()));
        let options = self.context.stories.options(after);
        let goes_on = options.iter().any(|it| !matches!(it.0, StoryEvent::Intent(..)));
        let intents: Vec<(StoryEvent, usize)> =
            options.into_iter().filter(|it| matches!(it.0, StoryEvent::Intent(..))).collect();
        message.choices = self.buttons(&name, variation, &intents);
        if goes_on {
            message.next = self.enter(after, &name);
            self.lost_intents(&name, &intents);
            self.scenario.steps[at].act = Act::Message(message);
            return;
        }
        let act = match self.typed(&name, &intents) {
            None => Act::Message(message),
            Some((slot, next)) if message.waits() => {
                Act::Message(Message { slot: Some(slot), next: Some(next), ..message })
            }
            Some((slot, next)) if message.choices.is_empty() && !message.text.is_empty() => {
                self.question(at, message, slot, Some(next))
            }
            Some(_) => {
                self.lost_intents(&name, &intents);
                Act::Message(message)
            }
        };
        self.scenario.steps[at].act = act;
    }

    /// The question of a message without buttons. Its picture is sent before it, under the step's own id.
    pub(super) fn question(&mut self, at: usize, message: Message, slot: String, next: Goal) -> Act {
        let question = Question { text: message.text, slot, accepts: Accepts::Text, next, timeout: None };
        if message.media.is_none() {
            return Act::Question(question);
        }
        let id = self.scenario.steps[at].id.clone();
        let asks = self.scenario.free_id(&format!("{id} asks"));
        self.scenario.push(&asks, Act::Question(question));
        Act::Message(Message { media: message.media, next: Some(asks), ..Message::default() })
    }

    fn lost_intents(&mut self, name: &str, intents: &[(StoryEvent, usize)]) {
        for (event, _) in intents {
            if let StoryEvent::Intent(intent, _) = event {
                self.scenario.record_loss(Loss::RouteDropped, name, format!("if the customer says {intent} then"));
            }
        }
    }

    /// The buttons of a response and where they lead.
    fn buttons(&mut self, name: &str, variation: &Value, intents: &[(StoryEvent, usize)]) -> Vec<Choice> {
        let mut choices = Vec::new();
        for button in buttons(variation) {
            let title = button.get("title").map(scalar).unwrap_or_default();
            if SLOT.as_ref().is_some_and(|it| it.is_match(&title)) {
                let what = format!("“{title}”: a button cannot hold a value");
                self.scenario.record_loss(Loss::ButtonDropped, name, what);
                continue;
            }
            if let Some(url) = button.get("url").and_then(Value::as_str) {
                choices.push(Choice::Link { title, url: Self::text(&mut self.scenario, url) });
                continue;
            }
            let raw = button.get("payload").map(scalar).unwrap_or_default();
            let next = self.way(name, &raw, intents);
            let value = Some(raw).filter(|it| !it.is_empty() && *it != title);
            choices.push(Choice::Reply { title, description: None, value, next });
        }
        choices
    }

    /// The step that a button leads to: the next step of its story, or the scenario of its intent.
    fn way(&mut self, name: &str, raw: &str, intents: &[(StoryEvent, usize)]) -> Goal {
        let payload = Payload::parse(raw);
        let intent = match &payload.text {
            Some(text) => self.intent_of_text(text),
            None => payload.intent.clone(),
        };
        let of_intent = intents.iter().filter_map(|(event, after)| match event {
            StoryEvent::Intent(it, entities) if *it == intent => Some((entities, *after)),
            _ => None,
        });
        // The way with the most entities that all agree.
        let best = of_intent
            .filter(|(entities, _)| entities.iter().all(|it| payload.values.contains(it)))
            .max_by_key(|it| it.0.len());
        let values = self.slot_values(&payload.values);
        let next = match best {
            Some((_, after)) => self.after_intent(&intent, after, &values, name),
            None if self.context.scenarios.contains_key(&intent) => self.jump(&intent),
            None => {
                let what = format!("a button with the payload {raw}, which no story answers");
                self.scenario.record_loss(Loss::RouteDropped, name, what);
                return None;
            }
        };
        self.set(&values, next)
    }

    fn intent_of_text(&self, text: &str) -> String {
        let says = |it: &&String| self.context.bot.examples[*it].iter().any(|it| it.text.eq_ignore_ascii_case(text));
        self.context.bot.examples.keys().find(says).cloned().unwrap_or_default()
    }

    /// The step after an intent. If the intent's own scenario says all of it, that is started.
    pub(super) fn after_intent(&mut self, intent: &str, after: usize, values: &Values, place: &str) -> Goal {
        if self.is_covered(intent, after) {
            return self.jump(intent);
        }
        // A slot that the answer has just filled needs no decision.
        let mut node = after;
        loop {
            let options = self.context.stories.options(node);
            let known = options.iter().find_map(|(event, after)| match event {
                StoryEvent::Slot(slot, SlotValue::Is(value)) => {
                    values.iter().any(|it| it.0 == *slot && it.1 == *value).then_some(*after)
                }
                StoryEvent::Slot(slot, SlotValue::Set) => values.iter().any(|it| it.0 == *slot).then_some(*after),
                _ => None,
            });
            match known {
                Some(after) => node = after,
                None => return self.enter(node, place),
            }
        }
    }

    /// Whether the scenario of an intent says all that follows the intent at a node.
    fn is_covered(&self, intent: &str, after: usize) -> bool {
        let root = self.context.stories.roots.get(intent).filter(|_| self.context.scenarios.contains_key(intent));
        root.is_some_and(|it| self.context.stories.covers(it.1, after))
    }

    /// The slots that entities fill.
    pub(super) fn slot_values(&self, entities: &[(String, String)]) -> Values {
        let bot = self.context.bot;
        let pairs = entities
            .iter()
            .flat_map(|(entity, value)| bot.slots_of(entity).into_iter().map(|it| (it.to_owned(), value.clone())));
        pairs.collect()
    }

    /// Steps that remember values, then go on. Slots that nothing uses are not remembered.
    pub(super) fn set(&mut self, values: &Values, next: Goal) -> Goal {
        let used: Values = values.iter().filter(|it| self.context.used_slots.contains(&it.0)).cloned().collect();
        if used.is_empty() {
            return next;
        }
        let key = (used.clone(), next.clone());
        if let Some(known) = self.sets.get(&key) {
            return known.clone();
        }
        let mut goal = next;
        for (slot, value) in used.iter().rev() {
            let id = self.scenario.free_id(&format!("set {slot}"));
            let slot = self.scenario.slot(slot);
            self.scenario.push(&id, Act::Set { slot, value: Text::plain(value), next: goal });
            goal = Some(id);
        }
        self.sets.insert(key, goal.clone());
        goal
    }

    /// The decision by what the customer types, for intents that can follow. Returns the slot for what is typed, and the
    /// step that decides.
    fn typed(&mut self, name: &str, intents: &[(StoryEvent, usize)]) -> Option<(String, String)> {
        let slot = self.scenario.slot("customer answer");
        let mut condition = Condition { branches: Vec::new(), otherwise: None };
        let mut names: Vec<&str> = Vec::new();
        for (event, after) in intents {
            let StoryEvent::Intent(intent, entities) = event else { continue };
            if intent == "nlu_fallback" {
                condition.otherwise = condition.otherwise.or_else(|| self.enter(*after, name));
                continue;
            }
            let groups = self.groups(name, intent, entities);
            if groups.is_empty() {
                let what = format!("if the customer says {intent}: it has no examples");
                self.scenario.record_loss(Loss::RouteDropped, name, what);
            }
            let is_own = self.is_covered(intent, *after);
            for (values, phrases) in groups {
                // The intent's own scenario starts by what customers type, without a decision here.
                if is_own && values.is_empty() {
                    continue;
                }
                let next = self.after_intent(intent, *after, &values, name);
                let Some(next) = self.set(&values, next) else { continue };
                condition.branches.extend(branches(&slot, &phrases, &next));
                if !names.contains(&intent.as_str()) {
                    names.push(intent);
                }
            }
        }
        if condition.branches.is_empty() && condition.otherwise.is_none() {
            return None;
        }
        if !names.is_empty() {
            let what = format!("answers are compared with the examples of {}, word by word", names.join(", "));
            self.scenario.record_loss(Loss::ConditionDropped, name, what);
        }
        let id = self.free_id(&format!("{name} answer"));
        self.scenario.push(&id, Act::Condition(condition));
        Some((slot, id))
    }

    /// The examples of an intent that have the entities, by the values that they give to slots.
    fn groups(&mut self, name: &str, intent: &str, entities: &[(String, String)]) -> Vec<(Values, Vec<String>)> {
        let bot = self.context.bot;
        let mut groups: Vec<(Values, Vec<String>)> = Vec::new();
        let mut places: HashMap<Values, usize> = HashMap::new();
        let mut n_others = 0;
        for example in bot.examples.get(intent).into_iter().flatten() {
            if !entities.iter().all(|it| example.entities.contains(it)) {
                continue;
            }
            let mut values = self.slot_values(&example.entities);
            values.retain(|it| self.context.used_slots.contains(&it.0));
            if groups.len() >= MAX_VALUES && !places.contains_key(&values) {
                n_others += 1;
                values = Values::new();
            }
            let at = *places.entry(values.clone()).or_insert_with(|| {
                groups.push((values, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(example.text.clone());
        }
        if n_others > 0 {
            let what = format!("the values in {n_others} more examples of {intent}");
            self.scenario.record_loss(Loss::FormDropped, name, what);
        }
        groups
    }
}

/// The buttons of a response, under the names of two versions.
pub(super) fn buttons(variation: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["buttons", "quick_replies"].into_iter().filter_map(|it| variation.get(it)?.as_array());
    lists.flatten()
}
