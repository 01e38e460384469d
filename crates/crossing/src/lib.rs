//! The crossing: reads exports, and loads the CRM database.
//!
//! [`run()`] is the whole flow. Each stage leaves files or receipts in the database; the manifest names the files with a
//! digest of everything they depend on. So each stage does only what is not done yet, and a run can be stopped
//! anywhere.
//!
//! This crate does not print, does not know the command line and returns no text for people: [`progress::Event`]
//! reports what happens, and [`RunReport`] the result.

mod audit;
mod backup;
mod clean;
mod corrections;
mod coverage;
mod error;
mod estimate;
mod extract;
mod find_run;
mod fix;
mod follow;
mod gates;
pub mod inspect;
mod kept;
mod known_corrections;
mod ledger_database;
mod ledger_reading;
mod list_quality;
mod load;
mod main_numbers;
mod memory;
mod mended;
mod merge_and_load;
mod open_run;
mod ordered_map;
mod preflight;
mod probing;
pub mod progress;
mod reading;
mod rejects;
mod run_report;
mod runs;
mod runs_diff;
mod scenarios_report;
mod segments;
mod sources;
mod suppression;
mod trace;
mod translate;
mod unread;
mod unread_values;
mod verify;
pub mod who;
mod wordings;

#[cfg(test)]
mod check;
#[cfg(test)]
mod tests;

use anyhow::{Result, bail};
use crm::{Crm, Loaded};
use model::Stage;
use run::formats::{contacts, links};

pub use crate::audit::{Audited, audit};
pub use crate::backup::{Chosen, Restore, Restored, backups};
pub use crate::error::{CheckLimit, ListFault, QualityGate, RetryLater, RunChoice, is_passing, refused_status};
pub use crate::estimate::{Estimate, PlannedChecks};
pub use crate::find_run::{FoundRun, RunPlace, find_run};
pub use crate::fix::{Fixed, fix};
pub use crate::follow::{Cycle, follow_once, release_held};
pub use crate::gates::check_refusals;
pub use crate::kept::{is_of_input, kept_file};
pub use crate::ledger_database::{look_at_ledger, open_ledger};
pub use crate::ledger_reading::{check_ledger_reading, is_ledger_read_by, read_ledger_anew};
pub use crate::main_numbers::MainNumbers;
pub use crate::open_run::{OpenRun, RunOptions, Sample};
pub use crate::preflight::{Check, DiskSpace, Found, KeyMatch, Preflight, Subject, preflight};
pub use crate::progress::Progress;
pub use crate::run_report::{BatchState, DatabaseState, LowYield, PreviousRun, RunReport, SourceReport, n_faults};
pub use crate::runs::last_run_at;
pub use crate::runs::{ListedRun, ListedRuns, RunState, prune_runs, runs};
pub use crate::runs_diff::{ComparedRun, PersonChange, PersonDiff, RunsDiff, SegmentMove, diff_runs};
pub use crate::scenarios_report::ScenariosReport;
pub use crate::segments::{SegmentCount, check_segments};
pub use crate::sources::pull_plan;
pub use crate::suppression::{SuppressInput, SuppressOutcome, column_of, open_crm, rotate_suppression, suppress};
pub use crate::trace::{EarlierRows, TracedRow, earlier_rows, row_name, traced_rows};
pub use crate::translate::edits_of;
pub use crate::unread::{ShownValues, UnreadBySource, UnreadLine};
pub use crate::unread_values::unread_values;
pub use crate::verify::{Selection, Uninformative, uninformative};
pub use crate::wordings::record_wordings;
pub use ::audit::{Compared, Difference};
pub use ::pull::{PullSettings, PulledSource, Refresh};

use tokio::task::block_in_place;

use crate::clean::PendingRows;
use crate::load::lease;
use crate::translate::Sections;
use crate::verify::Verified;

/// Runs every stage that is not done yet.
pub async fn run(run: &mut OpenRun) -> Result<RunReport> {
    lease::given_back(run, async |run| {
        // First, because it takes no time and finds mistakes of the plan.
        let scenarios = translate::translate(run).await?;
        let rows = clean::extract_and_add_rows(run)?;
        clean_and_load(run, rows, &scenarios).await
    })
    .await
}

/// Runs every stage from cleaning on.
async fn run_from_clean(run: &mut OpenRun) -> Result<RunReport> {
    lease::given_back(run, async |run| {
        let scenarios = translate::translate(run).await?;
        let rows = clean::add_rows(run)?;
        clean_and_load(run, rows, &scenarios).await
    })
    .await
}

async fn clean_and_load(run: &mut OpenRun, rows: Option<PendingRows>, scenarios: &Sections) -> Result<RunReport> {
    // If the database is empty, contacts are loaded while they are merged; `loading` hides whether they are.
    let loading = merge_and_load::merge(run, rows).await?;
    gates::check(run)?;
    if run.is_dry_run {
        return dry_run(run, scenarios).await;
    }
    let (crm, loaded) = loading.finish(run).await?;
    let verified = loop {
        load::plan_batches(run, &crm).await?;
        translate::load(run, &crm, scenarios, None).await?;
        let verified = verify::verify_if_possible(run, &crm, Selection::Unverified).await?;
        // Merges can be taken back while a provider is asked, which can last for days. Cleaning follows what holds now.
        if loaded.is_some() || !run.read_decisions_again(&crm).await? {
            break verified;
        }
        block_in_place(|| clean::clean(run))?;
        gates::check(run)?;
    };
    let unfinished = load::load(run, &crm, None, loaded).await?;
    load::variants::merge(run, &crm).await?;
    RunReport::of_run(run, crm, verified, unfinished).await
}

