//! Flows of Twilio Studio, played as Studio does.
//!
//! Conditions are compared without regard to case and without blanks at both ends, as Twilio's page of the widget says.
//! A flow ends where a transition has no next state; a later message of the customer starts it again.

mod condition;
mod liquid;

use std::collections::BTreeMap;

use scenario::{Input, MediaKind, Shown};
use serde_json::Value;

use crate::json::list;
use crate::player::{Player, Reply, Trace, something_else, typed};
use crate::{Engine, SourceError, SourceFile, SourceFlow, json};
use condition::Condition;

/// How long Studio waits for an answer if the state does not say, in seconds.
const DEFAULT_TIMEOUT: u64 = 3_600;

/// The address of the person in the chat, by how the flow began.
const CUSTOMER: [&str; 5] = [
    "contact.channel.address",
    "trigger.message.From",
    "trigger.conversation.Author",
    "trigger.call.From",
    "trigger.request.to",
];

/// Limits how many variables lead to each other.
const MAX_VARIABLES: usize = 8;

#[derive(Debug)]
pub(crate) struct Flow {
    initial: String,
    states: Vec<State>,
}

#[derive(Debug)]
struct State {
    name: String,
    kind: String,
    properties: Value,
    transitions: Vec<Transition>,
}

#[derive(Debug)]
struct Transition {
    event: String,
    next: Option<String>,
    conditions: Vec<Condition>,
}

pub(crate) fn open(files: &[SourceFile]) -> Result<Vec<SourceFlow>, SourceError> {
    let mut flows = Vec::new();
    for file in files {
        let value = json(file)?;
        let name = value["friendly_name"].as_str().or(value["friendlyName"].as_str()).map(str::to_owned);
        let definition = if value["states"].is_array() { &value } else { &value["definition"] };
        let Some(states) = definition["states"].as_array() else { continue };
        let states: Vec<State> = states.iter().map(state).collect();
        let stem = file.path.rsplit('/').next().unwrap_or_default();
        let initial = definition["initial_state"].as_str().unwrap_or("Trigger").to_owned();
        flows.push(SourceFlow {
            name: name.unwrap_or_else(|| stem.split('.').next().unwrap_or_default().to_owned()),
            language: String::new(),
            not_simulated: Vec::new(),
            begins_by_itself: false,
            engine: Engine::Studio(Flow { initial, states }),
        });
    }
    Ok(flows)
}

fn state(value: &Value) -> State {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let transitions = list(&value["transitions"]);
    State {
        name: text("name"),
        kind: text("type"),
        properties: value["properties"].clone(),
        transitions: transitions.iter().map(transition).collect(),
    }
}

fn transition(value: &Value) -> Transition {
    let conditions = list(&value["conditions"]);
    Transition {
        event: value["event"].as_str().unwrap_or_default().to_owned(),
        next: value["next"].as_str().filter(|it| !it.is_empty()).map(str::to_owned),
        conditions: conditions.iter().map(Condition::read).collect(),
    }
}

pub(crate) fn play(flow: &Flow, player: Player<'_>) -> Trace {
    let mut run = Run { flow, player, values: BTreeMap::new() };
    while run.execution().is_some() && run.player.is_written_to() && run.player.goes_on() {
        run.values.clear();
    }
    run.player.trace
}

struct Run<'a> {
    flow: &'a Flow,
    player: Player<'a>,
    values: BTreeMap<String, String>,
}

