//! Losses after which the two sides are at different steps.

use std::collections::BTreeSet;

use model::{Finding, Severity};
use scenario::{Loss, Scenario};

use super::lines::{Hunk, Line};
use super::reasons::{is_same_place, place_of};
use super::words::{is_of_step, squeezed};
use crate::Compiled;
use crate::flow::{FlowAct, FlowStep, Route};
use crate::goal::known;
use crate::rules;

/// Losses that can take a route away.
const ROUTES: [Loss; 5] =
    [Loss::Timeout, Loss::StepDropped, Loss::FormDropped, Loss::RouteDropped, Loss::ConditionDropped];

/// Losses that say how a scenario begins take no route out of its steps away.
const BEGINNINGS: [&str; 3] = [": started by the event ", ": a model decides when it starts", ": it begins "];

/// The code of the loss after which WhatsApp goes another way: it is about the last step that both sides show, or about a
/// decision right after it, and what WhatsApp shows then is what the scenario says there.
pub(super) fn reason(
    sides: &[(&Scenario, &Compiled)],
    hunk: &Hunk<'_>,
    silent: &BTreeSet<usize>,
) -> Option<&'static str> {
    if hunk.whatsapp.iter().any(|it| asks_location(sides, it)) {
        return Some(rules::LOCATION_LATER.code);
    }
    let (theirs, ours) = hunk.before?;
    let (scenario, compiled) = *sides.get(ours.scenario)?;
    // A route is lost between two messages.
    let is_other = |line: Option<&Line<'_>>, near: Option<Line<'_>>| {
        line.zip(near).is_none_or(|(line, near)| line.entry != near.entry)
    };
    let is_whole = is_other(hunk.source.first(), Some(theirs))
        && is_other(hunk.whatsapp.first(), Some(ours))
        && is_other(hunk.source.last(), hunk.after.map(|it| it.0))
        && is_other(hunk.whatsapp.last(), hunk.after.map(|it| it.1));
    if !is_whole || !leads_elsewhere(sides, hunk) {
        return None;
    }
    let places = after(compiled, ours.step);
    if !places.iter().all(|it| keeps_routes(scenario, compiled, it)) {
        return None;
    }
    let is_there = |it: &Finding| match place_of(scenario, it) {
        Some((step, true)) => places.contains(step),
        Some((place, false)) => places.iter().any(|it| is_same_place(place, it)) || is_same_place(place, theirs.step),
        None => false,
    };
    let losses = compiled.findings.iter().filter(|it| it.rule.severity == Severity::Loss);
    let mut routes = losses.filter(|it| ROUTES.iter().any(|loss| loss.rule().code == it.rule.code));
    let is_silent = silent.contains(&ours.entry);
    let is_of = |it: &Finding, loss: Loss| it.rule.code == loss.rule().code;
    let found = routes.find(|it| match it.rule.code {
        _ if is_of(it, Loss::Timeout) => is_silent && is_there(it),
        _ if is_of(it, Loss::FormDropped) => is_of_form(scenario, it, hunk, ours.step),
        _ => is_there(it) && !BEGINNINGS.iter().any(|begins| it.message.contains(begins)),
    });
    found.map(|it| it.rule.code)
}

/// Whether the source asks again: the checks of a form are lost, and the answer was to one of its questions.
fn is_of_form(scenario: &Scenario, finding: &Finding, hunk: &Hunk<'_>, asked: &str) -> bool {
    let Some((form, false)) = place_of(scenario, finding) else { return false };
    let is_question =
        |step: &str| step.strip_prefix(form).is_some_and(|it| it.is_empty() || it.starts_with(['.', '_']));
    let again = hunk.source.iter().find(|it| it.is_text());
    is_question(asked) && again.is_some_and(|it| is_of_step(scenario, asked, it.text))
}

