//! The crossing: exports in, a loaded CRM database out.

use anyhow::{Context, Error, Result, bail};
use crm::{Crm, Loaded, Registrations};
use jiff::Timestamp;
use model::Stage;
use run::Bill;
use tokio::task::block_in_place;
use tokio::try_join;

use crate::exit;
use crate::hygiene;
use crate::report;
use crate::session::Session;
use crate::stages::load::early::Early;
use crate::stages::verify::Which;
use crate::stages::{clean, extract, load as loading, variants, verify};
use crate::summary::Summary;
use crate::unread;

/// Does what is not done yet of a whole run, and reports on all of it.
pub(crate) async fn run(session: &mut Session) -> Result<Summary> {
    session.read_decisions().await?;
    let mut early = None;
    if let Some(taken) = clean::extract_and_take_in(session)? {
        early = Early::begin(session, &taken).await?;
        block_in_place(|| clean::merge(session, taken, early.as_mut()))?;
    }
    check_gates(session)?;
    if session.is_dry_run {
        return dry_run(session).await;
    }

    let (crm, early) = match early {
        Some(early) => early.finish().await.map(|(crm, loaded)| (crm, Some(loaded)))?,
        None => (open(session).await?, None),
    };
    loading::plan_batches(session, &crm).await?;
    let (bill, failure) = verify_what_can_be(session, &crm, Which::Waiting).await?;
    let unfinished = loading::load(session, &crm, None, early).await?;
    variants::merge(session, &crm).await?;
    // Both go through all contacts, each on a thread of its own.
    let counted = async { Ok(crm.registrations(Timestamp::now()).await?) };
    let (registrations, loaded) = try_join!(counted, loading::finish(session, &crm, unfinished))?;
    report(session, crm, &registrations).await?;
    match failure {
        Some(error) => Err(error),
        None => Ok(Summary::of(session, &registrations, bill, loaded)),
    }
}

/// Stops what the gates of the plan stop, before anybody is asked or loaded.
fn check_gates(session: &Session) -> Result<()> {
    let Some(cleaned) = session.folder.manifest.stages.get(&Stage::Clean) else { return Ok(()) };
    hygiene::check(&cleaned.lists, &session.plan.gates)?;
    unread::check(&cleaned.unread, &session.plan.gates)
}

/// Does one stage on what the stage before it left.
pub(crate) async fn stage(session: &mut Session, stage: Stage) -> Result<()> {
    match stage {
        Stage::Extract => {
            session.read_decisions().await?;
            extract::extract(session)
        }
        Stage::Clean => {
            session.read_decisions().await?;
            clean::clean(session)
        }
        Stage::Verify => ask(session, Which::Waiting).await.map(drop),
        Stage::Load => {
            let crm = open_planned(session).await?;
            let unfinished = loading::load(session, &crm, None, None).await?;
            loading::finish(session, &crm, unfinished).await?;
            crm.close().await;
            Ok(())
        }
    }
}

/// Does one batch again, from a stage on.
pub(crate) async fn rerun(session: &mut Session, batch: u32, from: Stage) -> Result<Loaded> {
    let crm = open(session).await?;
    let batches = crm.batches(session.run_id()).await?;
    if !batches.iter().any(|it| it.0 == batch) {
        bail!("the run has no batch {batch}; it has {}", batches.len());
    }
    if from == Stage::Verify {
        verify::verify(session, &crm, Which::Batch(batch)).await?;
    }
    crm.forget_receipt(session.run_id(), Stage::Load, batch).await?;
    let unfinished = loading::load(session, &crm, Some(batch), None).await?;
    let loaded = loading::finish(session, &crm, unfinished).await?;
    reported(session, crm).await?;
    Ok(loaded)
}

/// Verifies some of the contacts, and reports on all of them.
pub(crate) async fn ask(session: &mut Session, which: Which) -> Result<Summary> {
    let crm = open_planned(session).await?;
    let (bill, failure) = verify_what_can_be(session, &crm, which).await?;
    variants::merge(session, &crm).await?;
    let registrations = reported(session, crm).await?;
    match failure {
        Some(error) => Err(error),
        None => Ok(Summary::of(session, &registrations, bill, Loaded::default())),
    }
}

/// What a provider cannot do today keeps nobody out of the database and the report: a quota may last for days.
async fn verify_what_can_be(session: &mut Session, crm: &Crm, which: Which) -> Result<(Option<Bill>, Option<Error>)> {
    match verify::verify(session, crm, which).await {
        Ok(bill) => Ok((bill, None)),
        Err(error) if exit::is_passing(&error) => Ok((None, Some(error))),
        Err(error) => Err(error),
    }
}

/// What verifying would ask.
pub(crate) async fn ask_dry(session: &Session) -> Result<Summary> {
    let crm = Crm::look(&session.plan.crm_url()?).await?;
    would_be(session, crm.as_ref(), Loaded::default()).await
}

/// Counts the contacts, and reports on them.
async fn reported(session: &Session, crm: Crm) -> Result<Registrations> {
    let registrations = crm.registrations(Timestamp::now()).await?;
    report(session, crm, &registrations).await?;
    Ok(registrations)
}

/// Writes the report, and lets go of the database.
async fn report(session: &Session, crm: Crm, registrations: &Registrations) -> Result<()> {
    report::write(session, &crm, registrations).await?;
    crm.close().await;
    Ok(())
}

async fn open_planned(session: &mut Session) -> Result<Crm> {
    if !session.folder.manifest.stages.contains_key(&Stage::Clean) {
        bail!("nothing is clean yet: run `ferry extract` and `ferry clean` first");
    }
    check_gates(session)?;
    let crm = open(session).await?;
    loading::plan_batches(session, &crm).await?;
    Ok(crm)
}

async fn dry_run(session: &Session) -> Result<Summary> {
    let crm = Crm::look(&session.plan.crm_url()?).await?;
    let loaded = loading::preview(session, crm.as_ref()).await?;
    would_be(session, crm.as_ref(), loaded).await
}

async fn would_be(session: &Session, crm: Option<&Crm>, loaded: Loaded) -> Result<Summary> {
    let summary = Summary::of_dry_run(session, loaded);
    let estimate = verify::preview(session, crm, summary.contacts).await?;
    Ok(Summary { estimate, ..summary })
}

async fn open(session: &Session) -> Result<Crm> {
    Crm::open(&session.plan.crm_url()?).await.context("could not open the CRM database")
}
