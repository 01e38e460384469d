//! Reads the widget that splits a flow: conditions with Studio's own tests.
//!
//! Studio compares without upper and lower case and without white space at both ends (Split Based On widget).

use scenario::{Act, Branch, Condition, Goal, Loss, Test};
use serde_json::Value;

use super::text::{self, Variant, plain};
use super::widgets::decide;
use super::{FlowBuilder, next_of, transitions};

/// Studio's tests, and whether a value belongs to them.
fn test(kind: &str) -> Test {
    match kind {
        "equal_to" => Test::Equals,
        "not_equal_to" => Test::NotEquals,
        "matches_any_of" => Test::OneOf,
        "does_not_match_any_of" => Test::NotOneOf,
        "contains" => Test::Holds,
        "does_not_contain" => Test::HoldsNot,
        "starts_with" => Test::StartsWith,
        "does_not_start_with" => Test::StartsNotWith,
        "less_than" => Test::Less,
        "greater_than" => Test::Greater,
        "is_blank" => Test::IsBlank,
        "is_not_blank" => Test::IsSet,
        "regex" => Test::Pattern,
        // Dates and times need Studio's clock and time zone.
        _ => Test::Other,
    }
}

impl FlowBuilder<'_> {
    /// All conditions of a transition must hold. Where there are several, each is a step, and where one fails the
    /// transitions after it decide.
    pub(super) fn split(&mut self, state: &Value, id: &str, name: &str) {
        let input = state.pointer("/properties/input").and_then(Value::as_str).unwrap_or_default();
        match self.alternatives(input, name) {
            Some(variants) => self.split_texts(state, id, name, input, variants),
            None => self.split_at(state, id, name, input, None),
        }
    }

    /// Decides where a condition in the input chooses a text: which text is known where it chooses.
    fn split_texts(&mut self, state: &Value, id: &str, name: &str, input: &str, variants: Vec<Variant>) {
        let mut chooses = Condition { branches: Vec::new(), otherwise: None };
        for variant in variants {
            let text = variant.text.to_string();
            let goal = match variant.text.slots().next() {
                None => self.way_of(state, &text, name),
                Some(slot) => {
                    let (own, slot) = (self.builder.free_id(id), slot.to_owned());
                    self.split_at(state, &own, name, input, Some(&slot));
                    Some(own)
                }
            };
            decide(&mut chooses, variant.branches, goal);
        }
        self.builder.push(id, Act::Condition(chooses));
    }

    /// Where a text that is known leads.
    fn way_of(&mut self, state: &Value, text: &str, name: &str) -> Goal {
        let mut otherwise = None;
        for transition in transitions(state) {
            let next = next_of(transition).and_then(|it| self.goal(it));
            let conditions = transition.get("conditions").and_then(Value::as_array).map(Vec::as_slice);
            match conditions.filter(|it| !it.is_empty()) {
                None => otherwise = next,
                Some(conditions) if conditions.iter().all(|it| self.test_of(it, name).holds(Some(text))) => {
                    return next;
                }
                Some(_) => {}
            }
        }
        otherwise
    }

    fn split_at(&mut self, state: &Value, id: &str, name: &str, input: &str, slot: Option<&str>) {
        let mut otherwise = None;
        let mut branches: Vec<(Vec<Branch>, Goal)> = Vec::new();
        for transition in transitions(state) {
            let next = next_of(transition).and_then(|it| self.goal(it));
            let conditions = transition.get("conditions").and_then(Value::as_array).map(Vec::as_slice);
            let Some(conditions) = conditions.filter(|it| !it.is_empty()) else {
                otherwise = next;
                continue;
            };
            let tests = conditions.iter().map(|it| self.branch(it, input, slot, name)).collect();
            branches.push((tests, next));
        }
        let mut at = id.to_owned();
        let mut simple: Vec<Branch> = Vec::new();
        let n = branches.len();
        for (k, (mut tests, next)) in branches.into_iter().enumerate() {
            let Some(last) = tests.pop() else { continue };
            if tests.is_empty() {
                simple.push(Branch { next, ..last });
                continue;
            }
            // The rest of the transitions, if there are any, are decided in a step of their own.
            let rest = if k + 1 < n { Some(self.builder.free_id(id)) } else { otherwise.clone() };
            let mut within = self.builder.free_id(id);
            let first = tests.remove(0);
            simple.push(Branch { next: Some(within.clone()), ..first });
            self.condition(&at, std::mem::take(&mut simple), rest.clone());
            for test in tests {
                let deeper = self.builder.free_id(id);
                self.condition(&within, vec![Branch { next: Some(deeper.clone()), ..test }], rest.clone());
                within = deeper;
            }
            self.condition(&within, vec![Branch { next, ..last }], rest.clone());
            at = match rest {
                Some(rest) if k + 1 < n => rest,
                _ => return,
            };
        }
        self.condition(&at, simple, otherwise);
    }

    fn condition(&mut self, id: &str, branches: Vec<Branch>, otherwise: Goal) {
        self.builder.push(id, Act::Condition(Condition { branches, otherwise }));
    }

    fn branch(&mut self, condition: &Value, input: &str, slot: Option<&str>, name: &str) -> Branch {
        let argument = condition.pointer("/arguments/0").and_then(Value::as_str).unwrap_or(input);
        let slot = match slot {
            Some(slot) if argument == input => slot.to_owned(),
            _ => self.slot_of(argument, name),
        };
        let branch = Branch { slot, ..self.test_of(condition, name) };
        if !branch.is_decidable() {
            let string = |key: &str| condition.get(key).and_then(Value::as_str).unwrap_or_default();
            let what = format!("{} {} {}", plain(argument), string("type"), plain(string("value")));
            self.builder.record_loss(Loss::ConditionDropped, name, what);
        }
        branch
    }

    /// The test of a condition and its value.
    fn test_of(&self, condition: &Value, name: &str) -> Branch {
        let string = |key: &str| condition.get(key).and_then(Value::as_str).unwrap_or_default();
        let kind = string("type");
        let value = text::constant(string("value"), |key| self.constants.value(name, key));
        let (test, value) = match (value, test(kind)) {
            (_, test @ (Test::IsBlank | Test::IsSet)) => (test, String::new()),
            (Some(value), Test::Other) => (Test::Other, format!("{kind} {value}")),
            (Some(value), test) => (test, value),
            // A value that varies cannot be compared here.
            (None, _) => (Test::Other, format!("{kind} {}", plain(string("value")))),
        };
        Branch { slot: String::new(), test, value, next: None }
    }
}
