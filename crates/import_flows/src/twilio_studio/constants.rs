//! Finds the variables of a flow that are the same text on every way to a state.

use std::collections::HashMap;

use serde_json::Value;

use super::{kind, next_of, text, transitions};

/// Limits states times variables, since each way may be followed once for each variable. Beyond it all variables count
/// as varying.
const MOST: usize = 200_000;

/// The values of variables, by their key. A variable that is missing was not set.
type Values = HashMap<String, Known>;

/// The value of a variable, as far as all ways to a step agree.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Known {
    Constant(String),
    /// It differs, or is not set on each way.
    Varying,
}

/// For each state, what is known of the variables when it begins.
#[derive(Debug, Default)]
pub(super) struct Constants<'a>(HashMap<&'a str, Values>);

impl<'a> Constants<'a> {
    /// Follows every way from the start until nothing changes.
    pub(super) fn of(states: &HashMap<&'a str, &'a Value>, names: &[&'a str], start: &'a str) -> Self {
        let n_set: usize = names.iter().map(|it| variables(states[it]).len()).sum();
        if n_set * names.len() > MOST {
            return Self::default();
        }
        let mut before: HashMap<&'a str, Values> = HashMap::from([(start, Values::new())]);
        let mut waiting = vec![start];
        while let Some(name) = waiting.pop() {
            let Some(state) = states.get(name) else { continue };
            let mut values = before.get(name).cloned().unwrap_or_default();
            for variable in variables(state) {
                let (key, value) = set(variable, &values);
                values.insert(key, value);
            }
            for next in transitions(state).iter().filter_map(next_of) {
                let joined = match before.get(next) {
                    Some(known) => join(known, &values),
                    None => values.clone(),
                };
                if before.get(next) != Some(&joined) {
                    before.insert(next, joined);
                    waiting.push(next);
                }
            }
        }
        Self(before)
    }

    /// The constant of a variable when a state begins.
    pub(super) fn value(&self, state: &str, key: &str) -> Option<&str> {
        match self.0.get(state)?.get(key)? {
            Known::Constant(value) => Some(value),
            Known::Varying => None,
        }
    }

    /// Takes a variable in, for what follows in the same widget.
    pub(super) fn set(&mut self, state: &'a str, variable: &Value) {
        let Some(values) = self.0.get_mut(state) else { return };
        let (key, value) = set(variable, values);
        values.insert(key, value);
    }
}

/// The variables of a widget.
pub(super) fn variables(state: &Value) -> &[Value] {
    let list = state.pointer("/properties/variables").filter(|_| kind(state) == "set-variables");
    list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The key of a variable, and its value with the constants before it.
fn set(variable: &Value, values: &Values) -> (String, Known) {
    let key = variable.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
    let constant = |key: &str| match values.get(key)? {
        Known::Constant(value) => Some(value.as_str()),
        Known::Varying => None,
    };
    let value = match variable.get("value") {
        Some(Value::String(raw)) => text::constant(raw, constant).map_or(Known::Varying, Known::Constant),
        Some(Value::Number(number)) => Known::Constant(number.to_string()),
        Some(Value::Bool(value)) => Known::Constant(value.to_string()),
        _ => Known::Varying,
    };
    (key, value)
}

fn join(one: &Values, other: &Values) -> Values {
    let keys = one.keys().chain(other.keys().filter(|it| !one.contains_key(*it)));
    let value = |key: &String| match (one.get(key), other.get(key)) {
        (Some(one), Some(other)) if one == other => one.clone(),
        _ => Known::Varying,
    };
    keys.map(|key| (key.clone(), value(key))).collect()
}
