//! Forms: a question for each slot, and how an answer becomes the value of the slot.

use scenario::{Act, Choice, Condition, Goal, Loss, Message, Text};
use serde_json::Value;

use super::bot::{Form, scalar};
use super::build::StoryBuilder;
use super::interruptions::{Asked, Interruptions, intents};
use super::payload::Payload;
use super::responses::{self, Constraints};
use super::say::buttons;
use super::typed::{ANY_VALUE, MAX_VALUES};
use import_base::phrases::{Captured, Piece, branches, has_words};

impl<'a> StoryBuilder<'a> {
    /// Adds a question for each slot of a form. Returns the first step.
    pub(super) fn form(
        &mut self,
        (name, form): (&str, &'a Form),
        after: usize,
        interruptions: Interruptions,
        key: &(String, usize),
    ) -> Goal {
        let bot = self.context.bot;
        let validates = [format!("validate_{name}"), format!("validate_{name}_slots")];
        let by = validates.iter().find(|it| bot.actions.contains(*it));
        let by = by.map(|it| format!(", in {it}")).unwrap_or_default();
        self.scenario.record_loss(Loss::FormDropped, name, format!("the form's own checks of answers{by}"));
        for other in &form.others {
            self.scenario.record_loss(Loss::FieldDropped, name, format!("{other} of the form"));
        }
        let slots: Vec<(&String, &'a Vec<Value>, String)> =
            form.slots.iter().filter_map(|it| self.asked(name, it)).collect();
        // The first steps are known before what follows, which may come back to the form.
        let firsts: Vec<String> = slots.iter().map(|it| self.scenario.free_id(&format!("{name} {}", it.0))).collect();
        self.actions.insert(key.clone(), firsts.first().cloned());
        let last = if firsts.is_empty() { self.enter(after, name) } else { None };
        for (n, (slot, response, ask)) in slots.into_iter().enumerate() {
            let next = firsts.get(n + 1).cloned();
            let next = next.or_else(|| self.enter(after, name));
            let asked = Asked { form: name, slot, interruptions: &interruptions };
            self.ask(&asked, (ask.as_str(), response.as_slice()), &firsts[n], next);
        }
        firsts.first().cloned().or(last)
    }

    /// The response that asks for a slot; none if the bot has none: no question is invented.
    fn asked(&mut self, form: &str, slot: &'a String) -> Option<(&'a String, &'a Vec<Value>, String)> {
        let bot = self.context.bot;
        let keys = [format!("utter_ask_{form}_{slot}"), format!("utter_ask_{slot}")];
        if let Some(key) = keys.into_iter().find(|it| bot.responses.contains_key(it)) {
            self.said.insert(key.clone());
            return Some((slot, &bot.responses[&key], key));
        }
        let by_code = [format!("action_ask_{form}_{slot}"), format!("action_ask_{slot}")];
        let what = match by_code.iter().find(|it| bot.actions.contains(*it)) {
            Some(action) => format!("{slot} is asked for by {action}, whose text is not in the files"),
            None => format!("{slot} is required, and no response utter_ask_{slot} asks for it"),
        };
        self.scenario.record_loss(Loss::FormDropped, form, what);
        None
    }

    /// Adds the question for a slot, which `first` is the id of.
    pub(super) fn ask(&mut self, asked: &Asked<'_>, (name, response): (&str, &'a [Value]), first: &str, next: Goal) {
        let Asked { form, slot, interruptions } = *asked;
        let answers = self.answers(asked, first, next.clone());
        let chosen = responses::choose(&mut self.scenario, name, response);
        let is_one = chosen.len() == 1 && chosen[0].0.is_empty();
        let is_filled = self.context.filled_slots.contains(slot)
            || self.is_in_phrases(slot)
            || self.heard.contains(slot)
            || !interruptions.is_empty();
        let mut steps: Vec<(Constraints, String)> = Vec::new();
        for (constraints, variation) in chosen {
            let id = match is_one && !is_filled {
                true => first.to_owned(),
                false => self.free_id(name),
            };
            self.ask_once((form, slot), variation, &id, answers.clone(), next.clone());
            steps.push((constraints, id));
        }
        if is_one && !is_filled {
            return;
        }
        let asks = match steps.pop() {
            Some((constraints, id)) if constraints.is_empty() => self.conditions(name, steps, Some(id)),
            Some(last) => {
                steps.push(last);
                self.conditions(name, steps, next.clone())
            }
            None => next.clone(),
        };
        // A form does not ask for what is known.
        let slot = self.scenario.slot(slot);
        let test = scenario::Test::IsSet;
        let known =
            scenario::Branch { slot, test, value: String::new(), next: next.filter(|_| is_filled).or(asks.clone()) };
        self.scenario.push(first, Act::Condition(Condition { branches: vec![known], otherwise: asks }));
    }

    /// Whether a phrase that begins the scenario can hold the value of a slot.
    fn is_in_phrases(&self, slot: &str) -> bool {
        let bot = self.context.bot;
        let examples = bot.examples.get(&self.intent).into_iter().flatten();
        let mut entities = examples.flat_map(|it| &it.pieces).filter_map(|it| it.1.as_deref());
        entities.any(|it| bot.slots_of(it).first() == Some(&slot))
    }

    fn ask_once(&mut self, (form, slot): (&str, &str), variation: &'a Value, id: &str, answers: Goal, next: Goal) {
        let place = format!("{form} {slot}");
        let mut message = responses::message(&mut self.scenario, &place, variation, Self::text);
        for button in buttons(variation) {
            let title = button.get("title").map(scalar).unwrap_or_default();
            let payload = button.get("payload").map(scalar).unwrap_or_default();
            let value = self.value_of(form, slot, &Payload::parse(&payload)).filter(|it| *it != title);
            message.choices.push(Choice::Reply { title, description: None, value, next: next.clone() });
        }
        let saved = self.scenario.slot(slot);
        let at = self.scenario.steps.len();
        self.scenario.push(id, Act::Message(Message::default()));
        self.scenario.steps[at].act = match message.choices.is_empty() {
            true => self.question(at, message, saved, answers),
            false => Act::Message(Message { slot: Some(saved), next: answers, ..message }),
        };
    }

    /// The value that a button gives to a slot; none if it is the title.
    fn value_of(&self, form: &str, slot: &str, payload: &Payload) -> Option<String> {
        let mappings = self.context.bot.mappings(form, slot);
        let is = |it: &Value, key: &str, wanted: &str| it.get(key).and_then(Value::as_str) == Some(wanted);
        let entity = payload
            .values
            .iter()
            .find(|(entity, _)| entity == slot || mappings.iter().any(|it| is(it, "entity", entity)));
        let by_intent = || {
            let stands = |it: &&Value| is(it, "type", "from_intent") && intents(it, "intent").contains(&payload.intent);
            let mapping = mappings.iter().find(stands)?;
            mapping.get("value").map(scalar)
        };
        entity.map(|it| it.1.clone()).or_else(by_intent).or_else(|| payload.text.clone())
    }

    /// What an answer in words means for a slot: examples with its entity, and intents that stand for a value. `asks` is
    /// the step that asks.
    fn answers(&mut self, asked: &Asked<'_>, asks: &str, next: Goal) -> Goal {
        let mappings = self.context.bot.mappings(asked.form, asked.slot);
        let groups = self.values_in_words(asked, &mappings);
        let by_intent = |it: &Value| it.get("type").and_then(Value::as_str) == Some("from_intent");
        // Where only intents fill a slot, other words are no answer.
        let is_closed = !mappings.is_empty() && mappings.iter().all(by_intent);
        let other = if is_closed { self.asked_again(asked.slot, asks) } else { next.clone() };
        let other = self.captured(asked, &mappings, next.clone(), other);
        let known = self.meanings((asked.form, asked.slot), groups, next, other);
        self.interrupted(asked, &mappings, asks, known)
    }

    /// What an answer in words means for a slot, where nothing interrupts.
    pub(super) fn meant(&mut self, asked: &Asked<'_>, next: Goal) -> Goal {
        let mappings = self.context.bot.mappings(asked.form, asked.slot);
        let groups = self.values_in_words(asked, &mappings);
        let other = self.captured(asked, &mappings, next.clone(), next.clone());
        self.meanings((asked.form, asked.slot), groups, next, other)
    }

    /// The decision that keeps of an answer in words what the phrases mark as the value: of “a table for 7” the number.
    fn captured(&mut self, asked: &Asked<'_>, mappings: &[Value], next: Goal, other: Goal) -> Goal {
        let bot = self.context.bot;
        if bot.compares(asked.slot) {
            return other;
        }
        let entities = entities_of(asked, mappings);
        let of_slot = |(words, entity): &Piece| {
            let is_value = entity.as_ref().is_some_and(|it| entities.contains(it));
            (words.clone(), is_value.then(|| asked.slot.to_owned()))
        };
        let phrases = bot.examples.values().flatten().map(|it| it.pieces.iter().map(of_slot).collect::<Vec<Piece>>());
        let captured = Captured { phrases: phrases.filter(|it| has_words(it)).collect() };
        if captured.phrases.is_empty() {
            return other;
        }
        let slot = self.scenario.slot(asked.slot);
        let any = |_: &str| ANY_VALUE.to_owned();
        let Some(found) = captured.finds(&mut self.scenario, &slot, &any, next) else { return other };
        let branches = captured.branches(&slot, &any, &found).into_iter().map(|it| it.1).collect();
        let id = self.scenario.free_id(&format!("{} looks for {}", asked.form, asked.slot));
        self.scenario.push(&id, Act::Condition(Condition { branches, otherwise: other }));
        Some(id)
    }

    /// The values that a slot gets from words, with the phrases of each.
    fn values_in_words(&self, asked: &Asked<'_>, mappings: &[Value]) -> Vec<(String, Vec<String>)> {
        let bot = self.context.bot;
        let string = |it: &Value, key: &str| it.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        let mut add = |value: String, phrase: &str| {
            if value.to_lowercase() != phrase.to_lowercase() {
                match groups.iter_mut().find(|it| it.0 == value) {
                    Some(group) => group.1.push(phrase.to_owned()),
                    None => groups.push((value, vec![phrase.to_owned()])),
                }
            }
        };
        let entities = entities_of(asked, mappings);
        for example in bot.examples.values().flatten() {
            let is_itself = |entity: &str| example.pieces.iter().any(|it| it.1.as_deref() == Some(entity));
            let is_captured =
                |entity: &str| has_words(&example.pieces) && is_itself(entity) && !bot.compares(asked.slot);
            for (entity, value) in example.entities.iter().filter(|it| entities.contains(&it.0)) {
                if !is_captured(entity) {
                    add(value.clone(), &example.text);
                }
            }
        }
        for mapping in mappings.iter().filter(|it| string(it, "type").as_deref() == Some("from_intent")) {
            for intent in intents(mapping, "intent") {
                let value = mapping.get("value").map(scalar).unwrap_or_default();
                bot.phrases(&intent).iter().for_each(|it| add(value.clone(), it));
            }
        }
        groups
    }

    /// The decision that gives a slot the value that an answer in words means.
    fn meanings(
        &mut self,
        (form, slot): (&str, &str),
        groups: Vec<(String, Vec<String>)>,
        next: Goal,
        other: Goal,
    ) -> Goal {
        if groups.is_empty() {
            return other;
        }
        if groups.len() > MAX_VALUES {
            let what = format!("{} more values of {slot} in sentences", groups.len() - MAX_VALUES);
            self.scenario.record_loss(Loss::FormDropped, form, what);
        }
        let slot = self.scenario.slot(slot);
        let mut condition = Condition { branches: Vec::new(), otherwise: other };
        let mut sets = Vec::new();
        for (value, phrases) in groups.into_iter().take(MAX_VALUES) {
            let id = self.scenario.free_id(&format!("{form} sets {slot}"));
            condition.branches.extend(branches(&slot, &phrases, &id));
            sets.push((id, Act::Set { slot: slot.clone(), value: Text::plain(&value), next: next.clone() }));
        }
        let id = self.scenario.free_id(&format!("{form} reads {slot}"));
        self.scenario.push(&id, Act::Condition(condition));
        sets.into_iter().for_each(|(id, act)| self.scenario.push(&id, act));
        Some(id)
    }
}

/// The entities that fill the slot of a question.
fn entities_of(asked: &Asked<'_>, mappings: &[Value]) -> Vec<String> {
    match mappings.is_empty() {
        true => vec![asked.slot.to_owned()],
        false => mappings.iter().filter_map(|it| it.get("entity")?.as_str().map(str::to_owned)).collect(),
    }
}
