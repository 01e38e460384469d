//! Answers that are known without a call: from events of the Cloud API, or from a file.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{Answer, Event, EventContent, IdentityTelling, PassiveSign, PersonIds, WaId};
use phone::PhoneNumber;

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

/// Returns what an event says about registration at WhatsApp; `None` if it says nothing. The rules are those of
/// [`PassiveSign`].
pub fn known_answer(event: &Event) -> Option<KnownAnswer> {
    let (answer, raw) = PassiveSign::of(event)?.0.says()?;
    Some(KnownAnswer { at: event.at?, answer, raw: raw.to_owned(), wa_id: None })
}

/// Returns the person whom an event is about. After a change of the number it is the person of the old one, because
/// what was known of that number counts no longer.
pub fn person_of(event: &Event) -> Option<&PersonIds> {
    match &event.content {
        EventContent::Status(it) => Some(&it.person),
        EventContent::Message(it) => Some(&it.person),
        EventContent::Preference(it) => Some(&it.person),
        EventContent::Identity(it) if it.change == IdentityTelling::NumberChanged => Some(&it.before),
        EventContent::Identity(it) => Some(&it.person),
        EventContent::Call(it) => Some(&it.person),
        EventContent::Template(_) | EventContent::Number(_) | EventContent::Account(_) | EventContent::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use model::{EventChannel, IdentityTold, MessageError, MessageState, Personal, StatusEvent};

    use super::*;

    fn says(content: EventContent) -> String {
        says_on(Some(EventChannel::Whatsapp), content)
    }

    fn says_on(channel: Option<EventChannel>, content: EventContent) -> String {
        let (key, account, sender) = (Personal::default(), String::new(), String::new());
        let event = Event { key, account, sender, channel, at: Some(Timestamp::UNIX_EPOCH), content };
        let answer = known_answer(&event);
        answer.map_or("nothing".to_owned(), |it| format!("{} by {}", it.answer.name(), it.raw))
    }

    fn status(state: MessageState, code: Option<i64>) -> EventContent {
        EventContent::Status(StatusEvent {
            message: Personal::default(),
            opaque_id: None,
            state,
            person: PersonIds::default(),
            group: None,
            error: Some(MessageError { code, details: None }),
            price: None,
        })
    }

    #[test]
    fn a_delivery_by_sms_says_nothing_about_whatsapp() {
        for channel in [Some(EventChannel::Sms), None] {
            assert_eq!(says_on(channel, status(MessageState::Delivered, None)), "nothing");
        }
    }

    #[test]
    fn what_a_status_says() {
        let says = |state, code| says(status(state, code));
        assert_eq!(says(MessageState::Read, None), "registered by read");
        assert_eq!(says(MessageState::Delivered, None), "registered by delivered");
        assert_eq!(says(MessageState::Sent, None), "nothing");
        assert_eq!(says(MessageState::Other("melted".into()), None), "nothing");
        assert_eq!(says(MessageState::Failed, Some(131_026)), "no_answer by failed 131026");
        for code in [Some(131_049), Some(131_050), Some(130_472), Some(131_047), None] {
            assert_eq!(says(MessageState::Failed, code), "nothing", "{code:?}");
        }
    }

    #[test]
    fn another_number_or_key_ends_what_was_known_and_another_user_id_does_not() {
        let says = |change| {
            says(EventContent::Identity(IdentityTold {
                change,
                person: PersonIds::default(),
                before: PersonIds::default(),
            }))
        };
        assert_eq!(says(IdentityTelling::NumberChanged), "no_answer by identity_changed");
        assert_eq!(says(IdentityTelling::KeyChanged), "no_answer by identity_changed");
        assert_eq!(says(IdentityTelling::UserIdChanged), "nothing");
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
