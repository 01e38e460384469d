//! Finds out which contacts are on WhatsApp, batch by batch, and what that knowledge is worth.
//!
//! [`examine`] first asks about numbers that cannot be on WhatsApp; a provider that knows
//! them says nothing about others either. [`verify`] asks about one batch and gives evidence.

mod adapter;
mod answers;
mod canary;
mod known;

pub use adapter::{Adapter, AdapterKind, Properties, Secret, UNOFFICIAL};
pub use answers::{Judged, Mismatches, Said, judged};
pub use canary::{CANARIES, Verdict, examine};
pub use known::{Known, Report, report};

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use model::{Answer, ContactId, Evidence};
use phone::{PhoneNumber, Variants};
use smallvec::SmallVec;
use thiserror::Error;
use whatsapp::{CallError, CheckAnswer, CheckStatus};

/// So many numbers with one and the same answer are doubted: of a customer base some are on WhatsApp and some are not.
pub const DOUBTED: usize = 20;

/// By which terms a batch is verified.
#[derive(Clone, Debug)]
pub struct Terms {
    /// For how long an answer counts.
    pub valid_for: SignedDuration,
    /// Of one number, in millionths of the plan's currency.
    pub price_micros: u64,
    /// Calls for one batch under way at once.
    pub concurrency: usize,
    pub patience: Patience,
    /// Numbers that are on WhatsApp, to tell a list of strangers from a provider that knows nobody.
    pub registered: Vec<PhoneNumber>,
}

/// How long an unfinished answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a number that is still being looked up is asked for again.
    pub n_polls: u32,
    pub between_polls: Duration,
}

/// A contact and the number to ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub contact_id: ContactId,
    pub phone: PhoneNumber,
    /// What was known of it before, where it is asked about again.
    pub before: Option<Answer>,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Verified {
    /// Of each contact that was answered for one per variant of its number that was asked about, contacts in their order.
    pub evidence: Vec<Evidence>,
    /// Contacts that were answered for, as far as somebody was asked.
    pub n_answered: u64,
    pub mismatches: Mismatches,
    /// All numbers had one answer and the provider could not show that it knows better: nothing was counted.
    pub doubt: Option<Answer>,
    /// Why the rest of the batch was not answered.
    pub failure: Option<VerifyError>,
}

/// Why a batch could not be verified.
#[derive(Debug, Error)]
pub enum VerifyError {
    #[error("could not check {n_contacts} contacts")]
    Call { n_contacts: usize, source: CallError },
}

/// The spellings of a contact's number, and what was said of those that were asked about: as many of the first.
struct Heard {
    variants: Variants,
    said: SmallVec<[Said; 1]>,
}

/// Asks about one batch, or looks up what is known of it.
///
/// Numbers that WhatsApp may know under another national spelling are asked about in the order of likelihood, until one
/// is registered. If all of them have one answer, and the provider cannot show that it knows better, the answers are kept
/// as `no_answer`, with its own word beside, so that nobody later takes them for knowledge. Where calls fail, the contacts
/// that were answered for are kept.
pub async fn verify(adapter: &Adapter, asked: &[Asked], terms: &Terms, now: impl Fn() -> Timestamp) -> Verified {
    if let Some(known) = adapter.known() {
        return Verified { evidence: known_evidence(adapter, known, asked, terms), ..Verified::default() };
    }
    let mut verified = Verified::default();
    let mut heard = hear_all(adapter, asked, terms, &mut verified).await;
    let settled: Vec<usize> = (0..asked.len()).filter(|it| heard[*it].is_settled()).collect();
    verified.doubt = doubt(adapter, asked, &heard, &settled, terms).await;
    let is_counted = verified.doubt.is_none();
    let moment = Moment::new(now(), terms);
    verified.n_answered = settled.len() as u64;
    verified.evidence.reserve(settled.iter().map(|it| heard[*it].said.len()).sum());
    for place in settled {
        let Heard { variants, said } = &mut heard[place];
        let said = variants.iter().copied().zip(said.drain(..));
        let evidence = said.map(|it| evidence(adapter, &asked[place], it, moment, terms));
        verified.evidence.extend(evidence.map(|it| if is_counted { it } else { uncounted(it) }));
    }
    verified
}

/// Asks about as many contacts as the quota is sure to do for, and about more of them if something of it is left.
async fn hear_all(adapter: &Adapter, asked: &[Asked], terms: &Terms, verified: &mut Verified) -> Vec<Heard> {
    let mut heard: Vec<Heard> =
        asked.iter().map(|it| Heard { variants: it.phone.variants(), said: SmallVec::new() }).collect();
    let mut later = heard.as_mut_slice();
    while !later.is_empty() && verified.failure.is_none() {
        let (now, rest) = later.split_at_mut(n_affordable(later, adapter.quota_left()));
        match now.is_empty() {
            true => {
                verified.failure = Some(VerifyError::Call { n_contacts: rest.len(), source: CallError::AllowanceUsed })
            }
            false => hear(adapter, now, terms, verified).await,
        }
        later = rest;
    }
    heard
}

