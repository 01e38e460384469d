//! Reads corrected rejects, and repeats the run from cleaning on.

use std::collections::{BTreeSet, HashSet};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use model::{Outcome, RowId, Stage};
use run::Fix;
use run::formats::ledger;

use crate::corrections;
use crate::open_run::OpenRun;
use crate::run_report::RunReport;

/// The result of a correction.
pub struct Fixed {
    pub n_corrected: usize,
    pub n_rejected_before: u64,
    pub report: RunReport,
}

/// Applies the corrected rows of a file. Every one must have been rejected.
pub async fn fix(run: &mut OpenRun, file: &Path) -> Result<Fixed> {
    let corrected = corrections::read_file(file, &run.folder.manifest.sources)?.rows();
    if corrected.is_empty() {
        bail!("{} corrects no row: fill in the cells of rejected rows and leave _source and _record", file.display());
    }
    let rejected = rejected(run)?;
    let mut others: Vec<&RowId> = corrected.difference(&rejected).collect();
    others.sort();
    if let Some(row) = others.first() {
        let source = &run.folder.manifest.sources[usize::from(row.source)].name;
        bail!(
            "row {source}:{} was not rejected: only rejected rows can be corrected ({} such rows in {})",
            row.record,
            others.len(),
            file.display()
        );
    }
    keep_file(run, file, &corrected)?;
    let report = crate::run_from_clean(run).await?;
    Ok(Fixed { n_corrected: corrected.len(), n_rejected_before: rejected.len() as u64, report })
}

/// Keeps the file in the run folder, because the result now depends on it. The run is not finished any more.
fn keep_file(run: &mut OpenRun, file: &Path, corrected: &HashSet<RowId>) -> Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
    let extension = file.extension().map_or("csv".into(), |it| it.to_string_lossy().to_lowercase());
    let manifest = &mut run.folder.manifest;
    let name = format!("fixes/{}.{extension}", manifest.fixes.len() + 1);
    let sources: BTreeSet<u16> = corrected.iter().map(|it| it.source).collect();
    let sources = sources.into_iter().map(|it| &manifest.sources[usize::from(it)]);
    let fix = Fix { file: name.clone(), sources: sources.map(|it| (it.name.clone(), it.sha256())).collect() };
    let mut copy = run.folder.create(&name)?;
    copy.write_all(&bytes)?;
    let artifact = copy.publish(corrected.len() as u64)?;
    let manifest = &mut run.folder.manifest;
    manifest.fixes.push(fix);
    manifest.artifacts.insert(name, artifact);
    manifest.stages.retain(|stage, _| *stage < Stage::Clean);
    Ok(run.folder.save()?)
}

fn rejected(run: &OpenRun) -> Result<HashSet<RowId>> {
    let table = ledger::open(&run.folder).context("nothing is clean yet: run `ferry run` first")?;
    let sources = &run.folder.manifest.sources;
    let mut rejected = HashSet::new();
    ledger::read(&table, |row| {
        let source = sources.iter().position(|it| it.name == row.source);
        if let (Outcome::Rejected, Some(source)) = (row.outcome, source) {
            rejected.insert(RowId { source: u16::try_from(source)?, record: row.record });
        }
        anyhow::Ok(())
    })?;
    Ok(rejected)
}
