//! Loads the contacts into the CRM database, batch by batch.

pub(crate) mod lease;
pub(crate) mod overlapped;
pub(crate) mod variants;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use crm::{Contacts, Crm, LoadBatch, LoadRun, Loaded, NewContacts, RunRow, SourceReading, SuppressAction};
use jiff::Timestamp;
use model::{ContactId, Counts, Digest, Personal, Receipt, Stage};
use run::{LoadedCounts, SourceRecord, StageRecord};
use tokio::sync::mpsc;

use crate::backup;
use crate::ledger_reading::{is_ledger_read_by, read_ledger_anew};
use crate::load::overlapped::LoadedAlready;
use crate::mended;
use crate::open_run::{OpenRun, TOOL, stage_record};
use crate::progress::{Note, Outcome, Task, Work};
use crate::wordings::{declare_bases, record_wordings};
use run::formats::contacts;
use run::formats::links;

/// Limits the batches in one transaction. Each batch has its own receipt.
const BATCHES_PER_TRANSACTION: usize = 128;
/// Limits the batches that are read ahead of the database.
const BATCHES_AHEAD: usize = 8;

/// Records the run and its batches in the database, so that batches keep their members. A database with contacts is
/// backed up before the first write.
pub(crate) async fn plan_batches(run: &mut OpenRun, crm: &Crm) -> Result<()> {
    crm.check_key(&run.key.id()).await?;
    let batches = contacts::planned_batches(&run.folder.path(contacts::ARTIFACT), run.plan.batch_size())?;
    let planned = run_row(run, batches);
    tracing::info!(n_batches = planned.batches.len(), "batches digested");
    let is_planned = crm.planned_run(run.run_id()).await?.as_ref() == Some(&planned);
    let n_loaded = crm.receipts(run.run_id(), Stage::Load).await?.len();
    if !is_planned || n_loaded < planned.batches.len() {
        backup::ensure(run, crm).await?;
    }
    if !is_planned {
        record_as(run, crm.plan_run(&planned).await?)?;
    }
    crm.note_source_readings(&source_readings(run)?).await?;
    record_wordings(&run.plan, crm).await?;
    declare_bases(&run.plan, crm, run.run_id()).await?;
    suppress_those_of_the_plan(run, crm).await?;
    crm.rekey_suppression().await?;
    mended::take_keys(&run.folder, crm).await?;
    read_statements_anew(run, crm).await?;
    tracing::info!("batches planned");
    Ok(())
}

/// Takes the label under which the database has recorded the run. It differs from the run's own if another run of the
/// same day and name has that.
pub(crate) fn record_as(run: &mut OpenRun, label: String) -> Result<()> {
    if run.folder.manifest.run_id != label {
        run.folder.manifest.run_id = label;
        run.folder.save()?;
    }
    Ok(())
}

/// Suppresses people on the plan's suppression list in the database too. People who are already there must not be in a
/// segment that is written to.
async fn suppress_those_of_the_plan(run: &OpenRun, crm: &Crm) -> Result<()> {
    let ids: Vec<ContactId> = run.plan.suppressed()?.into_iter().collect();
    if !ids.is_empty() {
        crm.suppress(&ids, SuppressAction::Add, "on the list of a plan", Timestamp::now()).await?;
    }
    Ok(())
}

/// Reads the statements of earlier imports by the words of this plan, if another plan or version has read them.
async fn read_statements_anew(run: &mut OpenRun, crm: &Crm) -> Result<()> {
    if is_ledger_read_by(&run.plan, crm).await? {
        return Ok(());
    }
    if !crm.is_empty().await? {
        backup::ensure(run, crm).await?;
    }
    let reread = read_ledger_anew(&run.plan, crm).await?;
    if reread.n_contacts + reread.n_answers > 0 {
        run.progress.note(Note::StatementsReread(reread));
    }
    run.reread = reread;
    Ok(())
}

