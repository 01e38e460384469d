//! Finds out which contacts are on WhatsApp, batch by batch, and keeps the evidence.

mod answer_files;
mod quota;
mod reorder;
mod totals;
mod verifier;
mod verify_batches;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Error, Result};
use crm::Crm;
use model::{Digest, Receipt, Registration, Stage};
use phone::PhoneNumber;
use run::{Cost, StageRecord};
use tokio::sync::{Semaphore, mpsc};
use verify::{Verdict, VerifyError};

use crate::error::is_passing;
use crate::estimate::Estimate;
use crate::load::{ahead, complete};
use crate::open_run::OpenRun;
use crate::progress::{self, Note, Task};
use crate::verify::answer_files::AnswerFiles;
use crate::verify::totals::RunTotals;
use crate::verify::verifier::Verifier;
use crate::verify::verify_batches::{VerifyBatches, narrowed};
use plan::VerifySection;
use run::formats::contacts::{self, Phones};

/// The finding in a manifest if the provider says yes to every number.
const NOT_INFORMATIVE: &str = "provider_not_informative";
/// The finding in a manifest if the provider does not know numbers that are on WhatsApp.
const KNOWS_NOBODY: &str = "provider_knows_nobody";
/// The finding in a manifest that counts batches whose answers were not counted.
const NOT_COUNTED: &str = "batches_not_counted";

/// A selection of contacts to verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Contacts without a conclusive answer, in batches that this adapter has not verified yet.
    Unverified,
    /// Contacts of all batches that have no conclusive answer: none was given, or answers contradict each other.
    NoAnswer,
    /// Contacts of all batches whose last answer has expired.
    Expired,
    /// All contacts of one batch, whatever their answers.
    Batch(u32),
}

/// The cost of a verification, and why it ended early.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    pub(crate) cost: Option<Cost>,
    /// The provider is unavailable, or a quota is used up.
    pub(crate) failure: Option<Error>,
}

/// Verifies as many contacts as possible today. If the provider is down or its quota is used up, the run still loads
/// and reports: a quota can last for days.
pub(crate) async fn verify_if_possible(run: &mut OpenRun, crm: &Crm, selection: Selection) -> Result<Verified> {
    match verify(run, crm, selection).await {
        Ok(cost) => Ok(Verified { cost, failure: None }),
        Err(error) if is_passing(&error) => Ok(Verified { cost: None, failure: Some(error) }),
        Err(error) => Err(error),
    }
}

/// Verifies the selected contacts, and returns the cost if requests were sent. A plan without a verifier has nothing to
/// verify.
pub(crate) async fn verify(run: &mut OpenRun, crm: &Crm, selection: Selection) -> Result<Option<Cost>> {
    let Some(section) = run.plan.verify.clone() else { return Ok(None) };
    let started = Instant::now();
    let answer_files = AnswerFiles::read(run, &section)?;
    let adapter = answer_files.as_ref().map_or(section.properties().name.to_owned(), AnswerFiles::name);
    let receipts = crm.receipts(run.run_id(), Stage::Verify).await?;
    let wanted = selection.wanted(&crm.batches(run.run_id()).await?, &receipts, &adapter);
    let n_wanted: u64 = wanted.values().map(|it| it.0).sum();
    if n_wanted == 0 {
        run.progress.note(Note::AlreadyDone(Task::Verify));
        if !run.folder.manifest.stages.contains_key(&Stage::Verify) {
            complete(run, crm, Stage::Verify, started, BTreeMap::new()).await?;
        }
        return Ok(None);
    }
    let is_asking = answer_files.is_none();
    let has_evidence = is_asking && crm.has_evidence().await?;
    let estimate = match is_asking {
        true => {
            let crm = Some(crm).filter(|_| has_evidence);
            estimate(run, &section, crm, selection, wanted.keys().copied().collect()).await?
        }
        false => Estimate { numbers: n_wanted, ..Estimate::default() },
    };
    let (verifier, examined) = begin(run, crm, &section, adapter, answer_files, estimate).await?;
    let verifier = Arc::new(verifier);
    let work = run.progress.begin(Task::Verify, n_wanted);
    let outcome = match (examined, verifier.verdict()) {
        (Err(failure), _) => RunTotals::failed(failure),
        (Ok(()), Verdict::Informative) => {
            let numbers: HashSet<u32> = wanted.keys().copied().collect();
            let phones = phones_ahead(run, move |it| numbers.contains(&it));
            let (crm, verifier, concurrency) = (crm.clone(), Arc::clone(&verifier), section.concurrency());
            let (run_id, slots) = (run.run_id().into(), Arc::new(Semaphore::new(concurrency)));
            let verify_batches =
                VerifyBatches { crm, run_id, verifier, selection, has_evidence, wanted, slots, concurrency };
            verify_batches.run(phones, &work).await?
        }
        // The provider failed the canary test, so no batch is sent.
        (Ok(()), Verdict::SaysYesToAll | Verdict::SaysNoToKnown) => RunTotals::default(),
    };
    verifier.settle().await?;
    if let Some(error) = outcome.error {
        return Err(error);
    }
    let cost = is_asking.then(|| outcome.cost(&verifier, &section));
    work.end(progress::Outcome::Verified(outcome.totals(cost.clone(), estimate.numbers)));
    run.folder.manifest.costs.extend(cost.clone().filter(|it| it.calls > 0));
    let findings = outcome.findings(verifier.verdict());
    if let Some(failure) = outcome.failure {
        run.folder.save()?;
        return Err(verifier.explained(failure).await);
    }
    complete(run, crm, Stage::Verify, started, findings).await?;
    Ok(cost)
}

