//! Nodes: actions, then a wait, then a router.

use scenario::{Accepts, Act, Goal, Listen, Loss, Message, Question, Timeout};
use serde_json::Value;

use super::actions::Part;
use super::export::{list, string};
use super::flow::{After, FlowReader, Job};
use super::results::Way;
use super::router::Routes;

/// The way on after the actions of a node.
struct Tail<'a> {
    goal: After,
    /// The router decides without a wait.
    router: Option<&'a Value>,
}

pub(super) fn router(node: &Value) -> Option<&Value> {
    node.get("router").filter(|it| !it.is_null())
}

fn wait(node: &Value) -> Option<&Value> {
    router(node)?.get("wait").filter(|it| !it.is_null())
}

impl<'a> FlowReader<'a> {
    /// Reads a node: its actions one after the other, then what it waits for and where it leads.
    pub(super) fn node(&mut self, job: Job) {
        let node = &self.flow(job.run).nodes[job.node];
        let id = self.id(job);
        if job.decides {
            let slot = self.answer_slot(job.run, job.node);
            if let Some(router) = router(node) {
                let decision = self.decide(job.run, node, router, Some(&slot), &id);
                self.builder.push(&id, decision);
            }
            return;
        }
        self.name_node(node, &id);
        self.name_missing_ways(self.flow(job.run), node, &id);
        let mut parts: Vec<Part> = Vec::new();
        for action in list(node, "actions") {
            let place = part_id(&id, parts.len());
            self.action(action, &place, &mut parts);
        }
        if job.answered {
            let goal = match wait(node) {
                Some(_) => self.way_of(job.run, job.node),
                None => self.follow_exit(job, true),
            };
            return self.link(&id, parts, goal);
        }
        let question = self.question_after(job, &parts);
        if let Some((asks, waits)) = question {
            let goal = match waits.1 == job.node && waits.0 == job.run {
                true => self.way_of(job.run, job.node),
                false => self.follow_exit(job, true),
            };
            self.ask(&id, &mut parts, asks, waits);
            return self.link(&id, parts, goal);
        }
        if wait(node).is_some() {
            let place = part_id(&id, parts.len());
            let (slot, timeout) = self.answer(job.run, job.node);
            self.note_answer(job.run, job.node, &place, &slot);
            parts.push(Part::Act(Act::Listen(Listen { slot, next: None, timeout })));
            let goal = self.way_of(job.run, job.node);
            return self.link(&id, parts, goal);
        }
        let tail = self.tail(job, node, &mut parts, &id);
        if let Some(router) = tail.router {
            let place = part_id(&id, parts.len());
            let decision = self.decide(job.run, node, router, None, &place);
            parts.push(Part::Act(decision));
        }
        let goal = match parts.last() {
            // The flow comes back to the node itself, so that its question can be joined.
            Some(Part::Enter { .. }) => return self.link_entered(&id, parts, tail.goal),
            _ => self.follow(&tail.goal, false),
        };
        self.link(&id, parts, goal);
    }

    fn follow_exit(&mut self, job: Job, answered: bool) -> Goal {
        let exit = self.exit_node(job.run, job.node, 0);
        self.follow(&exit, answered)
    }

