//! Finds out which contacts are on WhatsApp, batch by batch, and keeps the evidence.

mod in_order;
mod inquiry;
mod known;
mod outcome;
mod quota;
mod round;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use crm::Crm;
use model::{Digest, Receipt, Registration, Stage};
use run::{Bill, StageRecord};
use tokio::sync::mpsc;
use verify::{Verdict, VerifyError};

use crate::plan::VerifySection;
use crate::progress::{counted, grouped};
use crate::session::Session;
use crate::stages::load::{ahead, complete};
use crate::stages::verify::inquiry::Inquiry;
use crate::stages::verify::known::Facts;
use crate::stages::verify::outcome::Outcome;
use crate::stages::verify::round::{Round, narrowed};
use run::formats::contacts::{self, Phones};

/// How a manifest notes that the provider's answers were worth nothing.
const NOT_INFORMATIVE: &str = "provider_not_informative";
/// How a manifest notes that the provider did not know numbers that are on WhatsApp.
const KNOWS_NOBODY: &str = "provider_knows_nobody";
/// How a manifest counts the batches that were asked about and not counted.
const NOT_COUNTED: &str = "batches_not_counted";

/// What is to be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Batches that this adapter has not done yet; of those, contacts of whom nothing is known.
    Waiting,
    /// Of all batches, contacts of whom nothing is known though somebody was asked, or two things were said.
    NoAnswer,
    /// Of all batches, contacts of whom what was known has expired.
    Expired,
    /// All contacts of one batch, whatever was answered before.
    Batch(u32),
}

/// What verifying will ask, as far as can be told before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Estimate {
    pub(crate) numbers: u64,
    pub(crate) calls: u64,
    pub(crate) price_micros: u64,
}

/// Verifies what is to be verified, and gives the bill if somebody was asked. A plan without a verifier has nothing to
/// verify.
pub(crate) async fn verify(session: &mut Session, crm: &Crm, which: Which) -> Result<Option<Bill>> {
    let Some(section) = session.plan.verify.clone() else { return Ok(None) };
    let started = Instant::now();
    let facts = Facts::read(session, &section)?;
    let adapter = facts.as_ref().map_or(section.properties().name.to_owned(), Facts::name);
    let receipts = crm.receipts(session.run_id(), Stage::Verify).await?;
    let wanted = which.wanted(&crm.batches(session.run_id()).await?, &receipts, &adapter);
    let n_wanted: u64 = wanted.values().map(|it| it.0).sum();
    if n_wanted == 0 {
        session.progress.say("verify", "already done");
        if !session.folder.manifest.stages.contains_key(&Stage::Verify) {
            complete(session, crm, Stage::Verify, started, BTreeMap::new()).await?;
        }
        return Ok(None);
    }
    let is_asking = facts.is_none();
    let has_evidence = is_asking && crm.has_evidence().await?;
    let estimate = match has_evidence {
        true => estimate(session, crm, which, wanted.keys().copied().collect()).await?,
        false => Estimate::of(&section, n_wanted, wanted.len() as u64),
    };
    let (inquiry, examined) = begin(session, crm, &section, adapter, facts, estimate).await?;
    let inquiry = Arc::new(inquiry);
    let work = session.progress.begin("verify", n_wanted);
    let outcome = match (examined, inquiry.verdict()) {
        (Err(failure), _) => Outcome::failed(failure),
        (Ok(()), Verdict::Informative) => {
            let numbers: HashSet<u32> = wanted.keys().copied().collect();
            let phones = phones_ahead(session, move |it| numbers.contains(&it));
            let (crm, inquiry, concurrency) = (crm.clone(), Arc::clone(&inquiry), section.concurrency);
            let run_id = session.run_id().into();
            let round = Round { crm, run_id, inquiry, which, has_evidence, wanted, concurrency };
            round.run(phones, &work).await?
        }
        // Whose answers are worth nothing is not paid for them.
        (Ok(()), Verdict::SaysYesToAll | Verdict::SaysNoToKnown) => Outcome::default(),
    };
    inquiry.settle().await?;
    if let Some(error) = outcome.error {
        return Err(error);
    }
    let bill = outcome.bill(&inquiry, &section);
    work.end(&outcome.text(&bill, is_asking, estimate.numbers));
    let bill = Some(bill).filter(|_| is_asking);
    session.folder.manifest.bills.extend(bill.clone().filter(|it| it.calls > 0));
    let findings = outcome.findings(inquiry.verdict());
    if let Some(failure) = outcome.failure {
        session.folder.save()?;
        return Err(inquiry.explained(failure).await);
    }
    complete(session, crm, Stage::Verify, started, findings).await?;
    Ok(bill)
}

/// Says what will be asked, sets the provider up, and finds out what it is worth.
async fn begin(
    session: &Session,
    crm: &Crm,
    section: &VerifySection,
    adapter: String,
    facts: Option<Facts>,
    estimate: Estimate,
) -> Result<(Inquiry, Result<(), VerifyError>)> {
    if facts.is_none() {
        session.progress.say("verify", &format!("asks {}", estimate.text(section)));
    }
    let mut inquiry = Inquiry::new(session, crm, section, adapter, facts).await?;
    // Where there is nobody to ask about, what the provider knows need not be found out.
    let examined = if estimate.numbers > 0 { inquiry.examine().await } else { Ok(()) };
    inquiry.settle().await?;
    if let Some(why) = warning(inquiry.verdict()) {
        session.progress.say("verify", &format!("{why}: it is asked nothing else"));
    }
    Ok((inquiry, examined))
}

