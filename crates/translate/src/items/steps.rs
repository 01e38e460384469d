//! What became of the steps, each with its choices.

use std::collections::{HashMap, HashSet};

use scenario::{Act, Condition, Scenario, Step};

use super::taps::{Taps, taps};
use super::told::Told;
use super::whatsapp_side::{WhatsappSide, sends, templates};
use super::{Item, ItemKind, ItemOutcome};
use crate::goal::known;
use crate::{FlowAct, FlowStep};

pub(super) fn items(
    scenario: &Scenario,
    reached: &HashSet<&str>,
    side: &WhatsappSide<'_>,
    told: &Told<'_>,
) -> Vec<Item> {
    let mut items = Vec::new();
    for (n, step) in scenario.steps.iter().enumerate() {
        let is_reached = reached.contains(step.id.as_str());
        let outcome = outcome(step, is_reached, side).unwrap_or_else(|| told.step(n));
        let is_carried = matches!(outcome, ItemOutcome::Carried { .. });
        let of_step = Item { kind: ItemKind::Step, place: format!("/steps/{n}"), name: step.id.clone(), outcome };
        items.push(of_step.clone());
        let Act::Message(message) = &step.act else { continue };
        let mut became = Taps::of(side, &step.id, is_reached);
        for tap in taps(n, message) {
            // The choices of a step that is gone are gone with it.
            let outcome = if is_carried { became.take(&tap, told, n) } else { of_step.outcome.clone() };
            items.push(Item { kind: ItemKind::Choice, place: tap.place, name: tap.name.to_owned(), outcome });
        }
    }
    items
}

/// Where a step was carried to; none if it is not there, or no longer reached.
fn outcome(step: &Step, is_reached: bool, side: &WhatsappSide<'_>) -> Option<ItemOutcome> {
    let became = side.became(&step.id);
    let is_still = !is_reached || became.iter().any(|it| side.is_reached(it));
    (is_still && does_the_same(&step.act, became, side)).then(|| ItemOutcome::Carried { to: place(became) })
}

/// Whether the steps do what the act did.
fn does_the_same(act: &Act, became: &[&FlowStep], side: &WhatsappSide<'_>) -> bool {
    // Each of several messages, such as the pages of a list, must be there.
    let says =
        || became.iter().any(|it| sends(it).is_some()) && became.iter().filter_map(sends).all(|it| side.says(it));
    let waits = || became.iter().filter_map(sends).any(|it| it.awaits.is_some());
    let acts = || became.iter().any(|it| matches!(&it.act, FlowAct::Other(other) if is_same(act, other)));
    match act {
        Act::Message(_) => says(),
        Act::Question(_) => says() && waits(),
        Act::Listen(_) => waits(),
        Act::Handover(it) => (it.text.is_empty() || says()) && acts(),
        Act::Condition(_) | Act::Find(_) | Act::Set { .. } | Act::Call(_) | Act::Wait { .. } => acts(),
    }
}

/// Whether two acts that send nothing do the same, wherever they lead.
fn is_same(one: &Act, other: &Act) -> bool {
    match (one, other) {
        (Act::Condition(a), Act::Condition(b)) => tests(a).eq(tests(b)),
        (Act::Find(a), Act::Find(b)) => {
            (&a.within, a.test, &a.value, &a.slot) == (&b.within, b.test, &b.value, &b.slot)
        }
        (Act::Set { slot, value, .. }, Act::Set { slot: other, value: others, .. }) => (slot, value) == (other, others),
        (Act::Call(a), Act::Call(b)) => a.system == b.system,
        (Act::Wait { seconds, .. }, Act::Wait { seconds: others, .. }) => seconds == others,
        (Act::Handover(a), Act::Handover(b)) => (a.via, &a.target) == (b.via, &b.target),
        _ => false,
    }
}

fn tests(condition: &Condition) -> impl Iterator<Item = (&str, scenario::Test, &str)> {
    condition.branches.iter().map(|it| (it.slot.as_str(), it.test, it.value.as_str()))
}

/// Names the templates that a step became, or else its steps.
fn place(became: &[&FlowStep]) -> String {
    let names: Vec<&str> = became.iter().filter_map(sends).flat_map(templates).collect();
    match names.as_slice() {
        [] => format!("step {}", became.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ")),
        names => format!("template {}", names.join(", ")),
    }
}

/// The ids of the steps that the scenario can come to. Time runs out only where a step waits.
pub(super) fn reached(scenario: &Scenario) -> HashSet<&str> {
    let steps: HashMap<&str, &Step> = scenario.steps.iter().map(|it| (it.id.as_str(), it)).collect();
    let (mut reached, mut waiting) = (HashSet::new(), vec![scenario.start.as_str()]);
    while let Some(id) = waiting.pop() {
        let Some(step) = steps.get(id).filter(|_| reached.insert(id)) else { continue };
        match &step.act {
            Act::Message(it) if !it.waits() => waiting.extend(known(&it.next)),
            act => waiting.extend(act.routes().into_iter().filter_map(|it| known(it.1))),
        }
    }
    reached
}
