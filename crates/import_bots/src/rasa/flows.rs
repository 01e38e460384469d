//! Flows of CALM: what is deterministic in them becomes steps. What a model decides is recorded as lost.

use std::collections::HashMap;

use scenario::{Act, Branch, Call, Choice, Condition, Goal, Loss, Test, Text};
use serde_json::Value;

use super::bot::scalar;
use super::build::{StoryBuilder, own_code};
use super::comparison::comparison;
use super::interruptions::Asked;
use super::payload::Payload;
use super::responses::{self, Constraints};
use super::say::buttons;

/// Keys of a flow that are read, or that say nothing to a customer.
const FLOW: [&str; 5] = ["steps", "name", "description", "nlu_trigger", "always_include_in_prompt"];

/// Keys of a step that are read, or that say nothing to a customer.
const STEP: [&str; 17] = [
    "id",
    "next",
    "collect",
    "utter",
    "action",
    "set_slots",
    "link",
    "call",
    "noop",
    "description",
    "then",
    "rejections",
    "ask_before_filling",
    "reset_after_flow_ends",
    "metadata",
    "if",
    "else",
];

/// A step of a flow while it is built.
struct FlowStep<'a> {
    value: &'a Value,
    /// The id of the first step that it becomes; none if it does nothing itself.
    id: Option<String>,
    /// The step after it in its list, or after the list.
    after: Option<usize>,
}

/// A flow whose steps have ids.
struct FlowSteps<'a> {
    steps: Vec<FlowStep<'a>>,
    /// The steps by the ids that the flow gives them.
    numbers: HashMap<&'a str, usize>,
    /// The first step of the list below each `then` or `else`.
    lists: HashMap<*const Value, usize>,
}

/// Limits the nesting of steps: they are numbered by recursion.
const MAX_NESTING: usize = 30;

