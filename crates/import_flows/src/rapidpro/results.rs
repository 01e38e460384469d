//! Results: what a question or a call found out. A result has a value, a category and the whole answer.
//!
//! Steps that set them are added at the end, where it is known which of them are used.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use scenario::{Act, Find, Goal, Step, Test, Text};

use super::expression::Case;
use super::flow::FlowReader;

/// A way out of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Next,
    Branch(usize),
    Otherwise,
    Timeout,
    Failure,
}

/// A way on which a result gets a category.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) result: String,
    pub(super) step: String,
    pub(super) way: Way,
    pub(super) category: String,
}

#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) sites: Vec<Site>,
    /// Steps that wait for an answer, the slots that it is saved in, and the results that it belongs to.
    pub(super) answers: Vec<(String, String, String)>,
    /// Conditions that find the value of a result: the steps, the slots of the values, and the results.
    pub(super) finds: Vec<(String, String, String)>,
    /// The slots of the categories that are used, by the result.
    pub(super) categories: HashMap<String, BTreeMap<Case, String>>,
    /// The slots of the whole answers that are used, by the result.
    pub(super) inputs: HashMap<String, String>,
    /// Results whose value is used.
    pub(super) values: HashSet<String>,
    /// The slot of the last message, if it is used.
    pub(super) last_message: Option<String>,
}

/// Steps to be added on the ways of others.
struct Inserted {
    /// After the step with this id.
    after: HashMap<String, Vec<Step>>,
    taken: HashSet<String>,
}

impl FlowReader<'_> {
    /// Adds the steps that set what is used of the results.
    pub(super) fn set_results(&mut self) {
        let results = std::mem::take(&mut self.results);
        let mut inserted =
            Inserted { after: HashMap::new(), taken: self.builder.steps.iter().map(|it| it.id.clone()).collect() };
        let places: HashMap<String, usize> =
            self.builder.steps.iter().enumerate().map(|(n, it)| (it.id.clone(), n)).collect();
        for site in &results.sites {
            let (Some(wanted), Some(n)) = (results.categories.get(&site.result), places.get(&site.step)) else {
                continue;
            };
            for (case, slot) in wanted {
                let value = Text::plain(&case.of(&site.category));
                inserted.add(&mut self.builder.steps[*n], site.way, |next| Act::Set {
                    slot: slot.clone(),
                    value,
                    next,
                });
            }
        }
        for (step, slot, _) in results.finds.iter().filter(|it| results.values.contains(&it.2)) {
            if let Some(n) = places.get(step) {
                find_values(&mut self.builder.steps[*n], slot, &mut inserted);
            }
        }
        for (step, slot, result) in &results.answers {
            let Some(n) = places.get(step) else { continue };
            let slots: BTreeSet<&String> =
                results.inputs.get(result).into_iter().chain(&results.last_message).collect();
            for whole in slots.into_iter().filter(|it| *it != slot) {
                let mut value = Text::default();
                value.push_slot(slot);
                let set = |next| Act::Set { slot: whole.clone(), value, next };
                inserted.add(&mut self.builder.steps[*n], Way::Next, set);
            }
        }
        let steps = std::mem::take(&mut self.builder.steps);
        for step in steps {
            let more = inserted.after.remove(&step.id).unwrap_or_default();
            self.builder.steps.push(step);
            self.builder.steps.extend(more);
        }
    }
}

/// Adds a step on each way of a condition whose test finds a part of the answer.
fn find_values(step: &mut Step, slot: &str, inserted: &mut Inserted) {
    let Act::Condition(condition) = &step.act else { return };
    for (k, branch) in condition.branches.clone().into_iter().enumerate() {
        let is_whole = matches!(branch.test, Test::IsSet | Test::Exactly | Test::Equals | Test::OneOf | Test::Other);
        if !is_whole && branch.test != Test::StartsWith {
            inserted.add(step, Way::Branch(k), |next| {
                Act::Find(Find {
                    within: branch.slot,
                    test: branch.test,
                    value: branch.value,
                    in_group: false,
                    slot: slot.to_owned(),
                    next,
                })
            });
        }
    }
}

impl Inserted {
    fn add(&mut self, step: &mut Step, way: Way, act: impl FnOnce(Goal) -> Act) {
        let n_added = self.after.get(&step.id).map_or(0, Vec::len);
        let mut ids = (n_added + 1..).map(|n| format!("{}_set_{n}", step.id));
        let Some(id) = ids.find(|it| !self.taken.contains(it)) else { return };
        let Some(goal) = goal_of(&mut step.act, way) else { return };
        self.taken.insert(id.clone());
        let new = Step { id: id.clone(), act: act(goal.take()) };
        *goal = Some(id);
        self.after.entry(step.id.clone()).or_default().push(new);
    }
}

fn goal_of(act: &mut Act, way: Way) -> Option<&mut Goal> {
    match (act, way) {
        (Act::Message(it), Way::Next) => Some(&mut it.next),
        (Act::Message(it), Way::Timeout) => it.timeout.as_mut().map(|it| &mut it.next),
        (Act::Question(it), Way::Next) => Some(&mut it.next),
        (Act::Question(it), Way::Timeout) => it.timeout.as_mut().map(|it| &mut it.next),
        (Act::Listen(it), Way::Next) => Some(&mut it.next),
        (Act::Listen(it), Way::Timeout) => it.timeout.as_mut().map(|it| &mut it.next),
        (Act::Condition(it), Way::Branch(n)) => it.branches.get_mut(n).map(|it| &mut it.next),
        (Act::Condition(it), Way::Otherwise) => Some(&mut it.otherwise),
        (Act::Call(it), Way::Next) => Some(&mut it.next),
        (Act::Call(it), Way::Failure) => Some(&mut it.on_failure),
        (Act::Set { next, .. } | Act::Wait { next, .. }, Way::Next) => Some(next),
        (Act::Handover(it), Way::Next) => Some(&mut it.next),
        _ => None,
    }
}
