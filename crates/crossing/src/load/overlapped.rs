//! Loading that begins while contacts are still being merged.
//!
//! SQLite keeps only one core busy, so loading after the merge would leave the others idle. Contacts that come directly
//! from the merge also need not be read again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use crm::{Contacts, Crm, LoadBatch, LoadRun, Loaded, NewContacts};
use model::Digest;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::backup;
use crate::load::{exports, lease, load_all, read_statements_anew, receipt, record_as, run_row};
use crate::mended;
use crate::open_run::OpenRun;
use crate::suppression::open_crm_to_load;
use crate::wordings::{declare_bases, record_wordings};

/// Limits the batches that wait to be loaded: as many as are merged while the database waits for its disk.
const BATCHES_WAITING: usize = 16;

/// Takes contacts in the order of their ids, and loads them batch by batch.
pub(crate) struct OverlappedLoad {
    crm: Crm,
    run: Arc<LoadRun>,
    started: Instant,
    batch_size: usize,
    n_batches: u32,
    /// Contacts of a batch that is not full yet.
    members: NewContacts,
    /// Full batches whose digests are not known yet.
    full: VecDeque<NewContacts>,
    batches: mpsc::Sender<Result<LoadBatch>>,
    task: JoinHandle<Result<Loaded>>,
}

/// Returns whether the database holds no one, and has never heard of the run.
async fn has_nothing_of(run: &OpenRun, crm: &Crm) -> Result<bool> {
    Ok(crm.planned_run(run.run_id()).await?.is_none() && crm.is_empty().await?)
}

/// Contacts that were loaded during the merge, and when that began.
pub(crate) struct LoadedAlready {
    pub(crate) loaded: Loaded,
    pub(crate) started: Instant,
}

impl OverlappedLoad {
    /// Begins an overlapped load; none if contacts cannot be loaded before the merge has ended.
    ///
    /// The database must be empty and must not know the run, the plan must not verify, and no correction may have been
    /// corrected: otherwise something has to be done before the first contact is loaded. The caller checks the quality gates.
    ///
    /// If the run ends before all is loaded, it resumes like any other: batches with a receipt are not loaded again.
    pub(crate) async fn begin(run: &mut OpenRun) -> Result<Option<Self>> {
        if run.is_dry_run || run.plan.verify.is_some() || mended::has_moved(&run.folder)? {
            return Ok(None);
        }
        // If the database cannot be opened, the load after the merge reports that, when the contacts are safe.
        let Ok(crm) = open_crm_to_load(&run.plan, &run.progress).await else { return Ok(None) };
        crm.check_key(&run.key.id()).await?;
        // Another run can load while this one waits for the lease, so what holds is asked when this one has it.
        let crm = match has_nothing_of(run, &crm).await? {
            true => lease::take(run, &crm).await?,
            false => crm,
        };
        if run.lease.is_none() || !has_nothing_of(run, &crm).await? {
            crm.close().await;
            run.lease = None;
            return Ok(None);
        }
        backup::ensure(run, &crm).await?;
        let label = crm.plan_run(&run_row(run, Vec::new())).await?;
        record_as(run, label)?;
        record_wordings(&run.plan, &crm).await?;
        declare_bases(&run.plan, &crm, run.run_id()).await?;
        // The consent words must be recorded first: a load that finds no recorded words reads every statement again.
        read_statements_anew(run, &crm).await?;

        let (batches, given) = mpsc::channel(BATCHES_WAITING);
        let target = Arc::new(crm.load_run(run.run_id(), run.plan.merge.consent, &exports(run)).await?);
        let (loader, loaded_run) = (crm.clone(), Arc::clone(&target));
        let task = tokio::spawn(async move { load_all(&loader, &loaded_run, given, |_| ()).await });
        Ok(Some(Self {
            crm,
            members: NewContacts::with_room(target.number, run.plan.batch_size()),
            run: target,
            started: Instant::now(),
            batch_size: run.plan.batch_size(),
            n_batches: 0,
            full: VecDeque::new(),
            batches,
            task,
        }))
    }

    /// Returns the number of the run, which its rows refer to.
    pub(crate) fn run_number(&self) -> i64 {
        self.run.number
    }

    /// Adds the next contacts, and the digests of batches in order as they become known. Blocks while the queue is
    /// full.
    pub(crate) fn take(&mut self, contacts: &NewContacts, digests: impl Iterator<Item = Digest>) -> Result<()> {
        let mut start = 0;
        while start < contacts.len() {
            let end = contacts.len().min(start + self.batch_size - self.members.len());
            self.members.append(contacts, start..end);
            if self.members.len() == self.batch_size {
                self.end_batch();
            }
            start = end;
        }
        self.hand_on(digests)
    }

    /// Adds the last digests, after all contacts.
    pub(crate) fn take_last(&mut self, digests: impl Iterator<Item = Digest>) -> Result<()> {
        if !self.members.is_empty() {
            self.end_batch();
        }
        self.hand_on(digests)
    }

    /// Waits until all batches that were passed on are loaded.
    pub(crate) async fn finish(self) -> Result<(Crm, LoadedAlready)> {
        let Self { crm, started, batches, task, .. } = self;
        drop(batches);
        let loaded = task.await.context("loading ended before its time")??;
        tracing::info!(inserted = loaded.inserted, "batches loaded while contacts were merged");
        Ok((crm, LoadedAlready { loaded, started }))
    }

    fn end_batch(&mut self) {
        let next = NewContacts::with_room(self.run.number, self.batch_size);
        self.full.push_back(std::mem::replace(&mut self.members, next));
    }

    fn hand_on(&mut self, digests: impl Iterator<Item = Digest>) -> Result<()> {
        for digest in digests {
            let contacts = self.full.pop_front().context("a batch was digested before it was full")?;
            self.n_batches += 1;
            let receipt = Box::new(receipt(self.n_batches, contacts.len() as u64, digest));
            // The receiver is closed only if loading has failed, which `finish` reports; cleaning continues.
            let batch = LoadBatch { contacts: Contacts::New(Box::new(contacts)), receipt };
            let _ = self.batches.blocking_send(Ok(batch));
        }
        Ok(())
    }
}
