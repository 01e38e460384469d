//! A run being worked on: its plan, its folder and its key.

mod choose_folder;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use crm::{Crm, Lease, Reread};
use extract::{Probe, Profile};
use jiff::Timestamp;
use model::{ContactKey, Counts, Digest, DigestInput, IdentityDecision, RowFindings, RunMark, Stage};
use plan::{
    KeyPlace, Plan, SourceSection, contact_key, draw_uid, find_key, find_suppression_keys, make_key, passing_key,
};
use pull::PullSettings;
use run::{ColumnReading, RunFolder, SAMPLE_DATABASE, StageRecord, UnreadSource};

use crate::error::RunChoice;
use crate::find_run::{RunPlace, find_run, runs_beside, runs_of};
use crate::inspect::EncodingGuess;
use crate::known_corrections::{self, KnownCorrections};
use crate::open_run::choose_folder::{NewRun, choose_folder};
use crate::probing::probe_all;
use crate::progress::{Note, Progress};
use crate::segments::check_segments;
use crate::wordings::{check_wordings, named_purposes};
use crate::{memory, reading, sources};

/// The name of this program in receipts and manifests.
pub(crate) const TOOL: &str = concat!("ferry ", env!("CARGO_PKG_VERSION"));

/// Returns the record of a stage that began at `started` and ends now.
pub(crate) fn stage_record(inputs: Digest, counts: Counts, started: Instant) -> StageRecord {
    StageRecord {
        seconds: started.elapsed().as_secs_f64(),
        peak_bytes: memory::peak(),
        ..StageRecord::new(inputs, counts, Timestamp::now())
    }
}

/// The plan to run, where, and limits.
#[derive(Clone, Debug)]
pub struct RunOptions {
    pub plan: PathBuf,
    /// The run folder; if none, a folder in `runs` beside the plan.
    pub run_dir: Option<PathBuf>,
    /// Begins a new run, even if one of the same exports and rules is there.
    pub is_new: bool,
    pub is_dry_run: bool,
    /// Runs a sample instead: into a database of its own, and nothing else is written.
    pub sample: Option<Sample>,
    /// How far sources are read from their providers. A dry run and a sample read nothing from them.
    pub pull: PullSettings,
    /// Approximate limit on memory, in bytes; if none, a quarter of the machine's.
    pub memory: Option<u64>,
}

/// The first rows of each source, run end to end into a scratch database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    pub n_rows: u64,
    /// Whether a provider is asked.
    pub verifies: bool,
}

/// A run being worked on.
pub struct OpenRun {
    pub plan: Plan,
    pub folder: RunFolder,
    pub key: ContactKey,
    /// The probed files of each source, in the order of the plan. Empty if the run was reopened.
    pub(crate) probes: Vec<Probe>,
    /// Decisions in the CRM about which contacts are the same person.
    pub decisions: Vec<IdentityDecision>,
    /// The reading of each source in an earlier run, with the id of that run.
    pub readings: BTreeMap<String, (String, ColumnReading)>,
    /// Guessed encodings, with words from cells. Shown only in the terminal.
    pub doubts: Mutex<Vec<EncodingGuess>>,
    pub is_dry_run: bool,
    /// Approximate limit on memory, in bytes.
    pub memory: u64,
    pub progress: Progress,
    /// The contacts whose earlier statements this process has read again.
    pub(crate) reread: Reread,
    /// The right to load, from the moment when the run opens the database for that.
    pub(crate) lease: Option<Lease>,
}

impl RunOptions {
    /// Whether the run is one that no other run goes on with.
    fn is_try(&self) -> bool {
        self.is_dry_run || self.sample.is_some()
    }
}

