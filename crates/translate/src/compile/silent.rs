//! Leaves out messages that say and show nothing, so that the rest of the scenario can be sent.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use model::Finding;
use scenario::{Act, Goal, Listen, Loss, Scenario, lead_past};

use crate::check::{is_silent, reached};

/// The steps that are not compiled, by their numbers.
#[derive(Default)]
pub(super) struct LeftOut {
    pub(super) steps: HashSet<usize>,
    /// What only the steps that are left out lead to.
    pub(super) findings: Vec<Finding>,
}

/// The scenario without what cannot be sent. Steps keep their numbers.
///
/// A message leads to the step after it. Buttons without a text cannot be shown, so the ways behind them are lost. A
/// question without a text still waits for its answer.
pub(super) fn leave_out(scenario: &Scenario) -> (Cow<'_, Scenario>, LeftOut) {
    if !scenario.steps.iter().any(|it| is_silent(&it.act)) {
        return (Cow::Borrowed(scenario), LeftOut::default());
    }
    let mut changed = scenario.clone();
    let mut after: HashMap<String, Goal> = HashMap::new();
    for step in changed.steps.iter_mut().filter(|it| is_silent(&it.act)) {
        match &step.act {
            Act::Question(it) => {
                let (slot, next, timeout) = (it.slot.clone(), it.next.clone(), it.timeout.clone());
                step.act = Act::Listen(Listen { slot, next, timeout });
            }
            Act::Message(it) => {
                after.insert(step.id.clone(), if it.choices.is_empty() { it.next.clone() } else { None });
            }
            _ => {}
        }
    }
    let start = Some(std::mem::take(&mut changed.start));
    changed.start = lead_past(&mut changed.steps, start, &after).unwrap_or_default();
    let before = reached(scenario);
    let now = reached(&changed);
    let mut left_out = LeftOut::default();
    for (n, step) in scenario.steps.iter().enumerate() {
        let is_lost = before.contains(step.id.as_str()) && !now.contains(step.id.as_str());
        if is_lost && !after.contains_key(&step.id) {
            let what = format!("“{}”: only a message that says nothing leads to it", step.id);
            left_out.findings.push(Finding::new(Loss::StepDropped.rule(), format!("/steps/{n}"), what));
        }
        if is_lost || after.contains_key(&step.id) {
            left_out.steps.insert(n);
        }
    }
    (Cow::Owned(changed), left_out)
}
