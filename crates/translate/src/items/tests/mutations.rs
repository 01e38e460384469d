//! A loss without a word is seen: what is taken out of a result is unaccounted.

use scenario::{Act, Scenario};
use template::{Component, SessionMessage};

use super::fixtures;
use crate::items::{Item, ItemKind, ItemOutcome, items};
use crate::{Compiled, FlowAct, FlowStep, Options, Outgoing, Route, Sends, compile};

/// Takes one thing after the other out of every result, and says what nothing speaks of then. `take` says what there is
/// to take out of a result, and takes it.
fn check<T: std::fmt::Debug>(
    things: impl Fn(&Scenario, &Compiled) -> Vec<T>,
    take: impl Fn(&mut Compiled, &T),
    is_seen: impl Fn(&T, &[&Item]) -> bool,
) -> usize {
    let mut n = 0;
    for (name, scenarios) in fixtures::all() {
        for scenario in scenarios {
            let compiled = compile(scenario, &Options::default());
            for thing in things(scenario, &compiled) {
                let mut changed = compiled.clone();
                take(&mut changed, &thing);
                let items = items(scenario, &changed);
                let missing: Vec<&Item> = items.iter().filter(|it| it.outcome == ItemOutcome::Unaccounted).collect();
                assert!(is_seen(&thing, &missing), "{name} {}: {thing:?}: {missing:?}", scenario.id);
                n += 1;
            }
        }
    }
    n
}

fn sends_mut(step: &mut FlowStep) -> Option<&mut Sends> {
    match &mut step.act {
        FlowAct::Send(sends) => Some(sends),
        FlowAct::Other(_) => None,
    }
}

fn sends(step: &FlowStep) -> Option<&Sends> {
    match &step.act {
        FlowAct::Send(sends) => Some(sends),
        FlowAct::Other(_) => None,
    }
}

#[test]
fn a_step_that_is_taken_out_is_seen() {
    // A step that sends nothing and waits for nothing is lost as it is.
    let is_there = |it: &&FlowStep| sends(it).is_none_or(|it| !it.sends.is_empty() || it.awaits.is_some());
    let ids =
        |_: &Scenario, it: &Compiled| it.flow.steps.iter().filter(is_there).map(|it| it.id.clone()).collect::<Vec<_>>();
    let take = |it: &mut Compiled, id: &String| it.flow.steps.retain(|it| it.id != *id);
    let n = check(ids, take, |_, missing| !missing.is_empty());
    assert!(n > 500, "{n} steps");
}

#[test]
fn a_template_that_is_taken_out_is_seen() {
    let names = |_: &Scenario, it: &Compiled| it.templates.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    let take = |it: &mut Compiled, name: &String| it.templates.retain(|it| it.name != *name);
    let n = check(names, take, |_, missing| missing.iter().any(|it| it.kind == ItemKind::Step));
    assert!(n > 200, "{n} templates");
}

/// An answer that the source has too.
#[derive(Debug)]
struct Answer {
    /// The numbers of the step and the way on the WhatsApp side.
    at: (usize, usize),
    /// The place of the step in the source.
    place: String,
}

impl Answer {
    /// Whether one choice of its step is missing, and no other.
    fn is_missing(&self, missing: &[&Item]) -> bool {
        let is_here = |it: &&&Item| it.kind == ItemKind::Choice && it.place.starts_with(&self.place);
        missing.iter().filter(is_here).count() == 1
    }
}

fn answers(scenario: &Scenario, compiled: &Compiled) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (n, step) in compiled.flow.steps.iter().enumerate() {
        let Some(number) = scenario.steps.iter().position(|it| it.id == step.from) else { continue };
        let Act::Message(message) = &scenario.steps[number].act else { continue };
        // A menu in the text has answers on the WhatsApp side alone.
        let ways = sends(step).and_then(|it| it.awaits.as_ref()).filter(|_| message.waits());
        let theirs = ways.into_iter().flat_map(|it| it.ways.iter().enumerate()).filter(|it| !it.1.is_ours);
        answers.extend(theirs.map(|(k, _)| Answer { at: (n, k), place: format!("/steps/{number}/") }));
    }
    answers
}

fn ways_mut(compiled: &mut Compiled, (n, k): (usize, usize)) -> (&mut Vec<Route>, usize) {
    (&mut sends_mut(&mut compiled.flow.steps[n]).unwrap().awaits.as_mut().unwrap().ways, k)
}

