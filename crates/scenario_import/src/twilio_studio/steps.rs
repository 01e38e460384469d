//! Removes the steps that do nothing on WhatsApp, and leads past them.

use std::collections::{HashMap, HashSet};

use scenario::{Act, Choice, Goal, Text};

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
        let skipped = ends(&self.skipped);
        let lead = |goal: &Goal| match goal.as_ref().and_then(|it| skipped.get(it)) {
            Some(end) => end.clone(),
            None => goal.clone(),
        };
        self.builder.steps.retain(|it| !skipped.contains_key(&it.id));
        for step in &mut self.builder.steps {
            goals(&mut step.act).into_iter().for_each(|it| *it = lead(it));
        }
        lead(&self.goal(start))
    }
}

/// For each skipped step, the first step after it that is not skipped. Skipped steps that lead in a circle lead nowhere.
fn ends(skipped: &HashMap<String, Goal>) -> HashMap<String, Goal> {
    let mut ends: HashMap<String, Goal> = HashMap::new();
    for start in skipped.keys() {
        let (mut at, mut way) = (Some(start.clone()), Vec::new());
        while let Some(id) = at.clone().filter(|it| skipped.contains_key(it)) {
            if let Some(end) = ends.get(&id) {
                at.clone_from(end);
                break;
            }
            // Until its end is known, a step on this way leads nowhere.
            ends.insert(id.clone(), None);
            at.clone_from(&skipped[&id]);
            way.push(id);
        }
        for id in way {
            ends.insert(id, at.clone());
        }
    }
    ends
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

fn goals(act: &mut Act) -> Vec<&mut Goal> {
    match act {
        Act::Message(it) => {
            let choices = it.choices.iter_mut().filter_map(|it| match it {
                Choice::Reply { next, .. } => Some(next),
                _ => None,
            });
            choices.chain([&mut it.next]).chain(it.timeout.as_mut().map(|it| &mut it.next)).collect()
        }
        Act::Question(it) => [&mut it.next].into_iter().chain(it.timeout.as_mut().map(|it| &mut it.next)).collect(),
        Act::Condition(it) => it.branches.iter_mut().map(|it| &mut it.next).chain([&mut it.otherwise]).collect(),
        Act::Set { next, .. } | Act::Wait { next, .. } => vec![next],
        Act::Call(it) => vec![&mut it.next, &mut it.on_failure],
        Act::Find(it) => vec![&mut it.next],
        Act::Listen(it) => [&mut it.next].into_iter().chain(it.timeout.as_mut().map(|it| &mut it.next)).collect(),
        Act::Handover(it) => vec![&mut it.next],
    }
}
