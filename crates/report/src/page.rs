//! The page as a template.

use askama::Template;

use crate::answer::{Tile, lead, tiles};
use crate::facts::Facts;
use crate::mend::problems;
use crate::section::{Block, Cell, Section};
use crate::sections::sections;
use crate::words::{Words, fill};

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
            commands: match facts.commands.are_about_latest() {
                true => format!("{} {}", w.page.commands, fill(w.page.latest, &[&manifest.run_id])),
                false => w.page.commands.to_owned(),
            },
            made_by: fill(w.page.made_by, &[&manifest.tool]),
        }
    }
}
