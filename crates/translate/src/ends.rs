//! Finds where a conversation ends without a word: the customer wrote, tapped or waited, and nothing comes.

use std::collections::HashSet;

use model::Finding;
use scenario::{Act, Choice, Scenario, Timeout};

use crate::goal::known;
use crate::rules;

/// Limits the steps that are named.
const MAX_NAMED: usize = 5;

/// One finding for all of them, at the first.
pub(crate) fn check(scenario: &Scenario, reached: &HashSet<&str>, findings: &mut Vec<Finding>) {
    let steps = scenario.steps.iter().enumerate().filter(|it| reached.contains(it.1.id.as_str()));
    let found: Vec<(usize, Vec<String>)> =
        steps.map(|(n, step)| (n, ends(&step.act))).filter(|it| !it.1.is_empty()).collect();
    let Some((first, _)) = found.first() else { return };
    let n_ways: usize = found.iter().map(|it| it.1.len()).sum();
    let named =
        found.iter().take(MAX_NAMED).map(|(n, ways)| format!("“{}” ({})", scenario.steps[*n].id, ways.join(", ")));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = found.len().saturating_sub(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more steps") } else { String::new() };
    let count = if n_ways == 1 { "one way ends".to_owned() } else { format!("{n_ways} ways end") };
    let message = format!("{count} without a word: {named}{more}");
    let finding = Finding::new(&rules::SILENT_END, format!("/steps/{first}"), message);
    findings.push(finding.fixed_by("lead them to a message, unless silence or another scenario is meant"));
}

/// The ways of a step after which nothing is said, in words. Where no way leads on, a decision or a call is the end of the
/// scenario.
fn ends(act: &Act) -> Vec<String> {
    let late = |it: &Option<Timeout>| it.as_ref().is_some_and(|it| known(&it.next).is_none());
    let no_answer = |it| late(it).then(|| "no answer".to_owned());
    match act {
        Act::Message(it) if it.waits() => {
            let leads = |choice: &Choice| choice.next().is_none_or(|goal| known(goal).or(known(&it.next)).is_some());
            let nowhere = it.choices.iter().filter(|choice| !leads(choice));
            let mut ways: Vec<String> = nowhere.map(|it| format!("button “{}”", it.title())).collect();
            if known(&it.next).is_none() && ways.is_empty() {
                ways.push("anything else".to_owned());
            }
            ways.into_iter().chain(no_answer(&it.timeout)).collect()
        }
        Act::Question(it) if known(&it.next).is_none() => vec!["the answer".to_owned()],
        Act::Question(it) => no_answer(&it.timeout).into_iter().collect(),
        Act::Listen(it) => no_answer(&it.timeout).into_iter().collect(),
        Act::Condition(it) if it.branches.iter().any(|it| known(&it.next).is_some()) => {
            let branches = it.branches.iter().filter(|it| known(&it.next).is_none());
            let ways = branches.map(|it| format!("{} {}", it.slot, it.words()));
            ways.chain(known(&it.otherwise).is_none().then(|| "otherwise".to_owned())).collect()
        }
        Act::Call(it) if known(&it.next).is_some() && known(&it.on_failure).is_none() => vec!["failed".to_owned()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use scenario::read_scenarios;
    use serde_json::json;

    #[test]
    fn ways_that_end_in_silence_are_one_finding() {
        let json = json!({ "id": "it", "intent": "it", "language": "en", "purpose": "conversation",
            "trigger": { "type": "message" }, "start": "ask", "steps": [
                { "id": "ask", "type": "message", "text": "Shall we?", "slot": "x", "timeout": { "seconds": 60 }, "choices": [
                    { "action": "reply", "title": "Yes", "next": "is" }, { "action": "reply", "title": "No" }] },
                { "id": "is", "type": "condition", "branches": [
                    { "slot": "x", "test": "equals", "value": "yes", "next": "say" }] },
                { "id": "say", "type": "message", "text": "We come." }] });
        let scenario = read_scenarios(&json.to_string()).unwrap().remove(0);
        let findings = crate::check(&scenario, true);
        let told: Vec<&str> =
            findings.iter().filter(|it| it.rule.name == "silent-end").map(|it| it.message.as_str()).collect();
        assert_eq!(told, ["3 ways end without a word: “ask” (button “No”, no answer), “is” (otherwise)"]);
    }
}
