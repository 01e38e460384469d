//! Reads flows of Twilio Studio: `GET /v2/Flows/{sid}`, or the definition in it.
//!
//! A flow becomes a scenario for each way in which it can begin: a message of the customer, a request of the business,
//! another flow. What only phone calls reach is not taken.

mod constants;
mod decide;
mod filters;
mod liquid;
mod reach;
mod recipient;
mod render;
mod split;
mod steps;
mod text;
mod widgets;

use std::collections::{HashMap, HashSet};

use scenario::{Goal, Loss, PlacedLoss, Purpose, Trigger};
use serde_json::Value;

use self::constants::Constants;
use import_base::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of, origin};
use import_base::{File, Format, ImportError, Imported, Skipped};

/// Studio's name for flows that nobody named.
const DEFAULT_NAMES: [&str; 3] = ["a new flow", "new flow", "untitled flow"];
/// Last words of an expression that say nothing without the word before them.
const SAY_NOTHING: [&str; 9] =
    ["id", "sid", "value", "data", "result", "body", "parsed", "status_code", "content_type"];
/// Widgets that reach a customer in a chat.
const CHAT: [&str; 3] = ["send-message", "send-and-wait-for-reply", "send-to-flex"];
pub fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    for file in files {
        let whole: Value = serde_json::from_slice(&file.bytes)
            .map_err(|it| ImportError::shape(file, "a flow of Twilio Studio", it))?;
        let definition = whole.get("definition").unwrap_or(&whole);
        let Some(states) = definition.get("states").and_then(Value::as_array) else {
            let why = "it has no states".to_owned();
            return Err(ImportError::Wrong { file: file.path.clone(), expected: "a flow of Twilio Studio", why });
        };
        let string = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(|it| it.trim().to_owned());
        let is_name = |it: &String| !it.is_empty() && !DEFAULT_NAMES.contains(&it.to_lowercase().as_str());
        let mut flow = Flow {
            calls: HashSet::new(),
            others: HashSet::new(),
            states: states.iter().map(|it| (name(it), it)).collect(),
            order: states.iter().map(name).collect(),
            initial: definition.get("initial_state").and_then(Value::as_str).unwrap_or("Trigger"),
            name: string(&whole, "friendly_name").filter(is_name).or(string(definition, "description").filter(is_name)),
        };
        flow.calls = flow.only_calls();
        flow.others = flow.states.iter().filter(|it| flow.is_for_another(it.1)).map(|it| *it.0).collect();
        if let Err(why) = flow.read(file, imported) {
            imported.skipped.push(Skipped { file: file.path.clone(), place: "the flow".to_owned(), why });
        }
    }
    Ok(())
}

/// A flow: its states by their names.
struct Flow<'a> {
    states: HashMap<&'a str, &'a Value>,
    order: Vec<&'a str>,
    initial: &'a str,
    name: Option<String>,
    /// Widgets of calls after which nothing is written.
    calls: HashSet<&'a str>,
    /// Messages that go to somebody who is not in the chat.
    others: HashSet<&'a str>,
}

/// A way in which a flow begins.
struct Entry<'a> {
    /// The endings of the names of the scenarios after the first.
    label: &'static str,
    start: &'a str,
    trigger: Trigger,
    /// Whether another flow begins it.
    is_part: bool,
}

impl<'a> Flow<'a> {
    /// Reads the flow; an error is why it is not taken.
    fn read(&self, file: &File, imported: &mut Imported) -> Result<(), String> {
        let mut entries = self.entries()?;
        let reached: Vec<HashSet<&str>> = entries.iter().map(|it| self.reached(it.start)).collect();
        let writes = |name: &str| CHAT.contains(&kind(self.states[name])) && !self.others.contains(name);
        let is_chat = |it: &HashSet<&str>| it.iter().any(|it| writes(it));
        if !reached.iter().any(is_chat) {
            let others = self.order.iter().filter(|it| self.others.contains(**it));
            let lost: Vec<String> = others.map(|it| recipient::lost(self.states[it])).collect();
            let lost = if lost.is_empty() { String::new() } else { format!("; lost: {}", lost.join("; ")) };
            return Err(format!("no step of it writes to a customer: it is for phone calls or other systems{lost}"));
        }
        for (n, entry) in entries.drain(..).enumerate().filter(|it| is_chat(&reached[it.0])) {
            // The first scenario names what no scenario reaches.
            let elsewhere = if n == 0 { self.elsewhere(&reached) } else { Vec::new() };
            self.scenario(file, entry, &reached[n], elsewhere, imported);
        }
        Ok(())
    }

