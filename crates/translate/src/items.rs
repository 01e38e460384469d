//! The ledger of a translation: what each item of a scenario became.
//!
//! An item is a step, a choice or a slot of the neutral form, or something that was lost when the scenario was imported.
//! Each is carried, lost by name, or not taken because its scenario was refused. An item that is none of these is
//! unaccounted: the compiler lost it without a word, or the ledger looks in the wrong place.
//!
//! The ledger reads results only and decides nothing: an error of the compiler cannot repeat itself here. It is as
//! strict as results allow:
//! - A step is carried if it is there, does what it did in the source, and can still be reached.
//! - A choice is carried if the customer can tap it and its answer leads somewhere, or finds its address in the text. The
//!   products of a message are choices too: each can be tapped. The button that opens a list is none.
//! - A slot is carried if every step that fills, reads or tests it still does, or says why not. Slots that are used and not
//!   declared count like declared ones.

#[cfg(test)]
mod counts;
mod losses;
mod slots;
mod steps;
mod taps;
mod told;
mod whatsapp_side;

use scenario::Scenario;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Compiled;
use told::Told;
use whatsapp_side::WhatsappSide;

/// An item of a scenario, and what it became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    pub kind: ItemKind,
    /// Its place in the scenario: a JSON pointer.
    pub place: String,
    /// The id of a step, the title of a choice, the name of a slot, the place of a loss in the source.
    pub name: String,
    pub outcome: ItemOutcome,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    Step,
    Choice,
    Slot,
    /// Anything else of the source that did not reach the neutral form.
    Other,
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ItemOutcome {
    /// It is on the WhatsApp side.
    Carried {
        /// Where, such as `template order_status` or `step ask`.
        to: String,
    },
    /// It is not, and a finding says so.
    Lost {
        /// The code of the finding.
        code: &'static str,
        what: String,
    },
    /// Its scenario was refused.
    NotTaken { why: String },
    /// Nothing says where it is: an error of Ferry's.
    Unaccounted,
}

/// Every item of the scenario and what it became: the steps, each with its choices behind it, then the slots, then what
/// was lost on import.
///
/// `compiled` is the result of [`compile`](crate::compile()) for this scenario.
pub fn items(scenario: &Scenario, compiled: &Compiled) -> Vec<Item> {
    let told = Told::of(&compiled.findings);
    let side = WhatsappSide::of(compiled);
    let reached = steps::reached(scenario);
    let mut items = steps::items(scenario, &reached, &side, &told);
    items.extend(slots::items(scenario, &reached, &side, &told));
    if let Some(why) = refusal(compiled) {
        items.iter_mut().for_each(|it| it.outcome = ItemOutcome::NotTaken { why: why.clone() });
    }
    items.extend(losses::items(scenario));
    items
}

/// Why nothing of a scenario was translated.
fn refusal(compiled: &Compiled) -> Option<String> {
    let is_of_result = |place: &str| ["/templates/", "/messages/"].iter().any(|it| place.starts_with(it));
    let error = compiled.findings.iter().find(|it| it.is_error() && !is_of_result(&it.place))?;
    compiled.flow.steps.is_empty().then(|| format!("{} {}", error.rule.code, error.message))
}

impl ItemKind {
    pub const ALL: [Self; 4] = [Self::Step, Self::Choice, Self::Slot, Self::Other];

    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Choice => "choice",
            Self::Slot => "slot",
            Self::Other => "other",
        }
    }
}

impl ItemOutcome {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Carried { .. } => "carried",
            Self::Lost { .. } => "lost",
            Self::NotTaken { .. } => "not taken",
            Self::Unaccounted => "unaccounted",
        }
    }

    /// The code of the finding that names the loss; empty if it is not lost.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Lost { code, .. } => code,
            _ => "",
        }
    }

    /// Where the item is, what was lost, or why it was not taken.
    pub fn about(&self) -> &str {
        match self {
            Self::Carried { to } => to,
            Self::Lost { what, .. } => what,
            Self::NotTaken { why } => why,
            Self::Unaccounted => "",
        }
    }
}

#[cfg(test)]
mod tests;
