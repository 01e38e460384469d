//! The report of a run, as values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Error, Result};
use crm::{Crm, Loaded, Registrations};
use jiff::Timestamp;
use model::{Answer, Counts, Digest, Reason, Receipt, RowFinding, RowFindings, Segment, Stage, share};
use run::{Cost, Coverage, ListFinding, Manifest, PeopleCounts, SourceRecord, StageRecord, UnreadSource};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::try_join;

use crate::estimate::{Estimate, PlannedChecks};
use crate::find_run::{folder_of_runs, runs_beside};
use crate::inspect::EncodingGuess;
use crate::load::{self, Unfinished};
use crate::open_run::OpenRun;
use crate::scenarios_report::ScenariosReport;
use crate::segments::{self, SegmentCount};
use crate::unread::{self, UnreadBySource};
use crate::verify::{self, Uninformative, Verified, uninformative};

/// The result of a run, or the expected result of a dry run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunReport {
    pub run_id: String,
    #[serde(skip)]
    pub run_dir: PathBuf,
    pub dry_run: bool,
    /// Of a sample: the rows that were read of each source at most.
    pub sample: Option<u64>,
    /// The scenarios of the plan; null if it has none.
    pub scenarios: Option<ScenariosReport>,
    pub sources: Vec<SourceReport>,
    /// Optional sources that could not be read from their providers, or not to the end.
    pub unread_sources: Vec<UnreadSource>,
    #[serde(flatten)]
    pub counts: Counts,
    /// Rejected rows by reason code.
    pub rejects: BTreeMap<String, u64>,
    pub reject_rate: f64,
    pub max_reject_rate: f64,
    /// Values that were not understood, by source and field.
    pub not_understood: UnreadBySource,
    /// Guessed encodings, with words from cells. Shown only in the terminal.
    #[serde(skip)]
    pub encoding_guesses: Vec<EncodingGuess>,
    #[serde(skip)]
    pub low_yields: Vec<LowYield>,
    /// Whether more values were not understood than the plan allows, so that people are held back.
    pub is_over_unreadable: bool,
    /// Rows with a date that decides nothing: before 2005, or more than a day after the start of the run.
    pub n_dates_out_of_range: u64,
    /// Suspicious findings about the lists, by source.
    pub list_findings: BTreeMap<String, Vec<ListFinding>>,
    /// Counts of how Viber users were linked to phone numbers.
    pub links: BTreeMap<String, u64>,
    /// Possible duplicates, by what their contacts share. A person decides about them.
    pub duplicates: BTreeMap<String, u64>,
    pub contacts: u64,
    pub batches: u64,
    /// Contacts of the database by registration; none if the plan has no verifier.
    pub registration: Option<BTreeMap<&'static str, u64>>,
    /// Contacts of the database by segment; none if the plan has no verifier.
    pub segments: Option<BTreeMap<&'static str, u64>>,
    /// Contacts of the database in segment held: their number may belong to another person now, so they are in no other.
    pub held: u64,
    /// The segments of the plan, each by its condition. A contact can be in several.
    pub plan_segments: Vec<SegmentCount>,
    /// Number of ready contacts that have consent to WhatsApp on record.
    pub ready_with_consent: u64,
    pub provider_is_informative: Option<bool>,
    /// The reason why the provider is not informative.
    #[serde(skip)]
    pub uninformative: Option<Uninformative>,
    /// The requests of this verification, and their cost.
    pub cost: Option<Cost>,
    /// The expected requests, in a dry run.
    pub estimate: Option<Estimate>,
    /// The estimate with its limits.
    #[serde(skip)]
    pub planned_checks: Option<PlannedChecks>,
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Contacts whose statements of earlier imports were read again, by new words or another rule of the plan.
    pub n_reread: u64,
    /// Those of them whose consent has changed. They are not counted as updated.
    pub n_consent_changed: u64,
    /// Answers of `ferry consent import` whose words mean something else by the new words. What was recorded stays.
    pub n_answers_differ: u64,
    /// Number of changed contacts with a new value, by field.
    pub changed_fields: BTreeMap<&'static str, u64>,
    /// CRM edits that differ from the import, by field. The edits are kept.
    pub conflicts: BTreeMap<&'static str, u64>,
    /// The state of the database after the run; none after a dry run.
    #[serde(skip)]
    pub database: Option<DatabaseState>,
    /// The run of the same name before this one; none if there is none, or it was never reported.
    #[serde(skip)]
    pub previous: Option<PreviousRun>,
    /// The reason why verification ended early; all else was done.
    #[serde(skip)]
    pub failure: Option<Error>,
}