/// Returns how the sources of the run were read, for later runs.
fn source_readings(run: &OpenRun) -> Result<Vec<SourceReading>> {
    let reading = |it: &SourceRecord| {
        Ok(SourceReading {
            name: it.name.clone(),
            run_id: run.run_id().to_owned(),
            reading: serde_json::to_string(&it.reading)?,
        })
    };
    run.folder.manifest.sources.iter().map(reading).collect()
}

fn run_row(run: &OpenRun, batches: Vec<(u32, u64, Digest)>) -> RunRow {
    let manifest = &run.folder.manifest;
    let rejects = manifest.stages.get(&Stage::Clean).map(|it| &it.rejects).into_iter().flatten();
    let mut sources: Vec<_> = manifest.sources.iter().map(source_row).collect();
    sources.sort();
    RunRow {
        run_id: run.run_id().to_owned(),
        uid: manifest.uid.clone(),
        started_at: run.started_at(),
        key_id: run.key.id(),
        tool: TOOL.to_owned(),
        sources,
        rejects: rejects
            .flat_map(|(source, by_reason)| by_reason.iter().map(|(reason, n)| ((source.clone(), reason.clone()), *n)))
            .collect(),
        batches,
    }
}

/// The names and digests of the exports of a run.
fn exports(run: &OpenRun) -> Vec<(String, Digest)> {
    run.folder.manifest.sources.iter().map(|it| (it.name.clone(), it.sha256())).collect()
}

fn source_row(source: &SourceRecord) -> (String, String, String, Digest, u64) {
    (source.name.clone(), source.channel.name().to_owned(), source.profile.clone(), source.sha256(), source.rows)
}

/// The result of loading, which is complete only after [`finish`].
#[must_use]
pub(crate) struct Unfinished {
    loaded: Loaded,
    /// Viber users whom the database knew without a phone, and who have one now.
    n_absorbed: u64,
    started: Instant,
    /// None if all batches were loaded before.
    work: Option<Work>,
    is_whole: bool,
}

/// Loads the batches that are not loaded yet; only that batch, if `only` names one.
pub(crate) async fn load(
    run: &mut OpenRun,
    crm: &Crm,
    only: Option<u32>,
    overlapped: Option<LoadedAlready>,
) -> Result<Unfinished> {
    let receipts = crm.receipts(run.run_id(), Stage::Load).await?;
    let batches = crm.batches(run.run_id()).await?;
    let is_waiting = move |number: u32| !receipts.contains_key(&number) && only.is_none_or(|it| it == number);
    let n_waiting: u64 = batches.iter().filter(|it| is_waiting(it.0)).map(|it| it.1).sum();
    let n_done: u64 = batches.iter().filter(|it| !is_waiting(it.0)).map(|it| it.1).sum();
    let started = overlapped.as_ref().map_or_else(Instant::now, |it| it.started);
    let is_overlapped = overlapped.is_some();
    let loaded = overlapped.map_or_else(
        || Loaded { unchanged: if only.is_none() { n_done } else { 0 }, ..Loaded::default() },
        |it| it.loaded,
    );
    let mut unfinished = Unfinished { loaded, n_absorbed: 0, started, work: None, is_whole: only.is_none() };
    if n_waiting == 0 && !is_overlapped {
        if !run.folder.manifest.stages.contains_key(&Stage::Load) {
            crm.absorb_known().await?;
        }
        run.progress.note(Note::AlreadyDone(Task::Load));
        return Ok(unfinished);
    }
    let work = run.progress.begin_at(Task::Load, n_waiting, started);
    if n_waiting > 0 {
        backup::ensure(run, crm).await?;
        backup::check(run, crm).await?;
        let is_empty = crm.is_empty().await?;
        if !is_empty {
            unfinished.n_absorbed = absorb_linked(run, crm).await?;
        }
        let inputs = batches.into_iter().map(|it| (it.0, it.2)).collect();
        let target = Arc::new(crm.load_run(run.run_id(), run.plan.merge.consent, &exports(run)).await?);
        let new = is_empty.then_some(target.number);
        let waiting = read_loadable(run, is_waiting, inputs, new);
        unfinished.loaded += load_all(crm, &target, waiting, |n| work.advance(n)).await?;
        if !is_empty {
            unfinished.n_absorbed += crm.absorb_known().await?;
        }
    }
    Ok(Unfinished { work: Some(work), ..unfinished })
}

