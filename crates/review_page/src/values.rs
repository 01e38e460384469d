//! The example values that stand in for variables.

use std::collections::BTreeMap;

use scenario::Scenario;
use template::{Body, Header, Template, Variable, variables};
use translate::{Flow, FlowAct, Outgoing};

use crate::markup::Value;

/// The example values of the slots of a scenario, the same on both sides.
pub(crate) struct Values(BTreeMap<String, String>);

impl Values {
    /// The examples of the source, else those of the templates that the slots fill.
    pub(crate) fn of(scenario: &Scenario, flow: &Flow, templates: &[&Template]) -> Self {
        let own = |it: &scenario::Slot| Some((it.name.clone(), it.examples.first()?.clone()));
        let mut slots: BTreeMap<String, String> = scenario.slots.iter().filter_map(own).collect();
        let sends = flow.steps.iter().filter_map(|it| match &it.act {
            FlowAct::Send(sends) => Some(&sends.sends),
            FlowAct::Other(_) => None,
        });
        for outgoing in sends.flatten() {
            let Outgoing::Template { name, parameters, .. } = outgoing else { continue };
            let Some(body) = templates.iter().find(|it| it.name == *name).and_then(|it| it.body()) else { continue };
            for (slot, variable) in parameters.iter().zip(distinct(body.text.as_deref().unwrap_or_default())) {
                if let Some(example) = of_body(body, &variable) {
                    slots.entry(slot.clone()).or_insert(example);
                }
            }
        }
        Self(slots)
    }

    /// The value of a slot; its name in angle quotes if there is no example.
    pub(crate) fn slot(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_else(|| format!("‹{name}›"))
    }

    /// The same for a text: what is no slot stays text.
    pub(crate) fn in_text(&self, name: &str) -> Option<Value> {
        let is_slot = name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
        is_slot.then(|| Value { text: self.slot(name), slot: name.to_owned() })
    }
}

/// The example of a variable of a body.
pub(crate) fn of_body(body: &Body, variable: &str) -> Option<String> {
    let example = body.example.as_ref()?;
    let named = example.body_text_named_params.iter().find(|it| it.param_name == variable);
    named.map(|it| it.example.clone()).or_else(|| numbered(example.body_text.values(), variable))
}

/// The example of a variable of a header.
pub(crate) fn of_header(header: &Header, variable: &str) -> Option<String> {
    let example = header.example.as_ref()?;
    let named = example.header_text_named_params.iter().find(|it| it.param_name == variable);
    named.map(|it| it.example.clone()).or_else(|| numbered(&example.header_text, variable))
}

fn numbered(values: &[String], variable: &str) -> Option<String> {
    values.get(variable.parse::<usize>().ok()?.checked_sub(1)?).cloned()
}

/// The variables of a text, each once.
pub(crate) fn distinct(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for Variable { name, .. } in variables(text).0 {
        if names.iter().all(|it| it != name) {
            names.push(name.to_owned());
        }
    }
    names
}
