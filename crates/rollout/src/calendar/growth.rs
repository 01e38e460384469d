//! How the portfolio's tier grows.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::limit_table::{Amount, LimitName, limit_rules};
use crate::usage::Recipient;

/// The platform raises a tier of which half was used within this time.
const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The next tier holds so long after.
const DELAY: SignedDuration = SignedDuration::from_hours(6);

/// The tier now, and when the next one holds.
pub(super) struct Growth {
    is_on: bool,
    /// `None` is unlimited.
    tier: Option<u32>,
    /// The people who were reached in the window, each time they were.
    delivered: VecDeque<(Timestamp, Recipient)>,
    /// How often each of them was reached in the window.
    people: HashMap<Recipient, u32>,
    grows_at: Option<Timestamp>,
}

impl Growth {
    pub(super) fn new(is_on: bool, tier: Option<u32>) -> Self {
        Self { is_on, tier, delivered: VecDeque::new(), people: HashMap::new(), grows_at: None }
    }

    pub(super) fn grows_at(&self) -> Option<Timestamp> {
        self.grows_at
    }

    /// Notes somebody who was reached outside an open conversation.
    pub(super) fn delivered(&mut self, recipient: Recipient, at: Timestamp) {
        let Some(tier) = self.tier.filter(|_| self.is_on) else { return };
        self.delivered.push_back((at, recipient));
        *self.people.entry(recipient).or_default() += 1;
        while let Some((_, past)) = self.delivered.pop_front_if(|it| at.duration_since(it.0) >= WINDOW) {
            let n_times = self.people.remove(&past).unwrap_or_default();
            if n_times > 1 {
                self.people.insert(past, n_times - 1);
            }
        }
        if self.grows_at.is_none() && self.people.len() * 2 >= tier as usize {
            self.grows_at = at.checked_add(DELAY).ok();
        }
    }

    /// The next tier, if it holds from now on.
    pub(super) fn raise(&mut self, now: Timestamp) -> Option<Option<u32>> {
        self.grows_at.filter(|it| *it <= now)?;
        self.grows_at = None;
        self.tier = next_tier(self.tier);
        Some(self.tier)
    }
}

/// The tier after one; the last is no limit.
pub(super) fn next_tier(tier: Option<u32>) -> Option<u32> {
    let tiers = limit_rules().iter().filter(|it| it.name == LimitName::PeoplePerDay);
    let larger = tiers.filter_map(|it| match it.amount {
        Amount::Number(people) => Some(people),
        Amount::Hours(_) | Amount::Open => None,
    });
    larger.filter(|it| tier.is_some_and(|tier| *it > tier)).min()
}