impl OpenRun {
    /// Opens the run of a plan and its exports: the one that reads the same exports by the same rules, or a new one.
    ///
    /// The key of the database is compared before anything is written. Without a key, and a database that knows one, a
    /// new key is made.
    pub async fn open(options: &RunOptions, progress: Progress) -> Result<Self> {
        let mut plan = Plan::read(&options.plan)?;
        plan.check_sources()?;
        if let Some(Sample { verifies, .. }) = options.sample {
            plan.for_sample(Path::new(SAMPLE_DATABASE), verifies);
        }
        if !options.is_dry_run {
            plan.check_secrets()?;
        }
        // A sample has nothing to do with the database of the plan.
        let crm = if options.sample.is_some() { None } else { look(&plan).await? };
        check_segments(&plan, crm.as_ref()).await?;
        check_wordings(&plan, crm.as_ref()).await?;
        let found = find_key(&plan)?.map(|it| it.key);
        let known = check_known_key(crm.as_ref(), found.as_ref()).await?;
        let (found, unread) = pulled(&mut plan, found, known.as_ref(), options, &progress).await?;
        let probes = probe_all(&plan)?;
        tracing::debug!(n_sources = plan.sources.len(), has_database = crm.is_some(), "plan and exports looked at");
        let key = match found {
            Some(key) => key,
            None => new_key(&plan, known, options.is_try(), &progress)?,
        };
        let sample = options.sample.map(|it| it.n_rows);
        let (input, is_dry_run) = (run_input(&plan, &key, &probes, sample)?, options.is_try());
        let labels = match &crm {
            Some(crm) => crm.run_labels().await?,
            None => HashSet::new(),
        };
        let new = NewRun { plan: &plan, key: &key, uid: draw_uid()?, input, is_dry_run, sample, labels };
        let mut folder = choose_folder(&new, options, &progress)?;
        folder.manifest.unread_sources = unread;
        take_over_corrections(&plan, &mut folder, &progress)?;
        if let Some(Sample { verifies, .. }) = options.sample {
            plan.for_sample(&folder.path(SAMPLE_DATABASE), verifies);
        }
        tracing::debug!(run_id = folder.manifest.run_id, dir = %folder.dir().display(), "run opened");
        let mut run = Self::of(plan, folder, key, options.memory, progress);
        (run.probes, run.is_dry_run) = (probes, options.is_dry_run);
        run.read_decisions(crm).await?;
        Ok(run)
    }

    /// Opens an existing run to continue it.
    pub async fn reopen(place: &RunPlace, memory: Option<u64>, progress: Progress) -> Result<Self> {
        let found = find_run(place)?;
        let crm = look(&found.plan).await?;
        check_segments(&found.plan, crm.as_ref()).await?;
        check_wordings(&found.plan, crm.as_ref()).await?;
        let key = contact_key(&found.plan)?;
        check_known_key(crm.as_ref(), Some(&key)).await?;
        let folder = RunFolder::open(found.folder.dir())?;
        if folder.manifest.is_dry_run {
            let run_id = folder.manifest.run_id.clone();
            let is_sample = folder.manifest.sample.is_some();
            return Err(if is_sample { RunChoice::Sample { run_id } } else { RunChoice::DryRun { run_id } }.into());
        }
        let mut run = Self::of(found.plan, folder, key, memory, progress);
        run.read_decisions(crm).await?;
        Ok(run)
    }

    fn of(plan: Plan, mut folder: RunFolder, key: ContactKey, memory: Option<u64>, progress: Progress) -> Self {
        // A moved folder, with or without its plan, is still the same run.
        folder.manifest.plan = plan.path.clone();
        Self {
            plan,
            folder,
            key,
            probes: Vec::new(),
            decisions: Vec::new(),
            readings: BTreeMap::new(),
            doubts: Mutex::default(),
            is_dry_run: false,
            memory: memory.unwrap_or_else(memory::default_budget),
            progress,
            reread: Reread::default(),
            lease: None,
        }
    }

    /// Reads decisions and earlier source readings from the CRM, if it exists.
    async fn read_decisions(&mut self, crm: Option<Crm>) -> Result<()> {
        let Some(crm) = crm else { return Ok(()) };
        self.decisions = crm.decisions().await?;
        for reading in crm.source_readings().await? {
            let columns = serde_json::from_str(&reading.reading).unwrap_or_default();
            // Readings that this run has recorded are judged again.
            if reading.run_id != self.run_id() {
                self.readings.insert(reading.name, (reading.run_id, columns));
            }
        }
        crm.close().await;
        Ok(())
    }

