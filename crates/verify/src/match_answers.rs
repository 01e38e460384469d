//! Matches the answers of a provider to the numbers of a call.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use model::{Answer, WaId};
use phone::PhoneNumber;
use whatsapp::{CheckAnswer, CheckStatus};

/// The answer about one number; by default none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberAnswer {
    pub answer: Answer,
    pub wa_id: Option<WaId>,
    pub raw_status: Option<Cow<'static, str>>,
}

/// The answers about all numbers of a call, in the order of the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    pub answers: Vec<NumberAnswer>,
    pub mismatches: Mismatches,
}

/// Answers that do not match the call. Each affects only its own number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mismatches {
    /// Numbers without an answer.
    pub missing: u64,
    /// Numbers with more than one.
    pub doubled: u64,
    /// Answers about numbers that were not checked.
    pub unasked: u64,
    /// Answers that are not what the protocol says, or have a word or an id that cannot be kept.
    pub odd: u64,
    /// Answers with a WhatsApp id that other numbers have too.
    pub shared_ids: u64,
}

impl std::ops::AddAssign for Mismatches {
    fn add_assign(&mut self, other: Self) {
        self.missing += other.missing;
        self.doubled += other.doubled;
        self.unasked += other.unasked;
        self.odd += other.odd;
        self.shared_ids += other.shared_ids;
    }
}

/// Matches answers to numbers by number, never by position alone. `numbers` has each number once.
///
/// A number without an answer, with several that agree, or with an inconclusive one has `no_answer`. A number with two
/// different answers is `contradictory`.
pub fn match_answers(numbers: &[PhoneNumber], answers: Vec<CheckAnswer>) -> Matched {
    let places = Places { numbers, by_number: OnceCell::new() };
    let mut matched: Vec<Option<NumberAnswer>> = Vec::with_capacity(numbers.len());
    let mut are_doubled = vec![false; numbers.len()];
    let mut mismatches = Mismatches::default();
    for (expected, answer) in answers.into_iter().enumerate() {
        let is_odd = answer.status == CheckStatus::Odd;
        mismatches.odd += u64::from(is_odd);
        let Some(place) = answer.number.and_then(|it| places.of(it, expected)) else {
            mismatches.unasked += u64::from(!is_odd);
            continue;
        };
        match matched.get_mut(place) {
            Some(Some(before)) => {
                before.add(&answer);
                are_doubled[place] = true;
            }
            Some(nothing) => *nothing = Some(NumberAnswer::of(answer)),
            None => {
                matched.resize_with(place, || None);
                matched.push(Some(NumberAnswer::of(answer)));
            }
        }
    }
    matched.resize_with(numbers.len(), || None);
    mismatches.missing = matched.iter().filter(|it| it.is_none()).count() as u64;
    mismatches.doubled = are_doubled.into_iter().filter(|it| *it).count() as u64;
    Matched { answers: matched.into_iter().map(Option::unwrap_or_default).collect(), mismatches }
}

/// The place of each number in the call.
struct Places<'a> {
    numbers: &'a [PhoneNumber],
    by_number: OnceCell<HashMap<PhoneNumber, usize>>,
}

impl Places<'_> {
    /// Returns the place of a number. Most providers answer in the order of the call, so `expected` is tried first.
    fn of(&self, number: PhoneNumber, expected: usize) -> Option<usize> {
        if self.numbers.get(expected) == Some(&number) {
            return Some(expected);
        }
        let by_number = || self.numbers.iter().enumerate().map(|(place, number)| (*number, place)).collect();
        self.by_number.get_or_init(by_number).get(&number).copied()
    }
}

impl Default for NumberAnswer {
    fn default() -> Self {
        Self { answer: Answer::NoAnswer, wa_id: None, raw_status: None }
    }
}

impl NumberAnswer {
    fn of(check: CheckAnswer) -> Self {
        let answer = match check.status {
            CheckStatus::Registered => Answer::Registered,
            CheckStatus::NotRegistered => Answer::NotRegistered,
            CheckStatus::Processing | CheckStatus::Unknown | CheckStatus::Odd => Answer::NoAnswer,
        };
        let wa_id = check.wa_id.filter(|_| answer == Answer::Registered);
        Self { answer, wa_id, raw_status: Some(check.raw) }
    }

