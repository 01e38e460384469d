//! Makes the step of each widget.

use scenario::{
    Accepts, Act, Branch, Call, Condition, Goal, Handover, Loss, Media, MediaKind, Message, Question, Text, Timeout,
    Via,
};
use serde_json::Value;

use super::constants::variables;
use super::text::{Spoken, plain};
use super::{FlowBuilder, kind, next_of, recipient, transitions};
use import_base::json::is_empty;

/// Properties that say where a widget stands and which channel it uses, which WhatsApp has of its own, and who a message is
/// for, which `recipient` reads.
const WITHOUT_MEANING: [&str; 7] = ["offset", "service", "channel", "from", "to", "message_type", "workflow"];
/// The seconds that Studio waits for an answer if the widget names none.
const TIMEOUT: u64 = 3600;

impl<'a> FlowBuilder<'a> {
    pub(super) fn step(&mut self, state: &'a Value, name: &'a str) {
        let Some(id) = self.ids.get(name).cloned() else { return };
        let properties = state.get("properties").unwrap_or(&Value::Null);
        for next in transitions(state).iter().filter_map(next_of).filter(|it| !self.states.contains(it)) {
            let what = format!("a way leads to “{next}”: the flow has no such widget");
            self.builder.record_loss(Loss::MissingReference, name, what);
        }
        match kind(state) {
            "send-message" if self.others.contains(name) => {
                self.message_properties(state, properties, name, &["sent"]);
                self.builder.record_loss(Loss::StepDropped, name, recipient::lost(state));
                self.skipped.insert(id, self.next(state, "sent"));
            }
            "send-message" => self.send(state, properties, &id, name),
            "send-and-wait-for-reply" => self.ask(state, properties, &id, name),
            "split-based-on" => {
                self.split(state, &id, name);
                self.other_properties(properties, name, &["input"]);
            }
            "set-variables" => self.set_variables(state, properties, &id, name),
            "make-http-request" | "run-function" | "run-subflow" => self.call(state, properties, &id, name),
            "send-to-flex" | "enqueue-call" | "connect-call-to" => self.hand_over(state, properties, &id, name),
            "trigger" => {
                self.skipped.insert(id, None);
            }
            other if self.calls.contains(name) => {
                let what = format!("a widget of type {other}: nothing is written after the call");
                self.builder.record_loss(Loss::OtherPlatform, name, what);
                self.skipped.insert(id, None);
            }
            other => self.skip(state, &id, name, &format!("a widget of type {other}")),
        }
    }

    /// Leads past a widget that has no step: to where its first way leads.
    fn skip(&mut self, state: &Value, id: &str, name: &str, what: &str) {
        self.builder.record_loss(Loss::StepDropped, name, what);
        let first = transitions(state).iter().find(|it| next_of(it).is_some());
        let event = first.and_then(|it| it.get("event")).and_then(Value::as_str).unwrap_or_default();
        self.other_ways(state, name, &[event]);
        let next = first.and_then(next_of).and_then(|it| self.goal(it));
        self.skipped.insert(id.to_owned(), next);
    }

    fn send(&mut self, state: &Value, properties: &Value, id: &str, name: &str) {
        let media = self.media(properties, name);
        self.message_properties(state, properties, name, &["sent"]);
        let next = self.next(state, "sent");
        self.say(string(properties, "body"), id, name, |text| {
            Act::Message(Message { text, media: media.clone(), next: next.clone(), ..Message::default() })
        });
    }

    fn ask(&mut self, state: &Value, properties: &Value, id: &str, name: &str) {
        if let Some(media) = self.media(properties, name) {
            let what = format!("the {} of a question: {}", media.kind.name(), plain(&media.url.to_string()));
            self.builder.record_loss(Loss::MediaKind, name, what);
        }
        self.message_properties(state, properties, name, &["incomingMessage", "timeout"]);
        let slot = self.slot(&format!("widgets.{name}.inbound.Body"));
        let timeout = Timeout { seconds: self.seconds(properties, name), next: self.next(state, "timeout") };
        let next = self.next(state, "incomingMessage");
        self.say(string(properties, "body"), id, name, |text| {
            let (slot, next, timeout) = (slot.clone(), next.clone(), Some(timeout.clone()));
            Act::Question(Question { text, slot, accepts: Accepts::Text, next, timeout })
        });
    }

    /// Makes the step of a text. Where a condition in the text compares a value, there is a step for each of its
    /// alternatives, and one before them that decides.
    fn say(&mut self, raw: &str, id: &str, name: &str, act: impl Fn(Text) -> Act) {
        match self.spoken(raw, name) {
            Spoken::One(text) => self.builder.push(id, act(text)),
            Spoken::Several(variants) => {
                let mut steps = Vec::new();
                let mut condition = Condition { branches: Vec::new(), otherwise: None };
                for variant in variants {
                    let act = act(variant.text);
                    // An alternative that shows nothing leads on.
                    let goal = match &act {
                        Act::Message(it) if it.text.is_empty() && it.media.is_none() => it.next.clone(),
                        _ => {
                            let own = self.builder.free_id(id);
                            steps.push((own.clone(), act));
                            Some(own)
                        }
                    };
                    decide(&mut condition, variant.branches, goal);
                }
                self.builder.push(id, Act::Condition(condition));
                steps.into_iter().for_each(|(id, act)| self.builder.push(&id, act));
            }
        }
    }