/// Runs one stage on the result of the stage before.
pub async fn stage(run: &mut OpenRun, stage: Stage) -> Result<()> {
    match stage {
        Stage::Translate => translate::translate(run).await.map(drop),
        Stage::Extract => extract::extract(run),
        Stage::Clean => clean::clean(run),
        Stage::Verify => verify(run, Selection::Unverified).await.map(drop),
        Stage::Load => load(run).await.map(drop),
    }
}

/// Translates the scenarios of the plan again and keeps them in the database: those of all sections, or of one.
pub async fn translate_again(run: &mut OpenRun, section: Option<u32>) -> Result<RunReport> {
    lease::given_back(run, async |run| {
        let n_sections = u32::try_from(run.plan.scenarios.len())?;
        match section {
            _ if n_sections == 0 => bail!("the plan has no [[scenario]]: name a file with scenarios there"),
            Some(number) if !(1..=n_sections).contains(&number) => {
                bail!("the plan has no [[scenario]] {number}; it has {n_sections}")
            }
            _ => {}
        }
        run.folder.manifest.stages.remove(&Stage::Translate);
        let scenarios = translate::translate(run).await?;
        let crm = open_planned(run).await?;
        for number in section.map_or(1..=n_sections, |it| it..=it) {
            crm.forget_receipt(run.run_id(), Stage::Translate, number).await?;
        }
        translate::load(run, &crm, &scenarios, section).await?;
        RunReport::of_database(run, crm, Verified::default()).await
    })
    .await
}

/// Loads what was translated, cleaned and verified.
pub async fn load(run: &mut OpenRun) -> Result<RunReport> {
    lease::given_back(run, async |run| {
        let scenarios = translate::translate(run).await?;
        let crm = open_planned(run).await?;
        translate::load(run, &crm, &scenarios, None).await?;
        let unfinished = load::load(run, &crm, None, None).await?;
        RunReport::of_run(run, crm, Verified::default(), unfinished).await
    })
    .await
}

/// Repeats one batch, from a stage on. The loaded counts are of that batch; the report is of the whole run.
pub async fn rerun(run: &mut OpenRun, batch: u32, from: Stage) -> Result<(Loaded, RunReport)> {
    lease::given_back(run, async |run| one_batch(run, batch, from).await).await
}

async fn one_batch(run: &mut OpenRun, batch: u32, from: Stage) -> Result<(Loaded, RunReport)> {
    check_cleaned(run)?;
    let crm = open(run).await?;
    let batches = crm.batches(run.run_id()).await?;
    if !batches.iter().any(|it| it.0 == batch) {
        bail!("the run has no batch {batch}; it has {}", batches.len());
    }
    if from == Stage::Verify {
        verify::verify(run, &crm, Selection::Batch(batch)).await?;
    }
    crm.forget_receipt(run.run_id(), Stage::Load, batch).await?;
    let unfinished = load::load(run, &crm, Some(batch), None).await?;
    let loaded = load::finish(run, &crm, unfinished).await?;
    let report = RunReport::of_database(run, crm, Verified::default()).await?;
    Ok((loaded, report))
}

/// Verifies the selected contacts.
pub async fn verify(run: &mut OpenRun, selection: Selection) -> Result<RunReport> {
    lease::given_back(run, async |run| {
        run.plan.check_secrets()?;
        let crm = open_planned(run).await?;
        let verified = verify::verify_if_possible(run, &crm, selection).await?;
        load::variants::merge(run, &crm).await?;
        RunReport::of_database(run, crm, verified).await
    })
    .await
}

/// Estimates a verification without sending requests.
pub async fn verify_dry(run: &OpenRun) -> Result<RunReport> {
    let crm = Crm::look(&run.plan.crm_url()?).await?;
    RunReport::of_dry_run(run, crm.as_ref(), Loaded::default()).await
}

async fn dry_run(run: &mut OpenRun, scenarios: &Sections) -> Result<RunReport> {
    let crm = Crm::look(&run.plan.crm_url()?).await?;
    translate::preview(run, crm.as_ref(), scenarios).await?;
    let loaded = load::preview(run, crm.as_ref()).await?;
    RunReport::of_dry_run(run, crm.as_ref(), loaded).await
}

async fn open_planned(run: &mut OpenRun) -> Result<Crm> {
    if !run.folder.manifest.stages.contains_key(&Stage::Clean) {
        bail!("nothing is clean yet: run `ferry extract` and `ferry clean` first");
    }
    check_cleaned(run)?;
    gates::check(run)?;
    let crm = open(run).await?;
    load::plan_batches(run, &crm).await?;
    Ok(crm)
}

/// Fails if a file that verifying and loading read has changed since cleaning made it.
fn check_cleaned(run: &OpenRun) -> Result<()> {
    run.folder.check_intact(contacts::ARTIFACT)?;
    Ok(run.folder.check_intact(links::ARTIFACT)?)
}

/// Opens the database to load into it, which one run at a time does.
async fn open(run: &mut OpenRun) -> Result<Crm> {
    let crm = suppression::open_crm_to_load(&run.plan, &run.progress).await?;
    lease::take(run, &crm).await
}