    /// Reads the decisions that hold now, and returns whether they are others than those that cleaning has followed.
    pub(crate) async fn read_decisions_again(&mut self, crm: &Crm) -> Result<bool> {
        let decisions = crm.decisions().await?;
        let have_changed = decisions != self.decisions;
        self.decisions = decisions;
        Ok(have_changed)
    }

    /// Returns whether the run was loaded. What it has read and cleaned is not made anew, whatever has changed since.
    pub(crate) fn is_finished(&self) -> bool {
        self.folder.manifest.stages.contains_key(&Stage::Load)
    }

    /// Returns whether a stage need not run: it was completed on these inputs, or the run is finished, and its files
    /// are unchanged.
    pub(crate) fn is_complete(&self, stage: Stage, inputs: Digest) -> Result<bool> {
        let intact = match self.is_finished() {
            true => self.folder.is_stage_intact(stage)?,
            false => self.folder.is_complete(stage, inputs)?,
        };
        Ok(intact)
    }

    pub fn run_id(&self) -> &str {
        &self.folder.manifest.run_id
    }

    /// Adds guessed encodings.
    pub fn note_doubts(&self, doubts: Vec<EncodingGuess>) {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner).extend(doubts);
    }

    /// Returns the guessed encodings.
    pub fn doubts(&self) -> Vec<EncodingGuess> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns when the run first read its exports in their present form. Resuming the run does not change this.
    pub fn started_at(&self) -> Timestamp {
        self.folder.manifest.started_at()
    }

    pub fn run_mark(&self) -> RunMark {
        self.folder.manifest.run_mark()
    }

    /// Returns the rules of cleaning. `readings` says how the columns of each source are read.
    pub fn rules(&self, readings: &[ColumnReading]) -> Result<clean::Rules> {
        rules(&self.plan, &self.key, self.run_mark(), readings, &self.decisions)
    }
}

/// Reads the sources of a plan from their providers, for which a first run makes the key. Returns the key, and the sources
/// without which the run goes on.
async fn pulled(
    plan: &mut Plan,
    key: Option<ContactKey>,
    known: Option<&String>,
    options: &RunOptions,
    progress: &Progress,
) -> Result<(Option<ContactKey>, Vec<UnreadSource>)> {
    if options.is_try() {
        return Ok((key, sources::leave_out_unread(plan, progress)?));
    }
    if !plan.all_sources().any(SourceSection::has_provider) {
        return Ok((key, Vec::new()));
    }
    let key = match key {
        Some(key) => key,
        None => new_key(plan, known.cloned(), false, progress)?,
    };
    let unread = sources::pull_for_run(plan, &key, &options.pull, progress).await?;
    Ok((Some(key), unread))
}

/// Returns the rules of cleaning for a run of a plan. `readings` says how the columns of each source are read.
pub(crate) fn rules(
    plan: &Plan,
    key: &ContactKey,
    run: RunMark,
    readings: &[ColumnReading],
    decisions: &[IdentityDecision],
) -> Result<clean::Rules> {
    let profiles: Vec<Profile> = plan.sources.iter().map(SourceSection::profile).collect();
    let attributes: Vec<String> = plan.attribute_names().into_iter().collect();
    let place = |name: &str| attributes.iter().position(|it| it == name).and_then(|it| u16::try_from(it).ok());
    let source = |((it, read), profile): ((&SourceSection, &ColumnReading), &Profile)| clean::Source {
        name: it.name.get_ref().clone(),
        channel: it.channel(),
        priority: it.priority(),
        scope: it.scope().to_owned(),
        region: it.region(plan),
        has_region_codes: read.has_region_codes,
        numbers: reading::numbers(it, read),
        dates: reading::dates(it, read),
        attributes: profile.attribute_names().filter_map(place).collect(),
        held: RowFindings::default(),
        wording: it.wording(),
    };
    let (dates_from, dates_until) = clean::Rules::date_range(run.started_at);
    Ok(clean::Rules {
        run,
        dates_from,
        dates_until,
        words: plan.words(),
        consent: plan.merge.consent,
        wordings: named_purposes(plan)?,
        survivorship: plan.merge.survivorship(),
        key: key.clone(),
        sources: plan.sources.iter().zip(readings).zip(&profiles).map(source).collect(),
        attributes,
        own_numbers: plan.own_numbers()?,
        suppressed: plan.suppressed()?,
        decisions: decisions.iter().copied().collect(),
    })
}

