//! Cleans and merges the extracted rows, and writes the ledger of every row.

pub(crate) mod intake;

use std::collections::BTreeMap;
use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use clean::{
    Cleaner, DuplicateCandidate, Linked, Links, ListQualityCounts, N_PARTITIONS, SortedRun, Spill, UnreadValues,
};
use crm::NewContacts;
use model::{Contact, Counts, Digest, LedgerRow, Outcome, Reject, RowFindings, Stage};
use rayon::prelude::*;
use run::{Group, SourceRecord, SpillFolder, StageRecord, TableWriter};

pub(crate) use crate::clean::intake::{PendingRows, add_rows, extract_and_add_rows};
use crate::load::overlapped::OverlappedLoad;
use crate::open_run::{OpenRun, TOOL, stage_record};
use crate::ordered_map::ordered_map;
use crate::progress::{self, Task};
use crate::unread;
use run::formats::duplicates::{self, DuplicatesWriter};
use run::formats::{contacts, ledger, links};

/// Limits the memory for rows that wait to be merged to one part in eight. Reading, merging and writing need the rest.
const WAITING_SHARE: u64 = 8;
/// Limits the pieces that are being made or wait to be written, per core: one of each keeps the core busy.
const MOST_PIECES: usize = 2;
/// Limits the rows that are merged and written together. A piece is larger only if one contact has more rows.
const PIECE_ROWS: usize = 1024;
/// Limits the pieces that wait to be merged.
const PIECES_AHEAD: usize = 2;
/// Estimates the memory that one piece needs while it is merged and written.
const PIECE_BYTES: u64 = 5 << 18;

/// Cleans the extracted rows, unless that is already done.
pub(crate) fn clean(run: &mut OpenRun) -> Result<()> {
    match add_rows(run)? {
        Some(pending) => merge(run, pending, None),
        None => Ok(()),
    }
}

/// Merges the rows that were added, and passes the contacts to `overlapped` too.
pub(crate) fn merge(
    run: &mut OpenRun,
    pending: PendingRows,
    mut overlapped: Option<&mut OverlappedLoad>,
) -> Result<()> {
    let list_quality = pending.list_quality();
    let unread = pending.unread(&run.plan.gates);
    let PendingRows { started, inputs, n_rows, mut cleaner, names, mut ledger_file, rejects_files, mut outcome, work } =
        pending;
    for (source, fields) in names.iter().enumerate().filter_map(|(n, it)| Some((n, unread.get(it)?))) {
        cleaner.hold(source, unread::held(fields));
    }
    let Linked { counts: links, users, duplicates: viber_duplicates } = link_all(&cleaner)?;

    let contacts_file = run.folder.create(contacts::ARTIFACT)?;
    let (mut contacts_file, digests) =
        TableWriter::create_with_digests(contacts_file, &contacts::columns(), run.plan.batch_size())?;
    let run_number = overlapped.as_ref().map(|it| it.run_number());
    work.again(Task::Merge);
    work.advance(outcome.counts.rejected);
    let spare = Mutex::default();
    std::thread::scope(|scope| {
        let (sender, pieces) = sync_channel(PIECES_AHEAD);
        scope.spawn(|| give_pieces(&cleaner, sender));
        ordered_map(
            pieces.into_iter(),
            most_pieces(run.memory),
            |piece| {
                let room = lock(&spare).pop().unwrap_or_else(|| Merged::with_room(run_number));
                merge_piece(&cleaner, piece?, &names, run_number.is_some(), room)
            },
            |mut merged| {
                contacts_file.rows(&merged.contacts)?;
                ledger_file.rows(&merged.ledger)?;
                for ((became, findings), n) in &merged.outcomes {
                    outcome.count(*became, RowFindings(*findings), *n);
                    work.advance(*n);
                }
                if let Some(overlapped) = &mut overlapped {
                    overlapped.take(&merged.new, digests.try_iter())?;
                }
                merged.clear();
                lock(&spare).push(merged);
                Ok(())
            },
        )
    })?;

    tracing::info!(n_contacts = outcome.counts.kept, "contacts given out");
    outcome.counts.rows_in = n_rows;
    if audit::balance(Stage::Clean, &outcome.counts).is_some() {
        bail!("the rows do not balance: {:?}", outcome.counts);
    }
    let counts = outcome.counts;
    work.end(progress::Outcome::Cleaned(counts));
    // The large files wait for the disk in parallel, while the last contacts are passed on.
    let (artifacts, duplicates) = std::thread::scope(|scope| {
        let contacts_file = scope.spawn(|| contacts_file.publish());
        let ledger_file = scope.spawn(|| ledger_file.publish());
        if let Some(overlapped) = overlapped {
            overlapped.take_last(digests.iter())?;
        }
        let mut duplicates_file = DuplicatesWriter::create(run.folder.create(duplicates::ARTIFACT)?)?;
        write_duplicates(&mut duplicates_file, &viber_duplicates)?;
        let same_emails = |partition| cleaner.same_email(partition).with_context(spill_failed);
        ordered_map(0..N_PARTITIONS, most_pieces(run.memory), same_emails, |candidates: Vec<DuplicateCandidate>| {
            write_duplicates(&mut duplicates_file, &candidates)
        })?;
        let (duplicates_file, n_duplicates) = duplicates_file.publish()?;
        let mut artifacts = vec![
            (duplicates::ARTIFACT.to_owned(), duplicates_file),
            (links::ARTIFACT.to_owned(), links::write(run.folder.create(links::ARTIFACT)?, &users)?),
            (ledger::ARTIFACT.to_owned(), ledger_file.join().unwrap_or_else(|it| resume_unwind(it))?),
            (contacts::ARTIFACT.to_owned(), contacts_file.join().unwrap_or_else(|it| resume_unwind(it))?),
        ];
        artifacts.extend(rejects_files);
        anyhow::Ok((artifacts, n_duplicates))
    })?;
    let record = StageRecord {
        rejects: outcome.rejects,
        findings: outcome.findings,
        links: link_counts(links),
        duplicates,
        list_quality,
        unread,
        ..stage_record(inputs, counts, started)
    };
    Ok(run.folder.complete(Stage::Clean, record, artifacts)?)
}

