//! Cleans and merges what was extracted, and writes the ledger of every row.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clean::{Cleaner, Hygiene, LedgerRow, Linked, Links, N_PARTITIONS, Partition, Spill, Tie};
use extract::Layout;
use jiff::Timestamp;
use model::{Contact, Counts, Digest, Outcome, RawContact, Reject, RowFindings, RowId, Stage};
use rayon::prelude::*;
use run::{SourceRecord, SpillFolder, StageRecord, TableReader, TableWriter};

use crate::formats::corrections::Corrections;
use crate::formats::extracted::Extracted;
use crate::formats::{contacts, extracted, ledger, links, ties};
use crate::plan::SourceSection;
use crate::progress::{Work, grouped};
use crate::session::{Session, TOOL};
use crate::stages::rejects::{self, RejectColumns};
use crate::{hygiene, memory};

/// The share of the memory in which rows wait before they go to files. The rest is for reading,
/// merging and writing.
const WAITING_SHARE: u64 = 4;
/// For each core at most so many partitions are merged at once, and may wait to be written.
const MOST_WINDOW: u64 = 2;
/// What a row takes while its partition is merged and written, about.
const MERGING_ROW_BYTES: u64 = 1200;

/// Cleans what is not clean yet.
pub(crate) fn clean(session: &mut Session) -> Result<()> {
    let started = Instant::now();
    if !session.folder.manifest.stages.contains_key(&Stage::Extract) {
        bail!("nothing is extracted yet: run `ferry extract` first");
    }
    let inputs = inputs(session)?;
    if session.folder.is_complete(Stage::Clean, inputs)? {
        session.progress.say("clean", "already done");
        return Ok(());
    }

    let records = source_records(session)?;
    let sources = open_sources(session, &records)?;
    let n_rows: u64 = sources.iter().map(|it| it.table.n_rows()).sum();
    let work = session.progress.begin("clean", n_rows);
    let n_bytes = usize::try_from(session.memory / WAITING_SHARE)?;
    let cleaner = Cleaner::with_spill(session.rules()?, n_bytes, Box::new(Spilled(session.folder.spill()?)));
    let columns = RejectColumns::new(&records);
    let corrections = Corrections::read(&session.folder.fixes(), &records)?;
    let mut outcome = Written::default();
    let names: Vec<String> = records.iter().map(|it| it.name.clone()).collect();
    let mut ledger_file = TableWriter::create(session.folder.create(ledger::ARTIFACT)?, &ledger::columns())?;
    let mut rejects_file = session.folder.create(rejects::ARTIFACT)?;
    rejects_file.write_all(&columns.header()?).with_context(rejects_failed)?;
    take_in(
        &sources,
        |source, group| take_chunk(source, group, &cleaner, &columns, &corrections, &work),
        |chunk| {
            rejects_file.write_all(&chunk.lines).with_context(rejects_failed)?;
            *outcome.lists.entry(names[usize::from(chunk.source)].clone()).or_default() += chunk.hygiene;
            for reject in &chunk.rejects {
                outcome.count_reject(reject, &names);
                ledger::write(&mut ledger_file, &names, &rejected(reject))?;
            }
            Ok(())
        },
    )?;
    let rejects_file = rejects_file.publish(outcome.counts.rejected)?;
    tracing::info!(n_rows, "rows taken in");
    let Linked { counts: links, users, mut ties } = link_all(&cleaner)?;

    let mut contacts_file = TableWriter::create(session.folder.create(contacts::ARTIFACT)?, &contacts::columns())?;
    give_out(&cleaner, window(session.memory, n_rows), &names, &mut contacts_file, &mut ledger_file, &mut outcome)?;

    ties.extend(same_emails(&cleaner)?);
    tracing::info!(n_contacts = outcome.counts.kept, "contacts given out");
    outcome.counts.rows_in = n_rows;
    if let Some(difference) = audit::balance("clean", &outcome.counts) {
        bail!("the rows do not balance: {}", difference.0);
    }
    let counts = outcome.counts;
    work.end(&format!(
        "{} rows in = {} kept + {} merged + {} rejected + {} suppressed",
        grouped(counts.rows_in),
        grouped(counts.kept),
        grouped(counts.merged),
        grouped(counts.rejected),
        grouped(counts.suppressed)
    ));
    let artifacts = vec![
        (contacts::ARTIFACT.to_owned(), contacts_file.publish()?),
        (ledger::ARTIFACT.to_owned(), ledger_file.publish()?),
        (rejects::ARTIFACT.to_owned(), rejects_file),
        (links::ARTIFACT.to_owned(), links::write(session.folder.create(links::ARTIFACT)?, &users)?),
        (ties::ARTIFACT.to_owned(), ties::write(session.folder.create(ties::ARTIFACT)?, &ties)?),
    ];
    let record = StageRecord {
        inputs,
        counts,
        rejects: outcome.rejects,
        findings: outcome.findings,
        links: link_counts(links),
        ties: tie_counts(&ties),
        lists: outcome.lists.iter().map(|(name, counts)| (name.clone(), hygiene::quality(counts))).collect(),
        peak_bytes: memory::peak(),
        bill: None,
        seconds: started.elapsed().as_secs_f64(),
        finished_at: Timestamp::now(),
    };
    Ok(session.folder.complete(Stage::Clean, record, artifacts)?)
}

