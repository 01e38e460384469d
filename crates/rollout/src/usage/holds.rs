//! Holds: nothing goes within a scope until a moment, or until somebody lifts it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Recipient;

/// Within what nothing goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldScope {
    Number,
    Account,
    Portfolio,
    /// A template by its name.
    Template(String),
    /// Everything to a person.
    Pair(Recipient),
    /// Marketing to a person.
    Marketing(Recipient),
}

/// A hold that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub scope: HoldScope,
    /// `None` is until it is lifted.
    pub until: Option<Timestamp>,
    /// What to tell people.
    pub why: String,
}

/// How long a person gets no marketing after the n-th refusal with 131049, n from 1: 24 hours, each time twice as long, at
/// most 14 days. Early attempts are punished on the account.
pub fn marketing_hold_duration(n: u32) -> SignedDuration {
    let days = 1_i64.checked_shl(n.saturating_sub(1)).filter(|it| (1..=14).contains(it)).unwrap_or(14);
    SignedDuration::from_hours(24 * days)
}

/// How long a person gets nothing after the n-th refusal with 131056, n from 0: 4^n seconds, at most a day.
pub fn pair_hold_duration(n: u32) -> SignedDuration {
    const DAY: i64 = 24 * 3600;
    SignedDuration::from_secs(4_i64.checked_pow(n).map_or(DAY, |it| it.min(DAY)))
}

/// All holds by scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Holds {
    holds: BTreeMap<HoldScope, Hold>,
    /// When there are more holds than this, those that have ended are forgotten.
    sweep_above: usize,
}

impl Holds {
    pub(super) fn hold(&mut self, scope: HoldScope, until: Option<Timestamp>, why: &str, now: Timestamp) {
        let is_shorter = |it: &Hold| it.until.is_none() || until.is_some_and(|until| it.until >= Some(until));
        if self.holds.get(&scope).is_some_and(is_shorter) {
            return;
        }
        self.holds.insert(scope.clone(), Hold { scope, until, why: why.to_owned() });
        if self.holds.len() > self.sweep_above {
            self.holds.retain(|_, it| it.until.is_none_or(|until| until > now));
            self.sweep_above = 2 * self.holds.len() + 64;
        }
    }

    pub(super) fn lift(&mut self, scope: &HoldScope) -> bool {
        self.holds.remove(scope).is_some()
    }

    /// The hold of a scope that has not ended.
    pub(super) fn of(&self, scope: &HoldScope, now: Timestamp) -> Option<&Hold> {
        self.holds.get(scope).filter(|it| it.until.is_none_or(|until| until > now))
    }

    pub(super) fn active(&self, now: Timestamp) -> impl Iterator<Item = &Hold> {
        self.holds.values().filter(move |it| it.until.is_none_or(|until| until > now))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.holds.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_of_marketing_doubles_up_to_fourteen_days() {
        let hours = [0, 1, 2, 3, 4, 5, 6, 40, 70].map(|it| marketing_hold_duration(it).as_hours());
        assert_eq!(hours, [24, 24, 48, 96, 192, 336, 336, 336, 336]);
    }

    #[test]
    fn a_hold_of_a_pair_is_four_to_the_power_of_its_number_and_at_most_a_day() {
        let seconds = [0, 1, 2, 3, 8, 9, 40, u32::MAX].map(|it| pair_hold_duration(it).as_secs());
        assert_eq!(seconds, [1, 4, 16, 64, 65_536, 86_400, 86_400, 86_400]);
    }
}