/// Loads all batches of the channel, many per transaction.
async fn load_all(
    crm: &Crm,
    run: &Arc<LoadRun>,
    mut batches: mpsc::Receiver<Result<LoadBatch>>,
    advance: impl Fn(u64),
) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    while let Some(now) = crm.load(run, &mut batches, BATCHES_PER_TRANSACTION).await? {
        tracing::info!(inserted = now.inserted, updated = now.updated, unchanged = now.unchanged, "batches loaded");
        advance(now.inserted + now.updated + now.unchanged);
        loaded += now;
    }
    Ok(loaded)
}

/// Ensures that no two contacts share a phone number, and records that loading is complete.
pub(crate) async fn finish(run: &mut OpenRun, crm: &Crm, unfinished: Unfinished) -> Result<Loaded> {
    let Unfinished { loaded, n_absorbed, started, work, is_whole } = unfinished;
    let is_recorded = work.is_none() && run.folder.manifest.stages.contains_key(&Stage::Load);
    if !is_recorded {
        crm.finish_load().await?;
    }
    if let Some(work) = work {
        let Loaded { inserted, updated, unchanged, .. } = loaded;
        work.end(Outcome::Loaded { inserted, updated, unchanged, n_absorbed });
        write_conflicts(run, &loaded)?;
    }
    if is_whole && !is_recorded {
        complete(run, crm, Stage::Load, started, BTreeMap::new()).await?;
        let Loaded { inserted, updated, unchanged, .. } = loaded;
        if let Some(record) = run.folder.manifest.stages.get_mut(&Stage::Load) {
            record.loaded = Some(LoadedCounts { inserted, updated, unchanged });
        }
        run.folder.save()?;
    }
    Ok(loaded)
}

/// Merges people whom the database knows only by Viber id into the contacts that this run links them to.
async fn absorb_linked(run: &OpenRun, crm: &Crm) -> Result<u64> {
    Ok(crm.absorb_linked(&linked_users(run)?).await?)
}

/// The Viber users that this run links to a contact, each with it.
fn linked_users(run: &OpenRun) -> Result<Vec<(ContactId, ContactId)>> {
    let path = run.folder.path(links::ARTIFACT);
    Ok(if path.exists() { links::read(&path)? } else { Vec::new() })
}

/// Writes `load/conflicts.csv`: contacts with a field that was edited in the CRM and that the import has differently.
/// Cells are safe in a spreadsheet.
fn write_conflicts(run: &mut OpenRun, loaded: &Loaded) -> Result<()> {
    const NAME: &str = "load/conflicts.csv";
    if loaded.conflicts.is_empty() {
        return Ok(());
    }
    let mut csv = csv::Writer::from_writer(run.folder.create(NAME)?);
    csv.write_record(["contact_id", "field", "edited", "imported"])?;
    let cell = |it: &Option<Personal<String>>| run::guarded(it.as_ref().map_or("", |it| &it.0)).into_owned();
    for it in &loaded.conflicts {
        csv.write_record([it.contact.to_string(), it.field.to_owned(), cell(&it.edited), cell(&it.imported)])?;
    }
    let file =
        csv.into_inner().map_err(|error| error.into_error()).with_context(|| format!("could not write {NAME}"))?;
    let artifact = file.publish(loaded.conflicts.len() as u64)?;
    run.folder.manifest.artifacts.insert(NAME.to_owned(), artifact);
    Ok(())
}