fn inputs(session: &Session) -> Result<Digest> {
    let is_input = |name: &str| name.starts_with("extract/") || name.starts_with("fixes/");
    let extracted = session.folder.manifest.artifacts.iter().filter(|it| is_input(it.0));
    let mut parts: Vec<String> = extracted.map(|(name, it)| format!("{name} {}", it.sha256)).collect();
    parts.extend([session.plan.clean_digest().to_string(), session.key.id(), TOOL.to_owned()]);
    let mut suppressed: Vec<String> = session.plan.suppressed()?.iter().map(ToString::to_string).collect();
    suppressed.sort();
    parts.extend(suppressed);
    parts.extend(session.decisions.iter().map(|it| format!("{} {} {}", it.kind.name(), it.contact, it.other)));
    Ok(Digest::of_parts(parts.iter().map(String::as_bytes)))
}

fn link_counts(links: Links) -> BTreeMap<String, u64> {
    let Links { by_row, by_card, ambiguous, unlinked } = links;
    let counts =
        [("linked_by_row", by_row), ("linked_by_card", by_card), ("ambiguous", ambiguous), ("unlinked", unlinked)];
    counts.map(|(name, n)| (name.to_owned(), n)).into()
}

fn tie_counts(ties: &[Tie]) -> BTreeMap<String, u64> {
    ties.iter().fold(BTreeMap::new(), |mut counts, it| {
        *counts.entry(it.kind.name().to_owned()).or_default() += 1;
        counts
    })
}

/// An extracted source and what its columns say.
struct Source {
    number: u16,
    table: TableReader,
    layout: Layout,
}

/// What was extracted, in the order of the plan.
fn source_records(session: &Session) -> Result<Vec<SourceRecord>> {
    let record = |name: &String| {
        let found = session.folder.manifest.sources.iter().find(|it| it.name == *name).cloned();
        found.with_context(|| format!("source \"{name}\" is not extracted yet: run `ferry extract` first"))
    };
    session.plan.sources.iter().map(|it| record(it.name.get_ref())).collect()
}

fn open_sources(session: &Session, records: &[SourceRecord]) -> Result<Vec<Source>> {
    let open = |(number, (planned, record)): (u16, (&SourceSection, &SourceRecord))| {
        let table = TableReader::open(&session.folder.path(&extracted::artifact(&record.name)))?;
        let layout = planned.layout_of(record)?;
        Ok(Source { number, table, layout })
    };
    (0..).zip(session.plan.sources.iter().zip(records)).map(open).collect()
}

