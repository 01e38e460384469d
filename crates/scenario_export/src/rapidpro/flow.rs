//! Writes the steps of a flow as nodes: actions in one node, a wait or a decision in the next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{Finding, Rule};
use scenario::{Act, Call, END, Goal, Text, Via};
use serde_json::{Value, json};
use translate::{Compiled, Flow, FlowAct, FlowStep, Sends};

use super::definition::{Case, Category, Exit, Node, Router, Timeout, Wait};
use super::ids;
use super::slots::{Place, Slots};
use super::{Reference, condition, field_name};
use crate::rules;

/// Limits the name of a category, in characters.
const LONGEST_CATEGORY: usize = 36;

/// The nodes of a flow.
pub(super) struct FlowWriter<'a> {
    own: &'a Reference,
    /// All flows of the file.
    others: &'a [Reference],
    /// The first step, if any message begins the flow: so does one that is no answer.
    pub(super) again: Goal,
    pub(super) compiled: &'a Compiled,
    pub(super) slots: &'a Slots,
    pub(super) nodes: Vec<Node>,
    /// What the editor calls each node.
    pub(super) kinds: BTreeMap<String, &'static str>,
    /// The first node of each step.
    pub(super) entries: BTreeMap<String, String>,
    pub(super) findings: Vec<Finding>,
    /// The names of the templates that are sent.
    pub(super) templates: BTreeSet<String>,
}

/// A node that decides where to go.
pub(super) struct Switch {
    pub(super) kind: &'static str,
    pub(super) operand: String,
    pub(super) ways: Vec<Way>,
    pub(super) other: Option<String>,
    pub(super) wait: Option<Pause>,
    /// What happens before it is decided, such as a call.
    pub(super) actions: Vec<Value>,
    pub(super) result: Option<String>,
}

/// A wait for the customer.
pub(super) struct Pause {
    /// After how many seconds it ends without an answer, and the node that follows.
    pub(super) timeout: Option<(u64, Option<String>)>,
}

/// A category with its tests.
pub(super) struct Way {
    pub(super) name: String,
    pub(super) tests: Vec<(&'static str, Vec<String>)>,
    pub(super) to: Option<String>,
}

impl<'a> FlowWriter<'a> {
    pub(super) fn new(own: &'a Reference, others: &'a [Reference], compiled: &'a Compiled, slots: &'a Slots) -> Self {
        Self {
            own,
            others,
            again: None,
            compiled,
            slots,
            nodes: Vec::new(),
            kinds: BTreeMap::new(),
            entries: BTreeMap::new(),
            findings: Vec::new(),
            templates: BTreeSet::new(),
        }
    }

    /// Writes every step that can be reached, the first at the start.
    pub(super) fn write(&mut self) {
        let flow = &self.compiled.flow;
        self.begin(flow);
        let (mut seen, mut waiting) = (BTreeSet::new(), VecDeque::from([flow.start.as_str()]));
        while let Some(id) = waiting.pop_front() {
            let Some(step) = flow.step(id).filter(|_| seen.insert(id)) else { continue };
            let n_before = self.nodes.len();
            self.step(step);
            if let Some(node) = self.nodes.get(n_before) {
                self.entries.insert(step.id.clone(), node.uuid.clone());
            }
            waiting.extend(goals(&step.act).into_iter().filter_map(|it| it.as_deref()));
        }
    }

    /// Saves the message that starts the flow. A wait in the first node would take it as its answer.
    fn begin(&mut self, flow: &Flow) {
        let start = self.goal(&Some(flow.start.clone()));
        let waits_first = flow.step(&flow.start).is_some_and(|it| match &it.act {
            FlowAct::Send(sends) => sends.sends.is_empty(),
            FlowAct::Other(act) => !matches!(act, Act::Set { .. }),
        });
        if flow.first_message.is_none() && !waits_first {
            return;
        }
        let place = flow.first_message.as_ref().map(|it| self.slots.place(it));
        let place = place.unwrap_or(Place::Result("first_message".to_owned()));
        let action = self.save("begin", &place, "@input.text");
        self.actions_node("begin", vec![action], start);
    }

    fn step(&mut self, step: &'a FlowStep) {
        match &step.act {
            FlowAct::Send(sends) => self.send(&step.id, sends),
            FlowAct::Other(act) => self.silent(&step.id, act),
        }
    }

    fn send(&mut self, id: &str, sends: &'a Sends) {
        let actions = self.messages(id, &sends.sends);
        match (&sends.awaits, actions.is_empty()) {
            (Some(awaits), true) => self.answer(id, id, awaits, &sends.sends),
            (Some(awaits), false) => {
                let wait = format!("{id}#wait");
                self.actions_node(id, actions, Some(self.id(&wait)));
                self.answer(id, &wait, awaits, &sends.sends);
            }
            (None, false) => self.actions_node(id, actions, self.goal(&sends.next)),
            (None, true) => {}
        }
    }