fn inputs(run: &OpenRun) -> Result<Digest> {
    let is_input = |name: &str| name.starts_with("extract/") || name.starts_with("fixes/");
    let extracted = run.folder.manifest.artifacts.iter().filter(|it| is_input(it.0));
    let mut parts: Vec<String> = extracted.map(|(name, it)| format!("{name} {}", it.sha256)).collect();
    parts.extend([run.plan.clean_digest()?.to_string(), run.key.id(), TOOL.to_owned()]);
    parts.push(run.started_at().as_microsecond().to_string());
    for source in &run.folder.manifest.sources {
        parts.push(serde_json::to_string(&source.reading)?);
    }
    let mut suppressed: Vec<String> = run.plan.suppressed()?.iter().map(ToString::to_string).collect();
    suppressed.sort();
    parts.extend(suppressed);
    parts.extend(run.decisions.iter().map(|it| {
        let (contact, other) = it.contacts();
        format!("{} {contact} {other}", it.name())
    }));
    Ok(Digest::of_parts(parts.iter().map(String::as_bytes)))
}

fn write_duplicates(file: &mut DuplicatesWriter, candidates: &[DuplicateCandidate]) -> Result<()> {
    for candidate in candidates {
        file.write(candidate.kind.name(), candidate.n_contacts, &candidate.contacts)?;
    }
    Ok(())
}

fn link_counts(links: Links) -> BTreeMap<String, u64> {
    let Links { by_row, by_card, ambiguous, unlinked } = links;
    let counts =
        [("linked_by_row", by_row), ("linked_by_card", by_card), ("ambiguous", ambiguous), ("unlinked", unlinked)];
    counts.map(|(name, n)| (name.to_owned(), n)).into()
}

/// Returns the records of the extracted sources, in the order of the plan.
fn source_records(run: &OpenRun) -> Result<Vec<SourceRecord>> {
    let record = |name: &String| {
        let found = run.folder.manifest.sources.iter().find(|it| it.name == *name).cloned();
        found.with_context(|| format!("source \"{name}\" is not extracted yet: run `ferry extract` first"))
    };
    run.plan.sources.iter().map(|it| record(it.name.get_ref())).collect()
}

/// Keeps rows that do not fit into memory in files.
struct Spilled(SpillFolder);

impl Spill for Spilled {
    fn put(&self, bucket: usize, bytes: &[u8]) -> io::Result<()> {
        tracing::debug!(bucket, n_bytes = bytes.len(), "rows moved to a file");
        self.0.put(bucket, bytes)
    }

    fn take(&self, bucket: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
        self.0.take(bucket, bytes)
    }

    fn read(&self, bucket: usize, start: u64, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bucket, start, bytes)
    }

    fn forget(&self, bucket: usize) -> io::Result<()> {
        self.0.forget(bucket)
    }
}

fn spill_failed() -> &'static str {
    "could not keep rows in the folder spill/ of the run; is its disk full?"
}

