//! All runs of a plan: a list, and the removal of old ones.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use model::Stage;
use plan::Plan;
use run::{LoadedCounts, RunFolder};
use schemars::JsonSchema;
use serde::Serialize;

use crate::find_run::runs_of;

/// All runs, the latest last, and why folders could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedRuns {
    pub runs: Vec<ListedRun>,
    pub unreadable: Vec<String>,
}

/// A run in a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ListedRun {
    pub run_id: String,
    pub uid: String,
    pub run_dir: PathBuf,
    pub plan: PathBuf,
    pub started_at: Timestamp,
    pub started_by: String,
    pub state: RunState,
    /// Rows of all exports.
    pub rows: u64,
    /// Files of corrected rejects that `ferry fix` has imported.
    pub fixes: u64,
    /// What the last load of the run changed in the database. `ferry fix` and a run that goes on load again.
    pub loaded: Option<LoadedCounts>,
    /// The size of its folder.
    pub bytes: u64,
}

/// The last stage that a run has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    DryRun,
    Sample,
    Begun,
    Translated,
    Extracted,
    Cleaned,
    Verified,
    Finished,
}

/// Lists the runs in the folder of a plan, those of other plans in the same folder included.
pub fn runs(plan: &Plan) -> Result<ListedRuns> {
    let listed = runs_of(plan).list()?;
    Ok(ListedRuns {
        runs: listed.runs.iter().map(of_folder).collect::<Result<_>>()?,
        unreadable: listed.unreadable.iter().map(ToString::to_string).collect(),
    })
}

/// Returns when the last finished run of a plan read its exports; none if there is none.
pub fn last_run_at(plan: &Path) -> Result<Option<Timestamp>> {
    let plan = Plan::read(plan)?;
    let name = plan.name()?;
    let listed = runs_of(&plan).list()?;
    let finished = listed.runs.iter().filter(|it| it.manifest.name == name && !it.manifest.is_dry_run);
    let finished = finished.filter(|it| it.manifest.stages.contains_key(&Stage::Load));
    Ok(finished.map(|it| it.manifest.started_at()).max())
}

/// Removes the finished runs of the plan beyond the latest `keep`, and dry runs and samples that are as old. Unfinished runs stay.
/// Returns what was removed, or in a dry run what would be.
pub fn prune_runs(plan: &Plan, keep: usize, is_dry_run: bool) -> Result<Vec<ListedRun>> {
    let runs = runs_of(plan);
    let _lock = runs.lock()?;
    let name = plan.name()?;
    let mut folders = runs.list()?.runs;
    folders.retain(|it| it.manifest.name == name);
    let is_finished = |it: &RunFolder| it.manifest.stages.contains_key(&Stage::Load) && !it.manifest.is_dry_run;
    let oldest_kept = match keep {
        0 => u64::MAX,
        keep => {
            let kept = folders.iter().rev().filter(|it| is_finished(it)).nth(keep - 1);
            kept.map_or(0, |it| it.manifest.sequence)
        }
    };
    let old = folders.iter().filter(|it| it.manifest.sequence < oldest_kept);
    let old = old.filter(|it| is_finished(it) || it.manifest.is_dry_run);
    let removed = old.map(of_folder).collect::<Result<Vec<_>>>()?;
    if !is_dry_run {
        removed.iter().try_for_each(|it| remove(&it.run_dir))?;
    }
    Ok(removed)
}

/// Removes the folder of a run in which nobody works. It gets a hidden name first, so that half of it is no run.
fn remove(dir: &Path) -> Result<()> {
    let _lock = RunFolder::open(dir)?;
    let mut name = std::ffi::OsString::from(".removed-");
    name.push(dir.file_name().unwrap_or_default());
    let hidden = dir.with_file_name(name);
    let failed = || format!("could not remove {}", dir.display());
    std::fs::rename(dir, &hidden).with_context(failed)?;
    std::fs::remove_dir_all(&hidden).with_context(failed)
}

fn of_folder(folder: &RunFolder) -> Result<ListedRun> {
    let manifest = &folder.manifest;
    Ok(ListedRun {
        run_id: manifest.run_id.clone(),
        uid: manifest.uid.clone(),
        run_dir: folder.dir().to_owned(),
        plan: manifest.plan.clone(),
        started_at: manifest.created_at,
        started_by: manifest.started_by.clone(),
        state: state(folder),
        rows: manifest.sources.iter().map(|it| it.rows).sum(),
        fixes: manifest.fixes.len() as u64,
        loaded: manifest.stages.get(&Stage::Load).and_then(|it| it.loaded),
        bytes: size(folder.dir()).with_context(|| format!("could not read {}", folder.dir().display()))?,
    })
}

fn state(folder: &RunFolder) -> RunState {
    if folder.manifest.sample.is_some() {
        return RunState::Sample;
    }
    if folder.manifest.is_dry_run {
        return RunState::DryRun;
    }
    let last = folder.manifest.stages.keys().max();
    last.map_or(RunState::Begun, |it| match it {
        Stage::Translate => RunState::Translated,
        Stage::Extract => RunState::Extracted,
        Stage::Clean => RunState::Cleaned,
        Stage::Verify => RunState::Verified,
        Stage::Load => RunState::Finished,
    })
}

fn size(dir: &Path) -> std::io::Result<u64> {
    let mut n_bytes = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let found = entry.metadata()?;
        n_bytes += if found.is_dir() { size(&entry.path())? } else { found.len() };
    }
    Ok(n_bytes)
}
