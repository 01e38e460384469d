//! A run being worked on: its plan, its folder, its key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use crm::Crm;
use jiff::{Timestamp, tz::TimeZone};
use model::{ContactKey, IdentityDecision, RowFindings, RunMark, Stage};
use run::{ColumnReading, Manifest, RunFolder, newest_in};

use crate::inspect::EncodingGuess;
use crate::memory;
use crate::progress::Progress;
use crate::reading;
use plan::{Plan, SourceSection, contact_key};

/// How receipts and manifests name this program.
pub const TOOL: &str = concat!("ferry ", env!("CARGO_PKG_VERSION"));

/// Which plan to run, where, and how.
#[derive(Clone, Debug)]
pub struct RunOptions {
    pub plan: PathBuf,
    /// The run folder; none for that of today, or the newest that is not finished.
    pub run_dir: Option<PathBuf>,
    pub is_dry_run: bool,
    /// Bytes of memory that the run may take, about; none for a quarter of the machine's.
    pub memory: Option<u64>,
}

/// An existing run: by its folder, or the newest of a plan.
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
    /// What was decided in the CRM about who is who.
    pub decisions: Vec<IdentityDecision>,
    /// How each source was read in an earlier run, with that run.
    pub readings: BTreeMap<String, (String, ColumnReading)>,
    /// Doubts about the encodings of the files, with cells of them: for the terminal alone.
    pub doubts: Mutex<Vec<EncodingGuess>>,
    pub is_dry_run: bool,
    /// How many bytes of memory the run may take, about.
    pub memory: u64,
    pub progress: Progress,
}

impl OpenRun {
    /// Opens the run of a plan: the folder that is named, today's, or the newest that is not
    /// finished; else a new one.
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
        // A folder that was moved, with its plan or without, is still the same run.
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

    /// Opens an existing run to work in it.
    pub fn reopen(place: &RunPlace, progress: Progress) -> Result<Self> {
        let looked = find_run(place)?;
        let key = contact_key(&looked.plan, false)?;
        let run_id = looked.folder.manifest.run_id.clone();
        let folder = RunFolder::open_or_create(looked.folder.dir(), || new_manifest(&looked.plan, &key, run_id))?;
        Ok(Self {
            plan: looked.plan,
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

    /// Asks the CRM, if there is one yet, what was decided about who is who, and how sources were read before.
    pub async fn read_decisions(&mut self) -> Result<()> {
        let crm = Crm::look(&self.plan.crm_url()?).await.context("could not open the CRM database")?;
        let Some(crm) = crm else { return Ok(()) };
        self.decisions = crm.decisions().await?;
        for reading in crm.source_readings().await? {
            let columns = serde_json::from_str(&reading.reading).unwrap_or_default();
            // What this run itself has noted is judged anew.
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

    /// Notes doubts about the encodings of files.
    pub fn note_doubts(&self, doubts: Vec<EncodingGuess>) {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner).extend(doubts);
    }

    /// The doubts about the encodings of files.
    pub fn doubts(&self) -> Vec<EncodingGuess> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the run began to read its exports as they are, however often it was resumed since.
    pub fn started_at(&self) -> Timestamp {
        self.folder.manifest.started_at()
    }

    pub fn run_mark(&self) -> RunMark {
        self.folder.manifest.run_mark()
    }

    /// The rules of cleaning. `readings` says how the columns of each source are read.
    pub fn rules(&self, readings: &[ColumnReading]) -> Result<clean::Rules> {
        rules(&self.plan, &self.key, self.run_mark(), readings, &self.decisions)
    }
}

/// The rules of cleaning for a run of a plan. `readings` says how the columns of each source are read.
pub fn rules(
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

/// A run to look at, and its plan.
pub struct FoundRun {
    pub plan: Plan,
    pub folder: RunFolder,
}

/// Finds a run: in the folder that is named, or the newest of the plan.
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

/// A run that was killed before midnight goes on after it.
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
        bills: Vec::new(),
        fixes: Vec::new(),
    }
}
