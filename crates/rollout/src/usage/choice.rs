//! The verdict about a candidate: a slot, or a wait with its reason.

use std::collections::HashMap;

use jiff::Timestamp;
use phone::Region;

use super::holds::HoldScope;
use super::{DAY, Recipient, Usage};
use crate::hours::Place;
use crate::limit_table::LimitName;
use crate::moment::{Micros, micros, micros_of, timestamp};

/// A person to write to, and what kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    pub recipient: Recipient,
    /// Whether it is marketing: held after 131049, and by some countries' hours.
    pub is_marketing: bool,
    /// Whether it is a marketing message or a notice: spaced for each person, and sent at the hours of the day only.
    pub is_spaced: bool,
    /// Whether it is outside an open conversation.
    pub opens: bool,
    /// The template by its name; empty for a message without one.
    pub template: &'a str,
    pub country: Option<Region>,
    /// The person's own time zone, such as `America/Denver`.
    pub zone: Option<&'a str>,
}

/// What may happen to a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message may leave at this slot, at or after now. Note it before the next question.
    At(Timestamp),
    /// Not before a moment, for a limit. Others may go earlier.
    Later { not_before: Timestamp, limit: LimitName },
    /// Not as things are: a hold has no end, no hour is allowed where the person lives, or a limit is 0.
    Never { limit: LimitName },
}

/// What decides when the next message to somebody new may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    pub limit: LimitName,
    /// When the limit leaves room again. `None` is when somebody changes something.
    pub free_at: Option<Timestamp>,
}

impl Usage {
    /// The earliest slot of the number at or after `now`, by its rate alone; `None` with a rate of 0.
    pub fn next_slot(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.advance(micros(now));
        self.slot().map(timestamp)
    }

    /// When a candidate may be written to, or which limit keeps it back longest.
    ///
    /// The slots of one claim follow each other at the number's rate: the caller ends its claim when a slot is too far.
    pub fn verdict(&mut self, now: Timestamp, candidate: &Candidate<'_>) -> Verdict {
        self.advance(micros(now));
        match self.tightest(candidate) {
            Ok(Tightest { at, limit: None }) => Verdict::At(timestamp(at)),
            Ok(Tightest { at, limit: Some(limit) }) => Verdict::Later { not_before: timestamp(at), limit },
            Err(limit) => Verdict::Never { limit },
        }
    }

    /// The slot of a candidate and the limit that moved it, or the limit that never lets it go.
    fn tightest(&mut self, candidate: &Candidate<'_>) -> Result<Tightest, LimitName> {
        let slot = self.slot().ok_or(LimitName::NumberRate)?;
        let mut tightest = Tightest { at: slot, limit: None };
        // Counts only get freer while nothing is sent, so the latest moment decides.
        tightest.raise(LimitName::MessagesPerHour, self.hour_free_at(slot))?;
        for (limit, free_at) in self.free_for_person(candidate, slot) {
            tightest.raise(limit, free_at)?;
        }
        // Hours begin and end, so the end of a hold may be outside of them; and who counts for the day now may not then.
        loop {
            let before = tightest.at;
            if candidate.opens {
                let is_counted = self.is_counted(&candidate.recipient, before);
                tightest.raise(LimitName::PeoplePerDay, self.people_free_at(slot, is_counted))?;
            }
            tightest.raise(LimitName::Hold, self.held_until(candidate, tightest.at))?;
            tightest.raise(LimitName::Hours, self.open_from(candidate, tightest.at))?;
            if tightest.at == before {
                return Ok(tightest);
            }
        }
    }

    /// What decides when a message to somebody new may leave: rates, counts of people and messages, holds of the number, the
    /// account and the portfolio. Hours depend on the person, so they are in verdicts only. `None` if one may leave now.
    pub fn binding(&mut self, now: Timestamp) -> Option<Binding> {
        self.advance(micros(now));
        let now = self.clock;
        let Some(slot) = self.slot() else { return Some(Binding { limit: LimitName::NumberRate, free_at: None }) };
        let scopes = [HoldScope::Number, HoldScope::Account, HoldScope::Portfolio];
        let held = latest_end(scopes.iter().map(|it| self.hold_end(it, now)), now);
        let hour = (LimitName::MessagesPerHour, self.hour_free_at(now));
        let people = (LimitName::PeoplePerDay, self.people_free_at(now, false));
        let all = [(LimitName::NumberRate, Some(slot)), (LimitName::Hold, held), hour, people];
        let (limit, free_at) = all.into_iter().max_by_key(|it| it.1.map_or(Micros::MAX, |it| it))?;
        match free_at {
            Some(free_at) if free_at <= now => None,
            _ => Some(Binding { limit, free_at: free_at.map(timestamp) }),
        }
    }

    /// Whether the platform surely counts a person for the day still, even if their last message took no time to arrive.
    fn is_counted(&self, recipient: &Recipient, at: Micros) -> bool {
        let Some(person) = self.people.get(recipient) else { return false };
        let length = 2 * DAY - self.window(DAY);
        if self.others_to <= at {
            return person.last_opening().is_some_and(|it| it > at - length);
        }
        // Another number has messages ahead. In each window up to them the person must count without this message.
        let arrived = at - micros_of(self.limits.jitter).max(0);
        person.last_opening_until(arrived).is_some_and(|it| it > self.others_to - length)
    }

