//! Runs the same inputs through the source and the WhatsApp side, and compares what the customer sees.

mod explain;
mod phrase;
mod script;
mod set;
mod source;
mod values;
mod whatsapp;

use model::{Finding, Severity};
use scenario::{Input, Scenario, Script, Shown, SourceSide};
use serde::Serialize;

use crate::Compiled;
pub use script::scripts;
pub use set::{ScenarioRuns, simulate_set};

/// The result of one script.
#[derive(Clone, Debug, Serialize)]
pub struct Simulated {
    pub script: String,
    /// What the customer saw on the source's side, step by step.
    pub source: Vec<Shown>,
    pub whatsapp: Vec<Shown>,
    pub differences: Vec<Difference>,
}

/// A difference between the two sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub step: String,
    pub source: Vec<String>,
    pub whatsapp: Vec<String>,
    /// The codes of the findings that explain the difference; if there is none, the compiler has a fault.
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

/// Plays a script on the source side and on the WhatsApp side of the scenarios of one number.
pub fn simulate_shown(sides: &[(&Scenario, &Compiled)], source: &impl SourceSide, script: &Script) -> Simulated {
    let shown = source.play(script);
    let (whatsapp, of) = whatsapp::run_number(sides, script, source.begins_by_itself());
    let is_silent = script.inputs.iter().any(|it| matches!(it, Input::Wait(_) | Input::NoAnswer));
    let differences = explain::compare(sides, &shown, &whatsapp, &of, is_silent);
    Simulated { script: script.name.clone(), source: shown, whatsapp, differences }
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
        // If a route was dropped, everything after it differs too.
        let before = n.checked_sub(1).and_then(|it| source.get(it)).map_or(step, |it| &it.step);
        let explained_by = match leads_elsewhere {
            true => reasons(scenario, compiled, before, |it| ["L110", "L123"].contains(&it.rule.code)),
            false => reasons(scenario, compiled, step, |it| {
                matches!(it.rule.severity, Severity::Error | Severity::Loss | Severity::Note)
            }),
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

#[cfg(test)]
mod tests;
