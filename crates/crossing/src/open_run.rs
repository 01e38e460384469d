//! A run being worked on: its plan, its folder and its key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use crm::Crm;
use jiff::{Timestamp, tz::TimeZone};
use model::{ContactKey, Counts, Digest, IdentityDecision, RowFindings, RunMark, Stage};
use run::{ColumnReading, Manifest, RunFolder, StageRecord, newest_in};

use crate::inspect::EncodingGuess;
use crate::memory;
use crate::progress::Progress;
use crate::reading;
use plan::{Plan, SourceSection, contact_key};

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

/// The plan to run, its run folder, and limits.
#[derive(Clone, Debug)]
pub struct RunOptions {
    pub plan: PathBuf,
    /// The run folder; if none, today's, or the newest unfinished one.
    pub run_dir: Option<PathBuf>,
    pub is_dry_run: bool,
    /// Approximate limit on memory, in bytes; if none, a quarter of the machine's.
    pub memory: Option<u64>,
}

/// An existing run: in the named folder, or the newest of a plan.
#[derive(Clone, Debug)]
pub struct RunPlace {
    pub plan: PathBuf,
    pub run_dir: Option<PathBuf>,
}

/// A run being worked on.
pub struct OpenRun {
    pub plan: Plan,
    pub folder: RunFolder,
    pub key: ContactKey,
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
}

impl OpenRun {
    /// Opens the run of a plan: in the named folder, today's, or the newest unfinished one; otherwise a new run.
    pub fn open(options: &RunOptions, progress: Progress) -> Result<Self> {
        let plan = Plan::read(&options.plan)?;
        plan.check_sources()?;
        let key = contact_key(&plan, options.is_dry_run)?;
        let run_id = format!("{}-{}", Timestamp::now().to_zoned(TimeZone::UTC).date(), plan.name()?);
        let dir = match &options.run_dir {
            Some(dir) => dir.clone(),
            None => run_dir(&plan, &run_id)?,
        };
        let mut folder = RunFolder::open_or_create(&dir, || new_manifest(&plan, &key, run_id))?;
        // A moved folder, with or without its plan, is still the same run.
        folder.manifest.plan = plan.path.clone();
        folder.manifest.key_id = key.id();
        Ok(Self {
            plan,
            folder,
            key,
            decisions: Vec::new(),
            readings: BTreeMap::new(),
            doubts: Mutex::default(),
            is_dry_run: options.is_dry_run,
            memory: options.memory.unwrap_or_else(memory::default_budget),
            progress,
        })
    }

    /// Opens an existing run to continue it.
    pub fn reopen(place: &RunPlace, progress: Progress) -> Result<Self> {
        let found = find_run(place)?;
        let key = contact_key(&found.plan, false)?;
        let run_id = found.folder.manifest.run_id.clone();
        let folder = RunFolder::open_or_create(found.folder.dir(), || new_manifest(&found.plan, &key, run_id))?;
        Ok(Self {
            plan: found.plan,
            folder,
            key,
            decisions: Vec::new(),
            readings: BTreeMap::new(),
            doubts: Mutex::default(),
            is_dry_run: false,
            memory: memory::default_budget(),
            progress,
        })
    }

    /// Reads decisions and earlier source readings from the CRM, if it exists.
    pub async fn read_decisions(&mut self) -> Result<()> {
        let crm = Crm::look(&self.plan.crm_url()?).await.context("could not open the CRM database")?;
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

/// Returns the rules of cleaning for a run of a plan. `readings` says how the columns of each source are read.
pub(crate) fn rules(
    plan: &Plan,
    key: &ContactKey,
    run: RunMark,
    readings: &[ColumnReading],
    decisions: &[IdentityDecision],
) -> Result<clean::Rules> {
    let source = |(it, read): (&SourceSection, &ColumnReading)| clean::Source {
        name: it.name.get_ref().clone(),
        channel: it.channel,
        priority: it.priority(),
        scope: it.scope().to_owned(),
        region: it.region(plan),
        has_region_codes: read.has_region_codes,
        numbers: reading::numbers(it, read),
        dates: reading::dates(it, read),
        held: RowFindings::default(),
    };
    let (dates_from, dates_until) = clean::Rules::date_range(run.started_at);
    Ok(clean::Rules {
        run,
        dates_from,
        dates_until,
        words: plan.words(),
        consent: plan.merge.consent,
        survivorship: plan.merge.survivorship(),
        key: key.clone(),
        sources: plan.sources.iter().zip(readings).map(source).collect(),
        own_numbers: plan.own_numbers()?,
        suppressed: plan.suppressed()?,
        decisions: decisions.iter().copied().collect(),
    })
}

/// An existing run and its plan, for reading only.
pub struct FoundRun {
    pub plan: Plan,
    pub folder: RunFolder,
}

/// Finds a run: in the named folder, or the newest of the plan.
pub fn find_run(place: &RunPlace) -> Result<FoundRun> {
    if let Some(dir) = &place.run_dir {
        let folder = RunFolder::look(dir)?;
        let plan = Plan::read(&folder.manifest.plan).context("could not read the plan of the run")?;
        return Ok(FoundRun { plan, folder });
    }
    let plan = Plan::read(&place.plan)?;
    let dir = newest_in(&runs(&plan), |it| it.plan == plan.path)?;
    let dir = dir.with_context(|| {
        format!(
            "there is no run of {} yet: start one with `ferry run`, or name it with --run-dir",
            place.plan.display()
        )
    })?;
    Ok(FoundRun { folder: RunFolder::look(&dir)?, plan })
}

fn runs(plan: &Plan) -> PathBuf {
    plan.folder().join("runs")
}

/// Returns today's run folder, or that of an unfinished run: a run killed before midnight resumes after it.
fn run_dir(plan: &Plan, run_id: &str) -> Result<PathBuf> {
    let runs = runs(plan);
    let today = runs.join(run_id);
    if today.exists() {
        return Ok(today);
    }
    let is_unfinished = |it: &Manifest| it.plan == plan.path && !it.stages.contains_key(&Stage::Load);
    Ok(newest_in(&runs, is_unfinished)?.unwrap_or(today))
}

fn new_manifest(plan: &Plan, key: &ContactKey, run_id: String) -> Manifest {
    Manifest {
        version: 1,
        run_id,
        plan: plan.path.clone(),
        tool: TOOL.to_owned(),
        created_at: Timestamp::now(),
        read_at: None,
        key_id: key.id(),
        sources: Vec::new(),
        stages: Default::default(),
        artifacts: Default::default(),
        backup: None,
        costs: Vec::new(),
        fixes: Vec::new(),
    }
}
