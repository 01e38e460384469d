//! The people of a step by the hours at which they can be written to.
//!
//! Only people whose hours have begun are released: whoever waits for the morning would take the place of somebody who can be written to now.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use model::ConsentPurpose;
use rollout::{Hours, Place};

use super::audience::ChosenAudience;
use super::usage::is_spaced;

/// People whose hours begin within this time are released.
const SOON: SignedDuration = SignedDuration::from_secs(60);

impl ChosenAudience {
    /// Puts those first whose hours begin first. Gives how many can be written to within a minute, and when the next of the others
    /// can.
    ///
    /// Whoever can never be written to counts as one who can be now: the sender then says what they wait for.
    pub(super) fn order_by_hours(&mut self, hours: &Hours, now: Timestamp) -> (usize, Option<Timestamp>) {
        let mut known = HashMap::new();
        let mut begins = |country, purpose| {
            *known.entry((country, purpose)).or_insert_with(|| {
                let place = Place { country, zone: None, is_marketing: purpose == ConsentPurpose::Marketing };
                let at = if is_spaced(purpose) { hours.next_allowed(now, place) } else { None };
                at.unwrap_or(now)
            })
        };
        let mut begin: Vec<Timestamp> =
            self.countries.iter().zip(&self.messages).map(|(country, it)| begins(*country, it.purpose)).collect();
        if !begin.is_sorted() {
            let (countries, messages) = (std::mem::take(&mut self.countries), std::mem::take(&mut self.messages));
            let mut all: Vec<_> = begin.into_iter().zip(countries.into_iter().zip(messages)).collect();
            all.sort_by_key(|it| it.0);
            let of_people;
            (begin, of_people) = all.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
            (self.countries, self.messages) = of_people.into_iter().unzip();
        }
        let soon = now.saturating_add(SOON).unwrap_or(now);
        let n_open = begin.partition_point(|it| *it <= soon);
        (n_open, begin.get(n_open).copied())
    }
}

#[cfg(test)]
mod tests {
    use crm::{MessageContent, NewMessage};
    use model::{ConsentChannel, ContactId};
    use phone::Region;
    use rollout::Window;

    use super::*;

    fn message(n: u8, purpose: ConsentPurpose) -> NewMessage {
        NewMessage {
            id: None,
            campaign: "welcome".into(),
            step: "invite".into(),
            contact: ContactId([n; 16]),
            channel: ConsentChannel::Whatsapp,
            purpose,
            recipient: [n; 32],
            basis: None,
            wave: 0,
            sender: "1".into(),
            content: MessageContent { template: "order_note".into(), language: "fr".into(), values: "{}".into() },
        }
    }

    fn ordered(people: &[(&str, ConsentPurpose)], now: &str) -> (Vec<u8>, usize, Option<String>) {
        let mut chosen = ChosenAudience::default();
        for (n, (country, purpose)) in (1..).zip(people) {
            chosen.countries.push(Region::from_code(country));
            chosen.messages.push(message(n, *purpose));
        }
        let hours = Hours { window: Window::parse("09:00-20:00").unwrap(), unknown_zone: None };
        let (n_open, next) = chosen.order_by_hours(&hours, now.parse().unwrap());
        (chosen.messages.iter().map(|it| it.contact.0[0]).collect(), n_open, next.map(|it| it.to_string()))
    }

    #[test]
    fn who_sleeps_comes_after_those_who_are_awake() {
        use ConsentPurpose::Marketing;
        let people = [("DE", Marketing), ("JP", Marketing), ("DE", Marketing), ("NZ", Marketing), ("JP", Marketing)];
        // Four in the morning in Berlin, noon in Tokyo, four in the afternoon in Auckland.
        let (order, n_open, next) = ordered(&people, "2026-10-06T03:00:00Z");
        assert_eq!((order, n_open, next.as_deref()), (vec![2, 4, 5, 1, 3], 3, Some("2026-10-06T07:00:00Z")));
        // All sleep but those in Berlin, and Auckland wakes first.
        let (order, n_open, next) = ordered(&people, "2026-10-06T15:00:00Z");
        assert_eq!((order, n_open, next.as_deref()), (vec![1, 3, 4, 2, 5], 2, Some("2026-10-06T20:00:00Z")));
    }

    #[test]
    fn messages_for_any_hour_and_people_without_an_hour_do_not_wait() {
        let people =
            [("DE", ConsentPurpose::Marketing), ("DE", ConsentPurpose::Utility), ("??", ConsentPurpose::Marketing)];
        let (order, n_open, _) = ordered(&people, "2026-10-06T03:00:00Z");
        assert_eq!((order, n_open), (vec![2, 3, 1], 2));
    }
}
