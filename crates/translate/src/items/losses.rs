//! What was lost before the compiler: the losses that an import recorded.
//!
//! Each loss of the scenario is one item that is lost, also where it speaks of several things (“5 buttons”). Its kind is
//! that of what is missing, where the loss says so. Findings of the import that are warnings or errors lose nothing, so
//! they are no items.

use model::Severity;
use scenario::{Loss, Scenario};

use super::{Item, ItemKind, ItemOutcome};

pub(super) fn items(scenario: &Scenario) -> impl Iterator<Item = Item> + '_ {
    let losses = scenario.losses.iter().enumerate().filter(|it| it.1.loss.rule().severity == Severity::Loss);
    losses.map(|(n, lost)| Item {
        kind: kind(lost.loss),
        place: format!("/losses/{n}"),
        name: lost.place.clone(),
        outcome: ItemOutcome::Lost { code: lost.loss.rule().code, what: lost.what.clone() },
    })
}

fn kind(loss: Loss) -> ItemKind {
    match loss {
        Loss::StepDropped => ItemKind::Step,
        Loss::ButtonDropped => ItemKind::Choice,
        _ => ItemKind::Other,
    }
}
