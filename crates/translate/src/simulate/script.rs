//! Scripts that take every route of a scenario.

use std::collections::{HashMap, HashSet, VecDeque};

use scenario::{Accepts, Act, Choice, Input, Scenario, Script};

use super::source::saved;
use crate::goal::known;

/// Scripts that together take every route of every step that can be reached.
pub fn scripts(scenario: &Scenario) -> Vec<Script> {
    let paths = paths(scenario);
    let mut covered: HashSet<(&str, usize)> = HashSet::new();
    let mut scripts = Vec::new();
    for step in &scenario.steps {
        let Some(path) = paths.get(step.id.as_str()) else { continue };
        for route in 0..step.act.routes().len() {
            if covered.contains(&(step.id.as_str(), route)) {
                continue;
            }
            let mut steps = path.clone();
            steps.push((&step.id, route));
            go_on(scenario, &mut steps, &covered);
            covered.extend(steps.iter().copied());
            let inputs = steps.iter().filter_map(|(id, route)| input(&scenario.step(id)?.act, *route)).collect();
            scripts.push(Script { name: format!("{}/{route}", step.id), inputs, ..Script::default() });
        }
    }
    scripts
}

/// The shortest path to each step: the steps before it, and the route that is taken from each.
fn paths(scenario: &Scenario) -> HashMap<&str, Vec<(&str, usize)>> {
    let mut paths: HashMap<&str, Vec<(&str, usize)>> = HashMap::from([(scenario.start.as_str(), Vec::new())]);
    let mut waiting = VecDeque::from([scenario.start.as_str()]);
    while let Some(id) = waiting.pop_front() {
        let Some(step) = scenario.step(id) else { continue };
        for (route, (_, goal)) in step.act.routes().into_iter().enumerate() {
            let Some(goal) = known(goal).filter(|it| !paths.contains_key(it)) else { continue };
            let mut path = paths.get(id).cloned().unwrap_or_default();
            path.push((&step.id, route));
            if let Some(goal) = scenario.step(goal) {
                paths.insert(&goal.id, path);
                waiting.push_back(&goal.id);
            }
        }
    }
    paths
}

/// Follows routes that no script has taken yet, until the end or a step that this script has visited.
fn go_on<'a>(scenario: &'a Scenario, steps: &mut Vec<(&'a str, usize)>, covered: &HashSet<(&str, usize)>) {
    while let Some((last, route)) = steps.last().copied() {
        let routes = scenario.step(last).map(|it| it.act.routes()).unwrap_or_default();
        let next = routes.get(route).and_then(|it| known(it.1)).and_then(|it| scenario.step(it));
        let Some(next) = next.filter(|next| steps.iter().all(|it| it.0 != next.id)) else { return };
        let routes = 0..next.act.routes().len();
        let fresh = routes.clone().find(|it| !covered.contains(&(next.id.as_str(), *it)));
        steps.push((&next.id, fresh.unwrap_or(0)));
    }
}

/// The input that makes a step take a route; none if the step needs no input.
fn input(act: &Act, route: usize) -> Option<Input> {
    match act {
        Act::Message(message) => {
            let answers: Vec<_> = message.all_choices().filter(|it| it.1.next().is_some()).collect();
            match answers.get(route) {
                Some((_, Choice::ShareLocation { .. })) => Some(Input::Location),
                Some((_, Choice::SharePhone { .. })) => Some(Input::Phone),
                // Buttons of cards may have the same title.
                Some(answer @ (Some(_), _)) => Some(Input::Press(saved(*answer))),
                Some((None, choice)) => Some(Input::Press(choice.title().to_owned())),
                None if route > answers.len() => Some(Input::NoAnswer),
                None if answers.is_empty() => None,
                None => Some(Input::Say("something else".to_owned())),
            }
        }
        Act::Question(question) => match (route, question.accepts) {
            (0, Accepts::Location) => Some(Input::Location),
            (0, _) => Some(Input::Say("an answer".to_owned())),
            _ => Some(Input::NoAnswer),
        },
        Act::Listen(_) if route == 0 => Some(Input::Say("an answer".to_owned())),
        Act::Listen(_) => Some(Input::NoAnswer),
        Act::Condition(_) | Act::Call(_) => Some(Input::Route(route)),
        Act::Find(_) | Act::Set { .. } | Act::Wait { .. } | Act::Handover(_) => None,
    }
}
