//! Translates the scenarios of the plan: files of the run first, then rows of the database.
//!
//! Scenarios have nothing to do with people, so this stage depends on no other. Its files are a function of the files of
//! the plan and of the edits that people have made in the database. What it writes into the database depends on the files
//! of the plan alone: an edit stays current there whatever the source says.

mod items;
mod record;
mod rows;
mod sections;

use std::time::Instant;

use anyhow::{Context, Result};
use crm::{Crm, LoadError, ScenarioChanges, ScenarioSets};
use jiff::Timestamp;
use model::{Counts, Stage};
use run::{Artifact, RunFolder, ScenarioSetRecord, TemplateChanges};
use tokio::task::block_in_place;
use translation::{Edits, outputs};

use crate::backup;
use crate::open_run::{OpenRun, stage_record};
use crate::progress::{Note, Outcome, Task};

pub(crate) use crate::translate::items::{ItemRow, read_items};
pub(crate) use crate::translate::record::counts;
pub use crate::translate::rows::edits_of;
pub(crate) use crate::translate::rows::{finding_text, named_text, output_digest, step_text};
pub(crate) use crate::translate::sections::{Sections, read_section};

/// The folder of the stage in a run.
const FOLDER: &str = "translate";

/// Translates the scenarios of the plan into files of the run, unless that is already done. Gives the sections as they were
/// read.
pub(crate) async fn translate(run: &mut OpenRun) -> Result<Sections> {
    let sections = block_in_place(|| Sections::read(&run.plan))?;
    if sections.is_empty() {
        forget(run)?;
        return Ok(sections);
    }
    let edits = edits(&run.plan).await?;
    let inputs = sections.inputs(&run.plan, &edits);
    if run.folder.is_complete(Stage::Translate, inputs)? {
        run.progress.note(Note::AlreadyDone(Task::Translate));
        return Ok(sections);
    }
    let started = Instant::now();
    let work = run.progress.begin(Task::Translate, 0);
    let Written { records, artifacts } = block_in_place(|| write(run, &sections, &edits))?;
    let n_scenarios = records.iter().map(|it| it.scenarios).sum();
    let n_templates = records.iter().flat_map(|it| it.templates.values()).sum();
    let mut record = stage_record(inputs, Counts::default(), started);
    record.scenario_sets = records;
    let before = run.folder.manifest.stages.get(&Stage::Translate);
    record.template_changes = before.and_then(|it| it.template_changes);
    run.folder.complete(Stage::Translate, record, artifacts)?;
    work.end(Outcome::Translated { n_scenarios, n_templates });
    Ok(sections)
}

/// Takes a translation out of a run whose plan has no scenarios any more.
fn forget(run: &mut OpenRun) -> Result<()> {
    if run.folder.manifest.stages.remove(&Stage::Translate).is_none() {
        return Ok(());
    }
    remove_files(&mut run.folder)?;
    Ok(run.folder.save()?)
}

/// The files of the stage, and what they hold.
struct Written {
    /// A record for each section.
    records: Vec<ScenarioSetRecord>,
    artifacts: Vec<(String, Artifact)>,
}

/// Compiles all sections and writes the files of the stage. Files of an earlier translation are removed first: templates
/// among them would be submitted too.
fn write(run: &mut OpenRun, sections: &Sections, edits: &Edits) -> Result<Written> {
    let sets = sections.compiled(&run.plan)?;
    let items = items::of_sets(sets);
    let numbered = sections.iter().zip(sections.numbers(&run.plan)).zip(sets).zip(&items);
    let records =
        numbered.map(|(((section, (_, input)), set), items)| record::of(section, input, set, items)).collect();
    let mut sets = sets.to_vec();
    for compiled in sets.iter_mut().flat_map(|it| &mut it.compiled) {
        edits.apply(compiled);
    }
    let mut files = outputs(&sets, &run.plan.translate.catalog)?;
    files.push(items::file(&items)?);
    remove_files(&mut run.folder)?;
    let mut artifacts = Vec::new();
    for file in files {
        let name = format!("{FOLDER}/{}", file.name);
        let mut writer = run.folder.create(&name)?;
        let written = std::io::Write::write_all(&mut writer, file.text.as_bytes());
        written.with_context(|| format!("could not write {}", run.folder.path(&name).display()))?;
        artifacts.push((name, writer.publish(file.rows)?));
    }
    Ok(Written { records, artifacts })
}

