//! The values of slots while a scenario runs, and the limits of a run.

use std::borrow::Cow;
use std::collections::HashMap;

use scenario::{Act, Scenario};

use super::script::Input;

/// Limits the steps of one run, and the steps that are shown: a longer run is a loop.
pub(super) const MOST_STEPS: usize = 10_000;
pub(super) const MOST_SHOWN: usize = 1_000;

/// The values of slots while a scenario runs.
#[derive(Default)]
pub(super) struct SlotValues(HashMap<String, String>);

impl SlotValues {
    /// The value of a slot: the value that was set, else an example, else its name.
    pub(super) fn of<'a>(&'a self, scenario: &'a Scenario, slot: &str) -> Cow<'a, str> {
        match self.0.get(slot) {
            Some(value) => value.into(),
            None => match scenario.slot(slot).and_then(|it| it.examples.first()) {
                Some(example) => example.into(),
                None => format!("‹{slot}›").into(),
            },
        }
    }

    pub(super) fn set(&mut self, slot: Option<&String>, value: &str) {
        if let Some(slot) = slot {
            self.0.insert(slot.clone(), value.to_owned());
        }
    }

    /// Runs an act that shows nothing, and returns the next step. `route` is the route that the script asks for.
    pub(super) fn decide(&mut self, scenario: &Scenario, act: &Act, route: Option<usize>) -> Option<String> {
        if let Act::Set { slot, value, .. } = act {
            let value = value.fill(|slot| self.of(scenario, slot).into_owned().into());
            self.0.insert(slot.clone(), value);
        }
        if let Act::Find(it) = act {
            let found = self.0.get(&it.within).and_then(|value| it.test.find(&it.value, value));
            self.0.extend(found.map(|value| (it.slot.clone(), value)));
        }
        let routes = act.routes();
        let wanted = route.and_then(|it| routes.get(it)).map(|it| it.1.clone());
        let found = match act {
            Act::Condition(condition) => {
                let holds = condition.branches.iter().position(|it| it.holds(self.0.get(&it.slot).map(String::as_str)));
                holds.and_then(|it| routes.get(it)).or(routes.last()).and_then(|it| it.1.clone())
            }
            _ => routes.first().and_then(|it| it.1.clone()),
        };
        wanted.unwrap_or(found)
    }
}

/// Takes the route of a decision from the inputs of the script.
pub(super) fn wanted_way(inputs: &mut &[Input], act: &Act) -> Option<usize> {
    match (act, inputs.split_first()) {
        (Act::Condition(_) | Act::Call(_), Some((Input::Route(route), rest))) => {
            *inputs = rest;
            Some(*route)
        }
        _ => None,
    }
}
