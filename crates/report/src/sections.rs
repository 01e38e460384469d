//! The sections below the first screen.

mod change;
mod contact;
mod coverage;
mod funnel;
mod overlap;
mod people;
mod quality;
mod run_itself;
mod scenarios;
mod unread;
mod verification;

use crate::facts::Facts;
use crate::mend::{self, Problem};
use crate::section::Section;

/// All sections in their order.
pub(crate) fn sections(facts: &Facts, problems: &[Problem]) -> Vec<Section> {
    let mut sections = vec![
        people::section(facts),
        mend::section(facts, problems),
        unread::section(facts),
        funnel::section(facts),
        overlap::section(facts),
        contact::section(facts),
        change::section(facts),
        quality::section(facts),
        verification::section(facts),
        coverage::section(facts),
    ];
    sections.extend(scenarios::section(facts));
    sections.push(run_itself::section(facts));
    sections
}
