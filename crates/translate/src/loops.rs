//! Finds loops of steps that wait for nothing, and cuts those that nothing can end.
//!
//! Loops are ordinary in the sources: a flow that is entered again, a list that is read page by page, a counter. They end
//! when another system answers otherwise or a value changes, which a scenario cannot show.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};

use model::Finding;
use scenario::{Act, Scenario};

use crate::goal::known;
use crate::rules;

/// What begins a call of another flow or scenario, which may wait for the customer.
const FLOWS: [&str; 2] = ["flow ", "scenario "];

/// The routes of steps that wait for nothing, by the numbers of the steps.
type Ways = Vec<Vec<usize>>;

/// Every loop without a wait: an error for each way that closes one that nothing can end, a warning for the others.
pub(crate) fn check(scenario: &Scenario, findings: &mut Vec<Finding>) {
    let (all, endless) = loops(scenario);
    for (from, to) in closing(scenario, &endless) {
        let steps = &scenario.steps;
        let message = format!(
            "from “{}” the scenario comes back to “{}” without waiting for the customer, and nothing ends it: it is cut",
            steps[from].id, steps[to].id
        );
        findings.push(Finding::new(&rules::ENDLESS, format!("/steps/{from}"), message));
    }
    let is_endless = |n: &usize| !endless[*n].is_empty();
    if let Some(at) =
        (0..all.len()).filter(|it| !all[*it].is_empty()).map(|it| in_loop(&all, it)).find(|it| !is_endless(it))
    {
        let message = format!(
            "“{}” comes again without waiting for the customer, until a value or an answer of another system changes",
            scenario.steps[at].id
        );
        findings.push(Finding::new(&rules::LOOP, format!("/steps/{at}"), message));
    }
}

/// The scenario without the ways that close a loop that nothing can end.
pub(crate) fn cut(scenario: &Scenario) -> Cow<'_, Scenario> {
    let closing = closing(scenario, &loops(scenario).1);
    if closing.is_empty() {
        return Cow::Borrowed(scenario);
    }
    let mut changed = scenario.clone();
    for (from, to) in closing {
        let to = Some(scenario.steps[to].id.as_str());
        changed.steps[from].act.goals_mut().into_iter().filter(|it| it.as_deref() == to).for_each(|it| *it = None);
    }
    Cow::Owned(changed)
}

/// The ways of all loops, and of those that nothing can end.
fn loops(scenario: &Scenario) -> (Ways, Ways) {
    let numbers: HashMap<&str, usize> = scenario.steps.iter().zip(0..).map(|it| (it.0.id.as_str(), it.1)).collect();
    let goals = |act: &Act| -> Vec<usize> {
        let rests = act.waits() || matches!(act, Act::Wait { seconds: 1.., .. });
        let routes = if rests { Vec::new() } else { act.routes() };
        routes.iter().filter_map(|it| numbers.get(known(it.1)?).copied()).collect()
    };
    let all = in_loops(scenario.steps.iter().map(|it| goals(&it.act)).collect());
    if all.iter().all(Vec::is_empty) {
        return (all.clone(), all);
    }
    let changing = Changing::of(scenario, &all);
    let ends = |n: usize| changing.can_end(&scenario.steps[n].act);
    let rest = all.iter().enumerate().map(|(n, goals)| if ends(n) { Vec::new() } else { goals.clone() });
    let endless = in_loops(rest.collect());
    (all, endless)
}

/// The slots whose values can be others when a loop comes round.
struct Changing<'a> {
    in_loops: HashSet<&'a str>,
    anywhere: HashSet<&'a str>,
}

impl<'a> Changing<'a> {
    fn of(scenario: &'a Scenario, all: &Ways) -> Self {
        let steps = || scenario.steps.iter().enumerate().filter_map(|(n, it)| Some((n, saves(&it.act)?)));
        Self {
            in_loops: steps().filter(|it| !all[it.0].is_empty()).map(|it| it.1).collect(),
            anywhere: steps().map(|it| it.1).chain(scenario.first_message.as_deref()).collect(),
        }
    }

