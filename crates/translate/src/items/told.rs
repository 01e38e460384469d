//! What the findings say about the steps of a scenario.

use std::collections::HashMap;

use model::{Finding, Severity};
use scenario::Loss;

use super::ItemOutcome;
use crate::rules;

/// The findings about steps and slots.
pub(super) struct Told<'a> {
    /// By the number of the step.
    steps: HashMap<usize, Vec<&'a Finding>>,
    /// By the place of the slot.
    slots: HashMap<&'a str, &'a Finding>,
}

impl<'a> Told<'a> {
    pub(super) fn of(findings: &'a [Finding]) -> Self {
        let mut steps: HashMap<usize, Vec<&Finding>> = HashMap::new();
        let mut slots = HashMap::new();
        for finding in findings {
            if finding.place.starts_with("/slots/") && finding.rule.severity == Severity::Loss {
                slots.insert(finding.place.as_str(), finding);
            }
            let number = finding.place.strip_prefix("/steps/").and_then(|it| it.split('/').next()?.parse().ok());
            if let Some(n) = number {
                steps.entry(n).or_default().push(finding);
            }
        }
        Self { steps, slots }
    }

    fn at(&self, n: usize) -> impl Iterator<Item = &'a Finding> {
        self.steps.get(&n).into_iter().flatten().copied()
    }

    /// Why a whole step is missing.
    pub(super) fn step(&self, n: usize) -> ItemOutcome {
        outcome(self.at(n).find(|it| drops_step(it)))
    }

    /// Why a choice of a step is missing: its whole step is, or a finding names its title.
    pub(super) fn choice(&self, n: usize, title: &str) -> ItemOutcome {
        outcome(self.at(n).find(|it| drops_step(it) || drops_choice(it) && names(it, title)))
    }

    /// Why a step no longer uses a slot: its whole step is missing, its answer is not asked for, or a loss names the slot.
    pub(super) fn slot(&self, n: usize, name: &str) -> ItemOutcome {
        let written = format!("{{{{{name}}}}}");
        let asks = |it: &Finding| it.rule == Loss::SharePhone.rule();
        // The wording around a code has slots too, and says nothing of them.
        let is_alone = |it: &Finding| it.rule != Loss::CodeText.rule() || it.message == format!("the value {written}");
        let names = |it: &Finding| drops_slot(it) && it.message.contains(&written) && is_alone(it);
        outcome(self.at(n).find(|it| drops_step(it) || asks(it) || names(it)))
    }

    /// Why a declared slot is used nowhere.
    pub(super) fn unused(&self, place: &str) -> ItemOutcome {
        outcome(self.slots.get(place).copied())
    }

    /// Whether a finding says that the address behind a choice is in the text.
    pub(super) fn is_in_text(&self, n: usize, title: &str) -> bool {
        let moves = |it: &Finding| it.rule == &rules::LINK_IN_TEXT || it.rule == Loss::ButtonDropped.rule();
        self.at(n).any(|it| moves(it) && names(it, title))
    }
}

/// Whether a finding says that a step is not sent.
fn drops_step(finding: &Finding) -> bool {
    finding.rule == &rules::NO_TEXT || finding.rule == Loss::StepDropped.rule()
}

/// Whether a finding says that a choice is gone. Other losses of choices change them, such as a title that is cut.
fn drops_choice(finding: &Finding) -> bool {
    [Loss::SharePhone, Loss::ButtonDropped, Loss::FieldDropped].iter().any(|it| finding.rule == it.rule())
}

/// Whether a finding says that a text or an address is gone, with its slots.
fn drops_slot(finding: &Finding) -> bool {
    let losses = [Loss::CodeText, Loss::LongTitle, Loss::MediaKind, Loss::FieldDropped, Loss::ButtonDropped];
    losses.iter().any(|it| finding.rule == it.rule())
}

/// Whether a finding names a title, alone or behind the name of its card.
fn names(finding: &Finding, title: &str) -> bool {
    // Titles of cards lose their line breaks on the way.
    let plain = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |it: &str| finding.message.contains(it);
    [title, &plain].iter().any(|it| says(&format!("“{it}”")) || says(&format!(": {it}”")))
}

fn outcome(finding: Option<&Finding>) -> ItemOutcome {
    finding.map_or(ItemOutcome::Unaccounted, |it| ItemOutcome::Lost { code: it.rule.code, what: it.message.clone() })
}
