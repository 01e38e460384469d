//! What the platform knows of a person.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use phone::PhoneNumber;

use crate::Population;
use crate::providers::draw::Draw;
use crate::providers::texts;
use crate::sending::settings::{Cap, PeopleSettings};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Countries in which Meta sends as much marketing as is wanted: the EEA, the United Kingdom, Japan and South Korea (Meta,
/// "Per-user limits", 2026-04-29).
const UNCAPPED: [&str; 33] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT", "JP",
    "KR", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Someone who can be sent to, by the digits of the number.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) is_registered: bool,
    /// The country of the number as two letters, if it has one.
    country: Option<String>,
    pub(super) name: &'static str,
    /// Until when each number of the business may write freely.
    windows: BTreeMap<String, Timestamp>,
    /// Whether the person stopped marketing in the app.
    pub(super) has_stopped: bool,
    /// When marketing was delivered, outside of open windows.
    marketing: VecDeque<Timestamp>,
    /// Until when no marketing gets through, because it was sent again too early.
    shunned_until: Timestamp,
}

impl Person {
    pub(super) fn new(digits: u64, population: &Population, settings: &PeopleSettings) -> Self {
        let number = PhoneNumber::from_digits(digits);
        let parsed = PhoneNumber::parse(&number.to_string(), None).ok();
        let region = parsed.and_then(|it| it.region).map(|it| it.code().to_owned());
        let is_listed = |list: &[String]| list.iter().any(|it| digits_of(it) == Some(digits));
        let is_known = settings.all_registered || population.account(number).is_some();
        Self {
            is_registered: is_known && !is_listed(&settings.unregistered),
            country: region,
            name: Draw::new(population.seed, &["name"], digits).pick(&texts::FIRST_NAMES).copied().unwrap_or("Ana"),
            windows: BTreeMap::new(),
            has_stopped: is_listed(&settings.stopped),
            marketing: VecDeque::new(),
            shunned_until: Timestamp::MIN,
        }
    }

    /// Takes over who is on WhatsApp and who has stopped, after the settings changed.
    pub(super) fn follow(&mut self, settled: &Self) {
        self.is_registered = settled.is_registered;
        self.has_stopped |= settled.has_stopped;
    }

    /// The business-scoped user id, which is of one portfolio.
    pub(super) fn user_id(&self, seed: u64, portfolio: &str, digits: u64) -> String {
        let bytes = Draw::new(seed, &["user id of", portfolio], digits).bytes();
        let id = bytes.iter().take(8).fold(0_u64, |sum, it| (sum << 8) | u64::from(*it));
        format!("{}.1{id:019}", self.country.as_deref().unwrap_or("US"))
    }

    pub(super) fn is_american(&self) -> bool {
        self.country.as_deref() == Some("US")
    }

    /// Whether a number of the business may write freely now.
    pub(super) fn is_open(&self, number: &str, now: Timestamp) -> bool {
        self.windows.get(number).is_some_and(|it| now < *it)
    }

    /// The person has written to a number of the business.
    pub(super) fn open(&mut self, number: &str, now: Timestamp) {
        self.windows.insert(number.to_owned(), now.saturating_add(DAY).unwrap_or(Timestamp::MAX));
    }

    /// Whether one more marketing message gets through. One that is sent again within a day keeps the person away for a
    /// further day.
    pub(super) fn takes_marketing(&mut self, now: Timestamp, cap: &Cap) -> bool {
        if !cap.everywhere && self.country.as_deref().is_some_and(|it| UNCAPPED.contains(&it)) {
            return true;
        }
        let since = now.saturating_sub(SignedDuration::from_hours(cap.hours)).unwrap_or(now);
        while self.marketing.front().is_some_and(|it| *it <= since) {
            self.marketing.pop_front();
        }
        let is_over = self.marketing.len() >= cap.most as usize || now < self.shunned_until;
        match is_over {
            true => self.shunned_until = now.saturating_add(DAY).unwrap_or(Timestamp::MAX),
            false => self.marketing.push_back(now),
        }
        !is_over
    }
}

/// The digits of a number that is written with or without a plus sign.
pub(super) fn digits_of(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (1..=15).contains(&digits.len()).then(|| digits.parse().ok()).flatten()
}

/// Reads a recipient as Meta does: signs and spaces do not matter, and without a plus sign the number is taken to be of the
/// sender's country, unless it begins with its code (Meta, "Send messages"). None if it is no number at all.
pub(super) fn recipient(text: &str, sender: &str) -> Option<u64> {
    let is_sign = |it: char| matches!(it, '+' | '-' | '(' | ')' | ' ' | '.');
    let digits: String = text.chars().filter(|it| !is_sign(*it)).collect();
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    if text.trim_start().starts_with('+') {
        return digits_of(&digits);
    }
    let code = country_code(sender);
    match digits.starts_with(code) {
        true => digits_of(&digits),
        false => digits_of(&format!("{code}{}", digits.trim_start_matches('0'))),
    }
}

/// The country code of a number: the shortest start that no other country code begins with.
fn country_code(digits: &str) -> &str {
    let length = match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..] => 2,
        [b'3', b'0'..=b'4' | b'6' | b'9', ..] => 2,
        [b'4', b'0' | b'1' | b'3'..=b'9', ..] => 2,
        [b'5', b'1'..=b'8', ..] => 2,
        [b'6', b'0'..=b'6', ..] => 2,
        [b'8', b'1' | b'2' | b'4' | b'6', ..] => 2,
        [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    };
    digits.get(..length).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(digits: u64) -> Person {
        Person::new(digits, &Population::new(1, 1.0), &PeopleSettings::default())
    }

    #[test]
    fn a_number_without_a_plus_sign_is_of_the_country_of_the_sender() {
        let french = |text| recipient(text, "33199009999");
        assert_eq!(french("+33 1 99-00 (00) 01"), Some(33_199_000_001));
        assert_eq!(french("33199000001"), Some(33_199_000_001));
        assert_eq!(french("0199000001"), Some(33_199_000_001));
        assert_eq!(french("+12025550123"), Some(12_025_550_123));
        assert_eq!(recipient("33199000001", "14155550142"), Some(133_199_000_001), "the trap of a missing sign");
        assert_eq!([french(""), french("FR.123"), french("+")], [None; 3]);
    }

    #[test]
    fn a_person_is_of_the_country_of_the_number() {
        assert_eq!(person(33_199_000_001).country.as_deref(), Some("FR"));
        assert_eq!(person(447_700_900_123).country, None, "no numbering plan has it");
        assert!(!person(447_700_900_123).is_american());
        assert!(person(12_025_550_123).is_american() && !person(14_165_550_123).is_american());
        assert!(person(33_199_000_001).user_id(1, "6", 33_199_000_001).starts_with("FR.1"));
    }

    #[test]
    fn marketing_that_is_sent_again_too_early_keeps_a_person_away_for_another_day() {
        let at = |hours: i64| Timestamp::from_second(1_800_000_000 + hours * 3_600).unwrap();
        let mut anybody = person(5_511_960_000_001);
        let cap = Cap { most: 2, hours: 24, everywhere: false };
        let taken = [0, 1, 2, 25, 48, 73].map(|hours| anybody.takes_marketing(at(hours), &cap));
        assert_eq!(taken, [true, true, false, false, false, true]);
        let mut french = person(33_199_000_001);
        assert!((0..5).all(|_| french.takes_marketing(at(0), &cap)));
    }
}