/// How many contacts can be asked about under each of their spellings. Who was asked about under one alone has no answer, and
/// would use up the quota of the next day as well.
fn n_affordable(heard: &[Heard], allowance: Option<u64>) -> usize {
    let Some(allowance) = allowance else { return heard.len() };
    let mut n_numbers = 0;
    let is_affordable = |it: &&Heard| {
        n_numbers += it.variants.len() as u64;
        n_numbers <= allowance
    };
    heard.iter().take_while(is_affordable).count()
}

/// Asks about the likeliest variant of each number, and about the next one of those that are not registered.
async fn hear(adapter: &Adapter, heard: &mut [Heard], terms: &Terms, verified: &mut Verified) {
    let mut waiting: Vec<usize> = (0..heard.len()).collect();
    while !waiting.is_empty() && verified.failure.is_none() {
        let numbers: Vec<PhoneNumber> = waiting.iter().map(|it| heard[*it].next()).collect();
        let (answered, failure) = ask_all(adapter, &numbers, terms, &mut verified.mismatches).await;
        for (place, said) in waiting.iter().zip(answered) {
            if let Some(said) = said {
                heard[*place].said.push(said);
            }
        }
        verified.failure = failure;
        waiting.retain(|it| !heard[*it].is_settled());
    }
}

impl Heard {
    /// The variant to ask about while the contact is not settled.
    fn next(&self) -> PhoneNumber {
        self.variants[self.said.len()]
    }

    /// Whether the contact has its answer: anything but a no, or a no for each variant.
    fn is_settled(&self) -> bool {
        let is_no = |it: &Said| it.answer == Answer::NotRegistered;
        self.said.last().is_some_and(|last| !is_no(last) || self.said.len() == self.variants.len())
    }
}

/// What was said of each number, as far as calls did not fail, and the first failure. Calls that are under way when
/// another fails are waited for: what they ask is asked.
async fn ask_all(
    adapter: &Adapter,
    numbers: &[PhoneNumber],
    terms: &Terms,
    mismatches: &mut Mismatches,
) -> (Vec<Option<Said>>, Option<VerifyError>) {
    let once = without_doubles(numbers);
    let (numbers, places) = once.as_ref().map_or((numbers, None), |(once, places)| (once.as_slice(), Some(places)));
    let has_failed = AtomicBool::new(false);
    let chunks = numbers.chunks(adapter.kind().properties().largest_batch);
    let calls: Vec<_> = chunks.map(|chunk| ask_unless(&has_failed, adapter, chunk, terms.patience)).collect();
    let mut calls = futures::stream::iter(calls).buffered(terms.concurrency.max(1));
    let (mut all, mut failure) = (Vec::with_capacity(numbers.len()), None);
    while let Some(reply) = calls.next().await {
        *mismatches += reply.mismatches;
        if let Some(source) = reply.failure {
            let n_contacts = reply.said.iter().filter(|it| it.is_none()).count();
            failure.get_or_insert(VerifyError::Call { n_contacts, source });
        }
        all.extend(reply.said);
    }
    let all = match places {
        Some(places) => places.iter().map(|it| all[*it].clone()).collect(),
        None => all,
    };
    (all, failure)
}

/// Each number once, and for each of those given its place among them; none if they are so already. No two contacts have one
/// number, but two may have two spellings of one.
fn without_doubles(numbers: &[PhoneNumber]) -> Option<(Vec<PhoneNumber>, Vec<usize>)> {
    let mut of_two_spellings: Vec<_> = numbers.iter().filter(|it| it.has_variants()).collect();
    let n_before = of_two_spellings.len();
    of_two_spellings.sort_unstable();
    of_two_spellings.dedup();
    if of_two_spellings.len() == n_before {
        return None;
    }
    let mut once = Vec::with_capacity(numbers.len());
    let mut places = HashMap::with_capacity(numbers.len());
    let place = |number: &PhoneNumber| {
        *places.entry(*number).or_insert_with(|| {
            once.push(*number);
            once.len() - 1
        })
    };
    let places = numbers.iter().map(place).collect();
    Some((once, places))
}

/// Asks unless another call has failed.
async fn ask_unless(has_failed: &AtomicBool, adapter: &Adapter, numbers: &[PhoneNumber], patience: Patience) -> Reply {
    if has_failed.load(Ordering::Relaxed) {
        return Reply::none(numbers.len(), None);
    }
    let reply = ask(adapter, numbers, patience).await;
    has_failed.fetch_or(reply.failure.is_some(), Ordering::Relaxed);
    reply
}

