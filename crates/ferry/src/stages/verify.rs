//! Asks which contacts are on WhatsApp, batch by batch, and keeps the evidence.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::StreamExt;
use jiff::Timestamp;
use load::Crm;
use model::{Answer, Contact, Counts, Digest, Evidence, Receipt, Stage};
use tokio::sync::mpsc;
use verify::{Adapter, Asked, Patience, Verified};
use whatsapp::{Client, Manners};

use crate::formats::contacts::{self, Planned};
use crate::plan::{AdapterName, VerifySection};
use crate::progress::grouped;
use crate::session::{Session, TOOL};

/// How a manifest notes that the provider's answers were worth nothing.
pub(crate) const NOT_INFORMATIVE: &str = "provider_not_informative";
/// How a manifest notes answers about numbers that were not asked for.
const UNASKED: &str = "unasked_answers";

/// Verifies what is not verified yet. A plan without a verifier has nothing to verify.
pub(crate) async fn verify(session: &mut Session, crm: &Crm) -> Result<()> {
    let Some(section) = session.plan.verify.clone() else { return Ok(()) };
    let started = Instant::now();
    let receipts = crm.receipts(session.run_id(), Stage::Verify).await?;
    let batches = crm.batches(session.run_id()).await?;
    let is_done = |number: u32| receipts.contains_key(&number);
    let n_waiting: u64 = batches.iter().filter(|it| !is_done(it.0)).map(|it| it.1).sum();
    if n_waiting == 0 {
        session.progress.say("verify", "already done");
        return match session.folder.manifest.stages.contains_key(&Stage::Verify) {
            true => Ok(()),
            false => complete(session, crm, started, BTreeMap::new()).await,
        };
    }

    let inquiry = Inquiry::begin(session, &section).await?;
    let mut findings = BTreeMap::new();
    if !inquiry.is_informative {
        findings.insert(NOT_INFORMATIVE.to_owned(), 1);
    }

    let work = session.progress.begin("verify", n_waiting);
    let mut answers: BTreeMap<Answer, u64> = BTreeMap::new();
    let planned = read_ahead(session, move |it| !receipts.contains_key(&it));
    let checked =
        futures::stream::unfold(planned, |mut planned| async { planned.recv().await.map(|it| (it, planned)) })
            .map(|planned| inquiry.check(planned))
            .buffer_unordered(section.concurrency);
    let mut checked = std::pin::pin!(checked);
    while let Some(done) = checked.next().await {
        let Checked { receipt, verified } = done.context("could not verify a batch")?;
        *findings.entry(UNASKED.to_owned()).or_default() += verified.n_unasked as u64;
        for evidence in &verified.evidence {
            *answers.entry(evidence.answer).or_default() += 1;
        }
        crm.add_evidence(session.run_id(), verified.evidence, &receipt).await?;
        tracing::info!(batch = receipt.batch, n_contacts = receipt.counts.rows_in, "batch verified");
        work.advance(receipt.counts.rows_in);
    }
    let answers: Vec<String> = answers.iter().map(|(answer, n)| format!("{} {}", grouped(*n), answer.name())).collect();
    work.end(&answers.join(", "));
    findings.retain(|_, n| *n > 0);
    complete(session, crm, started, findings).await
}

/// Asks about one batch again, whatever was answered before.
pub(crate) async fn verify_batch(session: &Session, crm: &Crm, batch: u32) -> Result<()> {
    let Some(section) = &session.plan.verify else { return Ok(()) };
    let inquiry = Inquiry::begin(session, section).await?;
    let mut planned = read_ahead(session, move |it| it == batch);
    while let Some(planned) = planned.recv().await {
        let Checked { receipt, verified } = inquiry.check(planned).await?;
        crm.add_evidence(session.run_id(), verified.evidence, &receipt).await?;
        session.progress.say("verify", &format!("batch {batch}: {} contacts", receipt.counts.rows_in));
    }
    Ok(())
}

