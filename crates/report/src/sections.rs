//! The sections below the first screen.

mod change;
mod contact;
mod coverage;
mod funnel;
mod overlap;
mod people;
mod quality;
mod run_itself;
mod unread;
mod verification;

use crate::facts::Facts;
use crate::mend::{self, Problem};
use crate::section::Section;

/// All sections in their order.
pub(crate) fn sections(facts: &Facts, problems: &[Problem]) -> Vec<Section> {
    vec![
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
        run_itself::section(facts),
    ]
}
