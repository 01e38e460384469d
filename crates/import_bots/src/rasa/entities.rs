//! Values in what customers say: one intent can lead different ways, by the entities that are in the text.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bot::Bot;
use super::examples::Example;
use super::stories::{SlotValue, StoryEvent};

/// The entities that a text must have, each with its value, or with any value. They are sorted.
pub(super) type Entities = Vec<(String, Option<String>)>;

/// Limits the ways that one intent leads by its entities: examples are compared with each.
const MAX_VARIANTS: usize = 200;

/// Limits the phrases that are made for a value which no example has.
const MAX_PHRASES: usize = 20;

/// Whether a text with these values has the entities.
pub(super) fn agree(entities: &Entities, values: &[(String, String)]) -> bool {
    let is_there = |(name, wanted): &(String, Option<String>)| {
        let said = |it: &(String, String)| wanted.as_ref().is_none_or(|wanted| it.1.eq_ignore_ascii_case(wanted));
        values.iter().any(|it| it.0 == *name && said(it))
    };
    entities.iter().all(is_there)
}

/// The name of an intent with its entities, in the notation of payloads: `choose{"option":"1"}`.
pub(super) fn named(intent: &str, entities: &Entities) -> String {
    if entities.is_empty() {
        return intent.to_owned();
    }
    let shown = entities.iter().map(|(name, value)| match value {
        Some(value) => format!("{}:{}", Value::from(name.as_str()), Value::from(value.as_str())),
        None => Value::from(name.as_str()).to_string(),
    });
    format!("{intent}{{{}}}", shown.collect::<Vec<_>>().join(","))
}

/// The examples of an intent that have the entities, without those that fit one of `others` better.
///
/// A value that no example has takes the place of another value of its entity.
pub(super) fn examples(bot: &Bot, intent: &str, entities: &Entities, others: &[&Entities]) -> Vec<Example> {
    let all = || bot.examples.get(intent).into_iter().flatten();
    let is_better = |it: &&&Entities, example: &Example| it.len() > entities.len() && agree(it, &example.entities);
    let fits = |it: &&Example| agree(entities, &it.entities) && !others.iter().any(|other| is_better(&other, it));
    let found: Vec<Example> = all().filter(fits).cloned().collect();
    let mut made = Vec::new();
    for (name, value) in entities.iter().filter(|_| found.is_empty()) {
        let Some(value) = value else { continue };
        let texts: BTreeSet<String> = all().filter_map(|it| it.with_value(name, value)).take(MAX_PHRASES).collect();
        made.extend(texts.into_iter().map(|text| Example {
            pieces: vec![(text.clone(), None)],
            marks: Vec::new(),
            entities: entities.iter().filter_map(|it| Some((it.0.clone(), it.1.clone()?))).collect(),
            text,
        }));
    }
    if found.is_empty() { made } else { found }
}

/// The entity of an intent that fills a slot with what customers say.
fn filling<'a>(bot: &'a Bot, intents: &[StoryEvent], slot: &str) -> Option<&'a str> {
    let [StoryEvent::Intent(intent, _)] = intents else { return None };
    let mut said = bot.examples.get(intent).into_iter().flatten().flat_map(|it| &it.entities);
    said.find(|it| bot.slots_of(&it.0).contains(&slot)).map(|it| it.0.as_str())
}

/// Turns slots that the text just before them fills into entities of that text.
pub(super) fn absorb_slots(bot: &Bot, steps: &mut Vec<Vec<StoryEvent>>) {
    let mut at = 1;
    while at < steps.len() {
        let (before, after) = steps.split_at_mut(at);
        let (Some(said), [StoryEvent::Slot(slot, value)]) = (before.last_mut(), after[0].as_slice()) else {
            at += 1;
            continue;
        };
        let is_said = matches!(said.first(), Some(StoryEvent::Intent(..)));
        let of_event = |it: &StoryEvent| match it {
            StoryEvent::Intent(_, entities) => {
                entities.iter().find(|it| bot.slots_of(&it.0).contains(&slot.as_str())).map(|it| it.0.clone())
            }
            _ => None,
        };
        let known = said.iter().find_map(of_event);
        let filling = || filling(bot, said, slot).filter(|_| *value != SlotValue::Unset).map(str::to_owned);
        let entity = known.or_else(filling).filter(|_| is_said);
        let Some(entity) = entity else {
            at += 1;
            continue;
        };
        if let [StoryEvent::Intent(_, entities)] = said.as_mut_slice() {
            let wanted = match value {
                SlotValue::Is(value) => Some(value.clone()),
                _ => None,
            };
            match entities.iter_mut().find(|it| it.0 == entity) {
                Some(known) => known.1 = wanted.or(known.1.take()),
                None => entities.push((entity, wanted)),
            }
            entities.sort();
        }
        steps.remove(at);
    }
}