    /// A value that no step sets comes from another system, and so does an answer to a call.
    fn can_end(&self, act: &Act) -> bool {
        match act {
            Act::Condition(it) => {
                let changes = |slot: &str| self.in_loops.contains(slot) || !self.anywhere.contains(slot);
                it.branches.iter().any(|branch| branch.next != it.otherwise && changes(&branch.slot))
            }
            Act::Call(it) => it.next != it.on_failure || FLOWS.iter().any(|flow| it.system.starts_with(flow)),
            _ => false,
        }
    }
}

/// The slot that a step saves something in.
fn saves(act: &Act) -> Option<&str> {
    match act {
        Act::Set { slot, .. } => Some(slot),
        Act::Find(it) => Some(&it.slot),
        Act::Question(it) => Some(&it.slot),
        Act::Listen(it) => Some(&it.slot),
        Act::Message(it) => it.slot.as_deref(),
        Act::Condition(_) | Act::Call(_) | Act::Wait { .. } | Act::Handover(_) => None,
    }
}

/// The ways between steps of loops. Steps without ways are done, again and again; what is left leads to a loop.
fn in_loops(mut ways: Ways) -> Ways {
    let mut sources: Ways = vec![Vec::new(); ways.len()];
    for (n, goals) in ways.iter().enumerate() {
        goals.iter().for_each(|goal| sources[*goal].push(n));
    }
    let mut n_left: Vec<usize> = ways.iter().map(Vec::len).collect();
    let mut done: Vec<usize> = (0..ways.len()).filter(|it| n_left[*it] == 0).collect();
    while let Some(n) = done.pop() {
        for source in std::mem::take(&mut sources[n]) {
            n_left[source] -= 1;
            if n_left[source] == 0 {
                done.push(source);
            }
        }
    }
    for goals in &mut ways {
        goals.retain(|it| n_left[*it] > 0);
    }
    ways
}

/// Follows the ways until a step comes twice: that step is in the loop.
fn in_loop(ways: &Ways, start: usize) -> usize {
    let (mut at, mut seen) = (start, HashSet::new());
    while seen.insert(at) {
        at = ways[at].first().copied().unwrap_or(at);
    }
    at
}

/// The ways back to a step that the way there came from. Without them there is no loop, and every step that the scenario
/// came to is still reached, because each loop is entered where the scenario enters it.
fn closing(scenario: &Scenario, ways: &Ways) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        OnTheWay,
        Done,
    }
    let (mut seen, mut closing) = (vec![Seen::No; ways.len()], Vec::new());
    if ways.iter().all(Vec::is_empty) {
        return closing;
    }
    for start in in_order(scenario).into_iter().filter(|it| !ways[*it].is_empty()) {
        if seen[start] != Seen::No {
            continue;
        }
        seen[start] = Seen::OnTheWay;
        let mut way = vec![(start, ways[start].iter())];
        while let Some((from, goals)) = way.last_mut() {
            match goals.next().map(|to| (*to, seen[*to])) {
                None => {
                    seen[*from] = Seen::Done;
                    way.pop();
                }
                Some((to, Seen::OnTheWay)) if !closing.contains(&(*from, to)) => closing.push((*from, to)),
                Some((to, Seen::No)) => {
                    seen[to] = Seen::OnTheWay;
                    way.push((to, ways[to].iter()));
                }
                Some(_) => {}
            }
        }
    }
    closing
}