/// Returns how many pieces fit into memory at once while they are merged.
fn most_pieces(memory: u64) -> usize {
    (memory / 8 / PIECE_BYTES).clamp(1, (MOST_PIECES * rayon::current_num_threads()) as u64) as usize
}

/// Sends all rows in pieces, in the order of their contacts. The next partition is sorted while pieces are merged.
fn give_pieces(cleaner: &Cleaner, sender: SyncSender<Result<SortedRun>>) {
    let send = |piece: io::Result<SortedRun>| {
        // An error ends the merge. The receiver is closed only if merging has failed.
        let is_last = piece.is_err();
        sender.send(piece.with_context(spill_failed)).is_ok() && !is_last
    };
    for partition in 0..N_PARTITIONS {
        let are_sent = match cleaner.sorted_runs(partition, PIECE_ROWS) {
            Ok(mut pieces) => pieces.all(send),
            Err(error) => send(Err(error)),
        };
        if !are_sent {
            return;
        }
    }
}

/// Links the users of all partitions, in order.
fn link_all(cleaner: &Cleaner) -> Result<Linked> {
    let linked = (0..N_PARTITIONS).into_par_iter().map(|it| cleaner.link(it)).collect::<Result<Vec<_>, _>>();
    let linked = linked.with_context(spill_failed)?;
    Ok(Linked {
        counts: linked.iter().map(|it| it.counts).sum(),
        users: linked.iter().flat_map(|it| it.users.iter().copied()).collect(),
        duplicates: linked.into_iter().flat_map(|it| it.duplicates).collect(),
    })
}

/// A merged piece: its rows for both files, its new contacts if they are loaded during the merge, and the number of
/// rows per outcome.
struct Merged {
    contacts: Group,
    new: NewContacts,
    ledger: Group,
    outcomes: BTreeMap<(Outcome, u16), u64>,
}

impl Merged {
    /// `run_number` is the number of the run if its contacts are loaded during the merge.
    fn with_room(run_number: Option<i64>) -> Self {
        Self {
            contacts: Group::with_room(&contacts::columns(), PIECE_ROWS),
            new: NewContacts::with_room(run_number.unwrap_or(0), if run_number.is_some() { PIECE_ROWS } else { 0 }),
            ledger: Group::with_room(&ledger::columns(), PIECE_ROWS),
            outcomes: BTreeMap::new(),
        }
    }

    /// Empties the piece and keeps its buffers: fresh pages cost the kernel a zeroing pass.
    fn clear(&mut self) {
        let Self { contacts, new, ledger, outcomes } = self;
        contacts.clear();
        new.clear();
        ledger.clear();
        outcomes.clear();
    }
}

fn lock(spare: &Mutex<Vec<Merged>>) -> MutexGuard<'_, Vec<Merged>> {
    spare.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Merges a piece into `merged`, which must be empty.
fn merge_piece(
    cleaner: &Cleaner,
    piece: SortedRun,
    names: &[String],
    is_overlapped: bool,
    mut merged: Merged,
) -> Result<Merged> {
    let give = |contact: Option<Contact>, rows: &[LedgerRow]| {
        if let Some(contact) = contact {
            contacts::write(&mut merged.contacts, &contact);
            if is_overlapped {
                merged.new.push(&contact);
            }
        }
        for row in rows {
            ledger::write(&mut merged.ledger, names, row);
            *merged.outcomes.entry((row.outcome, row.findings.0)).or_default() += 1;
        }
    };
    cleaner.merge(piece, give).with_context(spill_failed)?;
    Ok(merged)
}

/// Counts of what was written so far.
#[derive(Default)]
pub(crate) struct Written {
    counts: Counts,
    rejects: BTreeMap<String, BTreeMap<String, u64>>,
    findings: BTreeMap<String, u64>,
    list_quality: BTreeMap<String, ListQualityCounts>,
    unread: BTreeMap<String, UnreadValues>,
}

impl Written {
    fn count_reject(&mut self, reject: &Reject, names: &[String]) {
        self.counts.rejected += 1;
        let source = names[usize::from(reject.row.source)].clone();
        *self.rejects.entry(source).or_default().entry(reject.reason.code().to_owned()).or_default() += 1;
    }

    fn count(&mut self, outcome: Outcome, findings: RowFindings, n: u64) {
        match outcome {
            Outcome::Kept => self.counts.kept += n,
            Outcome::Merged => self.counts.merged += n,
            Outcome::Rejected => self.counts.rejected += n,
            Outcome::Suppressed => self.counts.suppressed += n,
        }
        let names = findings.names();
        for finding in names.split(' ').filter(|it| !it.is_empty()) {
            *self.findings.entry(finding.to_owned()).or_default() += n;
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
