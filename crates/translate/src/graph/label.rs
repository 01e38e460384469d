//! The words of pictures: labels of steps and routes.

use scenario::{Act, Condition};

use crate::goal::known;

/// Limits a label, in characters.
const MAX_LABEL: usize = 60;

/// The label of a step.
pub(super) fn label(id: &str, act: &Act) -> String {
    let what = match act {
        Act::Message(it) => it.text.to_string(),
        Act::Question(it) => format!("{} → {}", it.text, it.slot),
        Act::Listen(it) => format!("listens → {}", it.slot),
        Act::Find(it) => format!("{} = what is found in {}", it.slot, it.within),
        Act::Condition(it) => match decided_by(it) {
            Some(slot) => format!("depends on {slot}"),
            None => "depends".to_owned(),
        },
        Act::Set { slot, value, .. } => format!("{slot} = {value}"),
        Act::Call(it) => it.system.clone(),
        Act::Wait { seconds, .. } => format!("wait {seconds} s"),
        Act::Handover(it) => format!("to a person: {}", it.via.name()),
    };
    format!("{id}: {}", short(&what))
}

/// The slot that all branches look at.
fn decided_by(condition: &Condition) -> Option<&str> {
    let first = condition.branches.first()?;
    condition.branches.iter().all(|it| it.slot == first.slot).then_some(first.slot.as_str())
}

/// The routes out of a step. The slot in the label of the box is not repeated.
pub(super) fn routes(act: &Act) -> Vec<(String, Option<&str>)> {
    let slot = match act {
        Act::Condition(it) => decided_by(it).map(|it| format!("{it} ")),
        _ => None,
    };
    let shown =
        |route: String| slot.as_deref().and_then(|it| route.strip_prefix(it)).map_or(route.clone(), str::to_owned);
    act.routes().into_iter().map(|(route, goal)| (shown(route), known(goal))).collect()
}

pub(super) fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() > MAX_LABEL {
        true => text.chars().take(MAX_LABEL - 1).collect::<String>() + "…",
        false => text,
    }
}