/// What verifying would ask in a dry run.
pub(crate) async fn preview(session: &Session, crm: Option<&Crm>, n_contacts: u64) -> Result<Option<Estimate>> {
    let Some(section) = session.plan.verify.as_ref().filter(|it| !it.asks_nobody()) else { return Ok(None) };
    let n_batches = n_contacts.div_ceil(section.batch() as u64);
    match crm {
        Some(crm) if crm.has_evidence().await? => {
            let wanted = (1..=u32::try_from(n_batches)?).collect();
            estimate(session, crm, Which::Waiting, wanted).await.map(Some)
        }
        _ => Ok(Some(Estimate::of(section, n_contacts, n_batches))),
    }
}

impl Which {
    /// The batches to go through, with the number and the digest of their contacts.
    fn wanted(
        self,
        batches: &[(u32, u64, Digest)],
        receipts: &BTreeMap<u32, Receipt>,
        adapter: &str,
    ) -> HashMap<u32, (u64, Digest)> {
        let is_wanted = |number: u32| match self {
            Self::Waiting => receipts.get(&number).is_none_or(|it| it.adapter != adapter),
            Self::NoAnswer | Self::Expired => true,
            Self::Batch(only) => only == number,
        };
        batches.iter().filter(|it| is_wanted(it.0)).map(|it| (it.0, (it.1, it.2))).collect()
    }

    /// Whether a contact is to be asked about.
    fn needs(self, registration: Option<&Registration>) -> bool {
        let is_known = registration.is_some_and(|it| it.answer.is_conclusive());
        let is_expired = registration.is_some_and(|it| it.expired.is_some());
        match self {
            Self::Batch(_) => true,
            Self::Waiting => !is_known,
            Self::NoAnswer => !is_known && !is_expired,
            Self::Expired => is_expired,
        }
    }
}

impl Estimate {
    /// Of contacts of whom nothing is known yet.
    fn of(section: &VerifySection, numbers: u64, n_batches: u64) -> Self {
        let largest = section.properties().largest_batch.min(section.batch()) as u64;
        let calls = numbers.div_ceil(largest).max(n_batches);
        Self { numbers, calls, price_micros: numbers * section.price_micros() }
    }

    /// `about 316 numbers in 4 calls, 0.32 USD, 2 days at 205 a day`
    pub(crate) fn text(&self, section: &VerifySection) -> String {
        let Self { numbers, calls, price_micros } = *self;
        let time = match (section.daily_quota(), section.per_second()) {
            (Some(daily), _) if daily > 0 && numbers > daily => {
                format!(", {} days at {} a day", grouped(numbers.div_ceil(daily)), grouped(daily))
            }
            (_, Some(rate)) => format!(", {} s or more", grouped(calls.div_ceil(u64::from(rate.get())))),
            _ => String::new(),
        };
        let price =
            if price_micros == 0 { String::new() } else { format!(", {}", money(price_micros, &section.currency)) };
        format!("about {} in {}{price}{time}", counted(numbers, "number"), counted(calls, "call"))
    }
}

/// `0.32 USD`
pub(crate) fn money(micros: u64, currency: &str) -> String {
    format!("{:.2} {currency}", micros as f64 / 1e6)
}

/// Looks through all contacts for those that are to be asked about.
async fn estimate(session: &Session, crm: &Crm, which: Which, wanted: HashSet<u32>) -> Result<Estimate> {
    let Some(section) = &session.plan.verify else { return Ok(Estimate::default()) };
    let largest = section.properties().largest_batch as u64;
    let mut estimate = Estimate::default();
    let mut phones = phones_ahead(session, move |it| wanted.contains(&it));
    while let Some(phones) = phones.recv().await {
        let numbers = narrowed(crm, phones?, which, true).await?.asked.len() as u64;
        estimate.numbers += numbers;
        estimate.calls += numbers.div_ceil(largest);
    }
    estimate.price_micros = estimate.numbers * section.price_micros();
    Ok(estimate)
}

/// Why a verification asked no further; none if it asked about all.
pub(crate) fn uninformative(record: &StageRecord) -> Option<&'static str> {
    let has = |finding: &str| record.findings.contains_key(finding);
    match (has(NOT_INFORMATIVE), has(KNOWS_NOBODY), has(NOT_COUNTED)) {
        (true, ..) => warning(Verdict::SaysYesToAll),
        (_, true, _) => warning(Verdict::SaysNoToKnown),
        (.., true) => Some("the provider had one answer for all"),
        _ => None,
    }
}

fn warning(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Informative => None,
        Verdict::SaysYesToAll => Some("the provider calls numbers valid that cannot exist"),
        Verdict::SaysNoToKnown => Some("the provider does not know numbers that are on WhatsApp"),
    }
}

/// `321 checks in 5 calls, 0.32 USD; 196 known already, which saved 2 calls`
pub(crate) fn bill_text(bill: &Bill) -> String {
    let Bill { checks, calls, retries, known_already, calls_saved, price_micros, ref currency, at: _ } = *bill;
    let mut text = format!("{} in {}", counted(checks, "check"), counted(calls, "call"));
    if retries > 0 {
        text += &format!(" ({} retries)", grouped(retries));
    }
    if price_micros > 0 {
        text += &format!(", {}", money(price_micros, currency));
    }
    if known_already > 0 {
        text += &format!("; {} known already, which saved {}", grouped(known_already), counted(calls_saved, "call"));
    }
    text
}

/// Reads batches on a thread of its own, a few ahead of who takes them.
fn phones_ahead(session: &Session, is_wanted: impl Fn(u32) -> bool + Send + 'static) -> mpsc::Receiver<Result<Phones>> {
    let (path, size) = (session.folder.path(contacts::ARTIFACT), session.plan.batch_size());
    ahead(move |each| contacts::each_phones(&path, size, is_wanted, each))
}
