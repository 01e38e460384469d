//! What the findings say about the steps of a scenario.

use std::collections::HashMap;

use model::Finding;
use scenario::Loss;

use super::ItemOutcome;
use crate::rules;

/// The findings at each step, by its number.
pub(super) struct Told<'a>(HashMap<usize, Vec<&'a Finding>>);

impl<'a> Told<'a> {
    pub(super) fn of(findings: &'a [Finding]) -> Self {
        let mut told: HashMap<usize, Vec<&Finding>> = HashMap::new();
        for finding in findings {
            let number = finding.place.strip_prefix("/steps/").and_then(|it| it.split('/').next()?.parse().ok());
            if let Some(n) = number {
                told.entry(n).or_default().push(finding);
            }
        }
        Self(told)
    }

    fn at(&self, n: usize) -> impl Iterator<Item = &'a Finding> {
        self.0.get(&n).into_iter().flatten().copied()
    }

    /// Why a whole step is missing.
    pub(super) fn step(&self, n: usize) -> ItemOutcome {
        outcome(self.at(n).find(|it| drops_step(it)))
    }

    /// Why a choice of a step is missing: its whole step is, or a finding names its title.
    pub(super) fn choice(&self, n: usize, title: &str) -> ItemOutcome {
        let title = plain(title);
        let names = |it: &Finding| drops_choice(it) && it.message.contains(&title);
        outcome(self.at(n).find(|it| drops_step(it) || names(it)))
    }

    /// Why a step no longer uses a slot: its whole step is missing, its answer is not asked for, or a loss names the slot.
    pub(super) fn slot(&self, n: usize, name: &str) -> ItemOutcome {
        let written = format!("{{{{{name}}}}}");
        let asks = |it: &Finding| it.rule == Loss::SharePhone.rule();
        let names = |it: &Finding| it.rule.severity == model::Severity::Loss && it.message.contains(&written);
        outcome(self.at(n).find(|it| drops_step(it) || asks(it) || names(it)))
    }

    /// Whether a finding says that the address behind a choice is in the text.
    pub(super) fn is_in_text(&self, n: usize, title: &str) -> bool {
        let title = plain(title);
        let moves = |it: &Finding| it.rule == &rules::LINK_IN_TEXT || it.rule == Loss::ButtonDropped.rule();
        self.at(n).any(|it| moves(it) && it.message.contains(&title))
    }
}

/// Whether a finding says that a step is not sent.
fn drops_step(finding: &Finding) -> bool {
    finding.rule == &rules::NO_TEXT || finding.rule == Loss::StepDropped.rule()
}

/// Whether a finding says that a choice is gone. Other losses of choices change them, such as a title that is cut.
fn drops_choice(finding: &Finding) -> bool {
    finding.rule == Loss::SharePhone.rule() || finding.rule == Loss::ButtonDropped.rule()
}

/// Titles lose their line breaks on the way.
fn plain(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn outcome(finding: Option<&Finding>) -> ItemOutcome {
    finding.map_or(ItemOutcome::Unaccounted, |it| ItemOutcome::Lost { code: it.rule.code, what: it.message.clone() })
}