/// A token stays out of the command line and the plan: the plan names its variable.
fn adapter(section: &VerifySection) -> Result<Adapter> {
    let token = section.token_env.as_ref().and_then(|it| std::env::var(it).ok()).map(|it| it.trim().to_owned());
    let manners = Manners {
        timeout: Duration::from_millis(section.timeout_ms),
        attempts: section.attempts,
        backoff: Duration::from_millis(section.backoff_ms),
    };
    let AdapterName::Contacts = section.adapter;
    let base = whatsapp::base_url(section.url.get_ref())?;
    Ok(Adapter::Contacts(Client::new(base, token.filter(|it| !it.is_empty()), manners)?))
}

/// Reads batches on a thread of its own, a few ahead of who takes them. A file that cannot be read
/// any more is an error at its place among the batches.
pub(crate) fn read_ahead(
    session: &Session,
    is_wanted: impl Fn(u32) -> bool + Send + 'static,
) -> mpsc::Receiver<Result<Planned>> {
    let (sender, receiver) = mpsc::channel(4);
    let (path, size) = (session.folder.path(contacts::ARTIFACT), session.plan.batch_size());
    tokio::task::spawn_blocking(move || {
        let sent = contacts::each_batch(&path, size, is_wanted, |planned| {
            // Nobody listens any more when the work has failed; then there is nothing to read on for.
            sender.blocking_send(Ok(planned)).context("nobody takes the batches any more")
        });
        if let Err(error) = sent {
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

/// A provider, and what its answers are worth.
struct Inquiry {
    adapter: Adapter,
    is_informative: bool,
    patience: Patience,
}

struct Checked {
    receipt: Receipt,
    verified: Verified,
}

impl Inquiry {
    /// Sets the provider up, and finds out whether it knows anything.
    async fn begin(session: &Session, section: &VerifySection) -> Result<Self> {
        let adapter = adapter(section).context("could not set up the verifier")?;
        let is_informative = verify::is_informative(&adapter).await.context("could not ask the verifier")?;
        if !is_informative {
            let warning = "the provider calls numbers valid that cannot exist: its answers are kept as no_answer";
            session.progress.say("verify", warning);
        }
        let patience = Patience { n_polls: section.polls, between_polls: Duration::from_millis(section.poll_ms) };
        Ok(Self { adapter, is_informative, patience })
    }

    async fn check(&self, planned: Result<Planned>) -> Result<Checked> {
        let Planned { batch, digest } = planned?;
        let asked: Vec<Asked> = batch.items().iter().filter_map(asked).collect();
        let verified = match asked.is_empty() {
            true => Verified { evidence: Vec::new(), n_unasked: 0 },
            false => verify::verify(&self.adapter, &asked, self.is_informative, self.patience, Timestamp::now).await?,
        };
        let n_contacts = batch.items().len() as u64;
        let receipt = Receipt {
            stage: Stage::Verify,
            batch: batch.number(),
            input: digest,
            output: digest_of(&verified.evidence),
            counts: Counts { rows_in: n_contacts, kept: n_contacts, ..Counts::default() },
            at: Timestamp::now(),
            tool: TOOL.to_owned(),
        };
        Ok(Checked { receipt, verified })
    }
}

/// Somebody without a phone cannot be asked about.
fn asked(contact: &Contact) -> Option<Asked> {
    contact.phone.map(|phone| Asked { contact_id: contact.id, phone })
}

fn digest_of(evidence: &[Evidence]) -> Digest {
    Digest::of_parts(evidence.iter().flat_map(|it| [it.contact_id.0.as_slice(), it.answer.name().as_bytes()]))
}

async fn complete(session: &mut Session, crm: &Crm, started: Instant, findings: BTreeMap<String, u64>) -> Result<()> {
    super::load::complete(session, crm, Stage::Verify, started, findings).await
}
