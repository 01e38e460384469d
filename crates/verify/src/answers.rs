//! From what a provider sent to what it said about each number.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use model::{Answer, WaId};
use phone::PhoneNumber;
use whatsapp::{CheckAnswer, CheckStatus};

/// What was said about one number; by default nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub answer: Answer,
    pub wa_id: Option<WaId>,
    pub raw_status: Option<Cow<'static, str>>,
}

/// What was said about each number, in the order in which they were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub said: Vec<Said>,
    pub mismatches: Mismatches,
}

/// Answers that do not match the question. They are refused number by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mismatches {
    /// Numbers without an answer.
    pub missing: u64,
    /// Numbers with more than one.
    pub doubled: u64,
    /// Answers about numbers that nobody asked about.
    pub unasked: u64,
}

impl std::ops::AddAssign for Mismatches {
    fn add_assign(&mut self, other: Self) {
        self.missing += other.missing;
        self.doubled += other.doubled;
        self.unasked += other.unasked;
    }
}

/// Matches answers to questions by the number as it was asked, never by position alone. Each number is asked about once.
///
/// A number without an answer, with several that agree, or with one that decides nothing, has `no_answer`. A number
/// about which two different things were said is `contradictory`.
pub fn judged(numbers: &[PhoneNumber], answers: Vec<CheckAnswer>) -> Judged {
    let places = Places { numbers, by_number: OnceCell::new() };
    let mut said: Vec<Option<Said>> = Vec::with_capacity(numbers.len());
    let mut are_doubled = vec![false; numbers.len()];
    let mut mismatches = Mismatches::default();
    for (expected, answer) in answers.into_iter().enumerate() {
        let Some(place) = answer.number.and_then(|it| places.of(it, expected)) else {
            mismatches.unasked += 1;
            continue;
        };
        match said.get_mut(place) {
            Some(Some(heard)) => {
                heard.hear_again(&answer);
                are_doubled[place] = true;
            }
            Some(nothing) => *nothing = Some(Said::of(answer)),
            None => {
                said.resize_with(place, || None);
                said.push(Some(Said::of(answer)));
            }
        }
    }
    said.resize_with(numbers.len(), || None);
    mismatches.missing = said.iter().filter(|it| it.is_none()).count() as u64;
    mismatches.doubled = are_doubled.into_iter().filter(|it| *it).count() as u64;
    let said = said.into_iter().map(Option::unwrap_or_default).collect();
    Judged { said, mismatches }
}

/// Where each number stands among those that were asked about.
struct Places<'a> {
    numbers: &'a [PhoneNumber],
    by_number: OnceCell<HashMap<PhoneNumber, usize>>,
}

impl Places<'_> {
    /// Looks at the `expected` place first: most providers answer in the order in which they were asked.
    fn of(&self, number: PhoneNumber, expected: usize) -> Option<usize> {
        if self.numbers.get(expected) == Some(&number) {
            return Some(expected);
        }
        let by_number = || self.numbers.iter().enumerate().map(|(place, number)| (*number, place)).collect();
        self.by_number.get_or_init(by_number).get(&number).copied()
    }
}

impl Default for Said {
    fn default() -> Self {
        Self { answer: Answer::NoAnswer, wa_id: None, raw_status: None }
    }
}

impl Said {
    fn of(heard: CheckAnswer) -> Self {
        let answer = match heard.status {
            CheckStatus::Registered => Answer::Registered,
            CheckStatus::NotRegistered => Answer::NotRegistered,
            CheckStatus::Processing | CheckStatus::Unknown => Answer::NoAnswer,
        };
        let wa_id = heard.wa_id.filter(|_| answer == Answer::Registered);
        Self { answer, wa_id, raw_status: Some(heard.raw) }
    }

    fn hear_again(&mut self, heard: &CheckAnswer) {
        let before = self.raw_status.as_deref().unwrap_or_default();
        if before.split(' ').any(|it| it != heard.raw) {
            self.answer = Answer::Contradictory;
        } else if self.answer != Answer::Contradictory {
            self.answer = Answer::NoAnswer;
        }
        self.wa_id = None;
        // Two words say all: who doubles a thousand times adds nothing.
        if !before.contains(' ') {
            self.raw_status = Some(format!("{before} {}", heard.raw).into());
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
                _ => CheckStatus::Unknown,
            };
            let wa_id = (status == CheckStatus::Registered).then(|| WaId("1".to_owned().into()));
            CheckAnswer { number: PhoneNumber::from_e164(input), status, raw: raw.to_owned().into(), wa_id }
        };
        text.split(", ").filter(|it| !it.is_empty()).map(answer).collect()
    }

    fn check(numbers: &[u64], heard: &str) -> String {
        let numbers: Vec<PhoneNumber> = numbers.iter().copied().map(PhoneNumber::from_digits).collect();
        let judged = judged(&numbers, answers(heard));
        let said: Vec<&str> = judged.said.iter().map(|it| it.answer.name()).collect();
        let Mismatches { missing, doubled, unasked } = judged.mismatches;
        format!("{}; {missing} missing, {doubled} doubled, {unasked} unasked", said.join(" "))
    }

    #[test]
    fn every_status_of_the_wire_has_a_meaning() {
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
    fn a_missing_answer_is_no_answer_and_an_unasked_one_is_counted() {
        assert_eq!(check(&[1, 2], "+1 valid, +9 valid"), "registered no_answer; 1 missing, 0 doubled, 1 unasked");
        assert_eq!(check(&[1], "nobody valid, +1 valid"), "registered; 0 missing, 0 doubled, 1 unasked");
    }

    #[test]
    fn a_number_that_is_answered_twice_is_not_believed() {
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
        let judged = judged(&[PhoneNumber::from_digits(1)], answers("+1 invalid, +1 valid"));
        assert_eq!(judged.said[0].wa_id, None);
        assert_eq!(judged.said[0].raw_status.as_deref(), Some("invalid valid"));
    }
}
