//! Verifies the batches of a run: several are checked at once, while finished ones are written.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use crm::{Crm, EvidenceWriter, ReadyEvidence};
use futures::{StreamExt, future, stream};
use jiff::Timestamp;
use model::{ContactId, Digest, Evidence, Registration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use verify::Check;

use crate::progress;
use crate::verify::Selection;
use crate::verify::reorder::ReorderBuffer;
use crate::verify::totals::RunTotals;
use crate::verify::verifier::{BatchCheck, Checked, PreparedBatch, Verifier};
use run::formats::contacts::Phones;

/// Batches that may be prepared, of those that wait for a slot, for each slot. One is enough to begin the next call at
/// once.
const PREPARED_PER_SLOT: usize = 2;

/// The settings of one verification.
pub(crate) struct VerifyBatches {
    pub(crate) crm: Crm,
    pub(crate) run_id: Box<str>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) selection: Selection,
    pub(crate) has_evidence: bool,
    /// The batches to go through, with the number and the digest of their contacts.
    pub(crate) wanted: HashMap<u32, (u64, Digest)>,
    /// The calls in flight. A batch holds its slot until its answers are in the database, so a kill loses the answers of
    /// at most so many batches.
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) concurrency: usize,
}

/// Evidence to write, and the slot that is free afterwards.
type HeldEvidence = (ReadyEvidence, OwnedSemaphorePermit);

/// A batch that was checked.
enum CheckedBatch {
    Ready(Box<PreparedBatch>, OwnedSemaphorePermit),
    /// The batch is too small to be treated as suspect on its own, so whether it counts is decided at the end.
    Small(Box<Checked>),
}

impl CheckedBatch {
    /// Returns whether no further batch should be checked.
    fn ends_asking(&self) -> bool {
        let totals = match self {
            Self::Ready(batch, _) => &batch.totals,
            Self::Small(batch) => &batch.totals,
        };
        totals.doubt.is_some() || totals.failure.is_some()
    }
}

impl VerifyBatches {
    /// Checks all batches, and writes the answers. After a failure or a doubt no further batch is checked; the answers
    /// of batches in flight are still kept.
    pub(crate) async fn run(self, phones: mpsc::Receiver<Result<Phones>>, work: &progress::Work) -> Result<RunTotals> {
        let shared = Arc::new(self);
        let (to_write, done) = mpsc::channel(shared.concurrency);
        let asking = tokio::spawn(Arc::clone(&shared).ask_all(phones, to_write));
        let (asked, outcome) = tokio::join!(asking, shared.write(done, work));
        asked?;
        outcome
    }

    async fn ask_all(
        self: Arc<Self>,
        mut phones: mpsc::Receiver<Result<Phones>>,
        to_write: mpsc::Sender<Result<CheckedBatch>>,
    ) {
        let is_stopped = AtomicBool::new(false);
        let batches = stream::poll_fn(|context| phones.poll_recv(context))
            .take_while(|_| future::ready(!is_stopped.load(Ordering::Relaxed)));
        let n_prepared = self.concurrency.saturating_mul(PREPARED_PER_SLOT);
        let asked = batches.for_each_concurrent(n_prepared, async |phones| {
            let Some(batch) = self.ask(phones, &is_stopped).await.transpose() else { return };
            is_stopped.fetch_or(batch.as_ref().map_or(true, CheckedBatch::ends_asking), Ordering::Relaxed);
            // The receiver is closed only if writing has failed.
            is_stopped.fetch_or(to_write.send(batch).await.is_err(), Ordering::Relaxed);
        });
        asked.await;
    }

    /// Checks one batch; none if checking was stopped while the batch waited for its slot.
    async fn ask(&self, phones: Result<Phones>, is_stopped: &AtomicBool) -> Result<Option<CheckedBatch>> {
        let phones = phones?;
        let (_, digest) = self.wanted.get(&phones.batch).context("a batch is not planned")?;
        let crm = Some(&self.crm).filter(|_| self.has_evidence);
        let work = narrowed(crm, phones, self.selection).await?;
        let slot = Arc::clone(&self.slots).acquire_owned().await?;
        if is_stopped.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let checked = self.verifier.check(work, *digest).await?;
        Ok(Some(match checked.is_small_no() {
            true => CheckedBatch::Small(Box::new(checked)),
            false => CheckedBatch::Ready(Box::new(checked.prepare(&self.crm, &self.run_id)), slot),
        }))
    }

    /// Writes finished batches, as many at once as are ready.
    async fn write(&self, mut done: mpsc::Receiver<Result<CheckedBatch>>, work: &progress::Work) -> Result<RunTotals> {
        let mut writer = self.crm.evidence_writer();
        let (mut outcome, mut small, mut group) = (RunTotals::default(), Vec::new(), Vec::new());
        let mut reordered = ReorderBuffer::new(self.wanted.keys().copied(), self.concurrency);
        while done.recv_many(&mut group, self.concurrency).await > 0 {
            for done in group.drain(..) {
                match done {
                    Ok(CheckedBatch::Ready(batch, slot)) => {
                        work.advance(batch.totals.n_contacts);
                        reordered.add(batch.totals.batch, (outcome.take(*batch), slot));
                    }
                    Ok(CheckedBatch::Small(batch)) => small.push(*batch),
                    Err(error) => drop(outcome.error.get_or_insert(error)),
                }
            }
            self.add(&mut writer, reordered.take()).await?;
            // While no other answer is ready, the batches that wait are written too, so answers do not wait for the
            // provider.
            if done.is_empty() {
                self.add(&mut writer, reordered.take_all()).await?;
            }
        }
        let has_doubts = !outcome.doubts.is_empty();
        let small = small.into_iter().map(|it: Checked| if has_doubts { it.uncounted() } else { it });
        let small = small.map(|it| outcome.take(it.prepare(&self.crm, &self.run_id))).collect();
        writer.add(small, None).await?;
        Ok(outcome)
    }

    /// Writes batches in one transaction, and frees their slots. Each batch has its own receipt.
    async fn add(&self, writer: &mut EvidenceWriter, batches: Vec<HeldEvidence>) -> Result<()> {
        if batches.is_empty() {
            return Ok(());
        }
        let (batches, slots): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
        tracing::info!(n_batches = batches.len(), "batches verified");
        writer.add(batches, self.verifier.unnoted()?).await?;
        drop(slots);
        Ok(())
    }
}

/// Returns the contacts of a batch that have to be checked. A contact without a phone cannot be. Without a database that
/// has evidence, nothing is known of anybody.
pub(crate) async fn narrowed(crm: Option<&Crm>, phones: Phones, selection: Selection) -> Result<BatchCheck> {
    let Phones { batch, members } = phones;
    let asked = |(contact_id, phone): &(_, Option<_>)| {
        phone.map(|phone| Check { contact_id: *contact_id, phone, before: None })
    };
    let mut asked: Vec<Check> = members.iter().filter_map(asked).collect();
    let n_phones = asked.len() as u64;
    if let (Some(crm), Some(first), Some(last)) = (crm, members.first(), members.last()) {
        let evidence: HashMap<ContactId, Vec<Evidence>> = crm.evidence_between(first.0, last.0).await?;
        let now = Timestamp::now();
        asked.retain_mut(|check| {
            let registration = evidence.get(&check.contact_id).and_then(|it| Registration::of(it, now));
            check.before = registration.as_ref().and_then(|it| it.expired.or(Some(it.answer)));
            selection.needs(registration.as_ref())
        });
    }
    Ok(BatchCheck { batch, n_contacts: members.len() as u64, n_phones, asked })
}
