//! The numbers of a batch and their national variants, until each contact has its answer.

use model::Answer;
use phone::{PhoneNumber, Variants};
use smallvec::SmallVec;
use whatsapp::CallError;

use crate::{Adapter, Check, CheckOptions, NumberAnswer, Verified, VerifyError, calls};

/// The variants of a contact's number, and the answers for the first of them.
pub(crate) struct NumberState {
    variants: Variants,
    answers: SmallVec<[NumberAnswer; 1]>,
}

impl NumberState {
    fn new(number: PhoneNumber) -> Self {
        Self { variants: number.variants(), answers: SmallVec::new() }
    }

    /// Returns the variant to check next, while the contact is not settled.
    fn next(&self) -> PhoneNumber {
        self.variants[self.answers.len()]
    }

    /// Returns the last answer, which decides; `None` if there is none yet.
    pub(crate) fn last(&self) -> Option<&NumberAnswer> {
        self.answers.last()
    }

    /// Returns whether the contact has its answer: one that is not a no, or a no for each variant.
    pub(crate) fn is_settled(&self) -> bool {
        let is_no = |it: &NumberAnswer| it.answer == Answer::NotRegistered;
        self.answers.last().is_some_and(|last| !is_no(last) || self.answers.len() == self.variants.len())
    }

    /// Returns the answers, each with the variant that was checked.
    pub(crate) fn answers_mut(&mut self) -> impl Iterator<Item = (PhoneNumber, &mut NumberAnswer)> {
        self.variants.iter().copied().zip(&mut self.answers)
    }

    /// Takes the answers out, each with the variant that was checked.
    pub(crate) fn take_answers(&mut self) -> impl Iterator<Item = (PhoneNumber, NumberAnswer)> + '_ {
        self.variants.iter().copied().zip(self.answers.drain(..))
    }
}

/// Checks as many contacts as the quota certainly allows, then more of them if some of it is left.
pub(crate) async fn check_all(
    adapter: &Adapter,
    checks: &[Check],
    options: &CheckOptions,
    verified: &mut Verified,
) -> Vec<NumberState> {
    let mut states: Vec<NumberState> = checks.iter().map(|it| NumberState::new(it.phone)).collect();
    let mut later = states.as_mut_slice();
    while !later.is_empty() && verified.failure.is_none() {
        let (now, rest) = later.split_at_mut(n_affordable(later, adapter.quota_left()));
        match now.is_empty() {
            true => {
                verified.failure = Some(VerifyError::Call { n_contacts: rest.len(), source: CallError::AllowanceUsed })
            }
            false => check_variants(adapter, now, options, verified).await,
        }
        later = rest;
    }
    states
}

/// Returns how many contacts can be checked under each of their variants. A contact that was checked under only one has no
/// answer, and would use the quota of the next day as well.
fn n_affordable(states: &[NumberState], quota_left: Option<u64>) -> usize {
    let Some(quota_left) = quota_left else { return states.len() };
    let mut n_numbers = 0;
    let is_affordable = |it: &&NumberState| {
        n_numbers += it.variants.len() as u64;
        n_numbers <= quota_left
    };
    states.iter().take_while(is_affordable).count()
}

/// Checks the likeliest variant of each number, then the next one of those that are not registered.
async fn check_variants(
    adapter: &Adapter,
    states: &mut [NumberState],
    options: &CheckOptions,
    verified: &mut Verified,
) {
    let mut open: Vec<usize> = (0..states.len()).collect();
    while !open.is_empty() && verified.failure.is_none() {
        let numbers: Vec<PhoneNumber> = open.iter().map(|it| states[*it].next()).collect();
        let (answers, failure) = calls::call_all(adapter, &numbers, options, &mut verified.mismatches).await;
        for (place, answer) in open.iter().zip(answers) {
            states[*place].answers.extend(answer);
        }
        verified.failure = failure;
        open.retain(|it| !states[*it].is_settled());
    }
}