impl<'a> StoryBuilder<'a> {
    /// Builds a flow. Returns the id of the first step.
    pub(super) fn flow(&mut self, name: &str, flow: &'a Value) -> Goal {
        for (key, value) in flow.as_object().into_iter().flatten().filter(|it| !FLOW.contains(&it.0.as_str())) {
            self.scenario.record_loss(Loss::FieldDropped, name, format!("{key}: {value}"));
        }
        let mut read = FlowSteps { steps: Vec::new(), numbers: HashMap::new(), lists: HashMap::new() };
        let steps = flow.get("steps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let first = self.number(&mut read, name, steps, None, 0)?;
        for n in 0..read.steps.len() {
            self.flow_step(&read, name, n);
        }
        self.goal(&read, Some(first))
    }

    /// Gives a number to each step of a list and of the lists in it. Returns that of the first.
    fn number(
        &mut self,
        read: &mut FlowSteps<'a>,
        name: &str,
        list: &'a [Value],
        after: Option<usize>,
        depth: usize,
    ) -> Option<usize> {
        if depth > MAX_NESTING {
            self.scenario.record_loss(Loss::StepDropped, name, "steps within steps within steps");
            return None;
        }
        let first = read.steps.len();
        for value in list {
            if !self.has_room(name) {
                break;
            }
            let speaks = ["collect", "action", "set_slots", "link", "call"].iter().any(|it| value.get(*it).is_some());
            let decides = value.get("next").is_some_and(Value::is_array) || is_decision(value);
            let named = value.get("id").or_else(|| value.get("collect")).or_else(|| value.get("action"));
            let wanted = named.map_or_else(|| name.to_owned(), scalar);
            let id = (speaks || decides).then(|| self.free_id(&wanted));
            if let Some(own) = value.get("id").and_then(Value::as_str) {
                read.numbers.insert(own, read.steps.len());
            }
            read.steps.push(FlowStep { value, id, after: None });
        }
        let n_steps = read.steps.len() - first;
        for n in 0..n_steps {
            let next = if n + 1 < n_steps { Some(first + n + 1) } else { after };
            read.steps[first + n].after = next;
        }
        for (value, n) in list[..n_steps].iter().zip(first..) {
            let after = read.steps[n].after;
            for then in ["then", "else"].iter().filter_map(|it| value.get(*it)).filter(|_| is_decision(value)) {
                let inner = then.as_array().map(Vec::as_slice).unwrap_or_default();
                if let Some(inner) = self.number(read, name, inner, after, depth + 1) {
                    read.lists.insert(std::ptr::from_ref(then), inner);
                }
            }
            for way in value.get("next").and_then(Value::as_array).into_iter().flatten() {
                let Some(then @ Value::Array(inner)) = way.get("then").or_else(|| way.get("else")) else { continue };
                // A nested list says its own next step; without one it ends.
                if let Some(inner) = self.number(read, name, inner, None, depth + 1) {
                    read.lists.insert(std::ptr::from_ref(then), inner);
                }
            }
        }
        (n_steps > 0).then_some(first)
    }

    /// The id of a step, or of the first after it that does something.
    fn goal(&self, read: &FlowSteps<'a>, number: Option<usize>) -> Goal {
        let mut at = number?;
        // A circle of steps that do nothing ends.
        for _ in 0..read.steps.len() {
            let step = &read.steps[at];
            if step.id.is_some() {
                return step.id.clone();
            }
            at = self.target(read, step.value.get("next"), step.after)?;
        }
        None
    }

    /// The number of the step that `next`, `then` or `else` names.
    fn target(&self, read: &FlowSteps<'a>, next: Option<&'a Value>, after: Option<usize>) -> Option<usize> {
        match next {
            None | Some(Value::Null) => after,
            Some(Value::String(id)) => read.numbers.get(id.as_str()).copied(),
            Some(list @ Value::Array(_)) => read.lists.get(&std::ptr::from_ref(list)).copied(),
            Some(_) => None,
        }
    }

    fn flow_step(&mut self, read: &FlowSteps<'a>, name: &str, n: usize) {
        let FlowStep { value, id, after } = &read.steps[n];
        let string = |key: &str| value.get(key).and_then(Value::as_str);
        for (key, other) in value.as_object().into_iter().flatten().filter(|it| !STEP.contains(&it.0.as_str())) {
            self.scenario.record_loss(Loss::FieldDropped, name, format!("{key}: {other}"));
        }
        let Some(id) = id.clone() else {
            if value.get("noop").is_none() {
                self.scenario.record_loss(Loss::StepDropped, name, format!("the step {value}"));
            }
            return;
        };
        if is_decision(value) {
            let other = self.target(read, value.get("else"), *after);
            let other = self.goal(read, other);
            self.ways(read, name, std::slice::from_ref(*value), (&id, other));
            return;
        }
        let next = match value.get("next") {
            Some(Value::Array(ways)) => {
                let is_alone = string("collect").or(string("action")).is_none() && value.get("set_slots").is_none();
                let decision = if is_alone { id.clone() } else { self.scenario.free_id(&format!("{id} decides")) };
                self.ways(read, name, ways, (&decision, None));
                if is_alone {
                    return;
                }
                Some(decision)
            }
            other => {
                let target = self.target(read, other, *after);
                self.goal(read, target)
            }
        };
        if let Some(slot) = string("collect") {
            self.collect(name, slot, value, &id, next);
        } else if let Some(action) = string("action") {
            self.flow_action(action, &id, next);
        } else if let Some(slots) = value.get("set_slots") {
            self.set_slots(slots, &id, next);
        } else if let Some(flow) = string("link").or(string("call")) {
            self.other_flow(name, flow, &id, next);
        }
    }

    fn collect(&mut self, name: &str, slot: &str, value: &'a Value, id: &str, next: Goal) {
        let response = value.get("utter").and_then(Value::as_str).map(str::to_owned);
        let response = response.unwrap_or_else(|| format!("utter_ask_{slot}"));
        let bot = self.context.bot;
        match bot.responses.get(&response) {
            Some(variations) => {
                self.said.insert(response.clone());
                // Without a text that always holds, asking again might never wait for the customer.
                let asks = variations.iter().any(|it| it.get("condition").is_none());
                let next = self.rejections((name, slot), value, Some(id).filter(|_| asks), next);
                let asked = Asked { form: name, slot, interruptions: &[] };
                self.ask(&asked, (response.as_str(), variations.as_slice()), id, next);
            }
            None => {
                let next = self.rejections((name, slot), value, None, next);
                let by = [format!("action_ask_{slot}")].into_iter().find(|it| bot.actions.contains(it));
                let by = by.unwrap_or_else(|| format!("no response {response}"));
                let what = format!("{slot} is asked for by {by}, whose text is not in the files");
                self.scenario.record_loss(Loss::FormDropped, name, what);
                let call = Call { system: format!("ask {slot}"), on_failure: next.clone(), next };
                self.scenario.push(id, Act::Call(call));
            }
        }
    }

    /// The checks of an answer: one that is refused is forgotten, the customer reads why, and `asks` asks again. A check that
    /// cannot be decided is recorded as lost.
    fn rejections(&mut self, (name, slot): (&str, &str), value: &'a Value, asks: Option<&str>, next: Goal) -> Goal {
        let bot = self.context.bot;
        let list = value.get("rejections").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut accepted = next;
        for rejection in list.iter().rev() {
            let response = rejection.get("utter").and_then(Value::as_str).unwrap_or_default();
            self.said.insert(response.to_owned());
            let raw = rejection.get("if").map(scalar).unwrap_or_default();
            let (of, holds, test, value) = comparison(&raw);
            let is_known = of == slot && test != Test::Other;
            let (Some(asks), Some(variations), true) = (asks, bot.responses.get(response), is_known) else {
                let what = format!("asks again for {slot} after a check: {rejection}");
                self.scenario.record_loss(Loss::FormDropped, name, what);
                continue;
            };
            let own_slot = self.scenario.slot(slot);
            let forgets = self.free_id(&format!("forget {slot}"));
            let forget = Act::Set { slot: own_slot.clone(), value: Text::default(), next: Some(asks.to_owned()) };
            self.scenario.push(&forgets, forget);
            let says = self.free_id(response);
            self.speak(response, variations, &says, Some(forgets));
            let (next, otherwise) = if holds { (Some(says), accepted) } else { (accepted, Some(says)) };
            let branches = vec![Branch { slot: own_slot, test, value, next }];
            let checks = self.free_id(&format!("check {slot}"));
            self.scenario.push(&checks, Act::Condition(Condition { branches, otherwise }));
            accepted = Some(checks);
        }
        accepted
    }

    fn flow_action(&mut self, action: &str, id: &str, next: Goal) {
        let bot = self.context.bot;
        if let Some(variations) = bot.responses.get(action) {
            self.said.insert(action.to_owned());
            self.speak(action, variations, id, next);
            return;
        }
        let act = own_code(&mut self.scenario, action, next);
        self.scenario.push(id, act);
    }

    /// Says a response of an action. Its buttons remember their values.
    fn speak(&mut self, name: &str, variations: &'a [Value], first: &str, next: Goal) {
        let chosen = responses::choose(&mut self.scenario, name, variations);
        let is_one = chosen.len() == 1 && chosen[0].0.is_empty();
        let mut steps: Vec<(Constraints, String)> = Vec::new();
        for (constraints, variation) in chosen {
            let id = if is_one { first.to_owned() } else { self.free_id(name) };
            let mut message = responses::message(&mut self.scenario, name, variation, Self::text);
            for button in buttons(variation) {
                let title = button.get("title").map(scalar).unwrap_or_default();
                let payload = Payload::parse(&button.get("payload").map(scalar).unwrap_or_default());
                let way = self.set(&payload.values, next.clone());
                message.choices.push(Choice::reply(&title, way));
            }
            message.next.clone_from(&next);
            self.scenario.push(&id, Act::Message(message));
            steps.push((constraints, id));
        }
        if !is_one {
            let otherwise = match steps.pop() {
                Some((constraints, id)) if constraints.is_empty() => Some(id),
                last => {
                    steps.extend(last);
                    next
                }
            };
            let next = self.conditions(name, steps, otherwise);
            self.scenario.push(first, Act::Wait { seconds: 0, next });
        }
    }

    fn set_slots(&mut self, slots: &Value, id: &str, next: Goal) {
        let objects = super::bot::list(slots);
        let pairs: Vec<(String, String)> = objects
            .iter()
            .flat_map(|it| it.as_object().into_iter().flatten())
            .map(|(slot, it)| (slot.clone(), if it.is_null() { String::new() } else { scalar(it) }))
            .collect();
        let ids: Vec<String> = pairs.iter().skip(1).map(|it| self.scenario.free_id(&format!("set {}", it.0))).collect();
        let n_pairs = pairs.len();
        for (n, (slot, value)) in pairs.into_iter().enumerate() {
            let own = if n == 0 { id } else { &ids[n - 1] };
            let after = if n + 1 < n_pairs { Some(ids[n].clone()) } else { next.clone() };
            let slot = self.scenario.slot(&slot);
            self.scenario.push(own, Act::Set { slot, value: Text::plain(&value), next: after });
        }
        if n_pairs == 0 {
            self.scenario.push(id, Act::Wait { seconds: 0, next });
        }
    }

    /// Starts another flow. After `call` the flow goes on, after `link` it ends.
    fn other_flow(&mut self, name: &str, flow: &str, id: &str, next: Goal) {
        let scenario = self.context.scenarios.get(flow).map_or_else(
            || {
                self.scenario.record_loss(Loss::RouteDropped, name, format!("to {flow}, which is not in the files"));
                format!("flow {flow}")
            },
            |it| format!("scenario {it}"),
        );
        self.scenario.push(id, Act::Call(Call { system: scenario, on_failure: next.clone(), next }));
    }

    /// A decision: `if … then …`, in order, and `else`, or `otherwise` where there is none.
    fn ways(&mut self, read: &FlowSteps<'a>, name: &str, ways: &'a [Value], (id, otherwise): (&str, Goal)) {
        let mut condition = Condition { branches: Vec::new(), otherwise };
        let mut decisions: Vec<(Vec<Branch>, bool, Goal)> = Vec::new();
        for way in ways {
            let target = |it: &'a Value| self.goal(read, self.target(read, Some(it), None));
            match (way.get("if"), way.get("then"), way.get("else")) {
                (Some(test), Some(then), _) => {
                    let next = target(then);
                    let (slot, holds, test, value) = self.test(name, &scalar(test));
                    let branch = Branch { slot, test, value, next: next.clone() };
                    decisions.push((vec![branch], holds, next));
                }
                (_, _, Some(other)) => condition.otherwise = target(other),
                _ => self.scenario.record_loss(Loss::RouteDropped, name, format!("the way {way}")),
            }
        }
        // A test that must fail leads to what follows it, so decisions come one after the other, from the last.
        let mut fail = condition.otherwise;
        let n_decisions = decisions.len();
        for (n, (mut branches, holds, next)) in decisions.into_iter().enumerate().rev() {
            let own = if n == 0 { id.to_owned() } else { self.scenario.free_id(&format!("{id} {}", n + 1)) };
            let otherwise = match holds {
                true => fail,
                false => {
                    branches[0].next = fail;
                    next
                }
            };
            self.scenario.push(&own, Act::Condition(Condition { branches, otherwise }));
            fail = Some(own);
        }
        if n_decisions == 0 {
            self.scenario.push(id, Act::Condition(Condition { branches: Vec::new(), otherwise: fail }));
        }
    }

    /// A condition such as `slots.size == "large"`. One that is not a comparison of a slot is recorded as lost.
    fn test(&mut self, name: &str, raw: &str) -> (String, bool, Test, String) {
        let read = comparison(raw);
        if read.2 == Test::Other {
            self.scenario.record_loss(Loss::ConditionDropped, name, format!("if {raw}"));
        }
        (self.scenario.slot(read.0), read.1, read.2, read.3)
    }
}

/// Whether a step is itself a decision: `if … then …` in the place of a step.
fn is_decision(step: &Value) -> bool {
    step.get("if").is_some() && step.get("then").is_some() && step.get("next").is_none()
}
