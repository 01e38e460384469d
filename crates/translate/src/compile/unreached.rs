//! Steps that nothing leads to any more, because what led to them is not sent.

use std::collections::{HashMap, HashSet};

use scenario::Loss;

use super::Compiler;
use crate::check::reached;
use crate::flow::{Awaits, FlowAct, FlowStep, Sends};
use crate::goal::known;
use crate::rules;

impl Compiler<'_> {
    /// Records each step that the scenario comes to and its WhatsApp side does not.
    pub(super) fn name_unreached(&mut self) {
        let now: HashSet<&str> = {
            let ids = self.reached();
            self.steps.iter().filter(|it| ids.contains(it.id.as_str())).map(|it| it.from.as_str()).collect()
        };
        let before = reached(self.scenario);
        let steps = self.scenario.steps.iter().enumerate();
        let lost = steps.filter(|it| before.contains(it.1.id.as_str()) && !now.contains(it.1.id.as_str()));
        // A message that says nothing has an error of its own.
        let errors = self.findings.iter().filter(|it| it.rule == &rules::NO_TEXT);
        let silent: HashSet<&str> = errors.map(|it| it.place.as_str()).collect();
        let lost = lost.filter(|it| !silent.contains(format!("/steps/{}/text", it.0).as_str()));
        let lost: Vec<(usize, String)> =
            lost.map(|(n, step)| (n, format!("“{}”: what leads to it is not sent", step.id))).collect();
        lost.into_iter().for_each(|(n, what)| self.record_loss(Loss::StepDropped, n, what));
    }

    /// The ids of the steps that the WhatsApp side comes to.
    fn reached(&self) -> HashSet<&str> {
        let steps: HashMap<&str, &FlowStep> = self.steps.iter().map(|it| (it.id.as_str(), it)).collect();
        let (mut reached, mut waiting) = (HashSet::new(), vec![self.scenario.start.as_str()]);
        while let Some(id) = waiting.pop() {
            let Some(step) = steps.get(id).filter(|_| reached.insert(id)) else { continue };
            match &step.act {
                FlowAct::Send(Sends { awaits: Some(awaits), .. }) => waiting.extend(after(awaits)),
                FlowAct::Send(sends) => waiting.extend(known(&sends.next)),
                FlowAct::Other(act) => waiting.extend(act.routes().into_iter().filter_map(|it| known(it.1))),
            }
        }
        reached
    }
}

fn after(awaits: &Awaits) -> impl Iterator<Item = &str> {
    let timeout = awaits.timeout.as_ref().and_then(|it| known(&it.next));
    awaits.ways.iter().filter_map(|it| known(&it.next)).chain(known(&awaits.other)).chain(timeout)
}