    /// What follows the actions of a node that does not wait. A router that asks whether the last action worked decides
    /// nothing else.
    fn tail(&mut self, job: Job, node: &'a Value, parts: &mut [Part], id: &str) -> Tail<'a> {
        let Some(router) = router(node) else {
            return Tail { goal: self.exit_node(job.run, job.node, 0), router: None };
        };
        let routes = self.routes(job.run, node, router);
        let last_id = part_id(id, parts.len().saturating_sub(1));
        let operand = string(router, "operand").unwrap_or_default();
        match parts.last_mut() {
            Some(Part::Enter { .. }) if operand.contains("child") => {
                let completed = self.after_child(&routes, router, id);
                Tail { goal: completed, router: None }
            }
            Some(Part::Act(Act::Call(call))) => {
                let ways = routes
                    .called("Success")
                    .or(routes.called("Complete"))
                    .zip(routes.called("Failure").or(routes.called("Expired")));
                let Some((success, failure)) = ways.filter(|_| routes.categories.len() == 2) else {
                    return Tail { goal: After::End, router: Some(router) };
                };
                call.on_failure = self.follow(failure, false);
                call.next = self.follow(success, false);
                let result = self.result_of(job.run, list(node, "actions").last().unwrap_or(&Value::Null));
                self.note_category(result.as_deref(), &last_id, Way::Next, "Success");
                self.note_category(result.as_deref(), &last_id, Way::Failure, "Failure");
                Tail { goal: success.clone(), router: None }
            }
            Some(Part::Act(Act::Handover(_))) if routes.called("Success").is_some() => {
                let success = routes.called("Success").cloned().unwrap_or(After::End);
                if routes.categories.iter().any(|it| it.1 != success) {
                    let what = "the way that follows if no ticket can be opened";
                    self.builder.record_loss(Loss::RouteDropped, id, what);
                }
                Tail { goal: success, router: None }
            }
            _ => Tail { goal: After::End, router: Some(router) },
        }
    }

    /// Where it goes on after a flow that was entered. A flow on WhatsApp does not expire.
    fn after_child(&mut self, routes: &Routes<'_>, router: &Value, id: &str) -> After {
        let is_completed = |it: &&Value| list(it, "arguments").first().and_then(Value::as_str) == Some("completed");
        let case = list(router, "cases").iter().find(is_completed);
        let category = case.and_then(|it| string(it, "category_uuid")).or(string(router, "default_category_uuid"));
        let completed = routes.of(category.unwrap_or_default()).map_or(After::End, |it| it.1.clone());
        if let Some(expired) = routes.categories.iter().find(|it| it.1 != completed && it.1 != After::End) {
            let what = format!("the way “{}” after a flow that was entered and not completed", expired.2);
            self.builder.record_loss(Loss::RouteDropped, id, what);
        }
        completed
    }

    /// The message that asks for the answer that is waited for next: its number among the parts, and the node that waits.
    fn question_after(&self, job: Job, parts: &[Part]) -> Option<(usize, (usize, usize))> {
        let asks = parts.iter().rposition(|it| matches!(it, Part::Act(Act::Message(_))))?;
        if !parts[asks + 1..].iter().all(Part::is_silent) {
            return None;
        }
        let node = &self.flow(job.run).nodes[job.node];
        if wait(node).is_some() {
            return Some((asks, (job.run, job.node)));
        }
        if router(node).is_some() {
            return None;
        }
        let mut after = self.exit_node(job.run, job.node, 0);
        // Nodes that say nothing may come between the question and the wait.
        for _ in 0..self.flow(job.run).nodes.len() {
            let After::Node(run, n) = after else { return None };
            let node = &self.flow(run).nodes[n];
            if !list(node, "actions").iter().all(super::actions::is_silent) {
                return None;
            }
            match (wait(node), router(node)) {
                (Some(_), _) => return Some((asks, (run, n))),
                (None, Some(_)) => return None,
                (None, None) => after = self.exit_node(run, n, 0),
            }
        }
        None
    }

    /// Makes a question of a message. Actions after it that do not say anything come before it, so that they do not wait.
    fn ask(&mut self, id: &str, parts: &mut Vec<Part>, asks: usize, (run, node): (usize, usize)) {
        let asks = with_media_after(parts, asks);
        let question = parts.remove(asks);
        let Part::Act(Act::Message(message)) = question else { return };
        let (slot, timeout) = self.answer(run, node);
        let hint = wait(&self.flow(run).nodes[node]).and_then(|it| it.get("hint"));
        let accepts = match hint.and_then(|it| string(it, "type")) {
            Some("location") => Accepts::Location,
            Some("image" | "audio" | "video") => Accepts::Media,
            _ => Accepts::Text,
        };
        let act = match message.choices.is_empty() {
            true => {
                let Message { text, media, location, .. } = message;
                let is_shown = media.is_some() || location.is_some();
                if is_shown {
                    parts.push(Part::Act(Act::Message(Message { media, location, ..Message::default() })));
                }
                match is_shown && text.is_empty() {
                    true => Act::Listen(Listen { slot: slot.clone(), next: None, timeout }),
                    false => Act::Question(Question { text, slot: slot.clone(), accepts, next: None, timeout }),
                }
            }
            false => Act::Message(Message { slot: Some(slot.clone()), timeout, ..message }),
        };
        self.note_answer(run, node, &part_id(id, parts.len()), &slot);
        parts.push(Part::Act(act));
    }

    /// The slot of the answer that a node waits for, and what happens without an answer.
    fn answer(&mut self, run: usize, n: usize) -> (String, Option<Timeout>) {
        let node = &self.flow(run).nodes[n];
        let (Some(router), Some(wait)) = (router(node), wait(node)) else { return (String::new(), None) };
        let slot = self.answer_slot(run, n);
        let timeout = wait.get("timeout").and_then(|it| {
            let seconds = it.get("seconds").and_then(Value::as_u64)?;
            let category = string(it, "category_uuid").unwrap_or_default();
            let goal = self.routes(run, node, router).of(category).map_or(After::End, |it| it.1.clone());
            Some(Timeout { seconds, next: self.follow(&goal, false) })
        });
        (slot, timeout)
    }

    /// The slot of the answer that a node waits for.
    fn answer_slot(&mut self, run: usize, n: usize) -> String {
        let router = router(&self.flow(run).nodes[n]).unwrap_or(&Value::Null);
        match self.result_of(run, router) {
            Some(key) => {
                let name = string(router, "result_name").unwrap_or_default();
                self.builder.slot_called(&key, name, &format!("results_{name}"), name)
            }
            None => self.builder.slot_called(&format!("answer {run} {n}"), "answer", "answer", "answer"),
        }
    }

    fn note_answer(&mut self, run: usize, n: usize, step: &str, slot: &str) {
        let router = router(&self.flow(run).nodes[n]);
        let result = router.and_then(|it| self.result_of(run, it)).unwrap_or_default();
        if !result.is_empty() {
            self.note_category(Some(&result), step, Way::Timeout, "No Response");
        }
        self.results.answers.push((step.to_owned(), slot.to_owned(), result));
    }

    /// Links the parts one after the other; the last leads to `goal`.
    fn link(&mut self, id: &str, parts: Vec<Part>, goal: Goal) {
        let mut next = goal;
        let mut steps = Vec::new();
        let starts_with_step = matches!(parts.first(), Some(Part::Act(_)));
        for (n, part) in parts.into_iter().enumerate().rev() {
            let place = part_id(id, n);
            match part {
                Part::Act(mut act) => {
                    set_next(&mut act, next);
                    steps.push((place.clone(), act));
                    next = Some(place);
                }
                Part::Enter { flow, terminal } => {
                    let after = match (terminal, next.take()) {
                        (false, Some(id)) => After::Step(id),
                        _ => After::End,
                    };
                    next = self.enter_flow(flow, after, &place);
                }
            }
        }
        if !starts_with_step {
            steps.push((id.to_owned(), Act::Wait { seconds: 0, next }));
        }
        for (place, act) in steps.into_iter().rev() {
            self.builder.push(&place, act);
        }
    }

    /// Links the parts where the last is a flow that comes back to `after`.
    fn link_entered(&mut self, id: &str, mut parts: Vec<Part>, after: After) {
        let Some(Part::Enter { flow, terminal }) = parts.pop() else { return };
        let after = if terminal { After::End } else { after };
        let goal = self.enter_flow(flow, after, &part_id(id, parts.len()));
        self.link(id, parts, goal);
    }

    /// The first step of a flow that is entered, or where it would come back to if it cannot be joined.
    fn enter_flow(&mut self, flow: usize, after: After, place: &str) -> Goal {
        match self.join(flow, after.clone(), place) {
            Some(goal) => goal,
            None => {
                let what =
                    format!("the flow “{}”, because flows enter each other too often", self.export.flows[flow].name);
                self.builder.record_loss(Loss::StepDropped, place, what);
                self.follow(&after, false)
            }
        }
    }
}

/// Joins media to the message with quick replies before them, so that they are sent before its answer. Returns the number
/// of that message.
fn with_media_after(parts: &mut Vec<Part>, asks: usize) -> usize {
    let is_asked = |it: &Part| matches!(it, Part::Act(Act::Message(it)) if !it.choices.is_empty());
    let Some(asked) = parts[..asks].iter().rposition(is_asked) else { return asks };
    let alone = |it: &Part| match it {
        Part::Act(Act::Message(it)) if it.text.is_empty() && it.choices.is_empty() => it.media.clone(),
        _ => None,
    };
    let media: Option<Vec<_>> = parts[asked + 1..=asks].iter().map(alone).collect();
    let Some(media) = media else { return asks };
    parts.drain(asked + 1..=asks);
    if let Some(Part::Act(Act::Message(message))) = parts.get_mut(asked) {
        message.then.extend(media);
    }
    asked
}

/// The id of a part of a node.
fn part_id(id: &str, n: usize) -> String {
    if n == 0 { id.to_owned() } else { format!("{id}_{}", n + 1) }
}

/// Leads a step to the next. Decisions, and calls that know their ways, stay.
fn set_next(act: &mut Act, goal: Goal) {
    match act {
        Act::Call(it) if it.next.is_none() && it.on_failure.is_none() => {
            it.on_failure.clone_from(&goal);
            it.next = goal;
        }
        act => act.next_mut().into_iter().for_each(|next| next.clone_from(&goal)),
    }
}
