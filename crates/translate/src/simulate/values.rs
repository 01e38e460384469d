//! The values of slots while a scenario runs, and the limits of a run.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use scenario::{Act, Input, Scenario, slot_name, value_named};

/// Limits the steps of one run, and the steps that are shown: a longer run is a loop.
pub(super) const MOST_STEPS: usize = 10_000;
pub(super) const MOST_SHOWN: usize = 1_000;

/// The values of slots while a scenario runs.
pub(super) struct SlotValues<'a> {
    set: HashMap<String, String>,
    /// The values of the script, by the names of slots or by their names in the source.
    given: &'a BTreeMap<String, String>,
}

impl<'a> SlotValues<'a> {
    pub(super) fn new(given: &'a BTreeMap<String, String>) -> Self {
        Self { set: HashMap::new(), given }
    }

    /// The value of a slot: the value that was set, else the one of the script, else an example, else its name.
    pub(super) fn of<'s>(&'s self, scenario: &'s Scenario, slot: &str) -> Cow<'s, str> {
        if let Some(value) = self.known(scenario, slot) {
            return value.into();
        }
        match scenario.slot(slot).and_then(|it| it.examples.first()) {
            Some(example) => example.into(),
            None => format!("‹{slot}›").into(),
        }
    }

    /// The value that was set or that the script gives.
    fn known(&self, scenario: &Scenario, slot: &str) -> Option<&str> {
        let source = || scenario.slot(slot).and_then(|it| it.source_name.as_deref());
        let given = || source().and_then(|it| value_named(self.given, it)).or_else(|| value_named(self.given, slot));
        self.set.get(slot).map(String::as_str).or_else(given)
    }

    pub(super) fn set(&mut self, slot: Option<&String>, value: &str) {
        if let Some(slot) = slot {
            self.set.insert(slot.clone(), value.to_owned());
        }
    }

    /// Saves the values of an answer in the slots that have their names.
    pub(super) fn answered(&mut self, scenario: &Scenario, values: &BTreeMap<String, String>) {
        for slot in &scenario.slots {
            let source = slot.source_name.as_deref().unwrap_or(&slot.name);
            if let Some(value) = value_named(values, source).or_else(|| value_named(values, &slot.name)) {
                self.set.insert(slot.name.clone(), value.to_owned());
            }
        }
        self.set.extend(values.iter().map(|(name, value)| (slot_name(name), value.clone())));
    }

    /// Runs an act that shows nothing, and returns the next step. `route` is the route that the script asks for.
    pub(super) fn decide(&mut self, scenario: &Scenario, act: &Act, route: Option<usize>) -> Option<String> {
        if let Act::Set { slot, value, .. } = act {
            let value = value.fill(|slot| self.of(scenario, slot).into_owned().into());
            self.set.insert(slot.clone(), value);
        }
        if let Act::Find(it) = act {
            let found = self.known(scenario, &it.within).and_then(|value| it.found(value));
            self.set.extend(found.map(|value| (it.slot.clone(), value)));
        }
        let routes = act.routes();
        let wanted = route.and_then(|it| routes.get(it)).map(|it| it.1.clone());
        let found = match act {
            Act::Condition(condition) => {
                let holds = condition.branches.iter().position(|it| it.holds(self.known(scenario, &it.slot)));
                holds.and_then(|it| routes.get(it)).or(routes.last()).and_then(|it| it.1.clone())
            }
            _ => routes.first().and_then(|it| it.1.clone()),
        };
        wanted.unwrap_or(found)
    }
}

/// Takes the route of a decision from the inputs of the script.
pub(super) fn wanted_way(
    inputs: &mut &[Input],
    act: &Act,
    scenario: &Scenario,
    values: &mut SlotValues<'_>,
) -> Option<usize> {
    match (act, inputs.split_first()) {
        (Act::Condition(_) | Act::Call(_), Some((Input::Route(route), rest))) => {
            *inputs = rest;
            Some(*route)
        }
        (Act::Call(_), Some((Input::Answer(answer), rest))) => {
            *inputs = rest;
            values.answered(scenario, &answer.values);
            Some(usize::from(!answer.ok))
        }
        _ => None,
    }
}