/// A source in a report.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SourceReport {
    pub name: String,
    pub rows: u64,
    pub profile: String,
    pub reading: String,
    pub coverage: Coverage,
}

/// A source with few contacts: most of its rows give none. The cause is often a wrong column or a wrong direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowYield {
    pub source: String,
    pub n_without: u64,
    pub n_rows: u64,
    /// The code of the most common reason.
    pub reason: String,
    pub n_reason: u64,
}

/// The run before, as far as a report compares with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousRun {
    pub run_id: String,
    pub finished_at: Timestamp,
    /// Rows, and what became of them.
    pub counts: Counts,
    /// Rows by source.
    pub rows: BTreeMap<String, u64>,
    pub people: PeopleCounts,
    /// Whether `ferry runs diff` finds both runs: they are in the folder `runs` of the plan.
    pub can_be_compared: bool,
}

/// The state of the database after a run.
#[derive(Debug)]
pub struct DatabaseState {
    pub registrations: Registrations,
    pub batches: Vec<BatchState>,
}

/// A batch of the run, and when it was verified and loaded.
#[derive(Clone, Debug)]
pub struct BatchState {
    pub number: u32,
    pub n_contacts: u64,
    pub digest: Digest,
    pub verified_at: Option<Timestamp>,
    pub loaded_at: Option<Timestamp>,
}

impl RunReport {
    /// Ends the load, and reports on the run. Closes the database.
    pub(crate) async fn of_run(
        run: &mut OpenRun,
        crm: Crm,
        verified: Verified,
        unfinished: Unfinished,
    ) -> Result<Self> {
        // Both scan all contacts, each on its own thread.
        let counted = async { Ok(crm.registrations(Timestamp::now()).await?) };
        let (registrations, loaded) = try_join!(counted, load::finish(run, &crm, unfinished))?;
        Self::of(run, crm, registrations, verified, loaded).await
    }

    /// Reports on the present state of the database. Closes it.
    pub(crate) async fn of_database(run: &OpenRun, crm: Crm, verified: Verified) -> Result<Self> {
        let registrations = crm.registrations(Timestamp::now()).await?;
        Self::of(run, crm, registrations, verified, Loaded::default()).await
    }

    /// Reports on the expected result.
    pub(crate) async fn of_dry_run(run: &OpenRun, crm: Option<&Crm>, loaded: Loaded) -> Result<Self> {
        let report = Self::of_files(run, loaded);
        let estimate = verify::preview(run, crm, report.contacts).await?;
        let planned_checks = estimate.zip(run.plan.verify.as_ref()).map(|(it, section)| it.with_limits(section));
        Ok(Self { estimate, planned_checks, ..report })
    }

