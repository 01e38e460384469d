//! The folder `runs` of a project: one folder for each run.
//!
//! A run is known by its uid, which is random. Its label, such as `2026-11-29.2-spring`, is for people and names its
//! folder. The latest run is the one with the greatest sequence number: neither names nor clocks decide it.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use model::free_label;

use crate::folder::read_manifest;
use crate::folders::{FolderLock, folders_in};
use crate::{Manifest, RunError, RunFolder};

/// The folder of all runs of a project.
#[derive(Clone, Debug)]
pub struct Runs {
    dir: PathBuf,
}

/// All runs that could be read, the latest last, and why others could not.
#[derive(Debug, Default)]
pub struct ListedRuns {
    pub runs: Vec<RunFolder>,
    pub unreadable: Vec<RunError>,
}

/// The parts of the label of a new run.
#[derive(Clone, Copy, Debug)]
pub struct Label<'a> {
    pub date: Date,
    pub name: &'a str,
    pub kind: LabelKind,
}

/// Whether a label is that of a run, or of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelKind {
    Run,
    DryRun,
    Sample,
}

impl Label<'_> {
    /// Returns the first label of a day: `2026-11-29-spring`, `2026-11-29.dry-spring` or `2026-11-29.sample-spring`.
    fn first(&self) -> String {
        let Self { date, name, kind } = self;
        match kind {
            LabelKind::Run => format!("{date}-{name}"),
            LabelKind::DryRun => format!("{date}.dry-{name}"),
            LabelKind::Sample => format!("{date}.sample-{name}"),
        }
    }
}

impl Runs {
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Waits until no other process begins a run here.
    pub fn lock(&self) -> Result<FolderLock, RunError> {
        FolderLock::wait(&self.dir)
    }

    /// Lists all runs in the order in which they were begun.
    pub fn list(&self) -> Result<ListedRuns, RunError> {
        let mut listed = ListedRuns::default();
        let is_hidden = |it: &Path| it.file_name().is_some_and(|it| it.as_encoded_bytes().starts_with(b"."));
        for dir in folders_in(&self.dir)?.into_iter().filter(|it| !is_hidden(it)) {
            match RunFolder::look(&dir) {
                Ok(run) => listed.runs.push(run),
                Err(RunError::NoRun { .. }) => {}
                Err(error) => listed.unreadable.push(error),
            }
        }
        listed.runs.sort_by(|a, b| key(&a.manifest).cmp(&key(&b.manifest)));
        Ok(listed)
    }

    /// Finds a run by its label, its uid or the beginning of its uid.
    pub fn find(&self, id: &str) -> Result<RunFolder, RunError> {
        let is_it = |it: &Manifest| it.run_id == id || (id.len() >= 4 && it.uid.starts_with(id));
        let (mut found, others): (Vec<_>, Vec<_>) = self.list()?.runs.into_iter().partition(|it| is_it(&it.manifest));
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => {
                let labels = others.into_iter().map(|it| it.manifest.run_id).collect();
                Err(RunError::UnknownRun { id: id.to_owned(), runs: self.dir.clone(), nearest: nearest(id, labels) })
            }
            _ => Err(RunError::AmbiguousRun { id: id.to_owned() }),
        }
    }

    /// Begins a run in a folder of its own. `listed` is what [`Runs::list`] returned under this lock. `is_taken` tells
    /// whether the database has a label for another run; `new` makes the manifest of the run from its label and its
    /// place in the sequence.
    pub fn create(
        &self,
        _lock: &FolderLock,
        listed: &ListedRuns,
        label: Label,
        is_taken: impl Fn(&str) -> bool,
        new: impl FnOnce(String, u64) -> Manifest,
    ) -> Result<RunFolder, RunError> {
        let label = free_label(&label.first(), |it| self.dir.join(it).exists() || is_taken(it));
        RunFolder::begin(&self.dir.join(&label), || new(label.clone(), listed.next_sequence()))
    }
}

impl ListedRuns {
    /// Returns the place in the sequence of a run that begins now.
    pub fn next_sequence(&self) -> u64 {
        self.runs.iter().map(|it| it.manifest.sequence).max().unwrap_or(0) + 1
    }
}

/// How many labels are proposed for one that no run has.
const MOST_NEAREST: usize = 3;

/// Returns the labels that begin with `id`, or else those most like it; of equals the latest. `labels` has the latest
/// last.
fn nearest(id: &str, mut labels: Vec<String>) -> Vec<String> {
    let likeness = |it: &String| match it.starts_with(id) {
        true => u32::MAX,
        false => (strsim::jaro_winkler(id, it) * 1000.0) as u32,
    };
    labels.reverse();
    labels.sort_by_key(|it| std::cmp::Reverse(likeness(it)));
    if labels.first().is_some_and(|it| it.starts_with(id)) {
        labels.retain(|it| it.starts_with(id));
    }
    labels.truncate(MOST_NEAREST);
    labels
}