#[test]
fn an_answer_that_is_taken_out_is_seen() {
    let take = |it: &mut Compiled, answer: &Answer| {
        let (ways, k) = ways_mut(it, answer.at);
        ways.remove(k);
    };
    let n = check(answers, take, Answer::is_missing);
    assert!(n > 200, "{n} answers");
}

#[test]
fn an_answer_that_leads_to_a_step_that_is_not_there_is_seen() {
    let take = |it: &mut Compiled, answer: &Answer| {
        let (ways, k) = ways_mut(it, answer.at);
        ways[k].next = Some("nowhere".to_owned());
    };
    check(answers, take, Answer::is_missing);
}

#[test]
fn a_row_a_button_or_a_quick_reply_that_is_taken_out_is_seen() {
    let take = |it: &mut Compiled, answer: &Answer| {
        let (ways, k) = ways_mut(it, answer.at);
        let id = ways[k].id.clone();
        for outgoing in &mut sends_mut(&mut it.flow.steps[answer.at.0]).unwrap().sends {
            match outgoing {
                Outgoing::Message(
                    SessionMessage::Buttons { replies: rows, .. } | SessionMessage::List { rows, .. },
                ) => {
                    rows.retain(|it| it.id != id);
                }
                Outgoing::Message(_) => {}
                Outgoing::Template { cards, .. } => {
                    cards.iter_mut().for_each(|it| it.payloads.retain(|it| it.1 != id));
                }
            }
        }
        let components = it.templates.iter_mut().flat_map(|it| &mut it.components);
        for component in components {
            if let Component::Buttons(it) = component {
                it.buttons.retain(|it| it.text.as_deref() != Some(&id));
            }
        }
    };
    check(answers, take, Answer::is_missing);
}

#[test]
fn a_step_that_says_nothing_any_more_is_seen() {
    let spoken = |_: &Scenario, it: &Compiled| {
        let steps = it.flow.steps.iter().enumerate();
        let spoken = steps.filter(|it| sends(it.1).is_some_and(|it| !it.sends.is_empty()) && !it.1.id.contains("__"));
        spoken.map(|it| it.0).collect::<Vec<_>>()
    };
    let take = |it: &mut Compiled, n: &usize| sends_mut(&mut it.flow.steps[*n]).unwrap().sends.clear();
    check(spoken, take, |_, missing| missing.iter().any(|it| it.kind == ItemKind::Step));
}

#[test]
fn a_parameter_that_is_taken_out_is_seen() {
    let parameters = |_: &Scenario, it: &Compiled| {
        let mut all = Vec::new();
        for (n, step) in it.flow.steps.iter().enumerate() {
            for outgoing in sends(step).into_iter().flat_map(|it| &it.sends) {
                let Outgoing::Template { parameters, buttons, .. } = outgoing else { continue };
                all.extend(parameters.iter().chain(buttons.iter().map(|it| &it.1)).map(|it| (n, it.clone())));
            }
        }
        all
    };
    let take = |it: &mut Compiled, (n, slot): &(usize, String)| {
        for outgoing in &mut sends_mut(&mut it.flow.steps[*n]).unwrap().sends {
            if let Outgoing::Template { parameters, buttons, header, .. } = outgoing {
                parameters.retain(|it| it != slot);
                buttons.retain(|it| it.1 != *slot);
                *header = None;
            }
        }
    };
    let n = check(parameters, take, |(_, slot), missing| {
        missing.iter().any(|it| it.kind == ItemKind::Slot && it.name == *slot)
    });
    assert!(n > 200, "{n} parameters");
}

#[test]
fn a_link_that_is_taken_out_is_seen() {
    let links = |_: &Scenario, it: &Compiled| {
        let steps = it.flow.steps.iter().enumerate();
        let is_link = |it: &Outgoing| matches!(it, Outgoing::Message(SessionMessage::Link { .. }));
        let linked = steps.filter(|it| sends(it.1).is_some_and(|it| it.sends.iter().any(is_link)));
        linked.map(|it| it.0).collect::<Vec<_>>()
    };
    let take = |it: &mut Compiled, n: &usize| {
        let text = Outgoing::Message(SessionMessage::Text { body: "See our page.".to_owned() });
        sends_mut(&mut it.flow.steps[*n]).unwrap().sends = vec![text];
    };
    let n = check(links, take, |_, missing| missing.iter().any(|it| it.kind == ItemKind::Choice));
    assert!(n >= 3, "{n} links");
}
