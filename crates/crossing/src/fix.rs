//! Reads corrected rejects, and repeats the run from cleaning on.

use std::collections::{BTreeSet, HashSet};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use model::{Outcome, RowId, Stage};
use run::Fix;
use run::formats::ledger;

use crate::corrections::{self, Corrections};
use crate::known_corrections::{Content, KnownCorrections, Replaced, each_row};
use crate::mended::contacts_of;
use crate::open_run::OpenRun;
use crate::run_report::RunReport;

/// The result of a correction.
pub struct Fixed {
    /// The rows of the file that differ from those of the run.
    pub n_corrected: u64,
    /// How many of them are rejected again.
    pub n_rejected_again: u64,
    /// The rows of the file that are as they were.
    pub n_unchanged: u64,
    pub n_rejected_before: u64,
    /// None if no row was corrected: then nothing was done.
    pub report: Option<RunReport>,
}

/// Applies the corrected rows of a file. Every one must have been rejected, or corrected before.
pub async fn fix(run: &mut OpenRun, file: &Path) -> Result<Fixed> {
    let in_file = corrections::read_file(file, &run.folder.manifest.sources)?;
    if in_file.rows().is_empty() {
        bail!("{} corrects no row: fill in the cells of rejected rows and leave _source and _record", file.display());
    }
    let rejected = rejected(run)?;
    let (corrected, known) = changed(run, &in_file, &rejected, file)?;
    let n_unchanged = (in_file.rows().len() - corrected.len()) as u64;
    let n_rejected_before = rejected.len() as u64;
    if corrected.is_empty() {
        return Ok(Fixed { n_corrected: 0, n_rejected_again: 0, n_unchanged, n_rejected_before, report: None });
    }
    keep_file(run, file, &corrected)?;
    known.write(&mut run.folder)?;
    run.folder.save()?;
    let report = crate::run_from_clean(run).await?;
    let n_rejected_again = self::rejected(run)?.intersection(&corrected).count() as u64;
    Ok(Fixed {
        n_corrected: corrected.len() as u64,
        n_rejected_again,
        n_unchanged,
        n_rejected_before,
        report: Some(report),
    })
}

/// The rows of a file that differ from those of the run, and what is known of corrections with them.
fn changed(
    run: &OpenRun,
    in_file: &Corrections,
    rejected: &HashSet<RowId>,
    file: &Path,
) -> Result<(HashSet<RowId>, KnownCorrections)> {
    let sources = &run.folder.manifest.sources;
    let before = Corrections::read(&run.folder, sources)?;
    let mut known = KnownCorrections::read(&run.folder)?;
    // The rows of the file that belong to contacts by an earlier correction.
    let contacts = contacts_of(&run.folder, &in_file.rows().intersection(&before.rows()).copied().collect())?;
    let (mut corrected, mut refused) = (HashSet::new(), Vec::new());
    for (number, source) in sources.iter().enumerate() {
        let number = u16::try_from(number)?;
        if !in_file.rows().iter().any(|it| it.source == number) {
            continue;
        }
        each_row(&run.folder, source, |row| {
            let id = RowId { source: number, record: row.record() };
            let Some(cells) = in_file.cells(id) else { return Ok(()) };
            let now = before.row(id, *row);
            let is_same = now.reason().is_none() && (0..cells.len()).all(|it| now.cell(it) == cells[it]);
            let earlier = before.cells(id).map(|cells| Replaced { cells, contact: contacts.get(&id).copied() });
            match () {
                () if is_same => {}
                () if !rejected.contains(&id) && earlier.is_none() => refused.push(id),
                () => {
                    corrected.insert(id);
                    known.add(source, Content::of(source, row), cells.to_vec(), earlier);
                }
            }
            Ok(())
        })?;
    }
    if let Some(row) = refused.first() {
        let source = &sources[usize::from(row.source)].name;
        bail!(
            "row {source}:{} was not rejected: only rejected rows can be corrected ({} such rows in {})",
            row.record,
            refused.len(),
            file.display()
        );
    }
    Ok((corrected, known))
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
    Ok(())
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
