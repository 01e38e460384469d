//! The dialogue so far, and the next action that rules and stories name.

use std::collections::BTreeMap;

use super::Bot;
use super::paths::{Path, SlotIs, Step};

/// How many events must agree where a story does not agree from its start.
const ENOUGH_EVENTS: usize = 5;

/// What happened. The turns in which a form is answered as it asks are left out, as in stories.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    User(String),
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

/// The next thing that the bot does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    Action(String),
    Listen,
}

impl Tracker {
    /// What a rule says, else what a story says, with the name of the path.
    pub(super) fn next(&self, bot: &Bot) -> Option<(Next, String)> {
        let of_rule = bot.paths.rules.iter().filter(|it| self.condition_holds(bot, it)).find_map(|it| {
            let (next, n_agreed, is_whole) = self.after(bot, it)?;
            let fits = is_whole && (!it.is_at_start || n_agreed == self.events.len());
            let says = next != Next::Listen || it.listens;
            (fits && says).then(|| (next, it.name.clone()))
        });
        of_rule.or_else(|| self.of_story(bot))
    }

    /// What the story says that agrees with most of the dialogue.
    pub(super) fn of_story(&self, bot: &Bot) -> Option<(Next, String)> {
        let mut best: Option<(usize, Next, String)> = None;
        for story in &bot.paths.stories {
            let Some((next, n_agreed, is_whole)) = self.after(bot, story) else { continue };
            let is_enough = is_whole || n_agreed == self.events.len() || n_agreed >= ENOUGH_EVENTS;
            if is_enough && best.as_ref().is_none_or(|it| n_agreed > it.0) {
                best = Some((n_agreed, next, story.name.clone()));
            }
        }
        best.map(|it| (it.1, it.2))
    }

    /// The step of a path that comes after the dialogue so far, with the number of events that agree and whether they
    /// agree from the start of the path.
    fn after(&self, bot: &Bot, path: &Path) -> Option<(Next, usize, bool)> {
        let ends = (1..=path.steps.len()).filter_map(|end| {
            let next = match path.steps.get(end) {
                Some(Step::Action(name)) => Next::Action(name.clone()),
                // The loop begins or ends by itself.
                None => Next::Listen,
                Some(_) => return None,
            };
            let (n_agreed, is_whole) = self.agreed(bot, &path.steps[..end])?;
            Some((next, n_agreed, is_whole))
        });
        ends.max_by_key(|it| (it.2, it.1))
    }

    /// How many of the last events are the last of these steps; none if not even the last turn agrees.
    fn agreed(&self, bot: &Bot, steps: &[Step]) -> Option<(usize, bool)> {
        let mut events = self.events.iter().rev();
        let (mut n_agreed, mut has_turn) = (0, false);
        for step in steps.iter().rev() {
            let agrees = match step {
                Step::Slot(name, is) => {
                    if has_turn || self.slot_is(bot, name, is) {
                        continue;
                    }
                    false
                }
                Step::Checkpoint(_) => continue,
                step => events.next().is_some_and(|event| is_event(step, event)),
            };
            if !agrees {
                return has_turn.then_some((n_agreed, false));
            }
            n_agreed += 1;
            has_turn |= matches!(step, Step::Intent(_) | Step::LoopEnds);
        }
        has_turn.then_some((n_agreed, true))
    }

    fn condition_holds(&self, bot: &Bot, rule: &Path) -> bool {
        rule.condition.iter().all(|it| match it {
            Step::Slot(name, is) => self.slot_is(bot, name, is),
            Step::Loop(name) => {
                let last = self.events.iter().rev().take_while(|it| !matches!(it, Event::User(_)));
                let has_just_ended = last.clone().any(|it| *it == Event::LoopEnded(name.clone()));
                self.active.as_ref() == Some(name) || has_just_ended
            }
            Step::LoopEnds => self.active.is_none(),
            _ => true,
        })
    }

    /// A text counts as set or not; its value does not matter to the policies.
    fn slot_is(&self, bot: &Bot, name: &str, is: &SlotIs) -> bool {
        let value = self.slots.get(name).filter(|it| !it.is_empty());
        let is_text = bot.domain.slot(name).is_some_and(|it| it.kind == "text" || it.kind == "list");
        match is {
            SlotIs::Set => value.is_some(),
            SlotIs::Empty => value.is_none(),
            SlotIs::Value(_) if is_text => value.is_some(),
            SlotIs::Value(wanted) => value.is_some_and(|it| it.eq_ignore_ascii_case(wanted)),
        }
    }

    /// The place of the dialogue: the form and its slot, or the last events.
    pub(super) fn place(&self) -> String {
        if let (Some(form), Some(slot)) = (&self.active, &self.requested) {
            return format!("{form}.{slot}");
        }
        let last = self.events.iter().rev().take(2).map(|it| match it {
            Event::User(name) | Event::Action(name) | Event::Loop(name) => name.as_str(),
            Event::LoopEnded(_) => "end",
        });
        let last: Vec<&str> = last.collect();
        if last.is_empty() { "start".to_owned() } else { last.into_iter().rev().collect::<Vec<_>>().join(" ") }
    }
}

fn is_event(step: &Step, event: &Event) -> bool {
    match (step, event) {
        (Step::Intent(names), Event::User(intent)) => {
            names.iter().any(|it| it == intent || intent.split('/').next() == Some(it))
        }
        (Step::Action(name), Event::Action(done)) => name == done,
        (Step::Loop(name), Event::Loop(active)) => name == active,
        (Step::LoopEnds, Event::LoopEnded(_)) => true,
        _ => false,
    }
}