/// Removes the files of an earlier translation, in the folder and in the manifest.
fn remove_files(folder: &mut RunFolder) -> Result<()> {
    let is_ours = |name: &str| name.starts_with(&format!("{FOLDER}/"));
    let ours: Vec<String> = folder.manifest.artifacts.keys().filter(|it| is_ours(it)).cloned().collect();
    for name in ours {
        match std::fs::remove_file(folder.path(&name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("could not remove {}", folder.path(&name).display()));
            }
            _ => {}
        }
        folder.manifest.artifacts.remove(&name);
    }
    Ok(())
}

/// The edits that the database of the plan has.
async fn edits(plan: &plan::Plan) -> Result<Edits> {
    let Some(crm) = Crm::look(&plan.crm_url()?).await? else { return Ok(Edits::default()) };
    let kept = async { Ok::<_, LoadError>((crm.kept_templates().await?, crm.kept_messages().await?)) }.await;
    crm.close().await;
    let (templates, messages) = kept?;
    edits_of(&templates, &messages)
}

/// Keeps the scenarios in the database: each section that has no receipt yet, in one transaction.
pub(crate) async fn load(run: &mut OpenRun, crm: &Crm, sections: &Sections, only: Option<u32>) -> Result<()> {
    let receipts = crm.all_receipts(run.run_id(), Stage::Translate).await?;
    let is_done = |number: u32, input| receipts.get(&number).is_some_and(|it| it.input == input);
    let waiting: Vec<u32> = sections.numbers(&run.plan).filter(|it| !is_done(it.0, it.1)).map(|it| it.0).collect();
    let waiting: Vec<u32> = waiting.into_iter().filter(|it| only.is_none_or(|only| only == *it)).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    backup::ensure(run, crm).await?;
    let work = run.progress.begin(Task::KeepScenarios, waiting.len() as u64);
    let sets = block_in_place(|| scenario_sets(run, sections))?;
    let mut changes = ScenarioChanges::default();
    for set in sets.iter().filter(|it| waiting.contains(&it.set().receipt.batch)) {
        let lease = run.lease.as_ref().context("the run has no right to load")?;
        changes += crm.load_scenarios(lease, set, Timestamp::now()).await?;
        work.advance(1);
    }
    let changes = record::changes(&changes);
    note_changes(run, changes)?;
    work.end(Outcome::Kept(changes));
    Ok(())
}

/// Notes in the manifest of a dry run what [`load`] would change in the database.
pub(crate) async fn preview(run: &mut OpenRun, crm: Option<&Crm>, sections: &Sections) -> Result<()> {
    if sections.is_empty() {
        return Ok(());
    }
    let sets = block_in_place(|| scenario_sets(run, sections))?;
    let changes = match crm {
        Some(crm) => record::changes(&crm.preview_scenarios(&sets).await?),
        None => {
            let new = sets.iter().map(|it| it.set().templates.len() as u64).sum();
            TemplateChanges { new, ..TemplateChanges::default() }
        }
    };
    note_changes(run, changes)
}

fn note_changes(run: &mut OpenRun, changes: TemplateChanges) -> Result<()> {
    if let Some(record) = run.folder.manifest.stages.get_mut(&Stage::Translate) {
        record.template_changes = Some(changes);
    }
    Ok(run.folder.save()?)
}

fn scenario_sets(run: &OpenRun, sections: &Sections) -> Result<ScenarioSets> {
    let sets = sections.compiled(&run.plan)?;
    let items = items::of_sets(sets);
    let numbered = sections.numbers(&run.plan).zip(sets).zip(&items);
    let sets = numbered.map(|(((number, input), set), items)| rows::of_set(run.run_id(), number, input, set, items));
    Ok(ScenarioSets::new(sets.collect::<Result<_>>()?)?)
}