/// The numbers of the steps in the order in which the scenario comes to them, then the others.
fn in_order(scenario: &Scenario) -> Vec<usize> {
    let numbers: HashMap<&str, usize> = scenario.steps.iter().zip(0..).map(|it| (it.0.id.as_str(), it.1)).collect();
    let (mut order, mut seen) = (Vec::new(), vec![false; scenario.steps.len()]);
    let mut waiting: VecDeque<usize> = numbers.get(scenario.start.as_str()).copied().into_iter().collect();
    while let Some(n) = waiting.pop_front() {
        if !std::mem::replace(&mut seen[n], true) {
            order.push(n);
            let routes = scenario.steps[n].act.routes();
            waiting.extend(routes.into_iter().filter_map(|it| numbers.get(known(it.1)?)));
        }
    }
    order.extend((0..seen.len()).filter(|it| !seen[*it]));
    order
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use scenario::read_scenarios;
    use serde_json::{Value, json};

    use crate::{Options, compile};

    /// The findings about loops, and what is sent.
    fn check(steps: Value, expected: Expect) {
        let json = json!({ "id": "it", "intent": "it", "language": "en", "purpose": "conversation",
            "trigger": { "type": "message" }, "start": steps[0]["id"], "steps": steps });
        let scenario = read_scenarios(&json.to_string()).unwrap().remove(0);
        let compiled = compile(&scenario, &Options::default());
        let loops = compiled.findings.iter().filter(|it| ["endless", "loop"].contains(&it.rule.name));
        let told = loops.map(|it| format!("{} {}: {}\n", it.rule.code, it.place, it.message)).collect::<String>();
        let steps: Vec<&str> = compiled.flow.steps.iter().map(|it| it.id.as_str()).collect();
        expected.assert_eq(&format!("{told}{}\n", steps.join(" ")));
    }

    #[test]
    fn messages_that_follow_each_other_in_a_circle_are_cut() {
        check(
            json!([
                { "id": "a", "type": "message", "text": "Hello", "next": "b" },
                { "id": "b", "type": "message", "text": "Again", "next": "a" }
            ]),
            expect![[r#"
                S107 /steps/1: from “b” the scenario comes back to “a” without waiting for the customer, and nothing ends it: it is cut
                a b
            "#]],
        );
    }

    #[test]
    fn a_loop_that_an_answer_given_before_it_decides_is_cut() {
        check(
            json!([
                { "id": "ask", "type": "question", "text": "More?", "slot": "more", "next": "is" },
                { "id": "is", "type": "condition", "branches": [
                    { "slot": "more", "test": "equals", "value": "yes", "next": "say" }] },
                { "id": "say", "type": "message", "text": "More", "next": "is" }
            ]),
            expect![[r#"
                S107 /steps/2: from “say” the scenario comes back to “is” without waiting for the customer, and nothing ends it: it is cut
                ask is say
            "#]],
        );
    }

    #[test]
    fn a_loop_that_a_counter_a_call_or_another_flow_ends_is_a_warning() {
        check(
            json!([
                { "id": "count", "type": "set", "slot": "n", "value": "{{n_plus_1}}", "next": "is" },
                { "id": "is", "type": "condition", "branches": [
                    { "slot": "n", "test": "number_equals", "value": "3", "next": "end" }], "otherwise": "count" }
            ]),
            expect![[r#"
                S118 /steps/0: “count” comes again without waiting for the customer, until a value or an answer of another system changes
                count is
            "#]],
        );
        check(
            json!([
                { "id": "get", "type": "call", "system": "GET https://example.com", "next": "say", "on_failure": "say" },
                { "id": "say", "type": "message", "text": "News", "next": "is" },
                { "id": "is", "type": "condition", "branches": [
                    { "slot": "status", "test": "equals", "value": "more", "next": "get" }] }
            ]),
            expect![[r#"
                S118 /steps/0: “get” comes again without waiting for the customer, until a value or an answer of another system changes
                get say is
            "#]],
        );
        check(
            json!([
                { "id": "flow", "type": "call", "system": "flow Canada", "next": "flow", "on_failure": "flow" }
            ]),
            expect![[r#"
                S118 /steps/0: “flow” comes again without waiting for the customer, until a value or an answer of another system changes
                flow
            "#]],
        );
    }
}