    /// Writes a step that says nothing.
    fn silent(&mut self, id: &str, act: &'a Act) {
        match act {
            Act::Set { slot, value, next } => {
                let place = self.slots.place(slot);
                let action = self.save(id, &place, &self.slots.parts(value));
                self.actions_node(id, vec![action], self.goal(next));
            }
            Act::Condition(condition) => self.condition(id, condition),
            Act::Find(find) => self.find(id, find),
            Act::Wait { seconds: 0, .. } => {}
            Act::Wait { seconds, next } => {
                self.lose(&rules::PAUSE, id, format!("of {seconds} s"));
                let to = self.goal(next);
                let wait = Some(Pause { timeout: Some((*seconds, to.clone())) });
                self.switch(id, Switch { wait, other: to, ..Switch::of("wait_for_response", "@input.text") });
            }
            Act::Call(call) if web_call(call).is_some() => self.call(id, call),
            Act::Call(call) if self.entered(call).is_some() => self.enter(id, call),
            Act::Call(call) => self.lose(&rules::CALL, id, format!("“{}”", call.system)),
            Act::Handover(handover) if handover.via == Via::Agent => {
                let ticket = json!({
                    "type": "open_ticket",
                    "uuid": self.id(&format!("{id}#ticket")),
                    "body": handover.target.as_deref().unwrap_or(&self.own.intent),
                });
                self.actions_node(id, vec![ticket], self.goal(&handover.next));
            }
            Act::Handover(handover) => {
                let target = handover.target.as_deref().unwrap_or_default();
                self.lose(&rules::HANDOVER, id, format!("by {} {target}", handover.via.name()));
            }
            Act::Message(_) | Act::Question(_) | Act::Listen(_) => {}
        }
    }

    /// The flow that a call goes on in.
    fn entered(&self, call: &Call) -> Option<&'a Reference> {
        let id = call.system.strip_prefix("scenario ")?;
        self.others.iter().find(|it| it.scenario == id && it.language == self.own.language)
    }

    /// Enters another flow, and ends this one.
    fn enter(&mut self, id: &str, call: &Call) {
        let Some(flow) = self.entered(call) else { return };
        let action = json!({
            "type": "enter_flow",
            "uuid": self.id(&format!("{id}#enter")),
            "flow": { "uuid": flow.uuid, "name": flow.name },
            "terminal": true,
        });
        self.actions_node(id, vec![action], None);
    }

    fn call(&mut self, id: &str, call: &Call) {
        let Some((method, url)) = web_call(call) else { return };
        let missing = self.read_after(&call.next);
        if !missing.is_empty() {
            self.lose(&rules::CALL_VALUES, id, format!("“{}”: {}", call.system, missing.join(", ")));
        }
        let result = format!("call_{}", ids::short(id));
        let action = json!({
            "type": "call_webhook",
            "uuid": self.id(&format!("{id}#call")),
            "method": method,
            "url": self.slots.text(url),
            "headers": {},
            "body": "",
            "result_name": result,
        });
        let success = vec![("has_only_text", vec!["Success".to_owned()])];
        let ways = vec![Way { name: "Success".to_owned(), tests: success, to: self.goal(&call.next) }];
        let mut switch = Switch::of("split_by_webhook", &format!("@results.{result}.category"));
        (switch.ways, switch.actions, switch.other) = (ways, vec![action], self.goal(&call.on_failure));
        self.switch(id, switch);
    }

