//! Verifies contacts, batch by batch: which are on WhatsApp, and how far the provider's answers can be trusted.
//!
//! [`examine`] first checks test numbers that cannot be on WhatsApp. A provider that finds them there tells nothing about
//! other numbers either. [`verify`] then checks one batch and makes [`Evidence`] of the answers.

mod adapter;
mod calls;
mod canaries;
mod doubt;
mod known;
mod match_answers;
mod numbers;
mod shared_ids;
#[cfg(test)]
mod tests;

pub use adapter::{Adapter, AdapterKind, Properties, Secret, UNOFFICIAL};
pub use canaries::{CANARIES, Verdict, examine};
pub use doubt::SUSPECT_ANSWERS;
pub use known::{KnownAnswer, KnownAnswers, known_answer, person_of};
pub use match_answers::{Matched, Mismatches, NumberAnswer, match_answers};
pub use shared_ids::ForeignIds;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::{Answer, ContactId, Evidence, counted};
use phone::PhoneNumber;
use thiserror::Error;
use whatsapp::CallError;

use crate::numbers::NumberState;

/// How batches are verified.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// How long an answer counts.
    pub valid_for: SignedDuration,
    /// The price of one check, in millionths of the plan's currency.
    pub price_micros: u64,
    /// Calls in progress at once for one batch.
    pub concurrency: usize,
    pub poll: PollPolicy,
    /// Numbers that are on WhatsApp. They tell a provider that knows nobody from a list of people who are not there.
    pub known_registered: Vec<PhoneNumber>,
    /// The WhatsApp ids of the verification so far, to find ids that several numbers share.
    pub foreign_ids: ForeignIds,
}

/// How long to wait for numbers that are still being looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollPolicy {
    /// How often such a number is checked again.
    pub n_polls: u32,
    pub between_polls: Duration,
}

/// A contact to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    pub contact_id: ContactId,
    pub phone: PhoneNumber,
    /// The earlier answer, if the contact is checked again.
    pub before: Option<Answer>,
}

/// The result of a batch.
#[derive(Debug, Default)]
pub struct Verified {
    /// For each contact with an answer, one per variant of its number that was checked; contacts in the order of the batch.
    pub evidence: Vec<Evidence>,
    /// Contacts with an answer from a provider.
    pub n_answered: u64,
    pub mismatches: Mismatches,
    /// The one answer of all numbers, if it is suspect: the evidence is then kept as `no_answer`.
    pub doubt: Option<Answer>,
    /// The reason why the rest of the batch has no answer.
    pub failure: Option<VerifyError>,
}

/// The reason why a batch could not be verified.
#[derive(Debug, Error)]
pub enum VerifyError {
    #[error("could not check {}", counted(*n_contacts as u64, "contact"))]
    Call { n_contacts: usize, source: CallError },
    /// The numbers that are checked before any contact.
    #[error("could not check {}", counted(*n_numbers as u64, "test number"))]
    TestNumbers { n_numbers: usize, source: CallError },
}

/// Checks one batch with a provider, or looks it up in files.
///
/// If WhatsApp may know a number under another national spelling, the variants are checked in the order of likelihood
/// until one is registered. If all contacts have the same answer, and the provider does not prove that it can tell
/// numbers apart, the answers are kept as `no_answer` beside the provider's own word, so that they are never taken for
/// knowledge. If calls fail, the contacts that already have an answer are kept.
pub async fn verify(
    adapter: &Adapter,
    checks: &[Check],
    options: &CheckOptions,
    now: impl Fn() -> Timestamp,
) -> Verified {
    if let Some(known) = adapter.known() {
        return known_evidence(adapter, known, checks, options);
    }
    let mut verified = Verified::default();
    let mut states = numbers::check_all(adapter, checks, options, &mut verified).await;
    let mut answers: Vec<_> = states.iter_mut().flat_map(NumberState::answers_mut).collect();
    verified.mismatches.shared_ids += options.foreign_ids.doubt(&mut answers);
    let settled: Vec<usize> = (0..checks.len()).filter(|it| states[*it].is_settled()).collect();
    verified.doubt = doubt::doubt(adapter, checks, &states, &settled, options).await;
    let is_counted = verified.doubt.is_none();
    let period = Period::new(now(), options);
    verified.n_answered = settled.len() as u64;
    for place in settled {
        for answer in states[place].take_answers() {
            let evidence = evidence(adapter, &checks[place], answer, period, options);
            verified.evidence.push(if is_counted { evidence } else { uncounted(evidence) });
        }
    }
    verified
}

/// Returns evidence that does not count: no answer, beside the provider's own word.
pub fn uncounted(evidence: Evidence) -> Evidence {
    Evidence { answer: Answer::NoAnswer, wa_id: None, ..evidence }
}

/// When an answer was given, and until when it counts.
#[derive(Clone, Copy)]
struct Period {
    checked_at: Timestamp,
    expires_at: Option<Timestamp>,
}

impl Period {
    fn new(checked_at: Timestamp, options: &CheckOptions) -> Self {
        Self { checked_at, expires_at: checked_at.checked_add(options.valid_for).ok() }
    }
}

fn evidence(
    adapter: &Adapter,
    check: &Check,
    (number, answer): (PhoneNumber, NumberAnswer),
    Period { checked_at, expires_at }: Period,
    options: &CheckOptions,
) -> Evidence {
    Evidence {
        contact_id: check.contact_id,
        method: adapter.method().into(),
        variant: Some(number).filter(|it| *it != check.phone),
        checked_at,
        expires_at,
        answer: answer.answer,
        price_micros: options.price_micros,
        wa_id: answer.wa_id,
        raw_status: answer.raw_status,
    }
}

fn known_evidence(adapter: &Adapter, known: &KnownAnswers, checks: &[Check], options: &CheckOptions) -> Verified {
    let mut all = Vec::new();
    for check in checks {
        for number in check.phone.variants() {
            for KnownAnswer { at, answer, raw, wa_id } in known.of(number).iter().cloned() {
                all.push((check, at, number, NumberAnswer { answer, wa_id, raw_status: Some(raw.into()) }));
            }
        }
    }
    let mut answers: Vec<_> = all.iter_mut().map(|(_, _, number, answer)| (*number, answer)).collect();
    let shared_ids = options.foreign_ids.doubt(&mut answers);
    let evidence = all.into_iter().map(|(check, at, number, answer)| {
        evidence(adapter, check, (number, answer), Period::new(at, options), options)
    });
    let mismatches = Mismatches { shared_ids, ..Mismatches::default() };
    Verified { evidence: evidence.collect(), mismatches, ..Verified::default() }
}
