//! The calls about a list of numbers: split by what the adapter takes, several at once, and polled to their end.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use phone::PhoneNumber;
use whatsapp::{CallError, CheckAnswer, CheckStatus};

use crate::{Adapter, CheckOptions, Matched, Mismatches, NumberAnswer, PollPolicy, VerifyError, match_answers};

/// Returns the answer for each number, `None` where calls failed, and the first failure. After a failure no call begins,
/// but those in progress are waited for, because the provider charges for them.
pub(crate) async fn call_all(
    adapter: &Adapter,
    numbers: &[PhoneNumber],
    options: &CheckOptions,
    mismatches: &mut Mismatches,
) -> (Vec<Option<NumberAnswer>>, Option<VerifyError>) {
    let distinct = distinct(numbers);
    let (numbers, places) = distinct.as_ref().map_or((numbers, None), |(numbers, places)| (numbers, Some(places)));
    let has_failed = AtomicBool::new(false);
    let chunks = numbers.chunks(adapter.kind().properties().largest_batch);
    let calls: Vec<_> = chunks.map(|chunk| call_unless(&has_failed, adapter, chunk, options.poll)).collect();
    let mut calls = futures::stream::iter(calls).buffered(options.concurrency.max(1));
    let (mut all, mut failure) = (Vec::with_capacity(numbers.len()), None);
    while let Some(result) = calls.next().await {
        *mismatches += result.mismatches;
        if let Some(source) = result.failure {
            let n_contacts = result.answers.iter().filter(|it| it.is_none()).count();
            failure.get_or_insert(VerifyError::Call { n_contacts, source });
        }
        all.extend(result.answers);
    }
    let all = match places {
        Some(places) => places.iter().map(|it| all[*it].clone()).collect(),
        None => all,
    };
    (all, failure)
}

/// Returns each number once, and for each given number its place among them; `None` if no number is doubled. Contacts
/// have different numbers, but two contacts may have two spellings of one.
fn distinct(numbers: &[PhoneNumber]) -> Option<(Vec<PhoneNumber>, Vec<usize>)> {
    let mut with_variants: Vec<_> = numbers.iter().filter(|it| it.has_variants()).collect();
    let n_before = with_variants.len();
    with_variants.sort_unstable();
    with_variants.dedup();
    if with_variants.len() == n_before {
        return None;
    }
    let mut distinct = Vec::with_capacity(numbers.len());
    let mut places = HashMap::with_capacity(numbers.len());
    let place = |number: &PhoneNumber| {
        *places.entry(*number).or_insert_with(|| {
            distinct.push(*number);
            distinct.len() - 1
        })
    };
    let places = numbers.iter().map(place).collect();
    Some((distinct, places))
}

/// The result of one call and its polls.
struct CallResult {
    /// `None` for a number that was not checked to the end.
    answers: Vec<Option<NumberAnswer>>,
    mismatches: Mismatches,
    failure: Option<CallError>,
}

impl CallResult {
    fn of(Matched { answers, mismatches }: Matched) -> Self {
        Self { answers: answers.into_iter().map(Some).collect(), mismatches, failure: None }
    }

    fn nothing(n_numbers: usize, failure: Option<CallError>) -> Self {
        Self { answers: vec![None; n_numbers], mismatches: Mismatches::default(), failure }
    }

    /// The same without the answers of `unfinished` numbers, which are in the order of `numbers`.
    fn without(mut self, numbers: &[PhoneNumber], unfinished: &[PhoneNumber], failure: CallError) -> Self {
        let mut unfinished = unfinished.iter().peekable();
        for (number, answer) in numbers.iter().zip(&mut self.answers) {
            if unfinished.next_if_eq(&number).is_some() {
                *answer = None;
            }
        }
        Self { failure: Some(failure), ..self }
    }
}

async fn call_unless(
    has_failed: &AtomicBool,
    adapter: &Adapter,
    numbers: &[PhoneNumber],
    poll: PollPolicy,
) -> CallResult {
    if has_failed.load(Ordering::Relaxed) {
        return CallResult::nothing(numbers.len(), None);
    }
    let result = call(adapter, numbers, poll).await;
    has_failed.fetch_or(result.failure.is_some(), Ordering::Relaxed);
    result
}

/// Makes one call, and more for numbers that are still being looked up. If one of those fails, the earlier answers are
/// kept.
async fn call(adapter: &Adapter, numbers: &[PhoneNumber], poll: PollPolicy) -> CallResult {
    let mut answers = match adapter.check(numbers).await {
        Ok(answers) => answers,
        Err(failure) => return CallResult::nothing(numbers.len(), Some(failure)),
    };
    for _ in 0..poll.n_polls {
        let unfinished = unfinished(numbers, &answers);
        if unfinished.is_empty() {
            break;
        }
        tokio::time::sleep(poll.between_polls).await;
        match adapter.check(&unfinished).await {
            Ok(more) => {
                answers.retain(|it| it.status != CheckStatus::Processing);
                answers.extend(more);
            }
            Err(failure) => {
                return CallResult::of(match_answers(numbers, answers)).without(numbers, &unfinished, failure);
            }
        }
    }
    CallResult::of(match_answers(numbers, answers))
}

fn unfinished(numbers: &[PhoneNumber], answers: &[CheckAnswer]) -> Vec<PhoneNumber> {
    let processing: HashSet<PhoneNumber> =
        answers.iter().filter(|it| it.status == CheckStatus::Processing).filter_map(|it| it.number).collect();
    numbers.iter().copied().filter(|it| processing.contains(it)).collect()
}
