//! The figures above the scenarios, and what each scenario can be filtered by.

use std::collections::BTreeSet;

use model::Severity;
use template::Template;
use translate::{FlowAct, Outgoing};

use crate::input::{Decision, Review, Reviewed};
use crate::sides::message_of;
use crate::view::Badge;
use crate::words::Words;

/// A figure with what it means.
pub(crate) struct Tile {
    /// The class of its colour.
    pub(crate) class: &'static str,
    pub(crate) label: &'static str,
    pub(crate) figure: usize,
    pub(crate) lines: Vec<String>,
}

/// What is counted in one scenario.
#[derive(Default)]
pub(crate) struct Counts {
    n_templates: usize,
    n_messages: usize,
    pub(crate) n_errors: usize,
    pub(crate) n_losses: usize,
    n_warnings: usize,
    n_approved: usize,
    n_rejected: usize,
    n_undecided_templates: usize,
    n_undecided_messages: usize,
    n_proposed: usize,
    n_edited: usize,
}

impl Counts {
    pub(crate) fn of(reviewed: &Reviewed<'_>) -> Self {
        let mut counts = Self::default();
        for finding in reviewed.findings.iter() {
            match finding.rule.severity {
                Severity::Error => counts.n_errors += 1,
                Severity::Loss => counts.n_losses += 1,
                Severity::Warning => counts.n_warnings += 1,
                Severity::Note => {}
            }
        }
        for it in &reviewed.templates {
            counts.n_templates += 1;
            counts.n_undecided_templates += counts.decided(it.decision);
            counts.n_proposed += usize::from(it.proposed.is_some());
            counts.n_edited += usize::from(it.edit.is_some());
        }
        for step in &reviewed.flow.steps {
            let FlowAct::Send(sends) = &step.act else { continue };
            for (part, _) in sends.sends.iter().enumerate().filter(|it| matches!(it.1, Outgoing::Message(_))) {
                let known = message_of(reviewed, &step.id, part);
                counts.n_messages += 1;
                counts.n_undecided_messages += counts.decided(known.map_or(Decision::Undecided, |it| it.decision));
                counts.n_proposed += usize::from(known.is_some_and(|it| it.proposed.is_some()));
                counts.n_edited += usize::from(known.is_some_and(|it| it.edit.is_some()));
            }
        }
        counts
    }

    /// Counts a decision, and returns 1 if it is still to be made.
    fn decided(&mut self, decision: Decision<'_>) -> usize {
        match decision {
            Decision::Approved(_) => self.n_approved += 1,
            Decision::Rejected(_) => self.n_rejected += 1,
            Decision::Undecided => return 1,
        }
        0
    }

    fn n_undecided(&self) -> usize {
        self.n_undecided_templates + self.n_undecided_messages
    }

    /// The severities that the scenario has findings of, for the filter.
    pub(crate) fn severities(&self) -> String {
        let all = [("error", self.n_errors), ("loss", self.n_losses), ("warning", self.n_warnings)];
        named(&all)
    }

    /// The states that texts of the scenario have, for the filter.
    pub(crate) fn states(&self) -> String {
        named(&[
            ("undecided", self.n_undecided()),
            ("approved", self.n_approved),
            ("rejected", self.n_rejected),
            ("edited", self.n_edited),
            ("proposed", self.n_proposed),
        ])
    }

    /// What is said of the scenario in one line.
    pub(crate) fn badges(&self, w: &Words) -> Vec<Badge> {
        let counted = [
            ("error", w.n_errors, self.n_errors),
            ("loss", w.n_losses, self.n_losses),
            ("proposed", w.n_proposed, self.n_proposed),
            ("rejected", w.n_rejected, self.n_rejected),
            ("undecided", w.n_undecided, self.n_undecided()),
        ];
        let badge = |(class, words, n)| Badge { class, text: w.counted(words, n) };
        let mut badges: Vec<Badge> = counted.into_iter().filter(|it| it.2 > 0).map(badge).collect();
        if self.n_undecided() == 0 && self.n_rejected == 0 && self.n_approved > 0 {
            badges.push(Badge { class: "approved", text: w.all_approved.to_owned() });
        }
        badges
    }
}

fn named(all: &[(&str, usize)]) -> String {
    all.iter().filter(|it| it.1 > 0).map(|it| it.0).collect::<Vec<_>>().join(" ")
}

/// The figures of all scenarios.
pub(crate) fn tiles(review: &Review<'_>, counts: &[Counts], w: &'static Words) -> Vec<Tile> {
    let sum = |of: fn(&Counts) -> usize| counts.iter().map(of).sum::<usize>();
    let (n_errors, n_losses) = (sum(|it| it.n_errors), sum(|it| it.n_losses));
    let n_undecided = sum(Counts::n_undecided);
    let tile = |class, label, figure, lines: Vec<String>| Tile { class, label, figure, lines };
    vec![
        tile("", w.tile_scenarios, counts.len(), vec![languages(review)]),
        tile("", w.tile_templates, sum(|it| it.n_templates), categories(review, w)),
        tile("", w.tile_messages, sum(|it| it.n_messages), vec![w.tile_messages_about.to_owned()]),
        tile(if n_errors > 0 { "error" } else { "" }, w.tile_errors, n_errors, vec![w.tile_errors_about.to_owned()]),
        tile(if n_losses > 0 { "loss" } else { "" }, w.tile_losses, n_losses, vec![w.tile_losses_about.to_owned()]),
        tile(
            if n_undecided > 0 { "undecided" } else { "approved" },
            w.tile_undecided,
            n_undecided,
            vec![
                w.counted(w.n_templates, sum(|it| it.n_undecided_templates)),
                w.counted(w.n_messages, sum(|it| it.n_undecided_messages)),
            ],
        ),
        tile(
            "",
            w.tile_decided,
            sum(|it| it.n_approved) + sum(|it| it.n_rejected),
            vec![w.counted(w.n_approved, sum(|it| it.n_approved)), w.counted(w.n_rejected, sum(|it| it.n_rejected))],
        ),
        tile(
            "",
            w.tile_proposed,
            sum(|it| it.n_proposed),
            vec![w.counted(w.n_edited, sum(|it| it.n_edited)), w.tile_proposed_about.to_owned()],
        ),
    ]
}

fn languages(review: &Review<'_>) -> String {
    let all: BTreeSet<&str> = review.scenarios.iter().map(|it| it.scenario.language.as_str()).collect();
    all.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The number of templates of each category.
fn categories(review: &Review<'_>, w: &Words) -> Vec<String> {
    let all = || review.scenarios.iter().flat_map(|it| &it.templates).map(|it| &*it.current);
    let mut lines: Vec<String> = Vec::new();
    for category in ["UTILITY", "MARKETING", "AUTHENTICATION"] {
        let n = all().filter(|it: &&Template| it.is(category)).count();
        if n > 0 {
            lines.push(format!("{n} {}", w.category(category)));
        }
    }
    lines
}
