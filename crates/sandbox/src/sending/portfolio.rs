//! The messaging limit of a portfolio.
//!
//! Meta counts the people that messages outside of an open window are delivered to in a moving day, and documents no refusal
//! for those over the limit. Here such a message is accepted and then fails by a status, with 131048 unless the settings say
//! otherwise. A person counts from the moment at which a message leaves that will be delivered, for 24 hours from the last
//! of them: what fails, or is never delivered, does not count, because the sandbox knows beforehand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::sending::limits::Exceeded;
use crate::sending::settings::PortfolioSettings;
use crate::sending::tier::Tier;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Delivered template messages in 30 days after which the first level is left (Meta, "Messaging limits").
const MESSAGES_TO_LEAVE_250: usize = 2_000;

/// A limit that will grow to this level.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    pub(super) portfolio: String,
    pub(super) tier: Tier,
}

/// What a portfolio has used.
#[derive(Default)]
pub(super) struct Portfolio {
    /// The level that it has grown to; none if it is the one of the settings.
    pub(super) grown_to: Option<Tier>,
    /// Whether it is to grow.
    is_growing: bool,
    /// Whether it can send no templates.
    pub(super) is_blocked: bool,
    /// The people of the last day, by the last message to each.
    day: People,
    /// The people of the last week.
    week: People,
    /// Template messages of the last 30 days. Only the first level counts them.
    templates: VecDeque<Timestamp>,
}

/// People by the last moment of each.
#[derive(Default)]
struct People {
    last: BTreeMap<u64, Timestamp>,
    order: BTreeSet<(Timestamp, u64)>,
}

impl People {
    fn forget(&mut self, before: Timestamp) {
        while let Some((at, person)) = self.order.first().copied().filter(|it| it.0 <= before) {
            self.order.remove(&(at, person));
            self.last.remove(&person);
        }
    }

    fn add(&mut self, person: u64, at: Timestamp) {
        if let Some(before) = self.last.insert(person, at) {
            self.order.remove(&(before, person));
        }
        self.order.insert((at, person));
    }
}

impl Portfolio {
    pub(super) fn tier(&self, settings: &PortfolioSettings) -> Tier {
        self.grown_to.unwrap_or(settings.tier)
    }

    /// People in 24 hours; none if there is no limit.
    fn people_a_day(&self, settings: &PortfolioSettings) -> Option<u32> {
        match self.grown_to {
            Some(tier) => tier.people(),
            None => settings.people_a_day.or(settings.tier.people()),
        }
    }

    /// Counts a person, or says by how much there would be too many. A person who counts already always fits.
    pub(super) fn take(&mut self, person: u64, now: Timestamp, settings: &PortfolioSettings) -> Result<(), Exceeded> {
        self.day.forget(now.saturating_sub(DAY).unwrap_or(now));
        let n = self.day.last.len() as u64;
        let Some(limit) = self.people_a_day(settings).map(u64::from) else { return Ok(()) };
        if !self.day.last.contains_key(&person) && n >= limit {
            return Err(Exceeded { count: n + 1, limit });
        }
        self.day.add(person, now);
        self.week.add(person, now);
        if self.tier(settings) == Tier::People250 {
            self.templates.push_back(now);
        }
        Ok(())
    }

    /// The people of the last 24 hours, for the counts.
    pub(super) fn people_today(&self, now: Timestamp) -> usize {
        let since = now.saturating_sub(DAY).unwrap_or(now);
        self.day.last.values().filter(|it| **it > since).count()
    }

    /// The level that the portfolio has earned by using half of its limit in a week, once.
    pub(super) fn earned(&mut self, now: Timestamp, settings: &PortfolioSettings) -> Option<Tier> {
        if self.is_growing {
            return None;
        }
        let limit = self.people_a_day(settings)?;
        let next = self.tier(settings).next()?;
        self.week.forget(now.saturating_sub(WEEK).unwrap_or(now));
        let month = now.saturating_sub(MONTH).unwrap_or(now);
        while self.templates.front().is_some_and(|it| *it <= month) {
            self.templates.pop_front();
        }
        let is_earned = match self.tier(settings) {
            Tier::People250 => self.templates.len() >= MESSAGES_TO_LEAVE_250,
            _ => self.week.last.len() as u64 * 2 >= u64::from(limit),
        };
        self.is_growing = is_earned;
        is_earned.then_some(next)
    }

    pub(super) fn grow(&mut self, tier: Tier) {
        self.grown_to = Some(tier);
        self.is_growing = false;
        self.templates.clear();
    }
}
