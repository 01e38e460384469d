//! The same inputs through the source and the WhatsApp side, and what the customer sees on each.

mod script;
mod shown;
mod source;
mod whatsapp;

use std::borrow::Cow;
use std::collections::HashMap;

use model::{Finding, Severity};
use scenario::{Act, Scenario};
use serde::Serialize;

use crate::Compiled;
pub use script::{Input, Script, scripts};
pub use shown::Shown;

/// Most steps of one run, and of those that are seen; a flow that goes on longer goes in circles.
const MOST_STEPS: usize = 10_000;
const MOST_SHOWN: usize = 1_000;

/// What one script showed.
#[derive(Clone, Debug, Serialize)]
pub struct Simulated {
    pub script: String,
    /// What the customer saw on the source's side, step by step.
    pub source: Vec<Shown>,
    pub whatsapp: Vec<Shown>,
    pub differences: Vec<Difference>,
}

/// Where the sides differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub step: String,
    pub source: Vec<String>,
    pub whatsapp: Vec<String>,
    /// The codes of the findings that say why; none is a fault of the compiler.
    pub explained_by: Vec<&'static str>,
}

impl Simulated {
    /// Whether every difference is one that a finding names.
    pub fn is_explained(&self) -> bool {
        self.differences.iter().all(|it| !it.explained_by.is_empty())
    }
}

/// Runs a script on both sides.
pub fn simulate(scenario: &Scenario, compiled: &Compiled, script: &Script) -> Simulated {
    let source = source::run(scenario, script);
    let whatsapp = whatsapp::run(scenario, compiled, script);
    let differences = compare(scenario, compiled, &source, &whatsapp);
    Simulated { script: script.name.clone(), source, whatsapp, differences }
}

fn compare(scenario: &Scenario, compiled: &Compiled, source: &[Shown], whatsapp: &[Shown]) -> Vec<Difference> {
    let mut differences = Vec::new();
    let nothing = Shown::default();
    for n in 0..source.len().max(whatsapp.len()) {
        let (ours, theirs) = (whatsapp.get(n).unwrap_or(&nothing), source.get(n).unwrap_or(&nothing));
        if ours == theirs {
            continue;
        }
        let step = if theirs.step.is_empty() { &ours.step } else { &theirs.step };
        let leads_elsewhere = ours.step != theirs.step;
        // Where a way is gone, what comes after it is too.
        let before = n.checked_sub(1).and_then(|it| source.get(it)).map_or(step, |it| &it.step);
        let explained_by = match leads_elsewhere {
            true => reasons(scenario, compiled, before, |it| ["L110", "L123"].contains(&it.rule.code)),
            false => {
                reasons(scenario, compiled, step, |it| matches!(it.rule.severity, Severity::Loss | Severity::Note))
            }
        };
        differences.push(Difference {
            step: step.clone(),
            source: theirs.lines.clone(),
            whatsapp: ours.lines.clone(),
            explained_by,
        });
        if leads_elsewhere {
            break;
        }
    }
    differences
}

/// The findings about a step that explain a difference.
fn reasons(
    scenario: &Scenario,
    compiled: &Compiled,
    step: &str,
    explains: impl Fn(&Finding) -> bool,
) -> Vec<&'static str> {
    let Some(n) = scenario.steps.iter().position(|it| it.id == step) else { return Vec::new() };
    let place = format!("/steps/{n}");
    let is_there = |it: &&Finding| it.place == place || it.place.starts_with(&format!("{place}/"));
    let found = compiled.findings.iter().filter(is_there).filter(|it| explains(it) && it.rule.code != "C101");
    let mut codes: Vec<&str> = found.map(|it| it.rule.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// What is known while a scenario runs.
#[derive(Default)]
struct Values(HashMap<String, String>);

impl Values {
    /// What stands for a slot: what was set, an example, or its name.
    fn of<'a>(&'a self, scenario: &'a Scenario, slot: &str) -> Cow<'a, str> {
        match self.0.get(slot) {
            Some(value) => value.into(),
            None => match scenario.slot(slot).and_then(|it| it.examples.first()) {
                Some(example) => example.into(),
                None => format!("‹{slot}›").into(),
            },
        }
    }

    fn set(&mut self, slot: Option<&String>, value: &str) {
        if let Some(slot) = slot {
            self.0.insert(slot.clone(), value.to_owned());
        }
    }

    /// What an act does that nobody sees: the goal it leads to. `way` is the one that the script wants.
    fn decide(&mut self, scenario: &Scenario, act: &Act, way: Option<usize>) -> Option<String> {
        if let Act::Set { slot, value, .. } = act {
            let value = value.fill(|slot| self.of(scenario, slot).into_owned().into());
            self.0.insert(slot.clone(), value);
        }
        let ways = act.ways();
        let wanted = way.and_then(|it| ways.get(it)).map(|it| it.1.clone());
        let found = match act {
            Act::Condition(condition) => {
                let holds = condition.branches.iter().position(|it| it.holds(self.0.get(&it.slot).map(String::as_str)));
                holds.and_then(|it| ways.get(it)).or(ways.last()).and_then(|it| it.1.clone())
            }
            _ => ways.first().and_then(|it| it.1.clone()),
        };
        wanted.unwrap_or(found)
    }
}

/// The way that the script wants for a decision, taken from its inputs.
fn wanted_way(inputs: &mut &[Input], act: &Act) -> Option<usize> {
    match (act, inputs.split_first()) {
        (Act::Condition(_) | Act::Call(_), Some((Input::Way(way), rest))) => {
            *inputs = rest;
            Some(*way)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
