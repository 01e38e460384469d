//! `report.html`: the results of a run, the answer first. It loads no outside resources, needs no script, and is readable
//! on a phone, on a dark screen, with a screen reader and on paper.

mod answer;
mod commands;
mod facts;
mod mend;
mod page;
mod pictures;
mod section;
mod sections;
mod words;

use anyhow::{Context, Result};
use askama::Template;
use crossing::{OpenRun, RunReport};
use run::write_private;

use crate::facts::Facts;
use crate::page::Page;

/// The name of the report in the run folder.
const REPORT: &str = "report.html";

/// Writes the report of a run into its folder and its digest into the manifest, unless it was a dry run. If the
/// verification ended early, the report is written first and the error is returned after it.
pub fn written(run: &mut OpenRun, mut report: RunReport) -> Result<RunReport> {
    let html = Facts::of(run, &report).map(|it| Page::of(&it).render()).transpose();
    if let Some(html) = html.context("could not make the report")? {
        let artifact = write_private(&run.folder.path(REPORT), html.as_bytes())?;
        run.folder.manifest.artifacts.insert(REPORT.to_owned(), artifact);
        report.note_people(&mut run.folder.manifest);
        run.folder.save()?;
    }
    match report.failure.take() {
        Some(failure) => Err(failure),
        None => Ok(report),
    }
}
