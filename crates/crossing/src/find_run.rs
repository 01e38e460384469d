//! Finds a run that was begun before.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plan::Plan;
use run::{RunFolder, Runs, SAMPLE_DATABASE};

/// An existing run: the one with this label or uid, the one in this folder, or the latest of the plan.
#[derive(Clone, Debug)]
pub struct RunPlace {
    pub plan: PathBuf,
    pub run: Option<String>,
    pub run_dir: Option<PathBuf>,
}

/// An existing run and its plan, for reading only.
pub struct FoundRun {
    pub plan: Plan,
    pub folder: RunFolder,
}

/// Finds a run. Dry runs are found only if they are named.
pub fn find_run(place: &RunPlace) -> Result<FoundRun> {
    if let Some(dir) = &place.run_dir {
        let folder = RunFolder::look(dir)?;
        // A project that was moved has its plan elsewhere now.
        let recorded = &folder.manifest.plan;
        let path = if recorded.exists() { recorded } else { &place.plan };
        let plan = Plan::read(path).context("could not read the plan of the run")?;
        return Ok(FoundRun::new(plan, folder));
    }
    let plan = Plan::read(&place.plan)?;
    let runs = runs_of(&plan);
    let folder = match &place.run {
        Some(id) => runs.find(id)?,
        None => latest(&runs, &plan)?,
    };
    Ok(FoundRun::new(plan, folder))
}

impl FoundRun {
    /// A sample has a database of its own.
    fn new(mut plan: Plan, folder: RunFolder) -> Self {
        if folder.manifest.sample.is_some() {
            plan.for_sample(&folder.path(SAMPLE_DATABASE), true);
        }
        Self { plan, folder }
    }
}

/// Returns the folder of the runs of a plan.
pub(crate) fn runs_of(plan: &Plan) -> Runs {
    Runs::new(folder_of_runs(plan))
}

/// Returns the runs in the folder that holds the folder of a run.
pub(crate) fn runs_beside(dir: &Path) -> Runs {
    // The folder that holds `spring` is the present one.
    let beside = dir.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Runs::new(beside.to_owned())
}

pub(crate) fn folder_of_runs(plan: &Plan) -> PathBuf {
    plan.folder().join("runs")
}

/// Returns the latest run of the plan's name; of several plans of one name, that of the plan's file name if it has any.
fn latest(runs: &Runs, plan: &Plan) -> Result<RunFolder> {
    let name = plan.name()?;
    let mut found = runs.list()?.runs;
    found.retain(|it| it.manifest.name == name && !it.manifest.is_dry_run);
    let is_of_file = |it: &RunFolder| it.manifest.plan.file_name() == plan.path.file_name();
    let place = found.iter().rposition(is_of_file).or(found.len().checked_sub(1));
    place.map(|it| found.swap_remove(it)).with_context(|| {
        format!("there is no run of {} yet: start one with `ferry run`, or name it with --run-dir", plan.path.display())
    })
}