    /// The ways in which the flow begins, without phone calls.
    fn entries(&self) -> Result<Vec<Entry<'a>>, String> {
        let trigger = self.states.get(self.initial).ok_or("it has no first state")?;
        let by_customer = || Trigger::Message { phrases: Vec::new() };
        if kind(trigger) != "trigger" {
            return Ok(vec![Entry { label: "", start: self.initial, trigger: by_customer(), is_part: false }]);
        }
        let start = |event: &str| target(trigger, event).filter(|it| self.states.contains_key(it));
        let mut entries: Vec<Entry<'a>> = Vec::new();
        for (event, label) in [("incomingMessage", ""), ("incomingConversationMessage", "conversation")] {
            let Some(start) = start(event).filter(|start| entries.iter().all(|it| it.start != *start)) else {
                continue;
            };
            entries.push(Entry { label, start, trigger: by_customer(), is_part: false });
        }
        if let Some(start) = start("incomingRequest") {
            let trigger = Trigger::Event { name: None };
            entries.push(Entry { label: "by request", start, trigger, is_part: false });
        }
        if let Some(start) = start("incomingParent").filter(|start| entries.iter().all(|it| it.start != *start)) {
            entries.push(Entry { label: "from another flow", start, trigger: by_customer(), is_part: true });
        }
        if let Some(first) = entries.first_mut() {
            first.label = "";
        }
        match (entries.is_empty(), start("incomingCall")) {
            (false, _) => Ok(entries),
            (true, Some(_)) => {
                Err("it is for phone calls: only a call begins it, and nothing in it is written".to_owned())
            }
            (true, None) => Err("its trigger leads to no state".to_owned()),
        }
    }

    fn scenario(
        &self,
        file: &File,
        entry: Entry<'a>,
        reached: &HashSet<&'a str>,
        elsewhere: Vec<PlacedLoss>,
        imported: &mut Imported,
    ) {
        let names: Vec<&str> = self.order.iter().copied().filter(|it| reached.contains(it)).collect();
        let mut flow = FlowBuilder::new(self, &names, entry.start);
        let mut seen = HashSet::new();
        for name in names.iter().filter(|it| seen.insert(**it)) {
            flow.step(self.states[name], name);
        }
        flow.builder.losses.extend(elsewhere);
        if entry.is_part {
            let what = "another flow begins it: taken as a part of a conversation that the customer began";
            flow.builder.record_loss(Loss::ConditionDropped, entry.start, what);
        }
        let start = flow.settle(entry.start);
        let builder = flow.builder;
        let name = self.name.clone().unwrap_or_else(|| name_of(&builder.first_text()));
        let intent = format!("{name} {}", entry.label);
        let head = ScenarioHead {
            intent: intent.trim(),
            language: "",
            purpose: Purpose::Conversation,
            trigger: entry.trigger,
            origin: origin(Format::TwilioStudio, &file.path, format!("{} states", self.order.len())),
        };
        imported.scenarios.push(builder.finish(head, start.as_deref()));
    }
}

/// A scenario that is being made of a flow.
struct FlowBuilder<'a> {
    builder: ScenarioBuilder,
    /// The step of each state.
    ids: HashMap<&'a str, String>,
    /// The steps that say and do nothing, and what follows them.
    skipped: HashMap<String, Goal>,
    constants: Constants<'a>,
    /// The slot of each expression.
    slots: HashMap<String, String>,
    /// Widgets of calls after which nothing is written.
    calls: HashSet<&'a str>,
    /// Messages that go to somebody who is not in the chat.
    others: HashSet<&'a str>,
    /// The names of all states of the flow, and the keys of all variables that it sets.
    states: HashSet<&'a str>,
    variables: HashSet<&'a str>,
}

