//! Chooses the folder of a run: that of a run of the same input, or a new one.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp, Zoned};
use model::{ContactKey, Digest, Stage};
use plan::Plan;
use run::{Label, LabelKind, Manifest, RunFolder};

use crate::error::RunChoice;
use crate::find_run::{runs_beside, runs_of};
use crate::open_run::{RunOptions, TOOL};
use crate::progress::{Note, Progress};

/// A run that may be begun.
pub(super) struct NewRun<'a> {
    pub(super) plan: &'a Plan,
    pub(super) key: &'a ContactKey,
    pub(super) uid: String,
    pub(super) input: Digest,
    /// Whether it is a dry run or a sample.
    pub(super) is_dry_run: bool,
    pub(super) sample: Option<u64>,
    /// Labels that the database has for runs.
    pub(super) labels: HashSet<String>,
}

/// Chooses the folder of the run: that of a run of the same input, or a new one.
pub(super) fn choose_folder(new: &NewRun, options: &RunOptions, progress: &Progress) -> Result<RunFolder> {
    let name = new.plan.name()?;
    if let Some(dir) = &options.run_dir {
        return named_folder(dir, new, options.is_new, progress);
    }
    let runs = runs_of(new.plan);
    let lock = runs.lock()?;
    let listed = runs.list()?;
    let is_of_plan = |it: &&RunFolder| it.manifest.name == name && it.manifest.is_dry_run == new.is_dry_run;
    let of_plan: Vec<&RunFolder> = listed.runs.iter().filter(is_of_plan).collect();
    let now = Timestamp::now();
    if let Some(ahead) = of_plan.iter().find(|it| it.manifest.created_at > now + CLOCK_TOLERANCE) {
        let Manifest { run_id, created_at, .. } = &ahead.manifest;
        progress.note(Note::ClockBehind { run_id: run_id.clone(), at: *created_at });
    }
    let latest = of_plan.len().wrapping_sub(1);
    // An earlier import is not repeated by its old run: what came after it would count.
    let is_same = |(n, it): &(usize, &&RunFolder)| {
        it.manifest.input == new.input && (*n == latest || !it.manifest.stages.contains_key(&Stage::Load))
    };
    let same = of_plan.iter().enumerate().rev().find(is_same).filter(|_| !options.is_new && new.sample.is_none());
    match same {
        Some((_, same)) => resume(same.dir(), progress),
        None => {
            let zoned = Zoned::now();
            let kind = match (new.sample, new.is_dry_run) {
                (Some(_), _) => LabelKind::Sample,
                (None, true) => LabelKind::DryRun,
                (None, false) => LabelKind::Run,
            };
            let label = Label { date: zoned.date(), name, kind };
            let is_taken = |it: &str| new.labels.contains(it);
            let begin = |run_id, sequence| manifest(new, name, &zoned, run_id, sequence);
            Ok(runs.create(&lock, &listed, label, is_taken, begin)?)
        }
    }
}

/// A run this much later than now was begun by a machine whose clock is wrong, or this one's is.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// Opens or begins the run of a folder that the user names. A run of other input is never replaced.
fn named_folder(dir: &Path, new: &NewRun, is_new: bool, progress: &Progress) -> Result<RunFolder> {
    if run::holds_run(dir) && !is_new {
        let Manifest { run_id, input, is_dry_run, .. } = RunFolder::look(dir)?.manifest;
        return match input == new.input && is_dry_run == new.is_dry_run {
            true => resume(dir, progress),
            false => Err(RunChoice::OtherInput { dir: dir.to_owned(), run_id }.into()),
        };
    }
    let (zoned, name) = (Zoned::now(), new.plan.name()?);
    let sequence = runs_beside(dir).list()?.next_sequence();
    let run_id = format!("{}-{name}", zoned.date());
    let begin = || manifest(new, name, &zoned, run_id, sequence);
    Ok(RunFolder::begin(dir, begin)?)
}

fn resume(dir: &Path, progress: &Progress) -> Result<RunFolder> {
    let folder = RunFolder::open(dir)?;
    let Manifest { run_id, stages, .. } = &folder.manifest;
    progress.note(Note::Continues { run_id: run_id.clone(), is_finished: stages.contains_key(&Stage::Load) });
    Ok(folder)
}

fn manifest(new: &NewRun, name: &str, zoned: &Zoned, run_id: String, sequence: u64) -> Manifest {
    Manifest {
        version: run::MANIFEST_VERSION,
        uid: new.uid.clone(),
        run_id,
        sequence,
        name: name.to_owned(),
        is_dry_run: new.is_dry_run,
        sample: new.sample,
        input: new.input,
        plan: new.plan.path.clone(),
        tool: TOOL.to_owned(),
        started_by: run::who(),
        created_at: zoned.timestamp(),
        zone: zoned.time_zone().iana_name().unwrap_or("local").to_owned(),
        read_at: None,
        key_id: new.key.id(),
        sources: Vec::new(),
        unread_sources: Vec::new(),
        stages: Default::default(),
        artifacts: Default::default(),
        backups: Vec::new(),
        costs: Vec::new(),
        fixes: Vec::new(),
        people: None,
    }
}