    /// Adds another answer about the same number.
    fn add(&mut self, another: &CheckAnswer) {
        let before = self.raw_status.as_deref().unwrap_or_default();
        if before.split(' ').any(|it| it != another.raw) {
            self.answer = Answer::Contradictory;
        } else if self.answer != Answer::Contradictory {
            self.answer = Answer::NoAnswer;
        }
        self.wa_id = None;
        // Two words are enough: a provider that repeats itself a thousand times adds nothing.
        if !before.contains(' ') {
            self.raw_status = Some(format!("{before} {}", another.raw).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(text: &str) -> Vec<CheckAnswer> {
        let answer = |it: &str| {
            let (input, raw) = it.split_once(' ').unwrap();
            let status = match raw {
                "valid" => CheckStatus::Registered,
                "invalid" => CheckStatus::NotRegistered,
                "processing" => CheckStatus::Processing,
                "odd" => CheckStatus::Odd,
                _ => CheckStatus::Unknown,
            };
            let wa_id = (status == CheckStatus::Registered).then(|| WaId("1".to_owned().into()));
            CheckAnswer { number: PhoneNumber::from_e164(input), status, raw: raw.to_owned().into(), wa_id }
        };
        text.split(", ").filter(|it| !it.is_empty()).map(answer).collect()
    }

    fn check(numbers: &[u64], given: &str) -> String {
        let numbers: Vec<PhoneNumber> = numbers.iter().copied().map(PhoneNumber::from_digits).collect();
        let matched = match_answers(&numbers, answers(given));
        let names: Vec<&str> = matched.answers.iter().map(|it| it.answer.name()).collect();
        let Mismatches { missing, doubled, unasked, odd, .. } = matched.mismatches;
        let odd = if odd > 0 { format!(", {odd} odd") } else { String::new() };
        format!("{}; {missing} missing, {doubled} doubled, {unasked} unasked{odd}", names.join(" "))
    }

    #[test]
    fn every_status_has_a_meaning() {
        assert_eq!(
            check(&[1, 2, 3, 4], "+1 valid, +2 invalid, +3 processing, +4 failed"),
            "registered not_registered no_answer no_answer; 0 missing, 0 doubled, 0 unasked"
        );
    }

    #[test]
    fn answers_are_matched_by_number_whatever_their_order() {
        assert_eq!(
            check(&[1, 2], "+2 invalid, +1 valid"),
            "registered not_registered; 0 missing, 0 doubled, 0 unasked"
        );
    }

    #[test]
    fn a_missing_answer_is_no_answer_and_one_about_another_number_is_counted() {
        assert_eq!(check(&[1, 2], "+1 valid, +9 valid"), "registered no_answer; 1 missing, 0 doubled, 1 unasked");
        assert_eq!(check(&[1], "nobody valid, +1 valid"), "registered; 0 missing, 0 doubled, 1 unasked");
    }

    #[test]
    fn an_odd_answer_is_no_answer_and_counted() {
        let one = "no_answer registered; 0 missing, 0 doubled, 0 unasked, 1 odd";
        assert_eq!(check(&[1, 2], "+1 odd, +2 valid"), one);
        let unreadable = "no_answer registered; 1 missing, 0 doubled, 0 unasked, 1 odd";
        assert_eq!(check(&[1, 2], "nobody odd, +2 valid"), unreadable);
    }

    #[test]
    fn a_number_with_two_answers_has_none_that_counts() {
        assert_eq!(
            check(&[1, 2], "+1 valid, +1 valid, +2 valid"),
            "no_answer registered; 0 missing, 1 doubled, 0 unasked"
        );
        assert_eq!(check(&[1], "+1 valid, +1 invalid"), "contradictory; 0 missing, 1 doubled, 0 unasked");
        assert_eq!(check(&[1], "+1 valid, +1 invalid, +1 valid"), "contradictory; 0 missing, 1 doubled, 0 unasked");
        assert_eq!(check(&[1], "+1 valid, +1 valid, +1 invalid"), "contradictory; 0 missing, 1 doubled, 0 unasked");
    }

    #[test]
    fn a_contradicted_number_has_no_whatsapp_id() {
        let matched = match_answers(&[PhoneNumber::from_digits(1)], answers("+1 invalid, +1 valid"));
        assert_eq!(matched.answers[0].wa_id, None);
        assert_eq!(matched.answers[0].raw_status.as_deref(), Some("invalid valid"));
    }
}
