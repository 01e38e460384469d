//! What is known without asking: from events of the Cloud API, or from a file.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{Answer, IDENTITY_CHANGED, WaId};
use phone::PhoneNumber;
use whatsapp::{Event, EventKind};

/// What is known of numbers.
#[derive(Clone, Debug, Default)]
pub struct Known(HashMap<PhoneNumber, Vec<Report>>);

/// Something that is known of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub at: Timestamp,
    pub answer: Answer,
    /// The word by which it was said.
    pub raw: String,
    pub wa_id: Option<WaId>,
}

impl Known {
    /// Adds a report. Of several with one word the newest is kept: a thousand deliveries say what the last says.
    pub fn add(&mut self, number: PhoneNumber, report: Report) {
        let reports = self.0.entry(number).or_default();
        match reports.iter_mut().find(|it| it.raw == report.raw) {
            Some(known) if known.at >= report.at => {}
            Some(known) => *known = report,
            None => reports.push(report),
        }
    }

    pub(crate) fn of(&self, number: PhoneNumber) -> &[Report] {
        self.0.get(&number).map_or(&[], Vec::as_slice)
    }

    /// How many numbers something is known of.
    pub fn n_numbers(&self) -> usize {
        self.0.len()
    }
}

/// What an event says about registration; none if it says nothing.
///
/// A message that was delivered, read or written is proof. 131026 may mean that nobody is there, that the terms were not
/// accepted or that the application is too old. All other failures are about policy, windows and limits, and that a
/// message was sent says only that Meta took it
/// (<https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>).
pub fn report(event: &Event) -> Option<Report> {
    let (answer, raw) = match event.kind {
        EventKind::Inbound => (Answer::Registered, "inbound"),
        EventKind::Read => (Answer::Registered, "read"),
        EventKind::Played => (Answer::Registered, "played"),
        EventKind::Delivered => (Answer::Registered, "delivered"),
        EventKind::Failed(Some(131_026)) => (Answer::NoAnswer, "failed 131026"),
        EventKind::IdentityChanged => (Answer::NoAnswer, IDENTITY_CHANGED),
        EventKind::Failed(_) | EventKind::Sent | EventKind::Other => return None,
    };
    Some(Report { at: event.at, answer, raw: raw.to_owned(), wa_id: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_says() {
        let says = |kind| {
            let report = report(&Event { phone: None, at: Timestamp::UNIX_EPOCH, kind });
            report.map_or("nothing".to_owned(), |it| format!("{} by {}", it.answer.name(), it.raw))
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
        let mut known = Known::default();
        let number = PhoneNumber::from_digits(1);
        for second in [3, 9, 5] {
            let at = Timestamp::from_second(second).unwrap();
            known.add(number, Report { at, answer: Answer::Registered, raw: "delivered".into(), wa_id: None });
        }
        assert_eq!(known.of(number).iter().map(|it| it.at.as_second()).collect::<Vec<_>>(), [9]);
    }
}
