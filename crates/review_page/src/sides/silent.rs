//! Steps that show nothing, alike on both sides: decisions, calls, times, handovers.

use scenario::{Act, Call, Condition, Find, Handover, Timeout};

use crate::view::{Goals, StepView, WayKind};
use crate::words::{Words, fill};

/// Fills a step with what an act does that shows nothing. A message, a question and a listener are left as they are.
pub(super) fn fill_in(step: &mut StepView, act: &Act, goals: &Goals<'_>) {
    let w = goals.w;
    match act {
        Act::Condition(it) => condition(step, it, goals),
        Act::Call(it) => call(step, it, goals),
        Act::Find(it) => find(step, it, goals),
        Act::Set { slot, value, next } => {
            step.notes.push(fill(w.saves, &[&value.to_string(), slot]));
            (step.next, step.to) = goals.of(next);
        }
        Act::Wait { seconds, next } => {
            step.notes.push(fill(w.waits, &[&w.duration(*seconds)]));
            step.ways.push(goals.way(WayKind::Event, fill(w.after, &[&w.duration(*seconds)]), next));
        }
        Act::Handover(it) => handover(step, it, goals),
        Act::Message(_) | Act::Question(_) | Act::Listen(_) => {}
    }
}

fn condition(step: &mut StepView, condition: &Condition, goals: &Goals<'_>) {
    let w = goals.w;
    if condition.branches.is_empty() {
        (step.next, step.to) = goals.of(&condition.otherwise);
        return;
    }
    step.notes.push(w.decides.to_owned());
    for branch in &condition.branches {
        let label = format!("{} {}", branch.slot, branch.words());
        step.ways.push(goals.way(WayKind::Event, label, &branch.next));
    }
    step.ways.push(goals.way(WayKind::Event, w.otherwise.to_owned(), &condition.otherwise));
}

fn call(step: &mut StepView, call: &Call, goals: &Goals<'_>) {
    let w = goals.w;
    step.notes.push(match call.system.strip_prefix("scenario ") {
        Some(scenario) => fill(w.goes_on_in, &[scenario]),
        None => fill(w.calls, &[&call.system]),
    });
    if goals.of(&call.next) == goals.of(&call.on_failure) {
        (step.next, step.to) = goals.of(&call.next);
        return;
    }
    step.ways.push(goals.way(WayKind::Event, w.call_done.to_owned(), &call.next));
    step.ways.push(goals.way(WayKind::Event, w.call_failed.to_owned(), &call.on_failure));
}

fn find(step: &mut StepView, find: &Find, goals: &Goals<'_>) {
    step.notes.push(fill(goals.w.finds, &[&find.within, &find.slot]));
    (step.next, step.to) = goals.of(&find.next);
}

fn handover(step: &mut StepView, handover: &Handover, goals: &Goals<'_>) {
    let how = match &handover.target {
        Some(target) => format!("{}, {target}", handover.via.name()),
        None => handover.via.name().to_owned(),
    };
    step.notes.push(fill(goals.w.hands_over, &[&how]));
    (step.next, step.to) = goals.of(&handover.next);
}

/// The way on if no answer comes in time.
pub(super) fn timeout(step: &mut StepView, timeout: Option<&Timeout>, goals: &Goals<'_>) {
    if let Some(timeout) = timeout {
        let w: &Words = goals.w;
        let label = fill(w.no_answer, &[&w.duration(timeout.seconds)]);
        step.ways.push(goals.way(WayKind::Event, label, &timeout.next));
    }
}
