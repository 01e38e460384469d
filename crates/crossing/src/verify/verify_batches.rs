//! Verifies the batches of a run: several are checked at once, while finished ones are written.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use crm::{Crm, EvidenceWriter, ReadyEvidence};
use futures::{StreamExt, future, stream};
use jiff::Timestamp;
use model::{ContactId, Digest, Evidence, Registration};
use tokio::sync::mpsc;
use verify::Check;

use crate::progress;
use crate::verify::Selection;
use crate::verify::reorder::ReorderBuffer;
use crate::verify::totals::RunTotals;
use crate::verify::verifier::{BatchCheck, Checked, PreparedBatch, Verifier};
use run::formats::contacts::Phones;

/// Limits the finished batches in one transaction. Each batch has its own receipt.
const GROUP_BATCHES: usize = 16;

/// The settings of one verification.
pub(crate) struct VerifyBatches {
    pub(crate) crm: Crm,
    pub(crate) run_id: Box<str>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) selection: Selection,
    pub(crate) has_evidence: bool,
    /// The batches to go through, with the number and the digest of their contacts.
    pub(crate) wanted: HashMap<u32, (u64, Digest)>,
    pub(crate) concurrency: usize,
}

/// A batch that was checked.
enum CheckedBatch {
    Ready(Box<PreparedBatch>),
    /// The batch is too small to be treated as suspect on its own, so whether it counts is decided at the end.
    Small(Box<Checked>),
}

impl CheckedBatch {
    /// Returns whether no further batch should be checked.
    fn ends_asking(&self) -> bool {
        let totals = match self {
            Self::Ready(batch) => &batch.totals,
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
        let (to_write, done) = mpsc::channel(GROUP_BATCHES);
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
        // Waiting for the database blocks only this batch; other requests continue.
        let asked = batches.for_each_concurrent(self.concurrency, async |phones| {
            let batch = self.ask(phones).await;
            is_stopped.fetch_or(batch.as_ref().map_or(true, CheckedBatch::ends_asking), Ordering::Relaxed);
            // The receiver is closed only if writing has failed.
            is_stopped.fetch_or(to_write.send(batch).await.is_err(), Ordering::Relaxed);
        });
        asked.await;
    }

    /// Checks one batch.
    async fn ask(&self, phones: Result<Phones>) -> Result<CheckedBatch> {
        let phones = phones?;
        let (_, digest) = self.wanted.get(&phones.batch).context("a batch is not planned")?;
        let work = narrowed(&self.crm, phones, self.selection, self.has_evidence).await?;
        let checked = self.verifier.check(work, *digest).await?;
        match checked.is_small_no() {
            true => Ok(CheckedBatch::Small(Box::new(checked))),
            false => Ok(CheckedBatch::Ready(Box::new(checked.prepare(&self.crm, &self.run_id)))),
        }
    }

    /// Writes finished batches, as many at once as are ready.
    async fn write(&self, mut done: mpsc::Receiver<Result<CheckedBatch>>, work: &progress::Work) -> Result<RunTotals> {
        let mut writer = self.crm.evidence_writer();
        let (mut outcome, mut small, mut group) = (RunTotals::default(), Vec::new(), Vec::new());
        let mut reordered = ReorderBuffer::new(self.wanted.keys().copied(), GROUP_BATCHES);
        while done.recv_many(&mut group, GROUP_BATCHES).await > 0 {
            for done in group.drain(..) {
                match done {
                    Ok(CheckedBatch::Ready(batch)) => {
                        work.advance(batch.totals.n_contacts);
                        reordered.add(batch.totals.batch, outcome.take(*batch));
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

    async fn add(&self, writer: &mut EvidenceWriter, batches: Vec<ReadyEvidence>) -> Result<()> {
        if batches.is_empty() {
            return Ok(());
        }
        tracing::info!(n_batches = batches.len(), "batches verified");
        Ok(writer.add(batches, self.verifier.unnoted()?).await?)
    }
}

/// Returns the contacts of a batch that have to be checked. A contact without a phone cannot be.
pub(crate) async fn narrowed(
    crm: &Crm,
    phones: Phones,
    selection: Selection,
    has_evidence: bool,
) -> Result<BatchCheck> {
    let Phones { batch, members } = phones;
    let asked = |(contact_id, phone): &(_, Option<_>)| {
        phone.map(|phone| Check { contact_id: *contact_id, phone, before: None })
    };
    let mut asked: Vec<Check> = members.iter().filter_map(asked).collect();
    let n_phones = asked.len() as u64;
    if let (true, Some(first), Some(last)) = (has_evidence, members.first(), members.last()) {
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
