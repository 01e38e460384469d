//! Builds the messages of responses and the ways out of them: buttons, and what the customer types.

use std::sync::LazyLock;

use regex::Regex;
use scenario::{Accepts, Act, Choice, Goal, Loss, Message, Question, Text};
use serde_json::Value;

use super::bot::scalar;
use super::build::{Saying, StoryBuilder, Values};
use super::entities::{agree, named};
use super::examples::Example;
use super::payload::Payload;
use super::responses;
use super::stories::{LISTEN, SlotValue, StoryEvent};
use import_base::markdown;
use import_base::placeholders;
use import_base::scenario_builder::ScenarioBuilder;

static SLOT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{([\p{L}_][\p{L}\d_.-]*)\}").ok());

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
    pub(super) fn is_covered(&self, intent: &str, after: usize) -> bool {
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
