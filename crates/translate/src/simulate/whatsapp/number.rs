//! The scenarios of one number: which one a message of the customer begins, and which one another goes on in.

use scenario::{Act, Input, Scenario, Script};

use super::super::explain::Played;
use super::super::phrase;
use super::super::values::{MOST_SHOWN, MOST_STEPS};
use super::Run;
use crate::Compiled;

/// Runs several scenarios as the number of a business does: a message of the customer begins the scenario that it is a
/// phrase of, or the one that any text begins.
pub(in crate::simulate) fn run_number(
    sides: &[(&Scenario, &Compiled)],
    script: &Script,
    begins_by_itself: bool,
) -> Played {
    let mut played = Played::default();
    let Some(first) = sides.first() else { return played };
    let mut run = Run::new(first.0, first.1, script);
    run.ids = sides.iter().map(|it| it.0.id.as_str()).collect();
    let by_business = sides.iter().position(|it| it.0.trigger.is_by_business());
    let is_first = !is_written(run.inputs) || sides.iter().all(|it| it.0.trigger.is_by_business());
    let by_itself = begins_by_itself.then_some(0);
    let mut at = by_itself.or(by_business.filter(|_| is_first));
    for _ in 0..MOST_STEPS {
        let Some(n) = at.or_else(|| run.begun(sides)) else { break };
        (run.scenario, run.compiled) = sides[n];
        let is_over = run.scenario();
        played.silent.extend(run.silent.drain(..).map(|it| played.shown.len() + it));
        played.of.extend(std::iter::repeat_n(n, run.shown.len()));
        played.shown.append(&mut run.shown);
        if !is_over || begins_by_itself || played.shown.len() > MOST_SHOWN {
            break;
        }
        at = run.called.take().or_else(|| run.begun_by_unanswered(sides));
        if at.is_none() && matches!(run.inputs.first(), Some(Input::Wait(_) | Input::NoAnswer)) {
            played.silent.extend(played.shown.len().checked_sub(1));
        }
    }
    played
}

fn is_written(inputs: &[Input]) -> bool {
    matches!(inputs.first(), Some(Input::Say(_) | Input::Intent { .. } | Input::Press(_) | Input::PressPayload(_)))
}

/// The scenario that a call goes on in, by its place in the ids.
pub(super) fn called(act: &Act, ids: &[&str]) -> Option<usize> {
    let Act::Call(call) = act else { return None };
    let id = call.system.strip_prefix("scenario ")?;
    ids.iter().position(|it| *it == id)
}

impl Run<'_> {
    /// The scenario that the next message of the customer begins; none if there is no message.
    fn begun(&mut self, sides: &[(&Scenario, &Compiled)]) -> Option<usize> {
        loop {
            let (first, rest) = self.inputs.split_first()?;
            self.inputs = rest;
            let (text, intent) = match first {
                Input::Say(text) | Input::Press(text) | Input::PressPayload(text) => (text, None),
                Input::Intent { name, text, .. } => (text, Some(name)),
                Input::Wait(seconds) => {
                    self.seconds = self.seconds.saturating_add(*seconds);
                    continue;
                }
                _ => continue,
            };
            let found = intent.and_then(|name| sides.iter().position(|it| it.0.intent == *name));
            if let Some(n) = found.or_else(|| begins(sides, text)) {
                (self.seconds, self.waited) = (0, 0);
                self.heard(sides[n].0, text);
                return Some(n);
            }
        }
    }

    /// The scenario that the text begins that nothing has taken.
    fn begun_by_unanswered(&mut self, sides: &[(&Scenario, &Compiled)]) -> Option<usize> {
        let text = self.unanswered.take()?;
        let n = begins(sides, text)?;
        self.heard(sides[n].0, text);
        Some(n)
    }

    /// Saves the message that began a scenario in the slot that stands for it in the source.
    fn heard(&mut self, scenario: &Scenario, text: &str) {
        let is_message = |it: &&scenario::Slot| {
            let source = it.source_name.as_deref().unwrap_or(&it.name).to_lowercase();
            ["trigger.message.body", "input.text", "input", "trigger_message_body"].iter().any(|it| source.contains(it))
        };
        let slots = scenario.slots.iter().filter(is_message).map(|it| &it.name).chain(&scenario.first_message);
        slots.for_each(|it| self.values.set(Some(it), text));
        for (slot, value) in phrase::values(scenario, text) {
            self.values.set(Some(&slot), &value);
        }
    }
}

/// The scenario that a text begins.
fn begins(sides: &[(&Scenario, &Compiled)], said: &str) -> Option<usize> {
    let plain = |it: &str| it.trim().trim_end_matches(['.', '!', '?']).trim_end().to_lowercase();
    let (text, first) = (plain(said), plain(said.split_whitespace().next().unwrap_or_default()));
    let phrases = |it: &Scenario| match &it.trigger {
        scenario::Trigger::Message { phrases } => Some(phrases.clone()),
        _ => None,
    };
    let with = |wanted: &str| {
        sides.iter().position(|it| phrases(it.0).is_some_and(|it| it.iter().any(|it| plain(it) == wanted)))
    };
    // Of phrases with values, the one with most words of its own.
    let with_values = || {
        let fits = sides.iter().enumerate().filter_map(|(n, it)| Some((n, phrase::n_own_words(it.0, said)?)));
        fits.rev().max_by_key(|it| it.1).map(|it| it.0)
    };
    let open = || sides.iter().position(|it| phrases(it.0).is_some_and(|it| it.is_empty()));
    with(&text).or_else(|| with(&first)).or_else(with_values).or_else(open)
}