    /// When the limits of the person leave room.
    fn free_for_person(&self, candidate: &Candidate<'_>, slot: Micros) -> [(LimitName, Option<Micros>); 3] {
        let person = self.people.get(&candidate.recipient);
        let interval = self.pair_interval();
        let pair = match self.limits.pair_burst {
            0 => None,
            burst => Some(person.map_or(slot, |it| it.pair_free_at(burst, interval))),
        };
        let latest_spaced = |n| person.filter(|_| candidate.is_spaced).and_then(|it| it.latest_spaced(n));
        let a_day = match self.limits.person_per_day {
            Some(0) if candidate.is_spaced => None,
            limit => Some(limit.and_then(|it| latest_spaced(it as usize)).map_or(slot, |it| it + self.window(DAY))),
        };
        let spacing = self.window(micros_of(self.limits.person_spacing));
        let apart = Some(latest_spaced(1).map_or(slot, |it| it.saturating_add(spacing)));
        [(LimitName::PairRate, pair), (LimitName::PersonPerDay, a_day), (LimitName::PersonSpacing, apart)]
    }

    /// The first moment at or after `at` at which no hold keeps the candidate; `None` if one has no end.
    fn held_until(&self, candidate: &Candidate<'_>, at: Micros) -> Option<Micros> {
        if self.holds.is_empty() {
            return Some(at);
        }
        let pair = HoldScope::Pair(candidate.recipient);
        let mut scopes = vec![HoldScope::Number, HoldScope::Account, HoldScope::Portfolio, pair];
        if !candidate.template.is_empty() {
            scopes.push(HoldScope::Template(candidate.template.to_owned()));
        }
        if candidate.is_marketing {
            scopes.push(HoldScope::Marketing(candidate.recipient));
        }
        latest_end(scopes.iter().map(|it| self.hold_end(it, at)), at)
    }

    /// When the hold of a scope ends: at `at` if there is none, `None` if it has no end.
    fn hold_end(&self, scope: &HoldScope, at: Micros) -> Option<Micros> {
        self.holds.of(scope, timestamp(at)).map_or(Some(at), |it| it.until.map(micros))
    }

    /// The first moment at or after `at` at which the hours allow the candidate.
    fn open_from(&mut self, candidate: &Candidate<'_>, at: Micros) -> Option<Micros> {
        if !candidate.is_spaced {
            return Some(at);
        }
        let place = Place { country: candidate.country, zone: candidate.zone, is_marketing: candidate.is_marketing };
        let hours = &self.limits.hours;
        self.hours.next(place, at, |at| hours.next_allowed(timestamp(at), place).map(micros))
    }
}

/// The latest moment so far, and the limit that asks for it.
struct Tightest {
    at: Micros,
    limit: Option<LimitName>,
}

impl Tightest {
    /// Takes in when a limit leaves room; a limit that never does is an error.
    fn raise(&mut self, limit: LimitName, free_at: Option<Micros>) -> Result<(), LimitName> {
        let free_at = free_at.ok_or(limit)?;
        if free_at > self.at {
            *self = Self { at: free_at, limit: Some(limit) };
        }
        Ok(())
    }
}

/// The latest end; `None` if one of them has none.
fn latest_end(ends: impl IntoIterator<Item = Option<Micros>>, at: Micros) -> Option<Micros> {
    ends.into_iter().try_fold(at, |latest, end| Some(latest.max(end?)))
}

/// The last answer about the hours of each place. Offsets and hours change at whole minutes, so within one minute an answer
/// stays right.
#[derive(Clone, Debug, Default)]
pub(super) struct HourMemory {
    answers: HashMap<PlaceKey, HourAnswer>,
}

/// The country, the zone, and whether it is marketing.
type PlaceKey = (Option<Region>, Option<String>, bool);

/// What was answered: from the minute `asked` the next allowed minute is `next`.
#[derive(Clone, Copy, Debug)]
struct HourAnswer {
    asked: Minutes,
    next: Option<Minutes>,
}

/// Whole minutes since 1970.
type Minutes = i64;

const MINUTE: Micros = 60_000_000;

impl HourMemory {
    fn next(&mut self, place: Place<'_>, at: Micros, ask: impl FnOnce(Micros) -> Option<Micros>) -> Option<Micros> {
        let key = (place.country, place.zone.map(str::to_owned), place.is_marketing);
        let minute = at.div_euclid(MINUTE);
        let holds = |it: &HourAnswer| (it.asked..=it.next.unwrap_or(it.asked)).contains(&minute);
        let next = match self.answers.get(&key).filter(|it| holds(it)) {
            Some(answer) => answer.next,
            None => {
                let next = ask(minute * MINUTE).map(|it| it.div_euclid(MINUTE));
                self.answers.insert(key, HourAnswer { asked: minute, next });
                next
            }
        };
        next.map(|it| at.max(it * MINUTE))
    }
}
