//! From what a provider sent to what it said about each number.

use std::collections::HashMap;

use model::{Answer, Personal, PhoneNumber};
use whatsapp::{CheckAnswer, CheckStatus};

/// What was said about one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub answer: Answer,
    pub wa_id: Option<Personal<String>>,
    pub raw_status: Option<String>,
}

/// What was said about each number, in the order in which they were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub said: Vec<Said>,
    pub n_unasked: usize,
}

/// Matches answers to questions by the number as it was asked, never by position.
///
/// A number without an answer, or with one that decides nothing, has `no_answer`. A number about
/// which two different things were said is `contradictory`. Numbers nobody asked for are counted.
pub fn judged(numbers: &[PhoneNumber], answers: &[CheckAnswer]) -> Judged {
    let mut places: HashMap<String, Vec<usize>> = HashMap::with_capacity(numbers.len());
    for (place, number) in numbers.iter().enumerate() {
        places.entry(number.to_string()).or_default().push(place);
    }
    let nothing = Said { answer: Answer::NoAnswer, wa_id: None, raw_status: None };
    let mut judged = Judged { said: vec![nothing; numbers.len()], n_unasked: 0 };
    for answer in answers {
        match places.get(&answer.input.0) {
            None => judged.n_unasked += 1,
            Some(places) => places.iter().for_each(|it| judged.said[*it].hear(answer)),
        }
    }
    judged
}

impl Said {
    fn hear(&mut self, heard: &CheckAnswer) {
        let answer = match &heard.status {
            CheckStatus::Valid => Answer::Registered,
            CheckStatus::Invalid => Answer::NotRegistered,
            CheckStatus::Processing | CheckStatus::Other(_) => Answer::NoAnswer,
        };
        let word = heard.status.word();
        let (answer, raw_status) = match self.raw_status.as_deref() {
            None => (answer, word.to_owned()),
            Some(before) if before == word => (answer, word.to_owned()),
            Some(before) => (Answer::Contradictory, format!("{before} {word}")),
        };
        let wa_id = heard.wa_id.clone().filter(|_| answer == Answer::Registered);
        *self = Self { answer, wa_id, raw_status: Some(raw_status) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(text: &str) -> Vec<CheckAnswer> {
        let answer = |it: &str| {
            let (input, status) = it.split_once(' ').unwrap();
            let status = match status {
                "valid" => CheckStatus::Valid,
                "invalid" => CheckStatus::Invalid,
                "processing" => CheckStatus::Processing,
                other => CheckStatus::Other(other.to_owned()),
            };
            let wa_id = (status == CheckStatus::Valid).then(|| Personal(input[1..].to_owned()));
            CheckAnswer { input: Personal(input.to_owned()), status, wa_id }
        };
        text.split(", ").filter(|it| !it.is_empty()).map(answer).collect()
    }

    fn check(numbers: &[u64], heard: &str) -> String {
        let numbers: Vec<PhoneNumber> = numbers.iter().copied().map(PhoneNumber::from_digits).collect();
        let judged = judged(&numbers, &answers(heard));
        let said: Vec<&str> = judged.said.iter().map(|it| it.answer.name()).collect();
        format!("{} +{}", said.join(" "), judged.n_unasked)
    }

    #[test]
    fn every_status_of_the_wire_has_a_meaning() {
        assert_eq!(
            check(&[1, 2, 3, 4], "+1 valid, +2 invalid, +3 processing, +4 failed"),
            "registered not_registered no_answer no_answer +0"
        );
    }

    #[test]
    fn answers_are_matched_by_number_whatever_their_order() {
        assert_eq!(check(&[1, 2], "+2 invalid, +1 valid"), "registered not_registered +0");
    }

    #[test]
    fn a_missing_answer_is_no_answer_and_an_unasked_one_is_counted() {
        assert_eq!(check(&[1, 2], "+1 valid, +9 valid"), "registered no_answer +1");
    }

    #[test]
    fn two_answers_about_one_number_must_agree() {
        assert_eq!(check(&[1], "+1 valid, +1 valid"), "registered +0");
        assert_eq!(check(&[1], "+1 valid, +1 invalid"), "contradictory +0");
        assert_eq!(check(&[1], "+1 valid, +1 invalid, +1 valid"), "contradictory +0");
    }

    #[test]
    fn a_contradicted_number_has_no_whatsapp_id() {
        let judged = judged(&[PhoneNumber::from_digits(1)], &answers("+1 invalid, +1 valid"));
        assert_eq!(judged.said[0].wa_id, None);
        assert_eq!(judged.said[0].raw_status.as_deref(), Some("invalid valid"));
    }
}
