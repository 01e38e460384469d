//! The dialogue so far, and the next action that rules and stories name.

use std::collections::BTreeMap;

use super::Bot;
use super::paths::{Path, Said, SlotIs, Step};

/// How many events must agree where a story does not agree from its start.
const ENOUGH_EVENTS: usize = 5;

/// What happened. The turns in which a form is answered as it asks are left out, as in stories.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    /// An intent, and the entities in the text.
    User(String, BTreeMap<String, String>),
    Action(String),
    Loop(String),
    LoopEnded(String),
}

#[derive(Debug, Default)]
pub(super) struct Tracker {
    pub(super) events: Vec<Event>,
    pub(super) slots: BTreeMap<String, String>,
    pub(super) active: Option<String>,
    pub(super) requested: Option<String>,
}

/// How much of the dialogue agrees with a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Agreed {
    n_events: usize,
    /// The entities with the same value.
    n_entities: usize,
}

/// The next thing that the bot does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    Action(String),
    Listen,
}

impl Tracker {
    /// What a rule says, else what a story says, with the name of the path.
    pub(super) fn next(&self, bot: &Bot) -> Option<(Next, String)> {
        let of_rules = bot.paths.rules.iter().filter(|it| self.condition_holds(bot, it)).filter_map(|it| {
            let (next, agreed, is_whole) = self.after(bot, it)?;
            let fits = is_whole && (!it.is_at_start || agreed.n_events == self.events.len());
            let says = next != Next::Listen || it.listens;
            (fits && says).then(|| (agreed.n_entities, next, it.name.clone()))
        });
        // The first of the best: `max_by_key` would return the last.
        let of_rules: Vec<(usize, Next, String)> = of_rules.collect();
        let best = of_rules.into_iter().rev().max_by_key(|it| it.0);
        best.map(|it| (it.1, it.2)).or_else(|| self.of_story(bot))
    }

    /// What the story says that agrees with most of the dialogue.
    pub(super) fn of_story(&self, bot: &Bot) -> Option<(Next, String)> {
        let mut best: Option<(Agreed, Next, String)> = None;
        for story in &bot.paths.stories {
            let Some((next, agreed, is_whole)) = self.after(bot, story) else { continue };
            let is_enough = is_whole || agreed.n_events == self.events.len() || agreed.n_events >= ENOUGH_EVENTS;
            if is_enough && best.as_ref().is_none_or(|it| agreed > it.0) {
                best = Some((agreed, next, story.name.clone()));
            }
        }
        best.map(|it| (it.1, it.2))
    }

    /// The step of a path that comes after the dialogue so far, with the number of events that agree and whether they
    /// agree from the start of the path.
    fn after(&self, bot: &Bot, path: &Path) -> Option<(Next, Agreed, bool)> {
        let ends = (1..=path.steps.len()).filter_map(|end| {
            let next = match path.steps.get(end) {
                Some(Step::Action(name)) => Next::Action(name.clone()),
                // The loop begins or ends by itself.
                None => Next::Listen,
                Some(_) => return None,
            };
            let (agreed, is_whole) = self.agreed(bot, &path.steps[..end])?;
            Some((next, agreed, is_whole))
        });
        ends.max_by_key(|it| (it.2, it.1))
    }

    /// How many of the last events are the last of these steps; none if not even the last turn agrees.
    fn agreed(&self, bot: &Bot, steps: &[Step]) -> Option<(Agreed, bool)> {
        let mut events = self.events.iter().rev();
        let (mut agreed, mut has_turn) = (Agreed::default(), false);
        for step in steps.iter().rev() {
            let agrees = match step {
                Step::Slot(name, is) => {
                    if has_turn || self.slot_is(bot, name, is) {
                        continue;
                    }
                    false
                }
                Step::Checkpoint(_) => continue,
                step => match events.next().and_then(|event| is_event(bot, step, event)) {
                    Some(n_entities) => {
                        agreed.n_entities += n_entities;
                        true
                    }
                    None => false,
                },
            };
            if !agrees {
                return has_turn.then_some((agreed, false));
            }
            agreed.n_events += 1;
            has_turn |= matches!(step, Step::Intent(_) | Step::LoopEnds);
        }
        has_turn.then_some((agreed, true))
    }

    fn condition_holds(&self, bot: &Bot, rule: &Path) -> bool {
        rule.condition.iter().all(|it| match it {
            Step::Slot(name, is) => self.slot_is(bot, name, is),
            Step::Loop(name) => {
                let last = self.events.iter().rev().take_while(|it| !matches!(it, Event::User(..)));
                let has_just_ended = last.clone().any(|it| *it == Event::LoopEnded(name.clone()));
                self.active.as_ref() == Some(name) || has_just_ended
            }
            Step::LoopEnds => self.active.is_none(),
            _ => true,
        })
    }

    /// Only the values of slots with few of them count; others are set or not. A slot without influence says nothing.
    fn slot_is(&self, bot: &Bot, name: &str, is: &SlotIs) -> bool {
        let value = self.slots.get(name).filter(|it| !it.is_empty());
        let slot = bot.domain.slot(name);
        let kind = slot.map(|it| it.kind.as_str()).unwrap_or_default();
        if slot.is_some_and(|it| !it.has_influence) || kind == "any" {
            return true;
        }
        match is {
            SlotIs::Set => value.is_some(),
            SlotIs::Empty => value.is_none(),
            SlotIs::Value(_) if ["text", "list", "float"].contains(&kind) => value.is_some(),
            SlotIs::Value(wanted) => value.is_some_and(|it| it.eq_ignore_ascii_case(wanted)),
        }
    }

    /// The place of the dialogue: the form and its slot, or the last events.
    pub(super) fn place(&self) -> String {
        if let (Some(form), Some(slot)) = (&self.active, &self.requested) {
            return format!("{form}.{slot}");
        }
        let last = self.events.iter().rev().take(2).map(|it| match it {
            Event::User(name, _) | Event::Action(name) | Event::Loop(name) => name.as_str(),
            Event::LoopEnded(_) => "end",
        });
        let last: Vec<&str> = last.collect();
        if last.is_empty() { "start".to_owned() } else { last.into_iter().rev().collect::<Vec<_>>().join(" ") }
    }
}

/// Whether an event is a step, and the number of entities that both have with the same value.
fn is_event(bot: &Bot, step: &Step, event: &Event) -> Option<usize> {
    let is = |it: bool| it.then_some(0);
    match (step, event) {
        (Step::Intent(all), Event::User(intent, entities)) => {
            all.iter().filter_map(|it| is_said(bot, it, intent, entities)).max()
        }
        (Step::Action(name), Event::Action(done)) => is(name == done),
        (Step::Loop(name), Event::Loop(active)) => is(name == active),
        (Step::LoopEnds, Event::LoopEnded(_)) => is(true),
        _ => None,
    }
}

/// The number of entities that agree, if a text can be what the story says. The policies know of an entity whether it is
/// there; its value only counts by a slot of a few values that it fills.
fn is_said(bot: &Bot, said: &Said, intent: &str, entities: &BTreeMap<String, String>) -> Option<usize> {
    if said.intent != intent && intent.split('/').next() != Some(said.intent.as_str()) {
        return None;
    }
    let mut n_agreed = 0;
    for (name, wanted) in &said.entities {
        let value = entities.get(name)?;
        match wanted {
            Some(wanted) if wanted.eq_ignore_ascii_case(value) => n_agreed += 1,
            Some(_) if bot.domain.compares(name) => return None,
            _ => {}
        }
    }
    Some(n_agreed)
}