/// One call, and more of them for what is still being looked up. Where one of those fails, what was answered before is kept.
async fn ask(adapter: &Adapter, numbers: &[PhoneNumber], patience: Patience) -> Reply {
    let mut answers = match adapter.check(numbers).await {
        Ok(answers) => answers,
        Err(failure) => return Reply::none(numbers.len(), Some(failure)),
    };
    for _ in 0..patience.n_polls {
        let waiting: Vec<PhoneNumber> = unfinished(numbers, &answers);
        if waiting.is_empty() {
            break;
        }
        tokio::time::sleep(patience.between_polls).await;
        match adapter.check(&waiting).await {
            Ok(more) => {
                answers.retain(|it| it.status != CheckStatus::Processing);
                answers.extend(more);
            }
            Err(failure) => return Reply::of(judged(numbers, answers)).without(numbers, &waiting, failure),
        }
    }
    Reply::of(judged(numbers, answers))
}

/// What came of asking about some numbers.
struct Reply {
    /// None of a number that was not asked about to the end.
    said: Vec<Option<Said>>,
    mismatches: Mismatches,
    failure: Option<CallError>,
}

impl Reply {
    fn of(Judged { said, mismatches }: Judged) -> Self {
        Self { said: said.into_iter().map(Some).collect(), mismatches, failure: None }
    }

    fn none(n_numbers: usize, failure: Option<CallError>) -> Self {
        Self { said: vec![None; n_numbers], mismatches: Mismatches::default(), failure }
    }

    fn without(mut self, numbers: &[PhoneNumber], waiting: &[PhoneNumber], failure: CallError) -> Self {
        let mut waiting = waiting.iter().peekable();
        for (number, said) in numbers.iter().zip(&mut self.said) {
            // They wait in the order in which they were asked.
            if waiting.next_if_eq(&number).is_some() {
                *said = None;
            }
        }
        Self { failure: Some(failure), ..self }
    }
}

fn unfinished(numbers: &[PhoneNumber], answers: &[CheckAnswer]) -> Vec<PhoneNumber> {
    let processing: HashSet<PhoneNumber> =
        answers.iter().filter(|it| it.status == CheckStatus::Processing).filter_map(|it| it.number).collect();
    numbers.iter().copied().filter(|it| processing.contains(it)).collect()
}

/// The one answer that all contacts have, if the provider cannot show that it knows better: that it knows numbers that
/// are registered, or does not know numbers that cannot be.
async fn doubt(
    adapter: &Adapter,
    asked: &[Asked],
    heard: &[Heard],
    settled: &[usize],
    terms: &Terms,
) -> Option<Answer> {
    let answers = || settled.iter().filter_map(|it| heard[*it].said.last()).map(|it| it.answer);
    let first = answers().next().filter(|it| it.is_conclusive())?;
    // Who was not registered before and is not now surprises nobody.
    let n_new = settled.iter().filter(|it| asked[**it].before != Some(first)).count();
    if n_new < DOUBTED || answers().any(|it| it != first) {
        return None;
    }
    let shows_better = match first {
        Answer::NotRegistered if terms.registered.is_empty() => false,
        _ => matches!(examine(adapter, &terms.registered).await, Ok(Verdict::Informative)),
    };
    (!shows_better).then_some(first)
}

/// When something was said, and until when it counts.
#[derive(Clone, Copy)]
struct Moment {
    checked_at: Timestamp,
    expires_at: Option<Timestamp>,
}

impl Moment {
    fn new(checked_at: Timestamp, terms: &Terms) -> Self {
        Self { checked_at, expires_at: checked_at.checked_add(terms.valid_for).ok() }
    }
}

fn evidence(
    adapter: &Adapter,
    asked: &Asked,
    (number, said): (PhoneNumber, Said),
    Moment { checked_at, expires_at }: Moment,
    terms: &Terms,
) -> Evidence {
    Evidence {
        contact_id: asked.contact_id,
        method: adapter.method().into(),
        variant: Some(number).filter(|it| *it != asked.phone),
        checked_at,
        expires_at,
        answer: said.answer,
        price_micros: terms.price_micros,
        wa_id: said.wa_id,
        raw_status: said.raw_status,
    }
}

/// Evidence that counts for nothing, with the provider's own word beside.
pub fn uncounted(evidence: Evidence) -> Evidence {
    Evidence { answer: Answer::NoAnswer, wa_id: None, ..evidence }
}

fn known_evidence(adapter: &Adapter, known: &Known, asked: &[Asked], terms: &Terms) -> Vec<Evidence> {
    let mut all = Vec::new();
    for asked in asked {
        for number in asked.phone.variants() {
            for Report { at, answer, raw, wa_id } in known.of(number).iter().cloned() {
                let said = Said { answer, wa_id, raw_status: Some(raw.into()) };
                all.push(evidence(adapter, asked, (number, said), Moment::new(at, terms), terms));
            }
        }
    }
    all
}
