//! What holds for one sender now.

use jiff::SignedDuration;

use crate::hours::{Hours, Window};
use crate::limit_table::{Amount, LimitName, LimitRule, limit_rule};

/// The limits of one sender: the caller builds them from the plan and from what the platform says.
///
/// [`Limits::default`] has the lowest values of the platform and our own defaults, all from the table. A limit that is
/// `None` is lifted. A limit of 0 lets nothing go.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Messages in any second from the number.
    pub number_rate: u32,
    /// How many messages may share a slot. 1 spreads them evenly. A rehearsal, whose clock stands still between its moves, takes a
    /// divisor of the rate: then no second has more than the rate.
    pub number_burst: u32,
    /// How much longer than another a message may take from its slot to the platform. All windows are longer by this, so
    /// that a window of the platform is not over its limit although messages arrive unevenly: the number sends
    /// 1 / (1 + `jitter` in seconds) of its rate, which is 98 % with the default of 20 ms.
    ///
    /// Answers and what people write count for the rate too. A larger `jitter` also leaves room for them.
    pub jitter: SignedDuration,
    /// The time in which one more message to one person is allowed.
    pub pair_interval: SignedDuration,
    /// How many messages to one person may go at once; they borrow from the time after them. The platform allows 45. A
    /// campaign has no use for that, so the default is 1.
    pub pair_burst: u32,
    /// Different people in any 24 hours outside open conversations, for the portfolio.
    pub people_per_day: Option<u32>,
    /// Marketing messages and notices to one person in any 24 hours.
    pub person_per_day: Option<u32>,
    /// The time between two marketing messages or notices to one person.
    pub person_spacing: SignedDuration,
    /// Messages in any hour.
    pub messages_per_hour: Option<u32>,
    /// Messages that are released and not yet sent. The caller holds to it when it releases a wave.
    pub released_rows: u32,
    /// The hours of the day at which marketing messages and notices may go.
    pub hours: Hours,
}

impl Default for Limits {
    fn default() -> Self {
        let amount = |name| limit_rule(name, "default").and_then(number).unwrap_or_default();
        let period = |name| limit_rule(name, "default").and_then(|it| it.period).unwrap_or(SignedDuration::MAX);
        let window = match limit_rule(LimitName::Hours, "default").map(|it| it.amount) {
            Some(Amount::Hours(window)) => window,
            _ => Window::NOON,
        };
        Self {
            number_rate: amount(LimitName::NumberRate),
            number_burst: 1,
            jitter: SignedDuration::from_millis(20),
            pair_interval: period(LimitName::PairRate),
            pair_burst: 1,
            people_per_day: limit_rule(LimitName::PeoplePerDay, "TIER_250").and_then(number),
            person_per_day: Some(amount(LimitName::PersonPerDay)),
            person_spacing: period(LimitName::PersonSpacing),
            messages_per_hour: Some(amount(LimitName::MessagesPerHour)),
            released_rows: amount(LimitName::ReleasedRows),
            hours: Hours { window, unknown_zone: None },
        }
    }
}

impl Limits {
    /// The people in 24 hours of a tier of the platform, such as `TIER_2K`; the inner `None` is no limit. A tier that the
    /// table does not have gives `None`: keep what held before, and tell the operator.
    pub fn people_of_tier(tier: &str) -> Option<Option<u32>> {
        limit_rule(LimitName::PeoplePerDay, tier).map(number)
    }

    /// The rate of a number in a case of the table: `default`, `upgraded` or `coexistence`.
    pub fn rate_of_number(case: &str) -> Option<u32> {
        limit_rule(LimitName::NumberRate, case).and_then(number)
    }
}

fn number(rule: &LimitRule) -> Option<u32> {
    match rule.amount {
        Amount::Number(amount) => Some(amount),
        Amount::Hours(_) | Amount::Open => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_lowest_values_of_the_platform_and_our_own() {
        let limits = Limits::default();
        assert_eq!((limits.number_rate, limits.people_per_day), (80, Some(250)));
        assert_eq!((limits.pair_interval, limits.pair_burst), (SignedDuration::from_secs(6), 1));
        assert_eq!((limits.person_per_day, limits.person_spacing), (Some(2), SignedDuration::from_hours(6)));
        assert_eq!((limits.messages_per_hour, limits.released_rows), (Some(1_000), 10_000));
        assert_eq!(limits.hours.window.to_string(), "09:00-20:00");
    }

    #[test]
    fn tiers_and_rates_have_the_names_of_the_platform() {
        let people = ["TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"].map(Limits::people_of_tier);
        assert_eq!(people, [Some(Some(250)), Some(Some(2_000)), Some(Some(10_000)), Some(Some(100_000)), Some(None)]);
        assert_eq!(Limits::people_of_tier("TIER_5K"), None);
        assert_eq!(
            ["default", "upgraded", "coexistence"].map(Limits::rate_of_number),
            [Some(80), Some(1_000), Some(20)]
        );
    }
}