/// Runs are ordered by their sequence. Two of one number can only come from folders that were copied together.
fn key(manifest: &Manifest) -> (u64, jiff::Timestamp, &str) {
    (manifest.sequence, manifest.created_at, &manifest.uid)
}

/// Returns whether a folder holds a run, readable or not.
pub fn holds_run(dir: &Path) -> bool {
    !matches!(read_manifest(dir), Err(RunError::NoRun { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::tests::manifest;

    fn begin(runs: &Runs, kind: LabelKind) -> String {
        let label = Label { date: jiff::civil::date(2026, 11, 29), name: "spring", kind };
        let is_dry_run = kind != LabelKind::Run;
        let lock = runs.lock().unwrap();
        let run = runs.create(
            &lock,
            &runs.list().unwrap(),
            label,
            |_| false,
            |run_id, sequence| Manifest { uid: format!("00{sequence}0"), run_id, sequence, is_dry_run, ..manifest() },
        );
        run.unwrap().manifest.run_id
    }

    #[test]
    fn runs_of_one_day_have_folders_of_their_own_and_the_latest_is_the_last_begun() {
        let home = tempfile::tempdir().unwrap();
        let runs = Runs::new(home.path().join("runs"));
        let labels: Vec<String> = (0..11).map(|_| begin(&runs, LabelKind::Run)).collect();
        assert_eq!(labels[..3], ["2026-11-29-spring", "2026-11-29.2-spring", "2026-11-29.3-spring"]);
        assert_eq!(begin(&runs, LabelKind::Sample), "2026-11-29.sample-spring");
        assert_eq!(begin(&runs, LabelKind::Sample), "2026-11-29.sample2-spring");
        assert_eq!(begin(&runs, LabelKind::DryRun), "2026-11-29.dry-spring");
        assert_eq!(begin(&runs, LabelKind::DryRun), "2026-11-29.dry2-spring");

        let listed = runs.list().unwrap().runs;
        let latest = |is_wanted: fn(&Manifest) -> bool| listed.iter().rfind(|it| is_wanted(&it.manifest));
        assert_eq!(latest(|it| !it.is_dry_run).unwrap().manifest.run_id, "2026-11-29.11-spring");
        assert_eq!(latest(|_| true).unwrap().manifest.run_id, "2026-11-29.dry2-spring");
    }

    #[test]
    fn a_run_is_found_by_its_label_and_by_its_uid() {
        let home = tempfile::tempdir().unwrap();
        let runs = Runs::new(home.path().join("runs"));
        assert!(runs.list().unwrap().runs.is_empty());
        begin(&runs, LabelKind::Run);
        begin(&runs, LabelKind::Run);
        assert_eq!(runs.find("2026-11-29.2-spring").unwrap().manifest.sequence, 2);
        assert_eq!(runs.find("0010").unwrap().manifest.sequence, 1);
        assert!(matches!(runs.find("2026-11-29.3-spring"), Err(RunError::UnknownRun { .. })));
    }

    #[test]
    fn for_a_label_that_no_run_has_those_that_begin_so_are_proposed_or_else_the_most_alike() {
        let labels = ["2026-11-27-spring", "2026-11-28-spring", "2026-11-29-spring", "2026-11-29.2-spring"];
        let nearest = |id: &str| nearest(id, labels.map(str::to_owned).into());
        assert_eq!(nearest("2026-11-29"), ["2026-11-29.2-spring", "2026-11-29-spring"]);
        assert_eq!(nearest("2026"), ["2026-11-29.2-spring", "2026-11-29-spring", "2026-11-28-spring"]);
        assert_eq!(nearest("2026-11-28-sprig")[0], "2026-11-28-spring");
        assert_eq!(super::nearest("2026", Vec::new()), [""; 0]);
    }

    #[test]
    fn a_folder_of_another_version_is_listed_as_unreadable() {
        let home = tempfile::tempdir().unwrap();
        let runs = Runs::new(home.path().to_owned());
        std::fs::create_dir(home.path().join("old")).unwrap();
        std::fs::write(home.path().join("old/manifest.json"), r#"{"version": 1, "run_id": "2026-01-01-old"}"#).unwrap();
        let listed = runs.list().unwrap();
        assert!(listed.runs.is_empty());
        assert!(
            listed.unreadable[0].to_string().ends_with("is the manifest of version 1; this program reads version 2")
        );
    }
}
