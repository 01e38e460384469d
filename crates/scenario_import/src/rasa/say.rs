//! Builds the messages of responses and the ways out of them: buttons, and what the customer types.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use scenario::{Accepts, Act, Choice, Condition, Goal, Loss, Message, Question, Text};
use serde_json::Value;

use super::bot::scalar;
use super::build::{Saying, StoryBuilder, Values};
use super::entities::{self, Entities, agree, named};
use super::examples::Example;
use super::payload::Payload;
use super::responses;
use super::stories::{LISTEN, SlotValue, StoryEvent};
use super::tree::Root;
use crate::markdown;
use crate::phrases::{Captured, Piece, branches, has_words};
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
        let heard = options.iter().find(|it| listens(&it.0)).map(|it| it.1);
        let goes_on = options.iter().any(|it| !matches!(it.0, StoryEvent::Intent(..)) && !listens(&it.0));
        let intents: Vec<(StoryEvent, usize)> =
            options.into_iter().filter(|it| matches!(it.0, StoryEvent::Intent(..))).collect();
        message.choices = self.buttons(&name, variation, &intents);
        if goes_on {
            message.next = self.enter(after, &name);
            self.lost_intents(&name, &intents);
            self.scenario.steps[at].act = Act::Message(message);
            return;
        }
        let act = match self.typed(&name, &intents, heard) {
            None => Act::Message(message),
            Some((slot, next)) if message.waits() => {
                Act::Message(Message { slot: Some(slot), next: Some(next), ..message })
            }
            Some((slot, next)) if message.choices.is_empty() && !message.text.is_empty() => {
                self.question(at, message, slot, Some(next))
            }
            Some((slot, next)) => {
                // The links or the picture of the message are sent, and the answer is waited for.
                let id = self.free_id(&format!("{name} listens"));
                self.scenario.push(&id, Act::Listen(scenario::Listen { slot, next: Some(next), timeout: None }));
                Act::Message(Message { next: Some(id), ..message })
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
        let (intent, given) = match &payload.text {
            Some(text) => self.meaning_of_text(text),
            None => (payload.intent.clone(), payload.values.clone()),
        };
        let of_intent = intents.iter().filter_map(|(event, after)| match event {
            StoryEvent::Intent(it, entities) if *it == intent => Some((entities, *after)),
            _ => None,
        });
        // The way with the most entities that all agree.
        let best = of_intent.filter(|it| agree(it.0, &given)).max_by_key(|it| it.0.len());
        let values = self.slot_values(&given);
        let stories = self.context.stories;
        let root = stories.root_of(&intent, &given).filter(|it| self.context.scenarios.contains_key(it.0));
        let next = match (best, root) {
            (Some((entities, after)), _) => self.after_intent(&named(&intent, entities), after, &values, name),
            (None, Some((root, _))) => self.jump(root),
            (None, None) if self.context.scenarios.contains_key(&intent) => self.jump(&intent),
            (None, None) => match self.answer_to(name, &intent, &given) {
                Some(after) => self.after_intent(&intent, after, &values, name),
                None => {
                    let what = format!("a button with the payload {raw}, which no story answers");
                    self.scenario.record_loss(Loss::RouteDropped, name, what);
                    return None;
                }
            },
        };
        self.set(&values, next)
    }

    /// What follows an intent with values where another story says it after the same response.
    fn answer_to(&self, response: &str, intent: &str, values: &[(String, String)]) -> Option<usize> {
        let stories = self.context.stories;
        let options = stories.answered.get(response).map(|it| stories.options(*it)).unwrap_or_default();
        options.into_iter().find_map(|(event, after)| match event {
            StoryEvent::Intent(it, entities) => (it == intent && agree(&entities, values)).then_some(after),
            _ => None,
        })
    }

    /// The intent and the entities of a text that is an example.
    fn meaning_of_text(&self, text: &str) -> (String, Vec<(String, String)>) {
        let of = |examples: &'a Vec<Example>| examples.iter().find(|it| it.text.eq_ignore_ascii_case(text));
        let found = self.context.bot.examples.iter().find_map(|(intent, it)| Some((intent.clone(), of(it)?)));
        found.map(|(intent, it)| (intent, it.entities.clone())).unwrap_or_default()
    }

    /// The step after an intent. If the intent's own scenario says all of it, that is started.
    pub(super) fn after_intent(&mut self, intent: &str, after: usize, values: &Values, place: &str) -> Goal {
        if self.is_covered(intent, after) {
            return self.jump(intent);
        }
        self.after_values(after, values, place)
    }

    /// The step of a node where slots have just been filled: they need no decision.
    pub(super) fn after_values(&mut self, after: usize, values: &Values, place: &str) -> Goal {
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
        root.is_some_and(|it| self.context.stories.covers(it.node, after))
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

    /// The decision by what the customer types, for intents that can follow; `heard` follows any other answer. Returns the
    /// slot for what is typed, and the step that decides.
    pub(super) fn typed(
        &mut self,
        name: &str,
        intents: &[(StoryEvent, usize)],
        heard: Option<usize>,
    ) -> Option<(String, String)> {
        let slot = self.scenario.slot("customer answer");
        let mut condition = Condition { branches: Vec::new(), otherwise: None };
        let mut names: Vec<&str> = Vec::new();
        for (event, after) in intents {
            let StoryEvent::Intent(intent, entities) = event else { continue };
            if intent == "nlu_fallback" {
                condition.otherwise = condition.otherwise.or_else(|| self.enter(*after, name));
                continue;
            }
            let others = entities_of(intents, intent);
            let groups = self.groups(name, intent, entities, &others);
            let root = named(intent, entities);
            if groups.is_empty() {
                let what = format!("if the customer says {root}: it has no examples");
                self.scenario.record_loss(Loss::RouteDropped, name, what);
            }
            let is_own = self.is_covered(&root, *after);
            for group in groups {
                // The intent's own scenario starts by what customers type, without a decision here.
                if is_own && group.values.is_empty() {
                    continue;
                }
                let Some(next) = self.group_goal(&group, (&root, *after), &slot, name) else { continue };
                match group.is_captured {
                    true => condition.branches.push(group.captured().branch(&slot, &|_| ANY_VALUE.to_owned(), &next)),
                    false => condition.branches.extend(branches(&slot, &group.texts(), &next)),
                }
                if !names.contains(&intent.as_str()) {
                    names.push(intent);
                }
            }
        }
        // Phrases with any value come after the others.
        condition.branches.sort_by_key(|it| it.test == scenario::Test::Pattern);
        if let Some(after) = heard {
            condition.otherwise = condition.otherwise.or_else(|| self.heard(&slot, after, name));
        }
        if condition.branches.is_empty() && condition.otherwise.is_none() {
            return None;
        }
        if !names.is_empty() {
            let what = format!("answers are compared with the examples of {}, word by word", names.join(", "));
            self.scenario.record_loss(Loss::ConditionDropped, name, what);
        }
        if condition.branches.is_empty() {
            return Some((slot, condition.otherwise?));
        }
        let id = self.free_id(&format!("{name} answer"));
        self.scenario.push(&id, Act::Condition(condition));
        Some((slot, id))
    }

    /// The first step of a way that a group of examples leads to: the values in them are saved.
    fn group_goal(&mut self, group: &Group, (root, after): (&str, usize), slot: &str, name: &str) -> Goal {
        let captured = if group.is_captured { Some(group.captured()) } else { None };
        let found = captured.iter().flat_map(Captured::slots).map(|it| (it.to_owned(), String::new()));
        let known: Values = group.values.iter().cloned().chain(found).collect();
        let next = self.after_intent(root, after, &known, name);
        let next = self.set(&group.values, next)?;
        match captured {
            Some(captured) => captured.finds(&mut self.scenario, slot, &|_| ANY_VALUE.to_owned(), Some(next)),
            None => Some(next),
        }
    }

    /// The decision that saves the values which the first message gives to slots of the scenario, and then leads to `start`.
    ///
    /// Values that are in the trigger as slots are saved by what starts the scenario.
    pub(super) fn first_values(&mut self, name: &str, root: &Root, start: Goal) -> Goal {
        let of_intent = self.context.stories.roots.values().filter(|it| it.intent == root.intent);
        let others: Vec<&Entities> = of_intent.map(|it| &it.entities).collect();
        let mut groups = self.groups(name, &root.intent, &root.entities, &others);
        let entities = root.entities.iter().filter_map(|it| Some((it.0.clone(), it.1.clone()?)));
        let known = self.slot_values(&entities.collect::<Values>());
        for group in &mut groups {
            group.values.retain(|it| self.scenario.known_slot(&it.0).is_some() && !known.contains(it));
        }
        groups.retain(|it| !it.values.is_empty());
        if groups.is_empty() || start.is_none() {
            return start;
        }
        let slot = self.scenario.slot("customer message");
        let mut condition = Condition { branches: Vec::new(), otherwise: start.clone() };
        for group in groups {
            let Some(next) = self.set(&group.values, start.clone()) else { continue };
            match group.is_captured {
                true => condition.branches.push(group.captured().branch(&slot, &|_| ANY_VALUE.to_owned(), &next)),
                false => condition.branches.extend(branches(&slot, &group.texts(), &next)),
            }
        }
        self.scenario.first_message = Some(slot);
        let id = self.free_id(&format!("{name} knows"));
        self.scenario.push(&id, Act::Condition(condition));
        Some(id)
    }

    /// The examples of an intent that have the entities, by the values that they give to slots.
    pub(super) fn groups(&mut self, name: &str, intent: &str, entities: &Entities, others: &[&Entities]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut places: HashMap<(Values, Vec<String>), usize> = HashMap::new();
        let mut n_others = 0;
        for example in entities::examples(self.context.bot, intent, entities, others) {
            let (mut values, pieces) = self.meaning(&example, entities);
            let mut slots: Vec<String> = pieces.iter().filter_map(|it| it.1.clone()).collect();
            slots.sort();
            let mut key = (values.clone(), slots);
            if groups.len() >= MAX_VALUES && !places.contains_key(&key) {
                n_others += 1;
                (values, key) = (Values::new(), (Values::new(), Vec::new()));
            }
            let is_captured = !key.1.is_empty();
            let at = *places.entry(key).or_insert_with(|| {
                groups.push(Group { values, is_captured, phrases: Vec::new() });
                groups.len() - 1
            });
            groups[at].phrases.push(pieces);
        }
        if n_others > 0 {
            let what = format!("the values in {n_others} more examples of {intent}");
            self.scenario.record_loss(Loss::FormDropped, name, what);
        }
        groups
    }

    /// The values that an example gives to slots that are used, and its pieces: those that stand for any value have the
    /// name of their slot.
    fn meaning(&self, example: &Example, entities: &Entities) -> (Values, Vec<Piece>) {
        let bot = self.context.bot;
        let open = |entity: &str| {
            let is_one = entities.iter().any(|it| it.0 == entity && it.1.is_some());
            let slot = bot.slots_of(entity).into_iter().find(|it| self.context.used_slots.contains(*it))?;
            (!is_one && !bot.compares(slot)).then(|| slot.to_owned())
        };
        let of = |(words, entity): &Piece| (words.clone(), entity.as_deref().and_then(open));
        let pieces: Vec<Piece> = example.pieces.iter().map(of).collect();
        let pieces = match has_words(&pieces) {
            true => pieces,
            false => vec![(example.text.clone(), None)],
        };
        let is_captured = |slot: &str| pieces.iter().any(|it| it.1.as_deref() == Some(slot));
        let mut values = self.slot_values(&example.entities);
        values.retain(|it| self.context.used_slots.contains(&it.0) && !is_captured(&it.0));
        (values, pieces)
    }
}

/// The expression of a value that can be any text.
const ANY_VALUE: &str = ".+?";

/// Examples that give the same values to slots.
pub(super) struct Group {
    pub(super) values: Values,
    /// Whether words in the phrases stand for any value.
    pub(super) is_captured: bool,
    pub(super) phrases: Vec<Vec<Piece>>,
}

impl Group {
    pub(super) fn captured(&self) -> Captured {
        Captured { phrases: self.phrases.clone() }
    }

    pub(super) fn texts(&self) -> Vec<String> {
        let text = |it: &Vec<Piece>| it.iter().map(|it| it.0.as_str()).collect::<String>().trim().to_owned();
        self.phrases.iter().map(text).collect()
    }
}

/// The entities of an intent in each of the ways that begin with it.
pub(super) fn entities_of<'e>(intents: &'e [(StoryEvent, usize)], wanted: &str) -> Vec<&'e Entities> {
    let of = |it: &'e (StoryEvent, usize)| match &it.0 {
        StoryEvent::Intent(intent, entities) if intent == wanted => Some(entities),
        _ => None,
    };
    intents.iter().filter_map(of).collect()
}

/// Whether the bot waits for the customer.
fn listens(event: &StoryEvent) -> bool {
    matches!(event, StoryEvent::Action(action) if action == LISTEN)
}

/// The buttons of a response, under the names of two versions.
pub(super) fn buttons(variation: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["buttons", "quick_replies"].into_iter().filter_map(|it| variation.get(it)?.as_array());
    lists.flatten()
}