/// What a chunk of rows left behind: its rejects, and their lines for the file of rejects.
struct Chunk {
    source: u16,
    hygiene: Hygiene,
    rejects: Vec<Reject>,
    lines: Vec<u8>,
}

/// Where rows wait that do not fit into memory.
struct Spilled(SpillFolder);

impl Spill for Spilled {
    fn put(&self, shelf: usize, bytes: &[u8]) -> std::io::Result<()> {
        tracing::debug!(shelf, n_bytes = bytes.len(), "rows moved to a file");
        self.0.put(shelf, bytes)
    }

    fn take(&self, shelf: usize, bytes: &mut Vec<u8>) -> std::io::Result<()> {
        self.0.take(shelf, bytes)
    }
}

fn spill_failed() -> &'static str {
    "could not keep rows in the folder spill/ of the run; is its disk full?"
}

fn rejects_failed() -> String {
    format!("could not write {}", rejects::ARTIFACT)
}

/// How many partitions fit into the memory at once while they are merged.
fn window(memory: u64, n_rows: u64) -> usize {
    let partition_bytes = (n_rows / N_PARTITIONS as u64 + 1) * MERGING_ROW_BYTES;
    (memory / 8 / partition_bytes).clamp(1, MOST_WINDOW * rayon::current_num_threads() as u64) as usize
}

/// Links the users of all partitions, in their order.
fn link_all(cleaner: &Cleaner) -> Result<Linked> {
    let linked = (0..N_PARTITIONS).into_par_iter().map(|it| cleaner.link(it)).collect::<Result<Vec<_>, _>>();
    let linked = linked.with_context(spill_failed)?;
    Ok(Linked {
        counts: linked.iter().map(|it| it.counts).sum(),
        users: linked.iter().flat_map(|it| it.users.iter().copied()).collect(),
        ties: linked.into_iter().flat_map(|it| it.ties).collect(),
    })
}

fn same_emails(cleaner: &Cleaner) -> Result<Vec<Tie>> {
    let ties = (0..N_PARTITIONS).into_par_iter().map(|it| cleaner.same_email(it)).collect::<Result<Vec<_>, _>>();
    Ok(ties.with_context(spill_failed)?.concat())
}

/// Makes chunks of all groups of rows, on all cores, and gives them to `write` in their order.
fn take_in(
    sources: &[Source],
    chunk: impl Fn(&Source, usize) -> Result<Chunk> + Sync,
    mut write: impl FnMut(Chunk) -> Result<()>,
) -> Result<()> {
    let groups: Vec<(&Source, usize)> =
        sources.iter().flat_map(|source| (0..source.table.n_groups()).map(move |group| (source, group))).collect();
    let next = AtomicUsize::new(0);
    let n_threads = rayon::current_num_threads();
    let (to_write, chunks) = sync_channel::<(usize, Result<Chunk>)>(n_threads);
    std::thread::scope(|scope| {
        for to_write in vec![to_write; n_threads] {
            let (groups, next, chunk) = (&groups, &next, &chunk);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some((source, group)) = groups.get(place) else { return };
                    // Whoever writes has failed if nobody listens any more.
                    if to_write.send((place, chunk(source, *group))).is_err() {
                        return;
                    }
                }
            });
        }
        let mut waiting = BTreeMap::new();
        let mut number = 0;
        for (place, chunk) in chunks {
            waiting.insert(place, chunk?);
            while let Some(chunk) = waiting.remove(&number) {
                write(chunk)?;
                number += 1;
            }
        }
        Ok(())
    })
}

