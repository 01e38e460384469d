//! Removes the steps that do nothing on WhatsApp, and leads past them.

use std::collections::HashSet;

use scenario::{Act, Goal, Text};

use super::FlowBuilder;

/// Limits how often steps without an effect are looked for: each round may leave others without one.
const MAX_ROUNDS: usize = 10;

impl FlowBuilder<'_> {
    /// Leads past all steps without an effect, and returns the first step.
    pub(super) fn settle(&mut self, start: &str) -> Goal {
        let mut start = self.goal(start);
        for _ in 0..MAX_ROUNDS {
            self.skip_without_effect();
            if self.skipped.is_empty() {
                break;
            }
            let skipped = std::mem::take(&mut self.skipped);
            self.builder.steps.retain(|it| !skipped.contains_key(&it.id));
            start = scenario::lead_past(&mut self.builder.steps, start, &skipped);
        }
        start
    }

    /// Skips variables that nothing reads, and conditions whose ways all lead to the same step.
    fn skip_without_effect(&mut self) {
        let mut read: HashSet<String> = HashSet::new();
        for step in &self.builder.steps {
            match &step.act {
                Act::Condition(it) => read.extend(it.branches.iter().map(|it| it.slot.clone())),
                Act::Call(it) => read.extend(Text::parse(&it.system).slots().map(str::to_owned)),
                Act::Handover(it) => {
                    let target = Text::parse(it.target.as_deref().unwrap_or_default());
                    read.extend(it.text.slots().chain(target.slots()).map(str::to_owned));
                }
                act => texts(act).iter().for_each(|it| read.extend(it.slots().map(str::to_owned))),
            }
        }
        for step in &self.builder.steps {
            let next = match &step.act {
                Act::Set { slot, next, .. } if !read.contains(slot) => next,
                Act::Condition(it) if it.branches.iter().all(|branch| branch.next == it.otherwise) => &it.otherwise,
                _ => continue,
            };
            self.skipped.insert(step.id.clone(), next.clone());
        }
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
