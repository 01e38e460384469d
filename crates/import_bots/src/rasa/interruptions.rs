//! Forms that the customer interrupts, and answers that come before their form.

use scenario::{Act, Condition, Goal, Loss, Text};
use serde_json::Value;

use super::build::StoryBuilder;
use super::entities;
use super::stories::StoryEvent;
use super::typed::entities_of;
use import_base::phrases::branches;

/// What the customer can say in a form that is no answer, and what follows.
pub(super) type Interruptions = Vec<(StoryEvent, usize)>;

/// A question of a form, and what can be said there that is no answer.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) form: &'a str,
    pub(super) slot: &'a str,
    pub(super) interruptions: &'a [(StoryEvent, usize)],
}

/// The intents under a key of a mapping: one, or a list.
pub(super) fn intents(mapping: &Value, key: &str) -> Vec<String> {
    match mapping.get(key) {
        Some(Value::String(intent)) => vec![intent.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

impl StoryBuilder<'_> {
    /// What the customer can say while a form runs: in the story that started it, and in rules about it.
    pub(super) fn interruptions(&self, form: &str, after: usize) -> Interruptions {
        let stories = self.context.stories;
        let of_rules = stories.interruptions.get(form).into_iter().flat_map(|it| stories.options(*it));
        let mut all = stories.options(after);
        all.extend(of_rules);
        all.retain(|it| matches!(it.0, StoryEvent::Intent(..)));
        all
    }

    /// The decision whether an answer interrupts the form; `answers` reads it if it does not.
    ///
    /// A text that a mapping of the slot takes is an answer. One that all mappings refuse is asked for again.
    pub(super) fn interrupted(&mut self, asked: &Asked<'_>, mappings: &[Value], asks: &str, answers: Goal) -> Goal {
        let slot = self.scenario.slot(asked.slot);
        let mut condition = Condition { branches: Vec::new(), otherwise: answers.clone() };
        for (event, after) in asked.interruptions {
            let StoryEvent::Intent(intent, entities) = event else { continue };
            if mappings.iter().any(|it| takes(it, intent)) {
                continue;
            }
            let others = entities_of(asked.interruptions, intent);
            let examples = entities::examples(self.context.bot, intent, entities, &others);
            let phrases: Vec<String> = examples.into_iter().map(|it| it.text).collect();
            let name = entities::named(intent, entities);
            let next = self.after_intent(&name, *after, &Vec::new(), asked.form);
            let Some(next) = self.set(&vec![(asked.slot.to_owned(), String::new())], next) else { continue };
            condition.branches.extend(branches(&slot, &phrases, &next));
        }
        for intent in self.refused(asked, mappings) {
            let phrases = self.context.bot.phrases(&intent);
            if let Some(again) = self.asked_again(asked.slot, asks).filter(|_| !phrases.is_empty()) {
                let what = format!("{intent} is no answer to the question for {}: it is asked again", asked.slot);
                self.scenario.record_loss(Loss::FormDropped, asked.form, what);
                condition.branches.extend(branches(&slot, &phrases, &again));
            }
        }
        if condition.branches.is_empty() {
            return answers;
        }
        let id = self.scenario.free_id(&format!("{} interrupted at {}", asked.form, asked.slot));
        self.scenario.push(&id, Act::Condition(condition));
        Some(id)
    }

    /// The intents that no mapping of a slot takes and that do not interrupt the form.
    fn refused(&self, asked: &Asked<'_>, mappings: &[Value]) -> Vec<String> {
        let interrupts = |it: &String| !entities_of(asked.interruptions, it).is_empty();
        let mut refused: Vec<String> = mappings.iter().flat_map(|it| intents(it, "not_intent")).collect();
        refused.sort();
        refused.dedup();
        refused.retain(|it| !interrupts(it) && !mappings.iter().any(|mapping| takes(mapping, it)));
        refused
    }

    /// The steps that forget an answer and ask again.
    pub(super) fn asked_again(&mut self, slot: &str, asks: &str) -> Goal {
        self.set(&vec![(slot.to_owned(), String::new())], Some(asks.to_owned()))
    }

    /// What follows an answer to a text that no intent is named for. A form that runs then takes it as its first slot.
    pub(super) fn heard(&mut self, answer: &str, after: usize, place: &str) -> Goal {
        let bot = self.context.bot;
        let options = self.context.stories.options(after);
        let form = options.iter().find_map(|(event, after)| match event {
            StoryEvent::Action(action) => Some((action.as_str(), bot.forms.get(action)?, *after)),
            _ => None,
        });
        let Some((name, form, then)) = form else { return self.enter(after, place) };
        let Some(slot) = form.slots.first() else { return self.enter(after, place) };
        self.heard.insert(slot.clone());
        let next = self.act(name, then);
        let asked = Asked { form: name, slot, interruptions: &[] };
        let next = self.meant(&asked, next);
        let id = self.scenario.free_id(&format!("{name} hears {slot}"));
        let slot = self.scenario.slot(slot);
        let mut value = Text::default();
        value.push_slot(answer);
        self.scenario.push(&id, Act::Set { slot, value, next });
        Some(id)
    }
}

/// Whether a mapping takes a text with this intent as the value of its slot, whatever it says.
fn takes(mapping: &Value, intent: &str) -> bool {
    let (only, not) = (intents(mapping, "intent"), intents(mapping, "not_intent"));
    let is = |it: &String| it == intent;
    let may = (only.is_empty() || only.iter().any(is)) && !not.iter().any(is);
    match mapping.get("type").and_then(Value::as_str) {
        Some("from_text") => may,
        Some("from_intent") => only.iter().any(is),
        _ => false,
    }
}
