//! The first messages of a flow: they must be in the language of the scenario, and a template among them is sent outside
//! the window.

use std::collections::{HashSet, VecDeque};

use serde_json::Value;

use super::actions::{template, texts};
use super::export::{Export, Flow, list, string};
use super::interactive::{stored, translation};
use super::message::has_words;

/// The text of the first message, if whatever is said first has no translation into the language. A scenario without it
/// would begin with silence.
pub(super) fn untranslated<'a>(export: &Export<'a>, flow: usize, language: &str) -> Option<&'a str> {
    let mut missing = None;
    let (mut waiting, mut seen) = (VecDeque::from([(flow, 0)]), HashSet::new());
    while let Some((flow, node)) = waiting.pop_front() {
        let flow_of_node = &export.flows[flow];
        let Some(json) = flow_of_node.nodes.get(node).filter(|_| seen.insert((flow, node))) else { continue };
        match first_of(export, flow_of_node, json, language) {
            First::Said => return None,
            First::Missing(text) => missing = missing.or(Some(text)),
            First::Enters(child) => waiting.push_back((child, 0)),
            First::Nothing => {
                let next = list(json, "exits").iter().filter_map(|it| string(it, "destination_uuid"));
                waiting.extend(next.filter_map(|it| Some((flow, flow_of_node.node_called(it)?))));
            }
        }
    }
    missing
}

/// Whether whatever a flow itself says first is a template of WhatsApp, which is sent outside the window.
pub(super) fn is_template(flow: &Flow<'_>) -> bool {
    let (mut waiting, mut seen, mut says) = (VecDeque::from([0]), HashSet::new(), false);
    while let Some(node) = waiting.pop_front() {
        let Some(json) = flow.nodes.get(node).filter(|_| seen.insert(node)) else { continue };
        let mut actions = list(json, "actions").iter();
        match actions.find(|it| SPEAKS.contains(&string(it, "type").unwrap_or_default())) {
            Some(action) if template(action).is_none() => return false,
            Some(_) => says = true,
            None => {
                let next = list(json, "exits").iter().filter_map(|it| string(it, "destination_uuid"));
                waiting.extend(next.filter_map(|it| flow.node_called(it)));
            }
        }
    }
    says
}

/// The actions that a customer sees something of, or that another flow goes on with.
const SPEAKS: [&str; 3] = ["send_msg", "send_interactive_msg", "enter_flow"];

/// What a node says first.
enum First<'a> {
    Said,
    Missing(&'a str),
    Enters(usize),
    Nothing,
}

fn first_of<'a>(export: &Export<'a>, flow: &Flow<'a>, node: &'a Value, language: &str) -> First<'a> {
    for action in list(node, "actions") {
        let is_translated = || flow.is_in(language) || flow.translation(language, action, "text").is_some();
        match string(action, "type") {
            Some("send_msg") => {
                let text = string(action, "text").unwrap_or_default();
                if text.trim().is_empty() && texts(action.get("attachments")).is_empty() {
                    continue;
                }
                return if has_words(text) && !is_translated() { First::Missing(text) } else { First::Said };
            }
            Some("send_interactive_msg") => {
                let is_stored = stored(export, action).is_some_and(|it| translation(it, language).is_some());
                let name = string(action, "name").unwrap_or("an interactive message");
                return if is_stored || is_translated() { First::Said } else { First::Missing(name) };
            }
            Some("enter_flow") => {
                return action.get("flow").and_then(|it| export.find(it)).map_or(First::Nothing, First::Enters);
            }
            _ => {}
        }
    }
    First::Nothing
}