    async fn of(
        run: &OpenRun,
        crm: Crm,
        registrations: Registrations,
        verified: Verified,
        loaded: Loaded,
    ) -> Result<Self> {
        let why = run.folder.manifest.stages.get(&Stage::Verify).map(uninformative);
        let has_verifier = run.plan.verify.is_some();
        let mut by_answer = BTreeMap::new();
        for ((_, answer), n) in &registrations.countries {
            *by_answer.entry(answer.map_or("not_asked", Answer::name)).or_default() += n;
        }
        let by_segment = registrations.segments.iter().map(|(segment, n)| (segment.name(), *n)).collect();
        let batches = batches(run, &crm).await?;
        let plan_segments = segments::count(&run.plan, &crm, Timestamp::now()).await?;
        crm.close().await;
        Ok(Self {
            registration: Some(by_answer).filter(|_| has_verifier),
            segments: Some(by_segment).filter(|_| has_verifier),
            held: registrations.people_in(Segment::Held),
            plan_segments,
            ready_with_consent: registrations.ready_with_consent,
            cost: verified.cost,
            failure: verified.failure,
            provider_is_informative: why.map(|it| it.is_none()),
            uninformative: why.flatten(),
            database: Some(DatabaseState { registrations, batches }),
            previous: previous(run)?,
            ..Self::of_files(run, loaded)
        })
    }

    /// Notes the people of the database in the manifest: the report of the next run compares with them.
    pub fn note_people(&self, manifest: &mut Manifest) {
        let people = self.database.as_ref().map(|it| people(&it.registrations));
        manifest.people = people.or(manifest.people.take());
    }

    /// Reports on the run folder alone.
    fn of_files(run: &OpenRun, loaded: Loaded) -> Self {
        let manifest = &run.folder.manifest;
        let cleaned = manifest.stages.get(&Stage::Clean);
        let counts = cleaned.map(|it| it.counts).unwrap_or_default();
        let mut rejects = BTreeMap::new();
        for (reason, n) in cleaned.iter().flat_map(|it| it.rejects.values()).flatten() {
            *rejects.entry(reason.clone()).or_default() += n;
        }
        let suspicious = cleaned.iter().flat_map(|it| &it.list_quality).filter(|it| !it.1.findings.is_empty());
        Self {
            run_id: run.run_id().to_owned(),
            run_dir: run.folder.dir().to_owned(),
            dry_run: run.is_dry_run,
            sample: manifest.sample,
            scenarios: manifest.stages.get(&Stage::Translate).map(ScenariosReport::of),
            sources: manifest.sources.iter().map(source_report).collect(),
            unread_sources: manifest.unread_sources.clone(),
            counts,
            reject_rate: share(n_faults(&rejects), counts.rows_in),
            rejects,
            encoding_guesses: run.doubts(),
            low_yields: cleaned.map(|it| low_yields(&manifest.sources, &it.rejects)).unwrap_or_default(),
            is_over_unreadable: cleaned.is_some_and(|it| unread::is_over(&it.unread)),
            not_understood: cleaned.map(|it| it.unread.clone()).unwrap_or_default(),
            n_dates_out_of_range: cleaned.map_or(0, dates_out_of_range),
            list_findings: suspicious.map(|(name, list)| (name.clone(), list.findings.clone())).collect(),
            links: cleaned.map(|it| it.links.clone()).unwrap_or_default(),
            duplicates: cleaned.map(|it| it.duplicates.clone()).unwrap_or_default(),
            max_reject_rate: run.plan.gates.max_reject_rate,
            contacts: counts.kept,
            batches: counts.kept.div_ceil(run.plan.batch_size() as u64),
            registration: None,
            segments: None,
            held: 0,
            plan_segments: Vec::new(),
            ready_with_consent: 0,
            cost: None,
            estimate: None,
            planned_checks: None,
            provider_is_informative: None,
            uninformative: None,
            inserted: loaded.inserted,
            updated: loaded.updated,
            unchanged: loaded.unchanged,
            n_reread: run.reread.n_contacts,
            n_consent_changed: run.reread.n_changed,
            n_answers_differ: run.reread.n_answers,
            changed_fields: loaded.fields,
            conflicts: loaded.conflicts.iter().fold(BTreeMap::new(), |mut counts, it| {
                *counts.entry(it.field).or_default() += 1;
                counts
            }),
            database: None,
            previous: None,
            failure: None,
        }
    }
}