fn take_chunk(
    source: &Source,
    group: usize,
    cleaner: &Cleaner,
    columns: &RejectColumns,
    corrections: &Corrections,
    work: &Work,
) -> Result<Chunk> {
    let group = source.table.group(group)?;
    let first = if group.n_rows > 0 { Extracted::new(&group, 0).record() } else { 1 };
    let mut rejects = Vec::new();
    let mut rows: Vec<(RowId, RawContact)> = Vec::with_capacity(group.n_rows);
    for row in (0..group.n_rows).map(|it| Extracted::new(&group, it)) {
        let id = RowId { source: source.number, record: row.record() };
        let row = corrections.row(id, row);
        let contact = match row.reason() {
            Some(reason) => Err(reason),
            None => source.layout.contact(|column| row.cell(column)),
        };
        match contact {
            Ok(contact) => rows.push((id, contact)),
            Err(reason) => rejects.push(Reject { row: id, reason, field: "" }),
        }
    }
    let taken = cleaner.add(rows).with_context(spill_failed)?;
    rejects.extend(taken.rejects);
    rejects.sort_unstable_by_key(|it| it.row);

    let row_of = |reject: &Reject| {
        let received = Extracted::new(&group, usize::try_from(reject.row.record - first).unwrap_or(0));
        corrections.row(reject.row, received)
    };
    let lines = columns.lines(&rejects, row_of)?;
    work.advance(group.n_rows as u64);
    Ok(Chunk { source: source.number, hygiene: taken.hygiene, rejects, lines })
}

/// Merges a few partitions at a time on all cores, while contacts and rows are each written on a
/// thread of their own, in the order of the partitions.
fn give_out(
    cleaner: &Cleaner,
    window: usize,
    names: &[String],
    contacts_file: &mut TableWriter,
    ledger_file: &mut TableWriter,
    outcome: &mut Written,
) -> Result<()> {
    let (to_contacts, contacts) = sync_channel::<Vec<Contact>>(window);
    let (to_ledger, rows) = sync_channel::<Vec<LedgerRow>>(window);
    std::thread::scope(|scope| {
        let contacts =
            scope.spawn(move || contacts.iter().flatten().try_for_each(|it| contacts::write(contacts_file, &it)));
        let rows = scope.spawn(move || {
            rows.iter().flatten().try_for_each(|it| {
                outcome.count(&it);
                ledger::write(ledger_file, names, &it)
            })
        });
        let mut merged = Ok(());
        for start in (0..N_PARTITIONS).step_by(window) {
            let partitions = (start..(start + window).min(N_PARTITIONS)).into_par_iter().map(|it| cleaner.merge(it));
            match partitions.collect::<Result<Vec<_>, _>>() {
                Err(error) => {
                    merged = Err(error);
                    break;
                }
                Ok(partitions) => {
                    for Partition { contacts, ledger } in partitions {
                        // A writer that has failed listens no more; its error comes out below.
                        let _ = to_contacts.send(contacts);
                        let _ = to_ledger.send(ledger);
                    }
                }
            }
        }
        drop((to_contacts, to_ledger));
        merged.with_context(spill_failed)?;
        contacts.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(rows.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)
    })
}

/// What has been written so far.
#[derive(Default)]
struct Written {
    counts: Counts,
    rejects: BTreeMap<String, BTreeMap<String, u64>>,
    findings: BTreeMap<String, u64>,
    lists: BTreeMap<String, Hygiene>,
}

impl Written {
    fn count_reject(&mut self, reject: &Reject, names: &[String]) {
        self.counts.rejected += 1;
        let source = names[usize::from(reject.row.source)].clone();
        *self.rejects.entry(source).or_default().entry(reject.reason.code().to_owned()).or_default() += 1;
    }

    fn count(&mut self, row: &LedgerRow) {
        match row.outcome {
            Outcome::Kept => self.counts.kept += 1,
            Outcome::Merged => self.counts.merged += 1,
            Outcome::Rejected => self.counts.rejected += 1,
            Outcome::Suppressed => self.counts.suppressed += 1,
        }
        if row.findings.0 != 0 {
            for finding in row.findings.names().split(' ') {
                *self.findings.entry(finding.to_owned()).or_default() += 1;
            }
        }
    }
}

fn rejected(reject: &Reject) -> LedgerRow {
    LedgerRow {
        row: reject.row,
        outcome: Outcome::Rejected,
        reason: Some(reject.reason),
        contact_id: None,
        findings: RowFindings::default(),
    }
}