    fn seconds(&mut self, properties: &Value, name: &str) -> u64 {
        let Some(value) = properties.get("timeout").filter(|it| !it.is_null()) else { return TIMEOUT };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match text.trim().parse::<u64>() {
            Ok(seconds) => seconds,
            Err(_) if text.is_empty() => TIMEOUT,
            Err(_) => {
                let what = format!("the time-out {}: taken as {TIMEOUT} seconds", plain(&text));
                self.builder.record_loss(Loss::ExpressionDropped, name, what);
                TIMEOUT
            }
        }
    }

    fn message_properties(&mut self, state: &Value, properties: &Value, name: &str, followed: &[&str]) {
        for key in ["content_template_sid", "content_sid"] {
            let sid = string(properties, key);
            if !sid.is_empty() {
                let what = format!("the content template {}: import it too", plain(sid));
                self.builder.record_loss(Loss::StepDropped, name, what);
            }
        }
        let known = ["body", "media_url", "media", "timeout", "content_template_sid", "content_sid"];
        self.other_properties(properties, name, &known);
        self.other_ways(state, name, followed);
    }

    fn media(&mut self, properties: &Value, name: &str) -> Option<Media> {
        let url = ["media_url", "media"].iter().map(|it| string(properties, it)).find(|it| !it.is_empty())?;
        let url = self.text(url, name);
        let kind = match MediaKind::of(&url.to_string()) {
            MediaKind::Other => {
                let what = format!("a file of unknown kind, taken for a picture: {}", plain(&url.to_string()));
                self.builder.record_loss(Loss::MediaKind, name, what);
                MediaKind::Image
            }
            kind => kind,
        };
        Some(Media { kind, url })
    }

    /// Sets each variable in a step. Variables that are constant for all that reads them are dropped later.
    fn set_variables(&mut self, state: &'a Value, properties: &Value, id: &str, name: &'a str) {
        self.other_properties(properties, name, &["variables"]);
        let last = self.next(state, "next");
        let list = variables(state);
        if list.is_empty() {
            self.skipped.insert(id.to_owned(), last);
            return;
        }
        let mut at = id.to_owned();
        for (n, variable) in list.iter().enumerate() {
            let slot = self.slot(&format!("flow.variables.{}", string(variable, "key")));
            let next = if n + 1 == list.len() { last.clone() } else { Some(self.builder.free_id(id)) };
            let raw = match variable.get("value") {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            };
            self.say(&raw, &at, name, |value| Act::Set { slot: slot.clone(), value, next: next.clone() });
            self.constants.set(name, variable);
            at = next.unwrap_or_default();
        }
    }

    fn call(&mut self, state: &Value, properties: &Value, id: &str, name: &str) {
        let url = string(properties, "url");
        let (system, done, failed) = match kind(state) {
            "make-http-request" => {
                let method = Some(string(properties, "method")).filter(|it| !it.is_empty()).unwrap_or("GET");
                (format!("{method} {}", self.text(url, name)), "success", "failed")
            }
            "run-function" if url.is_empty() => (format!("function {name}"), "success", "fail"),
            "run-function" => (self.text(url, name).to_string(), "success", "fail"),
            _ => {
                let flow = plain(string(properties, "flow_sid"));
                let what = format!("the sub-flow {flow}, which is not in the file: what it says to customers is lost");
                self.builder.record_loss(Loss::StepDropped, name, what);
                (format!("flow {flow}"), "completed", "failed")
            }
        };
        // The address of the function stands for its ids, and the type of the content follows from the body.
        let known = ["method", "url", "flow_sid", "service_sid", "environment_sid", "function_sid", "content_type"];
        self.other_properties(properties, name, &known);
        self.other_ways(state, name, &[done, failed]);
        let (next, on_failure) = (self.next(state, done), self.next(state, failed));
        self.builder.push(id, Act::Call(Call { system, next, on_failure }));
    }

    fn hand_over(&mut self, state: &Value, properties: &Value, id: &str, name: &str) {
        let via = if kind(state) == "connect-call-to" { Via::Phone } else { Via::Agent };
        let target = Some(string(properties, "to")).filter(|it| !it.is_empty());
        let target = target.map(|it| self.text(it, name).to_string());
        self.other_properties(properties, name, &[]);
        self.other_ways(state, name, &["callComplete", "callCompleted"]);
        let next = self.next(state, "callComplete").or_else(|| self.next(state, "callCompleted"));
        self.builder.push(id, Act::Handover(Handover { via, text: Text::default(), target, next }));
    }

    /// Names the properties that have no place in a step.
    fn other_properties(&mut self, properties: &Value, name: &str, known: &[&str]) {
        for (key, value) in properties.as_object().into_iter().flatten() {
            if known.contains(&key.as_str()) || WITHOUT_MEANING.contains(&key.as_str()) || is_empty(value) {
                continue;
            }
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Array(list) if list.iter().all(|it| it.get("key").is_some()) => {
                    let pairs = list.iter().map(|it| format!("{} = {}", string(it, "key"), string(it, "value")));
                    pairs.collect::<Vec<_>>().join(", ")
                }
                other => other.to_string(),
            };
            self.builder.record_loss(Loss::FieldDropped, name, format!("{key}: {}", plain(&value)));
        }
    }
}

/// Adds a way to a condition: the last one, which has no tests, takes everything else.
pub(super) fn decide(condition: &mut Condition, branches: Vec<Branch>, goal: Goal) {
    if branches.is_empty() {
        condition.otherwise.clone_from(&goal);
    }
    condition.branches.extend(branches.into_iter().map(|it| Branch { next: goal.clone(), ..it }));
}

fn string<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
