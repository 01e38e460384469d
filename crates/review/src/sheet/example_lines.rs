//! The example values of a template as lines: `1 = Ana`.
//!
//! A variable of the header is `header 1`, and the end of the address of a button `button 2`.

use serde_json::Value;
use template::{BodyExample, BodyValues, Component, HeaderExample, Template};

/// Stands for a line break in a value.
const BREAK: char = '⏎';

/// The examples, one per line.
pub(super) fn of(template: &Template) -> String {
    let mut template = template.clone();
    let line = |(name, value): (String, &mut String)| format!("{name} = {}", value.replace('\n', &BREAK.to_string()));
    values(&mut template).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Puts other values in. The lines are those of [`of`], in any order.
pub(super) fn set(template: &mut Template, lines: &str) -> Result<(), String> {
    let mut given: Vec<(&str, String)> = Vec::new();
    for line in lines.split('\n').filter(|it| !it.trim().is_empty()) {
        let pair = line.split_once('=').map(|it| (it.0.trim(), it.1.strip_prefix(' ').unwrap_or(it.1)));
        match pair {
            Some((name, value)) if given.iter().any(|it| it.0 == name) => {
                return Err(format!("examples has two lines for {name}, the second with “{value}”: delete one"));
            }
            Some((name, value)) if !value.trim().is_empty() => given.push((name, value.replace(BREAK, "\n"))),
            Some((name, _)) => {
                return Err(format!("examples has no value for {name}: write one, which WhatsApp reads"));
            }
            None => return Err(format!("examples has the line “{line}”: write NAME = VALUE, such as 1 = Ana")),
        }
    }
    let mut known = Vec::new();
    for (name, value) in values(template) {
        match given.iter().position(|it| it.0 == name) {
            Some(at) => *value = given.remove(at).1,
            None => return Err(format!("examples has no line for {name}: each variable needs a value")),
        }
        known.push(name);
    }
    match given.first() {
        Some((name, _)) if known.is_empty() => Err(format!("examples has a line for {name}, and there is no variable")),
        Some((name, _)) => Err(format!("examples has a line for {name}, and the variables are {}", known.join(", "))),
        None => Ok(()),
    }
}

/// The values with their names, to read or to change.
fn values(template: &mut Template) -> Vec<(String, &mut String)> {
    let mut found = Vec::new();
    for component in &mut template.components {
        match component {
            Component::Header(it) => found.extend(it.example.iter_mut().flat_map(of_header)),
            Component::Body(it) => found.extend(it.example.iter_mut().flat_map(of_body)),
            Component::Buttons(it) => {
                let numbered = (1..).zip(&mut it.buttons);
                found.extend(numbered.flat_map(|(n, it)| it.example.iter_mut().flat_map(move |it| of_button(n, it))));
            }
            _ => {}
        }
    }
    found
}

fn of_header(it: &mut HeaderExample) -> Vec<(String, &mut String)> {
    let numbered = (1..).zip(&mut it.header_text).map(|(n, it): (usize, _)| (format!("header {n}"), it));
    let named = it.header_text_named_params.iter_mut();
    numbered.chain(named.map(|it| (format!("header {}", it.param_name), &mut it.example))).collect()
}

fn of_body(it: &mut BodyExample) -> Vec<(String, &mut String)> {
    let numbered: &mut [String] = match &mut it.body_text {
        BodyValues::Lists(lists) => lists.first_mut().map_or(&mut [], Vec::as_mut_slice),
        BodyValues::One(values) => values,
    };
    let numbered = (1..).zip(numbered).map(|(n, it): (usize, _)| (n.to_string(), it));
    let named = it.body_text_named_params.iter_mut().map(|it| (it.param_name.clone(), &mut it.example));
    numbered.chain(named).collect()
}

fn of_button(n: usize, it: &mut Value) -> Vec<(String, &mut String)> {
    let values: Vec<&mut Value> = match it {
        Value::Array(values) => values.iter_mut().collect(),
        other => vec![other],
    };
    let text = |it| match it {
        &mut Value::String(ref mut text) => Some((format!("button {n}"), text)),
        _ => None,
    };
    // WhatsApp reads the first.
    values.into_iter().filter_map(text).take(1).collect()
}