/// Copies what earlier runs of the plan know of corrections into a run that has just begun.
fn take_over_corrections(plan: &Plan, folder: &mut RunFolder, progress: &Progress) -> Result<()> {
    let is_new = folder.manifest.artifacts.is_empty() && folder.manifest.stages.is_empty();
    if !is_new {
        return Ok(());
    }
    let mut runs = runs_of(plan).list()?.runs;
    runs.extend(runs_beside(folder.dir()).list()?.runs);
    runs.retain(|it| it.manifest.name == folder.manifest.name && it.manifest.uid != folder.manifest.uid);
    runs.retain(|it| it.manifest.artifacts.contains_key(known_corrections::ARTIFACT));
    let Some(latest) = runs.iter().max_by_key(|it| it.manifest.created_at) else { return Ok(()) };
    KnownCorrections::read(latest)?.write(folder)?;
    folder.save()?;
    progress.note(Note::TookOverCorrections { run_id: latest.manifest.run_id.clone() });
    Ok(())
}

/// Digests what makes a run another one: the key, the rules of the plan, the people whom it keeps out, the files, and
/// the size of a sample. Version 1.
fn run_input(plan: &Plan, key: &ContactKey, probes: &[Probe], sample: Option<u64>) -> Result<Digest> {
    let mut suppressed: Vec<String> = plan.suppressed()?.iter().map(ToString::to_string).collect();
    suppressed.sort();
    let input = DigestInput::new("run", 1)
        .field("key", key.id())
        .field("rules", plan.rules_digest()?)
        .list("suppressed", suppressed);
    let input = match sample {
        Some(n_rows) => input.field("sample", n_rows),
        None => input,
    };
    let files = probes.iter().flat_map(|it| &it.parts);
    Ok(files.fold(input, |input, file| input.field("file", file.name()).field("sha256", file.digest)).digest())
}

/// Opens the CRM database to look at it; none if there is none yet. Fails if its suppression list cannot be checked: that
/// is found before anything is read.
async fn look(plan: &Plan) -> Result<Option<Crm>> {
    let Some(crm) = Crm::look(&plan.crm_url()?).await.context("could not open the CRM database")? else {
        return Ok(None);
    };
    let crm = crm.with_suppression_keys(find_suppression_keys(plan)?.map(|it| it.0));
    crm.check_suppression_keys().await?;
    Ok(Some(crm))
}

/// Fails if the database knows another key than `found`. If there is no key yet, returns the id of the one that it wants.
async fn check_known_key(crm: Option<&Crm>, found: Option<&ContactKey>) -> Result<Option<String>> {
    match (crm, found) {
        (None, _) => Ok(None),
        (Some(crm), Some(key)) => Ok(crm.check_key(&key.id()).await.map(|()| None)?),
        (Some(crm), None) => Ok(crm.known_key().await?),
    }
}

/// Makes the first key of a plan. A database that knows a key already wants that one.
fn new_key(plan: &Plan, known: Option<String>, is_dry_run: bool, progress: &Progress) -> Result<ContactKey> {
    if let Some(known) = known {
        return Err(RunChoice::KeyMissing { known }.into());
    }
    if is_dry_run {
        return Ok(passing_key()?);
    }
    let made = make_key(plan)?;
    if let KeyPlace::File(path) = made.place {
        progress.note(Note::KeyMade { path });
    }
    Ok(made.key)
}
