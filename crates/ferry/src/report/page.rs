//! The page as a template.

use askama::Template;

use crate::report::answer::{Tile, lead, tiles};
use crate::report::facts::Facts;
use crate::report::mend::problems;
use crate::report::section::{Block, Cell, Section};
use crate::report::sections::sections;
use crate::report::words::{Words, fill};

#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct Page {
    w: &'static Words,
    /// The name of the run in the plan.
    name: String,
    of_run: String,
    /// What a sample is of; empty if the run is whole.
    sample: String,
    lead: String,
    tiles: Vec<Tile>,
    sections: Vec<Section>,
    commands: String,
    made_by: String,
}

impl Page {
    pub(crate) fn of(facts: &Facts) -> Self {
        let (w, manifest) = (facts.words, facts.manifest);
        let finished = manifest.stages.values().map(|it| it.finished_at).max().map(|it| w.moment(it));
        let problems = problems(facts);
        Self {
            w,
            name: manifest.name.clone(),
            of_run: fill(w.page.of_run, &[&manifest.run_id, &finished.unwrap_or_default()]),
            sample: manifest.sample.map(|it| w.counted(&w.page.sample, it)).unwrap_or_default(),
            lead: lead(facts),
            tiles: tiles(facts, &problems),
            sections: sections(facts, &problems),
            commands: fill(w.page.commands, &[&manifest.run_id]),
            made_by: fill(w.page.made_by, &[&manifest.tool]),
        }
    }
}
