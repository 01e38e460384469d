//! Runs the same inputs through the source and the WhatsApp side, and compares what the customer sees.

mod explain;
mod phrase;
mod script;
mod set;
mod source;
mod values;
mod whatsapp;

use scenario::{Scenario, Script, Shown, SourceSide};
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
    let differences = explain::compare(&[(scenario, compiled)], &source, &whatsapp);
    Simulated { script: script.name.clone(), source, whatsapp: whatsapp.shown, differences }
}

/// Plays a script on the source side and on the WhatsApp side of the scenarios of one number.
pub fn simulate_shown(sides: &[(&Scenario, &Compiled)], source: &impl SourceSide, script: &Script) -> Simulated {
    let shown = source.play(script);
    let whatsapp = whatsapp::run_number(sides, script, source.begins_by_itself());
    let differences = explain::compare(sides, &shown, &whatsapp);
    Simulated { script: script.name.clone(), source: shown, whatsapp: whatsapp.shown, differences }
}

#[cfg(test)]
mod tests;