fn people(registrations: &Registrations) -> PeopleCounts {
    let segments = registrations.segments.iter().map(|(segment, n)| (segment.name().to_owned(), *n));
    PeopleCounts { segments: segments.collect(), ready_with_consent: registrations.ready_with_consent }
}

/// Finds the latest run of the same name that was reported before this one began.
fn previous(run: &OpenRun) -> Result<Option<PreviousRun>> {
    let manifest = &run.folder.manifest;
    if manifest.sample.is_some() {
        return Ok(None);
    }
    let beside = runs_beside(run.folder.dir()).list()?.runs.into_iter().map(|it| it.manifest);
    let is_whole = |it: &Manifest| it.name == manifest.name && it.sample.is_none();
    let earlier = beside.filter(|it| is_whole(it) && it.created_at < manifest.created_at);
    let reported = earlier.filter_map(|it| {
        let cleaned = it.stages.get(&Stage::Clean)?;
        let finished_at = it.stages.values().map(|it| it.finished_at).max()?;
        let (counts, people, run_id) = (cleaned.counts, it.people.clone()?, it.run_id);
        let rows = it.sources.into_iter().map(|it| (it.name, it.rows)).collect();
        let can_be_compared = run.folder.dir().parent() == Some(folder_of_runs(&run.plan).as_path());
        Some((it.created_at, PreviousRun { run_id, finished_at, counts, rows, people, can_be_compared }))
    });
    Ok(reported.max_by_key(|it| it.0).map(|it| it.1))
}

/// The rows of a cleaning whose dates are out of range.
fn dates_out_of_range(cleaned: &StageRecord) -> u64 {
    let name = RowFindings(RowFinding::DateRange as u16).names();
    cleaned.findings.get(&name).copied().unwrap_or(0)
}

fn source_report(source: &SourceRecord) -> SourceReport {
    SourceReport {
        name: source.name.clone(),
        rows: source.rows,
        profile: source.profile.clone(),
        reading: source.reading(),
        coverage: source.coverage.clone(),
    }
}

async fn batches(run: &OpenRun, crm: &Crm) -> Result<Vec<BatchState>> {
    let verified = crm.receipts(run.run_id(), Stage::Verify).await?;
    let loaded = crm.receipts(run.run_id(), Stage::Load).await?;
    let at = |receipts: &BTreeMap<u32, Receipt>, batch: u32| receipts.get(&batch).map(|it| it.at);
    let batches = crm.batches(run.run_id()).await?;
    let state = |(number, n_contacts, digest): (u32, u64, Digest)| BatchState {
        number,
        n_contacts,
        digest,
        verified_at: at(&verified, number),
        loaded_at: at(&loaded, number),
    };
    Ok(batches.into_iter().map(state).collect())
}

/// Limits the share of a source's rows that may give no contact, whatever the reasons. Above one half the source is
/// reported.
const MOST_WITHOUT: f64 = 0.5;

/// Returns the sources of which most rows give no contact. `rejects` is by source and reason code.
fn low_yields(sources: &[SourceRecord], rejects: &BTreeMap<String, BTreeMap<String, u64>>) -> Vec<LowYield> {
    let low_yield = |source: &SourceRecord| {
        let by_reason = rejects.get(&source.name)?;
        let n_without: u64 = by_reason.values().sum();
        let (reason, n_reason) = by_reason.iter().max_by_key(|it| it.1)?;
        (share(n_without, source.rows) > MOST_WITHOUT).then(|| LowYield {
            source: source.name.clone(),
            n_without,
            n_rows: source.rows,
            reason: reason.clone(),
            n_reason: *n_reason,
        })
    };
    sources.iter().filter_map(low_yield).collect()
}

/// Returns the number of rejected rows that are about a person and could be corrected. `rejects` is by reason code.
pub fn n_faults(rejects: &BTreeMap<String, u64>) -> u64 {
    rejects.iter().filter(|it| Reason::is_fault_code(it.0)).map(|it| it.1).sum()
}