impl<'a> FlowBuilder<'a> {
    fn new(flow: &Flow<'a>, names: &[&'a str], start: &'a str) -> Self {
        let mut it = Self {
            builder: ScenarioBuilder::default(),
            ids: HashMap::new(),
            skipped: HashMap::new(),
            slots: HashMap::new(),
            calls: flow.calls.clone(),
            others: flow.others.clone(),
            states: flow.states.keys().copied().collect(),
            variables: flow
                .states
                .values()
                .flat_map(|it| constants::variables(it))
                .filter_map(|it| it.get("key")?.as_str())
                .collect(),
            constants: Constants::of(&flow.states, names, start),
        };
        for name in names {
            let id = it.builder.free_id(name);
            it.ids.entry(name).or_insert(id);
        }
        it
    }

    /// The slot of an expression. It is called by what the expression says last, since reviewers read names of slots as
    /// examples: `flow.data.first_name` is `first_name`, the answer to the widget `ask` is `ask`.
    fn slot(&mut self, expression: &str) -> String {
        if let Some(known) = self.slots.get(expression) {
            return known.clone();
        }
        let (wanted, other) = slot_names(expression);
        let name = self.builder.slot_called(expression, &wanted, &other, expression);
        if expression == "trigger.message.Body" {
            self.builder.first_message = Some(name.clone());
        }
        self.slots.insert(expression.to_owned(), name.clone());
        name
    }

    /// The step that an event leads to.
    fn next(&self, state: &Value, event: &str) -> Goal {
        self.goal(target(state, event)?)
    }

    fn goal(&self, name: &str) -> Goal {
        self.ids.get(name).cloned()
    }

    /// Names the ways out of a widget that are not followed.
    fn other_ways(&mut self, state: &Value, place: &str, followed: &[&str]) {
        for transition in transitions(state) {
            let event = transition.get("event").and_then(Value::as_str).unwrap_or_default();
            if let Some(next) = next_of(transition).filter(|_| !followed.contains(&event)) {
                self.builder.record_loss(Loss::RouteDropped, place, format!("when {}, to {next}", event_words(event)));
            }
        }
    }
}

/// The name for a value, and another if that is taken.
pub(super) fn slot_names(expression: &str) -> (String, String) {
    let own = match expression {
        "trigger.message.Body" | "trigger.conversation.Body" => "first message",
        "contact.channel.address" | "trigger.message.From" | "trigger.call.From" | "trigger.request.to" => "phone",
        "flow.channel.address" | "trigger.message.To" | "trigger.call.To" | "trigger.request.from" => "business phone",
        "trigger.message.ProfileName" => "profile name",
        "flow.sid" => "execution",
        "flow.flow_sid" => "flow",
        "contact.sid" => "contact",
        _ => "",
    };
    // What stands in brackets is a place in a list.
    let parts: Vec<&str> =
        expression.split('.').filter_map(|it| it.split('[').next()).filter(|it| !it.is_empty()).collect();
    if !own.is_empty() {
        return (own.to_owned(), parts.join(" "));
    }
    if let ["widgets", widget, "inbound", rest @ ..] = parts.as_slice() {
        let rest = rest.join(" ").replace("MediaUrl0", "file");
        return match rest.as_str() {
            "" | "Body" => ((*widget).to_owned(), format!("{widget} answer")),
            rest => (format!("{widget} {rest}"), format!("{widget} {rest} value")),
        };
    }
    // `order id` says more than `id`.
    let mut named = parts.iter().rev();
    let last = named.next().copied().unwrap_or("value");
    let before = named.next().copied().unwrap_or("other");
    let both = format!("{before} {last}");
    let other = match parts.as_slice() {
        ["widgets", widget, ..] => format!("{widget} {last}"),
        _ => both.clone(),
    };
    match SAY_NOTHING.contains(&last) && !["variables", "data", "parsed"].contains(&before) {
        true => (both, other),
        false => (last.to_owned(), other),
    }
}

fn event_words(event: &str) -> &str {
    match event {
        "failed" | "deliveryFailure" => "the message fails",
        "failedToEnqueue" | "callFailure" => "nobody can be reached",
        other => other,
    }
}

fn name(state: &Value) -> &str {
    state.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn kind(state: &Value) -> &str {
    state.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn transitions(state: &Value) -> &[Value] {
    state.get("transitions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn next_of(transition: &Value) -> Option<&str> {
    transition.get("next").and_then(Value::as_str).filter(|it| !it.is_empty())
}

/// The name of the state that an event leads to.
fn target<'a>(state: &'a Value, event: &str) -> Option<&'a str> {
    next_of(transitions(state).iter().find(|it| it.get("event").and_then(Value::as_str) == Some(event))?)
}

#[cfg(test)]
mod tests;
