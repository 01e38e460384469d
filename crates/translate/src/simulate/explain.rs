//! Compares what two sides showed, line by line, and says which findings explain the differences.
//!
//! A finding explains a difference only if it is about that step and could have made this very difference: it names the
//! title that was cut, the words that were taken out, or the step after which the route is lost.

mod lines;
mod reasons;
mod routes;
mod words;

use std::collections::BTreeSet;

use scenario::{Scenario, Shown};

use super::Difference;
use crate::Compiled;
use lines::{Hunk, Line, hunks};
use reasons::Reasons;

/// What the WhatsApp side showed, and more about each entry.
#[derive(Default)]
pub(super) struct Played {
    pub(super) shown: Vec<Shown>,
    /// The scenario of each entry.
    pub(super) of: Vec<usize>,
    /// The entries after which the customer did not answer in time.
    pub(super) silent: BTreeSet<usize>,
}

pub(super) fn compare(sides: &[(&Scenario, &Compiled)], source: &[Shown], whatsapp: &Played) -> Vec<Difference> {
    let ours = |n: usize| whatsapp.of.get(n).copied().unwrap_or_default();
    let shown = lines(&whatsapp.shown, ours);
    let source = lines(source, |_| 0);
    let mut differences = Vec::new();
    for hunk in hunks(&source, &shown) {
        let Some((explained_by, leads_elsewhere)) = explained(sides, &hunk, (&source, &shown), &whatsapp.silent) else {
            continue;
        };
        let step = hunk.source.first().or(hunk.whatsapp.first()).map(|it| it.step).unwrap_or_default();
        let text = |it: &[Line<'_>]| it.iter().map(|it| it.text.to_owned()).collect();
        differences.push(Difference {
            step: step.to_owned(),
            source: text(&hunk.source),
            whatsapp: text(&hunk.whatsapp),
            explained_by,
        });
        // After another route everything differs.
        if leads_elsewhere {
            break;
        }
    }
    differences
}

fn lines(shown: &[Shown], scenario: impl Fn(usize) -> usize) -> Vec<Line<'_>> {
    let entries = shown.iter().enumerate();
    let lines = entries.flat_map(|(entry, it)| {
        let scenario = scenario(entry);
        it.lines.iter().map(move |text| Line { text, step: &it.step, scenario, entry })
    });
    lines.collect()
}

/// The codes that explain a difference, and whether it comes from another route. The codes are empty if a part of it is
/// left without; there is no difference if the same words are only on other lines of one message.
fn explained(
    sides: &[(&Scenario, &Compiled)],
    hunk: &Hunk<'_>,
    (source, whatsapp): (&[Line<'_>], &[Line<'_>]),
    silent: &BTreeSet<usize>,
) -> Option<(Vec<&'static str>, bool)> {
    let messages = hunk.messages();
    let of_lines = |it: &Hunk<'_>| Reasons::of(sides, it, source, whatsapp).of_lines();
    let codes: Option<Vec<Vec<&'static str>>> = messages.iter().map(of_lines).collect();
    if let Some(mut codes) = codes.map(|it| it.concat()).or_else(|| of_lines(hunk)) {
        codes.sort_unstable();
        codes.dedup();
        return (!codes.is_empty()).then_some((codes, false));
    }
    match routes::reason(sides, hunk, silent) {
        Some(code) => Some((vec![code], true)),
        None => Some((Vec::new(), false)),
    }
}

#[cfg(test)]
mod tests;