/// Whether WhatsApp's steps lead where the step of the scenario leads: what is lost was lost before.
fn keeps_routes(scenario: &Scenario, compiled: &Compiled, id: &str) -> bool {
    let Some(step) = scenario.step(id) else { return false };
    let routes = step.act.routes();
    let is_ours = |it: &str| compiled.flow.step(it).is_some_and(|it| it.from == id);
    let steps: Vec<&FlowStep> = compiled.flow.steps.iter().filter(|it| it.from == id).collect();
    let sends = steps.iter().filter_map(|it| match &it.act {
        FlowAct::Send(sends) => sends.awaits.as_ref(),
        FlowAct::Other(_) => None,
    });
    let mut ways = sends.flat_map(|it| &it.ways).filter(|it| !it.is_ours && !it.is_location);
    let goals: Vec<&str> = steps.iter().flat_map(|it| goals(&it.act)).filter(|it| !is_ours(it)).collect();
    let is_kept = |way: &Route| {
        let mut of_title = routes.iter().filter(|it| it.0 == way.title).peekable();
        of_title.peek().is_none() || of_title.any(|it| known(it.1) == known(&way.next))
    };
    ways.all(is_kept)
        && goals.iter().all(|it| routes.iter().any(|route| known(route.1) == Some(it)))
        && routes.iter().filter_map(|it| known(it.1)).all(|it| goals.contains(&it))
}

/// Whether a line asks for the location: on the source's side the button is enough.
fn asks_location(sides: &[(&Scenario, &Compiled)], line: &Line<'_>) -> bool {
    let Some((scenario, compiled)) = sides.get(line.scenario) else { return false };
    let is_step = |it: &Finding| place_of(scenario, it) == Some((line.step, true));
    let mut asked = compiled.findings.iter().filter(|it| it.rule.code == rules::LOCATION_LATER.code && is_step(it));
    line.is_text() && asked.any(|it| it.message == format!("“{}”", line.text))
}

/// Whether WhatsApp shows other steps than the source, with the texts that they have in the scenario.
fn leads_elsewhere(sides: &[(&Scenario, &Compiled)], hunk: &Hunk<'_>) -> bool {
    let is_own = |line: &Line<'_>| {
        sides.get(line.scenario).is_some_and(|(scenario, compiled)| {
            is_of_step(scenario, line.step, line.text) || is_corrected(compiled, line.text)
        })
    };
    let is_other = |line: &Line<'_>| {
        let sent_by =
            |it: &Line<'_>| sides.get(line.scenario).is_some_and(|(it2, _)| is_of_step(it2, line.step, it.text));
        !hunk.source.iter().filter(|it| it.is_text()).any(|it| sent_by(it) || it.step == line.step)
    };
    hunk.whatsapp.iter().filter(|it| it.is_text()).all(|it| is_own(it) && is_other(it))
}

/// Whether the compiler says that it made this text of another.
fn is_corrected(compiled: &Compiled, line: &str) -> bool {
    compiled.findings.iter().any(|it| it.rule.code == "C102" && squeezed(&it.message).contains(line))
}

/// A step, and the steps that follow it and show nothing.
fn after<'a>(compiled: &'a Compiled, step: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::from([step]);
    let first = compiled.flow.steps.iter().filter(|it| it.from == step);
    let mut waiting: Vec<&str> = first.flat_map(|it| goals(&it.act)).collect();
    while let Some(id) = waiting.pop() {
        let Some(step) = compiled.flow.step(id) else { continue };
        if matches!(step.act, FlowAct::Other(_)) && found.insert(&step.from) {
            waiting.extend(goals(&step.act));
        }
    }
    found
}

fn goals(act: &FlowAct) -> Vec<&str> {
    match act {
        FlowAct::Other(act) => act.routes().into_iter().filter_map(|it| known(it.1)).collect(),
        FlowAct::Send(sends) => {
            let awaits = sends.awaits.iter();
            let ways = awaits.clone().flat_map(|it| it.ways.iter().map(|it| &it.next));
            let others = awaits.clone().map(|it| &it.other);
            let timeouts = awaits.filter_map(|it| it.timeout.as_ref()).map(|it| &it.next);
            ways.chain(others).chain(timeouts).chain([&sends.next]).filter_map(|it| known(it)).collect()
        }
    }
}