/// Returns what loading would do, and writes nothing.
pub(crate) async fn preview(run: &OpenRun, crm: Option<&Crm>) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    let Some(crm) = crm else {
        let cleaned = run.folder.manifest.stages.get(&Stage::Clean);
        loaded.inserted = cleaned.map_or(0, |it| it.counts.kept);
        return Ok(loaded);
    };
    let (path, size, mark) = (run.folder.path(contacts::ARTIFACT), run.plan.batch_size(), run.run_mark());
    let target = crm.load_run(run.run_id(), run.plan.merge.consent, &exports(run)).await?;
    let linked = crm.linked_contacts(&linked_users(run)?).await?;
    let mut batches = ahead(move |each| contacts::each_batch(&path, size, &mark, |_| true, each));
    while let Some(batch) = batches.recv().await {
        loaded += crm.preview(&target, batch?, &linked).await?;
    }
    Ok(loaded)
}

/// Reads batches on a thread of its own, a few ahead of the loader. `inputs` are the planned digests; `new` is the run
/// number if the database is empty.
fn read_loadable(
    run: &OpenRun,
    is_wanted: impl Fn(u32) -> bool + Send + 'static,
    inputs: BTreeMap<u32, Digest>,
    new: Option<i64>,
) -> mpsc::Receiver<Result<LoadBatch>> {
    let (path, size, mark) = (run.folder.path(contacts::ARTIFACT), run.plan.batch_size(), run.run_mark());
    ahead(move |each| {
        contacts::each_batch(&path, size, &mark, is_wanted, |batch| {
            let number = batch.number();
            let input = *inputs.get(&number).with_context(|| format!("batch {number} was never planned"))?;
            let receipt = Box::new(receipt(number, batch.items().len() as u64, input));
            let contacts = match new {
                Some(run_number) => Contacts::New(Box::new(NewContacts::of(run_number, batch.items()))),
                None => Contacts::Any(batch),
            };
            each(LoadBatch { contacts, receipt })
        })
    })
}

/// Runs `read` on a thread of its own, a few items ahead. A read error is sent at its place among the items.
pub(crate) fn ahead<T: Send + 'static>(
    read: impl FnOnce(&mut dyn FnMut(T) -> Result<()>) -> Result<()> + Send + 'static,
) -> mpsc::Receiver<Result<T>> {
    let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
    tokio::task::spawn_blocking(move || {
        let sent = read(&mut |item| {
            // The receiver is closed only if the work has failed, so reading stops.
            sender.blocking_send(Ok(item)).map_err(|_| anyhow!("nobody takes the batches any more"))
        });
        if let Err(error) = sent {
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

/// Returns a function that makes the receipt of a batch from the digest of what was written. `input` is the batch's
/// digest.
fn receipt(batch: u32, n_contacts: u64, input: Digest) -> impl FnOnce(Digest) -> Receipt {
    move |output| Receipt {
        stage: Stage::Load,
        batch,
        input,
        output,
        counts: Counts { rows_in: n_contacts, kept: n_contacts, ..Counts::default() },
        at: Timestamp::now(),
        tool: TOOL.to_owned(),
        adapter: String::new(),
    }
}

/// Records that all batches of a stage have receipts, and writes the receipts to the run folder.
pub(crate) async fn complete(
    run: &mut OpenRun,
    crm: &Crm,
    stage: Stage,
    started: Instant,
    findings: BTreeMap<String, u64>,
) -> Result<()> {
    let receipts = crm.receipts(run.run_id(), stage).await?;
    let name = format!("{}/receipts.ndjson", stage.name());
    let mut file = run.folder.create(&name)?;
    let mut counts = Counts::default();
    for receipt in receipts.values() {
        counts += receipt.counts;
        serde_json::to_writer(&mut file, receipt)?;
        file.write_all(b"\n").with_context(|| format!("could not write {name}"))?;
    }
    let artifact = file.publish(receipts.len() as u64)?;
    let inputs: Vec<String> = receipts.values().map(|it| it.input.to_string()).collect();
    let inputs = Digest::of_parts(inputs.iter().map(String::as_bytes));
    let record = StageRecord { findings, ..stage_record(inputs, counts, started) };
    Ok(run.folder.complete(stage, record, vec![(name, artifact)])?)
}