    /// The fields that the steps after a goal read.
    fn read_after(&self, goal: &Goal) -> Vec<String> {
        let flow = &self.compiled.flow;
        let (mut seen, mut waiting) = (BTreeSet::new(), Vec::from_iter(goal.as_deref()));
        let mut read = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            let Some(step) = flow.step(id).filter(|_| seen.insert(id)) else { continue };
            let slots = super::slots::reads(&step.act).into_iter();
            read.extend(slots.filter(|it| matches!(self.slots.place(it), Place::Field(_))));
            waiting.extend(goals(&step.act).into_iter().filter_map(|it| it.as_deref()));
        }
        read.into_iter().collect()
    }

    /// An action that saves a value.
    pub(super) fn save(&self, key: &str, place: &Place, value: &str) -> Value {
        let uuid = self.id(&format!("{key}#save"));
        match place {
            Place::Result(name) => {
                json!({ "type": "set_run_result", "uuid": uuid, "name": name, "value": value, "category": "" })
            }
            Place::Field(key) => {
                let field = json!({ "key": key, "name": field_name(key) });
                json!({ "type": "set_contact_field", "uuid": uuid, "field": field, "value": value })
            }
        }
    }

    pub(super) fn lose(&mut self, rule: &'static Rule, step: &str, what: String) {
        self.findings.push(Finding::new(rule, step, what));
    }

    /// The UUID of a part of the flow.
    pub(super) fn id(&self, part: &str) -> String {
        ids::uuid(&[&self.own.uuid, part])
    }

    /// The node that a goal leads to. Steps that are left out lead to the one after them.
    pub(super) fn goal(&self, goal: &Goal) -> Option<String> {
        let mut goal = goal;
        for _ in 0..=self.compiled.flow.steps.len() {
            let id = goal.as_deref().filter(|it| *it != END)?;
            let step = self.compiled.flow.step(id)?;
            match self.passed(&step.act) {
                Some(next) => goal = next,
                None => return Some(self.id(id)),
            }
        }
        None
    }

    /// The goal after a step that has no node; none if it has one.
    fn passed<'g>(&self, act: &'g FlowAct) -> Option<&'g Goal> {
        match act {
            FlowAct::Send(sends) if sends.sends.is_empty() && sends.awaits.is_none() => Some(&sends.next),
            FlowAct::Other(Act::Wait { seconds: 0, next }) => Some(next),
            FlowAct::Other(Act::Call(call)) if web_call(call).is_none() && self.entered(call).is_none() => {
                Some(&call.next)
            }
            FlowAct::Other(Act::Handover(it)) if it.via != Via::Agent => Some(&it.next),
            FlowAct::Other(Act::Condition(it)) if !condition::decides(it) => Some(&it.otherwise),
            _ => None,
        }
    }

    /// A node with actions and one way out.
    pub(super) fn actions_node(&mut self, key: &str, actions: Vec<Value>, to: Option<String>) {
        let uuid = self.id(key);
        let exits = vec![Exit { uuid: self.id(&format!("{key}#exit")), destination_uuid: to }];
        self.kinds.insert(uuid.clone(), "execute_actions");
        self.nodes.push(Node { uuid, actions, router: None, exits });
    }

    pub(super) fn switch(&mut self, key: &str, switch: Switch) {
        let uuid = self.id(key);
        let (mut cases, mut categories, mut exits) = (Vec::new(), Vec::new(), Vec::new());
        let mut names = BTreeSet::from(["other".to_owned(), "no response".to_owned()]);
        let mut category = |name: String, to: Option<String>| {
            let n = categories.len();
            let (uuid, exit) = (self.id(&format!("{key}#category{n}")), self.id(&format!("{key}#exit{n}")));
            exits.push(Exit { uuid: exit.clone(), destination_uuid: to });
            categories.push(Category { uuid: uuid.clone(), name, exit_uuid: exit });
            uuid
        };
        for way in switch.ways {
            let id = category(unique(&way.name, &mut names), way.to);
            for (kind, arguments) in way.tests {
                let uuid = self.id(&format!("{key}#case{}", cases.len()));
                cases.push(Case { uuid, kind, arguments, category_uuid: id.clone() });
            }
        }
        let other = if switch.kind == "split_by_webhook" { "Failure" } else { "Other" };
        let default_category_uuid = category(other.to_owned(), switch.other);
        let wait = switch.wait.map(|it| Wait {
            kind: "msg",
            timeout: it
                .timeout
                .map(|(seconds, to)| Timeout { seconds, category_uuid: category("No Response".to_owned(), to) }),
        });
        let (operand, result_name) = (switch.operand, switch.result);
        let router = Router { kind: "switch", operand, cases, categories, default_category_uuid, wait, result_name };
        self.kinds.insert(uuid.clone(), switch.kind);
        self.nodes.push(Node { uuid, actions: switch.actions, router: Some(router), exits });
    }
}

impl Switch {
    pub(super) fn of(kind: &'static str, operand: &str) -> Self {
        let operand = operand.to_owned();
        Self { kind, operand, ways: Vec::new(), other: None, wait: None, actions: Vec::new(), result: None }
    }
}

/// The name of a category, cut to what the platform allows. No two have the same.
fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let name = if name.trim().is_empty() { "Match" } else { name.trim() };
    let short = |end: &str| name.chars().take(LONGEST_CATEGORY - end.len()).collect::<String>().trim().to_owned() + end;
    let mut names = (1..).map(|n| if n == 1 { short("") } else { short(&format!(" {n}")) });
    let name = names.find(|it| !taken.contains(&it.to_lowercase())).unwrap_or_default();
    taken.insert(name.to_lowercase());
    name
}

fn goals(act: &FlowAct) -> Vec<&Goal> {
    match act {
        FlowAct::Send(sends) => match &sends.awaits {
            None => vec![&sends.next],
            Some(awaits) => {
                let ways = awaits.ways.iter().map(|it| &it.next).chain([&awaits.other]);
                ways.chain(awaits.timeout.iter().map(|it| &it.next)).collect()
            }
        },
        FlowAct::Other(act) => act.routes().into_iter().map(|it| it.1).collect(),
    }
}

/// The method and the address of a call, if it is one of a web address.
fn web_call(call: &Call) -> Option<(&str, &str)> {
    let (method, url) = call.system.trim().split_once(' ')?;
    let is_known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(&method);
    let is_web = ["https://", "http://"].iter().any(|it| url.trim().starts_with(it)) || {
        let text = Text::parse(url.trim());
        text.slots().next().is_some_and(|it| url.trim().starts_with(&format!("{{{{{it}}}}}")))
    };
    (is_known && is_web).then_some((method, url.trim()))
}
