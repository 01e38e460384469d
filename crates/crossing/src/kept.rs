//! Files that no result may be written over: those of a plan, of its database and of its runs.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use plan::{Plan, ScenarioSection};
use run::RunFolder;

use crate::backup::folder_of_backups;
use crate::find_run::folder_of_runs;
use crate::preflight::sqlite_path;

/// Returns what the file at a path is, if a result must not be written over it: a file of the plan, of the database with
/// this URL, or of a run. A plan that cannot be read protects itself alone.
pub fn kept_file(path: &Path, plan: &Path, database: Option<&str>) -> Option<String> {
    let place = Place::of(path);
    if place.is(plan) {
        return Some("the plan".to_owned());
    }
    let plan = Plan::read(plan).ok();
    let of_database = |url: &str| place.is_of_database(url).map(str::to_owned);
    place
        .in_own_folder(plan.as_ref())
        .map(str::to_owned)
        .or_else(|| database.and_then(of_database))
        .or_else(|| plan.as_ref()?.crm_url().ok().as_deref().and_then(of_database))
        .or_else(|| place.is_of_plan(plan.as_ref()?))
}

/// Whether a path is that of an input, through links too: of the file, or of a file in the folder that is there already.
pub fn is_of_input(path: &Path, input: &Path) -> bool {
    let place = Place::of(path);
    place.is(input) || (place.id.is_some() && input.is_dir() && place.path.starts_with(Place::of(input).path))
}

/// A file by its path without links, and by its number on its disk if it is there.
struct Place {
    path: PathBuf,
    id: Option<(u64, u64)>,
}

impl Place {
    fn of(path: &Path) -> Self {
        let target = run::target_of(path);
        let parent = target.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let in_parent = || Some(fs::canonicalize(parent).ok()?.join(target.file_name()?));
        let path = fs::canonicalize(&target).ok().or_else(in_parent);
        let id = fs::metadata(&target).ok().map(|it| (it.dev(), it.ino()));
        Self { path: path.unwrap_or(target), id }
    }

    /// Whether both paths are of the same file, through links too.
    fn is(&self, other: &Path) -> bool {
        let other = Self::of(other);
        self.path == other.path || (self.id.is_some() && self.id == other.id)
    }

    fn in_own_folder(&self, plan: Option<&Plan>) -> Option<&'static str> {
        let is_in = |folder: PathBuf| self.path.starts_with(Self::of(&folder).path);
        let is_in_a_run_of = |runs: PathBuf| {
            let within = self.path.strip_prefix(Self::of(&runs).path);
            within.is_ok_and(|it| it.components().count() > 1)
        };
        let is_run = |folder: &Path| RunFolder::look(folder).is_ok();
        let is_in_run = plan.is_some_and(|it| is_in_a_run_of(folder_of_runs(it)));
        if is_in_run || self.path.ancestors().skip(1).any(is_run) {
            return Some("in the folder of a run");
        }
        plan.is_some_and(|it| is_in(folder_of_backups(it))).then_some("in the folder of the backups")
    }

    fn is_of_database(&self, url: &str) -> Option<&'static str> {
        let database = sqlite_path(url)?;
        if self.is(&database) {
            return Some("the CRM database of the plan");
        }
        let beside = |ending| {
            let mut name = database.clone().into_os_string();
            name.push(ending);
            PathBuf::from(name)
        };
        let is_beside = ["-wal", "-shm", "-journal"].into_iter().any(|it| self.is(&beside(it)));
        is_beside.then_some("a part of the CRM database of the plan")
    }

    fn is_of_plan(&self, plan: &Plan) -> Option<String> {
        if self.is(&plan::key_path(plan)) {
            return Some("the contact key of the plan".to_owned());
        }
        if self.is(&plan::suppression_keys_path(plan)) {
            return Some("the suppression keys of the plan".to_owned());
        }
        if plan.clean.suppression.as_ref().is_some_and(|it| self.is(&plan.folder().join(it))) {
            return Some("the suppression list of the plan".to_owned());
        }
        let reads = |path: &Path| {
            let files = extract::files(plan.folder(), path).unwrap_or_default();
            files.iter().any(|it| self.is(it))
        };
        if plan.verify.as_ref().and_then(|it| it.path.as_deref()).is_some_and(reads) {
            return Some("a file of answers that [verify] reads".to_owned());
        }
        let is_of_set = |it: &&ScenarioSection| self.path.starts_with(Self::of(&it.path(plan)).path);
        if let Some(set) = plan.scenarios.iter().find(is_of_set) {
            return Some(format!("a file that [[scenario]] {} reads", set.name()));
        }
        let source = plan.sources.iter().find(|it| reads(&it.path()))?;
        Some(format!("an export that source {} reads", source.name.get_ref()))
    }
}