/// Reports the estimate, sets up the provider, and tests it with canaries.
async fn begin(
    run: &OpenRun,
    crm: &Crm,
    section: &VerifySection,
    adapter: String,
    answer_files: Option<AnswerFiles>,
    estimate: Estimate,
) -> Result<(Verifier, Result<(), VerifyError>)> {
    if answer_files.is_none() {
        run.progress.note(Note::WillCheck(estimate.with_limits(section)));
    }
    let mut verifier = Verifier::new(run, crm, section, adapter, answer_files).await?;
    // If no number has to be checked, the provider need not be tested either.
    let examined = if estimate.numbers > 0 { verifier.examine().await } else { Ok(()) };
    verifier.settle().await?;
    if verifier.verdict() != Verdict::Informative {
        run.progress.note(Note::NotAsked(verifier.verdict()));
    }
    Ok((verifier, examined))
}

/// Estimates a verification for a dry run.
pub(crate) async fn preview(run: &OpenRun, crm: Option<&Crm>, n_contacts: u64) -> Result<Option<Estimate>> {
    let Some(section) = run.plan.verify.as_ref().filter(|it| !it.asks_nobody()) else { return Ok(None) };
    // Before cleaning there is no file to read.
    if n_contacts == 0 {
        return Ok(Some(Estimate::default()));
    }
    let n_batches = n_contacts.div_ceil(section.batch() as u64);
    let wanted = (1..=u32::try_from(n_batches)?).collect();
    estimate(run, section, crm, Selection::Unverified, wanted).await.map(Some)
}

impl Selection {
    /// Returns the batches to go through, with the number and the digest of their contacts.
    fn wanted(
        self,
        batches: &[(u32, u64, Digest)],
        receipts: &BTreeMap<u32, Receipt>,
        adapter: &str,
    ) -> HashMap<u32, (u64, Digest)> {
        let is_wanted = |number: u32| match self {
            Self::Unverified => receipts.get(&number).is_none_or(|it| it.adapter != adapter),
            Self::NoAnswer | Self::Expired => true,
            Self::Batch(only) => only == number,
        };
        batches.iter().filter(|it| is_wanted(it.0)).map(|it| (it.0, (it.1, it.2))).collect()
    }

    /// Returns whether a contact has to be checked.
    fn needs(self, registration: Option<&Registration>) -> bool {
        let is_known = registration.is_some_and(|it| it.answer.is_conclusive());
        let is_expired = registration.is_some_and(|it| it.expired.is_some());
        match self {
            Self::Batch(_) => true,
            Self::Unverified => !is_known,
            Self::NoAnswer => !is_known && !is_expired,
            Self::Expired => is_expired,
        }
    }
}

/// Counts the contacts that have to be checked, by going through all of them. Without a database nothing is known yet.
async fn estimate(
    run: &OpenRun,
    section: &VerifySection,
    crm: Option<&Crm>,
    selection: Selection,
    wanted: HashSet<u32>,
) -> Result<Estimate> {
    let largest = section.properties().largest_batch as u64;
    let mut estimate = Estimate::default();
    let mut phones = phones_ahead(run, move |it| wanted.contains(&it));
    while let Some(phones) = phones.recv().await {
        let asked = narrowed(crm, phones?, selection).await?.asked;
        // Two contacts may have two spellings of one number, which is checked once.
        let numbers: HashSet<PhoneNumber> = asked.iter().map(|it| it.phone.variants()[0]).collect();
        estimate.numbers += numbers.len() as u64;
        estimate.calls += (numbers.len() as u64).div_ceil(largest);
    }
    Ok(estimate.with_tests(section, &run.plan)?)
}

/// A reason why the answers of a provider do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uninformative {
    SaysYesToAll,
    SaysNoToKnown,
    OneAnswerForAll,
}

/// Returns why the answers of a verification do not count; none if they do.
pub fn uninformative(record: &StageRecord) -> Option<Uninformative> {
    let has = |finding: &str| record.findings.contains_key(finding);
    match (has(NOT_INFORMATIVE), has(KNOWS_NOBODY), has(NOT_COUNTED)) {
        (true, ..) => Some(Uninformative::SaysYesToAll),
        (_, true, _) => Some(Uninformative::SaysNoToKnown),
        (.., true) => Some(Uninformative::OneAnswerForAll),
        _ => None,
    }
}

/// Reads batches on a thread of its own, a few ahead of the receiver.
fn phones_ahead(run: &OpenRun, is_wanted: impl Fn(u32) -> bool + Send + 'static) -> mpsc::Receiver<Result<Phones>> {
    let (path, size) = (run.folder.path(contacts::ARTIFACT), run.plan.batch_size());
    ahead(move |each| contacts::each_phones(&path, size, is_wanted, each))
}