impl Run<'_> {
    /// One execution of the flow; none if the script ended within it.
    fn execution(&mut self) -> Option<()> {
        let mut at = self.begin()?;
        while let Some(state) = at.and_then(|it| self.flow.states.iter().find(|state| state.name == it)) {
            if !self.player.goes_on() {
                return None;
            }
            at = self.step(state)?;
        }
        Some(())
    }

    /// What starts the flow: the first message of the customer, or a request of the business.
    fn begin(&mut self) -> Option<Option<String>> {
        let flow = self.flow;
        let trigger = flow.states.iter().find(|it| it.name == flow.initial || it.kind == "trigger")?;
        let next = |event: &str| trigger.transitions.iter().find(|it| it.event == event).and_then(|it| it.next.clone());
        let written = next("incomingMessage").or_else(|| next("incomingConversationMessage"));
        let asked = next("incomingRequest").or_else(|| next("incomingParent"));
        if written.is_none() || (asked.is_some() && !self.player.is_written_to()) {
            self.player.takes(&trigger.name, "incomingRequest");
            return asked.map(Some);
        }
        let candidates = || self.candidates("trigger.message");
        let inputs = candidates();
        let reply = self.player.reply(&trigger.name, None, || inputs)?;
        self.player.takes(&trigger.name, "incomingMessage");
        self.values.insert("trigger.message.Body".to_owned(), reply.text());
        Some(written)
    }

    /// Runs a state and returns the next; none if the script has no input for it.
    fn step(&mut self, state: &State) -> Option<Option<String>> {
        let event = match state.kind.as_str() {
            "send-message" => {
                if self.is_for_customer(&state.properties["to"], 0) {
                    self.send(state);
                }
                "sent"
            }
            "send-and-wait-for-reply" => {
                self.send(state);
                self.wait(state)?
            }
            "split-based-on" => return Some(self.split(state)),
            "set-variables" => {
                self.set(state);
                "next"
            }
            "make-http-request" => {
                if self.call(state)? {
                    "success"
                } else {
                    "failed"
                }
            }
            "run-function" => {
                if self.call(state)? {
                    "success"
                } else {
                    "fail"
                }
            }
            "run-subflow" => {
                if self.call(state)? {
                    "completed"
                } else {
                    "failed"
                }
            }
            "send-to-flex" | "send-to-auto-pilot" => {
                if self.call(state)? {
                    "callComplete"
                } else {
                    "callFailure"
                }
            }
            _ => return Some(None),
        };
        Some(self.follow(state, event))
    }

    fn follow(&mut self, state: &State, event: &str) -> Option<String> {
        self.player.takes(&state.name, event);
        state.transitions.iter().find(|it| it.event == event).and_then(|it| it.next.clone())
    }

    fn fill(&mut self, text: &str) -> String {
        liquid::render(text, &mut liquid::Scope { values: &mut self.values, player: &mut self.player })
    }

    /// Whether the person in the chat receives a message to this address. Studio sends it to the contact by default.
    fn is_for_customer(&self, to: &Value, depth: usize) -> bool {
        let to = to.as_str().unwrap_or_default().trim();
        let path = to.trim_matches(['{', '}']).split('|').next().unwrap_or_default().trim();
        if let Some(key) = path.strip_prefix("flow.variables.").filter(|_| depth < MAX_VARIABLES) {
            let variables = self.flow.states.iter().flat_map(|it| list(&it.properties["variables"]));
            let mut set = variables.filter(|it| it["key"] == key).peekable();
            return set.peek().is_some() && set.all(|it| self.is_for_customer(&it["value"], depth + 1));
        }
        to.is_empty() || CUSTOMER.iter().any(|it| path == *it || path.ends_with(&format!(".{it}")))
    }

    fn send(&mut self, state: &State) {
        let mut shown = Shown::at(&state.name);
        let property = |key: &str| state.properties[key].as_str().unwrap_or_default().to_owned();
        for url in property("media_url").split(',').map(str::trim).filter(|it| !it.is_empty()) {
            let url = self.fill(url);
            shown.media(MediaKind::of(&url), &url);
        }
        let body = self.fill(&property("body"));
        shown.text(&body);
        self.player.show(shown);
    }

    fn wait(&mut self, state: &State) -> Option<&'static str> {
        let timeout = &state.properties["timeout"];
        let seconds = timeout.as_u64().or_else(|| timeout.as_str()?.trim().parse().ok()).unwrap_or(DEFAULT_TIMEOUT);
        let mut inputs = self.candidates(&format!("widgets.{}.", state.name));
        inputs.push(Input::Wait(seconds));
        match self.player.reply(&state.name, Some(seconds), || inputs)? {
            Reply::TimedOut => Some("timeout"),
            reply => {
                self.values.insert(format!("widgets.{}.inbound.Body", state.name), reply.text());
                Some("incomingMessage")
            }
        }
    }

    /// What a customer may type where `source` is asked: a text for each condition on it, and something else.
    fn candidates(&self, source: &str) -> Vec<Input> {
        let asks = |it: &&State| it.properties["input"].as_str().is_some_and(|it| it.contains(source));
        let splits = self.flow.states.iter().filter(|it| it.kind == "split-based-on").filter(asks);
        let conditions = splits.flat_map(|it| &it.transitions).flat_map(|it| &it.conditions);
        let mut inputs: Vec<Input> = conditions.flat_map(|it| it.samples()).flat_map(|it| typed(&it)).collect();
        inputs.push(something_else());
        let mut seen = Vec::new();
        inputs.retain(|it| {
            let is_new = !seen.contains(it);
            seen.push(it.clone());
            is_new
        });
        inputs
    }

    fn split(&mut self, state: &State) -> Option<String> {
        let input = state.properties["input"].as_str().unwrap_or_default();
        let reads = self.player.trace.reads.clone();
        let value = self.fill(input);
        let asked: Vec<String> = self.player.trace.reads.difference(&reads).cloned().collect();
        self.player.trace.reads = reads;
        // A value that the script does not give is empty.
        let value = if asked.is_empty() { value } else { String::new() };
        for name in asked {
            let conditions = state.transitions.iter().flat_map(|it| &it.conditions);
            let values = conditions.flat_map(Condition::samples).chain(["zzz".to_owned()]).collect();
            self.player.decides(&state.name, &name, values);
        }
        for (n, transition) in state.transitions.iter().enumerate().filter(|it| !it.1.conditions.is_empty()) {
            let holds = transition.conditions.iter().all(|it| {
                let wanted = self.fill(&it.value);
                it.holds(&value, &wanted)
            });
            if holds {
                self.player.takes(&state.name, &format!("match {n}"));
                return transition.next.clone();
            }
        }
        self.follow(state, "noMatch")
    }

    fn set(&mut self, state: &State) {
        for variable in list(&state.properties["variables"]) {
            let Some(key) = variable["key"].as_str() else { continue };
            let value = match &variable["value"] {
                Value::String(text) => self.fill(text),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            self.values.insert(format!("flow.variables.{key}"), value);
        }
    }

    /// Asks another system, and says whether it answered.
    fn call(&mut self, state: &State) -> Option<bool> {
        let answer = self.player.answer(&state.name, &state.name)?;
        for (name, value) in answer.values {
            self.values.insert(format!("widgets.{}.parsed.{name}", state.name), value);
        }
        Some(answer.ok)
    }
}
