//! Removes the steps that do nothing on WhatsApp, and leads past them.

use std::collections::HashSet;

use scenario::{Act, Goal, Text};

use super::FlowBuilder;

impl FlowBuilder<'_> {
    /// Drops variables that nothing reads any more, leads past all steps without an effect, and returns the first step.
    pub(super) fn settle(&mut self, start: &str) -> Goal {
        let mut read: HashSet<String> = HashSet::new();
        for step in &self.builder.steps {
            match &step.act {
                Act::Condition(it) => read.extend(it.branches.iter().map(|it| it.slot.clone())),
                act => texts(act).iter().for_each(|it| read.extend(it.slots().map(str::to_owned))),
            }
        }
        for step in &self.builder.steps {
            if let Act::Set { slot, next, .. } = &step.act
                && !read.contains(slot)
            {
                self.skipped.insert(step.id.clone(), next.clone());
            }
        }
        self.builder.steps.retain(|it| !self.skipped.contains_key(&it.id));
        let start = self.goal(start);
        scenario::lead_past(&mut self.builder.steps, start, &self.skipped)
    }
}

/// The texts of a step in which slots stand.
fn texts(act: &Act) -> Vec<&Text> {
    match act {
        Act::Message(it) => {
            let media = it.media.iter().map(|it| &it.url);
            [&it.text, &it.header, &it.footer].into_iter().chain(media).collect()
        }
        Act::Question(it) => vec![&it.text],
        Act::Handover(it) => vec![&it.text],
        Act::Set { value, .. } => vec![value],
        Act::Condition(_) | Act::Call(_) | Act::Wait { .. } | Act::Listen(_) | Act::Find(_) => Vec::new(),
    }
}
