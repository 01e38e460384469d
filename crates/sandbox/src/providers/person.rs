use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::{SignedDuration, Timestamp};

use super::draw::Draw;
use super::texts;

/// The number of the business, which is nobody's.
pub(crate) const OWN_NUMBER: u64 = 33_199_009_999;

/// Someone whom a provider knows.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The place among the people of the provider.
    pub(crate) n: u32,
    /// The digits of the number, with the country code. Reserved for fiction.
    pub(crate) phone: u64,
    /// The id of a Viber bot for the person.
    pub(crate) viber_id: String,
    pub(crate) first_name: &'static str,
    /// Some people have none.
    pub(crate) last_name: Option<&'static str>,
    /// ISO 639-1.
    pub(crate) language: &'static str,
    /// When the provider first knew the person: before the first message.
    pub(crate) created_at: Timestamp,
    /// Whether the person is refused by other ways than a message, such as a list that the business keeps.
    pub(crate) is_blocked: bool,
}

impl Person {
    /// The person at a place among the people of a provider. Six of ten are people whom other providers know too.
    pub(crate) fn new(seed: u64, provider: &str, n: u32, n_people: u32, oldest: Timestamp) -> Self {
        let is_shared = Draw::new(seed, &[provider, "is shared"], u64::from(n)).share() < 0.6;
        Self::at_place(seed, provider, n, if is_shared { n } else { n_people + n }, oldest)
    }

    /// The person at a place of the whole world, of 9,999, as one provider knows them.
    pub(crate) fn at_place(seed: u64, provider: &str, n: u32, place: u32, oldest: Timestamp) -> Self {
        let mut own = Draw::new(seed, &[provider, "person"], u64::from(n));
        let mut draw = Draw::new(seed, &["person"], u64::from(place));
        let bytes = draw.bytes();
        let earlier = SignedDuration::from_secs(1 + own.below(300 * 86_400) as i64);
        Self {
            n,
            phone: phone_of(seed, place),
            viber_id: BASE64_STANDARD.encode(bytes.split_at(16).1),
            first_name: draw.pick(&texts::FIRST_NAMES).copied().unwrap_or_default(),
            last_name: (draw.share() < 0.9).then(|| draw.pick(&texts::LAST_NAMES).copied().unwrap_or_default()),
            language: if draw.share() < 0.8 { "fr" } else { "en" },
            created_at: oldest.saturating_sub(earlier).unwrap_or(oldest),
            is_blocked: own.share() < 0.03,
        }
    }

    /// The number in E.164 form.
    pub(crate) fn e164(&self) -> String {
        format!("+{}", self.phone)
    }

    pub(crate) fn is_american(&self) -> bool {
        self.phone < 20_000_000_000
    }
}

/// `+1 202 555 01xx` for every fiftieth of the first 5,000, `+33 1 99 00 xx xx` for the others; no two share one.
pub(crate) fn phone_of(seed: u64, place: u32) -> u64 {
    let place = u64::from(place);
    if place < 5_000 && place % 50 == 7 {
        return 12_025_550_100 + place / 50;
    }
    // 9,999 numbers; 7,919 has no factor in common with that.
    33_199_000_000 + (place * 7_919 + seed % 9_999) % 9_999
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_are_reserved_for_fiction_and_no_two_people_share_one() {
        let phones: BTreeSet<u64> = (0..9_999).map(|it| phone_of(3, it)).collect();
        assert_eq!(phones.len(), 9_999);
        let is_fiction =
            |it: &u64| (33_199_000_000..33_199_009_999).contains(it) || (12_025_550_100..=12_025_550_199).contains(it);
        assert!(phones.iter().all(is_fiction));
        assert!(!phones.contains(&OWN_NUMBER));
    }

    #[test]
    fn providers_share_some_people_and_not_all() {
        let phones = |provider: &str| -> BTreeSet<u64> {
            (0..100).map(|it| Person::new(3, provider, it, 100, Timestamp::UNIX_EPOCH).phone).collect()
        };
        let n_shared = phones("twilio").intersection(&phones("plivo")).count();
        assert!((20..80).contains(&n_shared), "{n_shared}");
    }
}
