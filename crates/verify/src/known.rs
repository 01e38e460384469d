//! Answers that are known without a call: from events of the Cloud API, or from a file.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{Answer, IDENTITY_CHANGED, WaId};
use phone::PhoneNumber;
use whatsapp::{Event, EventKind};

/// The known answers, by number.
#[derive(Clone, Debug, Default)]
pub struct KnownAnswers(HashMap<PhoneNumber, Vec<KnownAnswer>>);

/// A known answer about a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAnswer {
    pub at: Timestamp,
    pub answer: Answer,
    /// The answer in the words of its source.
    pub raw: String,
    pub wa_id: Option<WaId>,
}

impl KnownAnswers {
    /// Adds an answer. Only the newest of several answers in the same words is kept: a thousand deliveries prove no
    /// more than the last one.
    pub fn add(&mut self, number: PhoneNumber, answer: KnownAnswer) {
        let answers = self.0.entry(number).or_default();
        match answers.iter_mut().find(|it| it.raw == answer.raw) {
            Some(known) if known.at >= answer.at => {}
            Some(known) => *known = answer,
            None => answers.push(answer),
        }
    }

    pub(crate) fn of(&self, number: PhoneNumber) -> &[KnownAnswer] {
        self.0.get(&number).map_or(&[], Vec::as_slice)
    }

    /// Returns how many numbers have an answer.
    pub fn n_numbers(&self) -> usize {
        self.0.len()
    }
}

/// Returns what an event says about registration; `None` if it says nothing.
///
/// A message that was delivered, read or received is proof. Error 131026 may mean that the number is not registered, that
/// the terms were not accepted or that the application is too old. All other errors are about policy, windows and limits,
/// and `sent` says only that Meta accepted the message
/// (<https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>).
pub fn known_answer(event: &Event) -> Option<KnownAnswer> {
    let (answer, raw) = match event.kind {
        EventKind::Inbound => (Answer::Registered, "inbound"),
        EventKind::Read => (Answer::Registered, "read"),
        EventKind::Played => (Answer::Registered, "played"),
        EventKind::Delivered => (Answer::Registered, "delivered"),
        EventKind::Failed(Some(131_026)) => (Answer::NoAnswer, "failed 131026"),
        EventKind::IdentityChanged => (Answer::NoAnswer, IDENTITY_CHANGED),
        EventKind::Failed(_) | EventKind::Sent | EventKind::Other => return None,
    };
    Some(KnownAnswer { at: event.at, answer, raw: raw.to_owned(), wa_id: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_says() {
        let says = |kind| {
            let answer = known_answer(&Event { phone: None, at: Timestamp::UNIX_EPOCH, kind });
            answer.map_or("nothing".to_owned(), |it| format!("{} by {}", it.answer.name(), it.raw))
        };
        for (kind, expected) in [
            (EventKind::Inbound, "registered by inbound"),
            (EventKind::Read, "registered by read"),
            (EventKind::Played, "registered by played"),
            (EventKind::Delivered, "registered by delivered"),
            (EventKind::Sent, "nothing"),
            (EventKind::Failed(Some(131026)), "no_answer by failed 131026"),
            (EventKind::Failed(Some(131049)), "nothing"),
            (EventKind::Failed(Some(131050)), "nothing"),
            (EventKind::Failed(Some(130472)), "nothing"),
            (EventKind::Failed(Some(131047)), "nothing"),
            (EventKind::Failed(None), "nothing"),
            (EventKind::IdentityChanged, "no_answer by identity_changed"),
            (EventKind::Other, "nothing"),
        ] {
            assert_eq!(says(kind.clone()), expected, "{kind:?}");
        }
    }

    #[test]
    fn of_many_deliveries_the_last_is_kept() {
        let mut known = KnownAnswers::default();
        let number = PhoneNumber::from_digits(1);
        for second in [3, 9, 5] {
            let at = Timestamp::from_second(second).unwrap();
            known.add(number, KnownAnswer { at, answer: Answer::Registered, raw: "delivered".into(), wa_id: None });
        }
        assert_eq!(known.of(number).iter().map(|it| it.at.as_second()).collect::<Vec<_>>(), [9]);
    }
}