/// Keeps the entities that decide which way a text leads. Returns the intents of which none is kept, because they have too
/// many.
///
/// Rasa compares the values of entities that fill a slot of a few values. Of others it only knows whether they are there:
/// their values in a story are examples, unless two stories part by nothing else.
pub(super) fn keep_decisive(bot: &mut Bot) -> Vec<String> {
    let mut kept: BTreeMap<(String, Entities), Entities> = BTreeMap::new();
    let mut too_many = Vec::new();
    for (intent, variants) in uses(bot) {
        let parting = parting(&variants);
        let mut n_with: BTreeMap<&str, usize> = BTreeMap::new();
        variants.keys().flatten().for_each(|it| *n_with.entry(it.0.as_str()).or_default() += 1);
        let has_ways = variants.values().collect::<BTreeSet<_>>().len() > 1;
        let decisive = |(name, value): &(String, Option<String>)| {
            let is_compared = value.is_some() && (has_values(bot, name) || parting.contains(name));
            let is_everywhere = n_with.get(name.as_str()).is_some_and(|it| *it >= variants.len());
            let decides = is_compared || has_ways && !is_everywhere;
            decides.then(|| (name.clone(), value.clone().filter(|_| is_compared)))
        };
        let all: Vec<Entities> = variants.keys().map(|it| it.iter().filter_map(decisive).collect()).collect();
        let is_too_many = all.iter().collect::<BTreeSet<_>>().len() > MAX_VARIANTS;
        for (entities, decisive) in variants.keys().zip(all) {
            let decisive = if is_too_many { Entities::new() } else { decisive };
            kept.insert((intent.clone(), entities.clone()), decisive);
        }
        too_many.extend(is_too_many.then_some(intent));
    }
    for event in bot.stories.iter_mut().flat_map(|it| &mut it.steps).flatten() {
        if let StoryEvent::Intent(intent, entities) = event
            && let Some(decisive) = kept.get(&(intent.clone(), entities.clone()))
        {
            entities.clone_from(decisive);
        }
    }
    too_many
}

/// What follows each intent, by the entities that stories give it.
type Uses = BTreeMap<String, BTreeMap<Entities, BTreeSet<Vec<StoryEvent>>>>;

fn uses(bot: &Bot) -> Uses {
    let mut uses = Uses::new();
    for story in &bot.stories {
        for (events, at) in story.steps.iter().zip(1..) {
            for event in events {
                if let StoryEvent::Intent(intent, entities) = event {
                    let next = story.steps.get(at).cloned().unwrap_or_default();
                    uses.entry(intent.clone()).or_default().entry(entities.clone()).or_default().insert(next);
                }
            }
        }
    }
    uses
}

/// Whether an entity fills a slot whose values Rasa compares.
fn has_values(bot: &Bot, entity: &str) -> bool {
    bot.slots_of(entity).iter().any(|it| bot.compares(it))
}

/// The entities of which two values, with the same other entities, lead different ways.
fn parting(variants: &BTreeMap<Entities, BTreeSet<Vec<StoryEvent>>>) -> BTreeSet<String> {
    let mut ways: BTreeMap<(&str, Entities), &BTreeSet<Vec<StoryEvent>>> = BTreeMap::new();
    let mut parting = BTreeSet::new();
    for (entities, next) in variants {
        for (name, _) in entities.iter().filter(|it| it.1.is_some()) {
            let mut others = entities.clone();
            others.iter_mut().filter(|it| it.0 == *name).for_each(|it| it.1 = None);
            if *ways.entry((name, others)).or_insert(next) != next {
                parting.insert(name.clone());
            }
        }
    }
    parting
}
