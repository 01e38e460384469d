//! What has been used of the limits, and what may go next.
//!
//! [`Usage`] is a fold over the messages of the last 24 hours. Its windows slide: at no edge does an allowance come twice. The
//! same messages in any order give the same usage, so a process that starts again, or a second one, folds what the database
//! has and goes on.

mod choice;
mod holds;
mod log;
mod person;

use std::collections::HashMap;

use jiff::Timestamp;

use crate::limits::Limits;
use crate::moment::{Micros, micros, micros_of, timestamp};
use choice::HourMemory;
pub use choice::{Binding, Candidate, Verdict};
use holds::Holds;
pub use holds::{Hold, HoldScope, marketing_hold_duration, pair_hold_duration};
use log::{Log, OpenedPeople};
use person::{Person, PersonEntry};

/// The digest of the person written to.
pub type Recipient = [u8; 32];

/// A message whose intent was written, or that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The number of its intent, which is never used twice.
    pub number: u64,
    /// Its slot: the moment that [`Verdict::At`] gave.
    pub at: Timestamp,
    pub recipient: Recipient,
    /// Whether it is a marketing message or a notice, which are spaced for each person.
    pub is_spaced: bool,
    /// Whether it is written outside an open conversation, so that its person counts for the day.
    pub opens: bool,
    /// Whether another number sent it. The rates of ours and the messages of an hour do not count it, all limits of people do.
    pub is_of_other_number: bool,
}

/// The longest window of a limit.
pub(crate) const DAY: Micros = 24 * HOUR;
const HOUR: Micros = 3600 * SECOND;
const SECOND: Micros = 1_000_000;

/// What one number has used of its limits, and what may go next. Messages of other numbers count for limits of people.
///
/// Time never runs back: a moment before the greatest that was seen counts as that one, so a clock that is set back makes
/// sending slower and never faster. Take waits as `slot - usage.clock(now)`.
///
/// Memory is kept for what is inside the windows: the messages of 24 hours, and holds until they end.
#[derive(Clone, Debug)]
pub struct Usage {
    limits: Limits,
    /// The greatest moment seen.
    clock: Micros,
    /// The messages of the number.
    log: Log,
    /// Those of others.
    others: Log,
    /// The greatest slot of another number. It may lie ahead of the clock.
    others_to: Micros,
    /// When each message of the two was, by the number of its intent.
    numbers: HashMap<u64, Micros>,
    people: HashMap<Recipient, Person>,
    opened: OpenedPeople,
    holds: Holds,
    hours: HourMemory,
}

impl Usage {
    /// Nothing used yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            clock: Timestamp::MIN.as_microsecond(),
            log: Log::default(),
            others: Log::default(),
            others_to: Timestamp::MIN.as_microsecond(),
            numbers: HashMap::new(),
            people: HashMap::new(),
            opened: OpenedPeople::default(),
            holds: Holds::default(),
            hours: HourMemory::default(),
        }
    }

    /// What the messages of the last 24 hours have used, in any order. Faster than [`Usage::note`] for each if they are in
    /// no order.
    pub fn of(limits: Limits, sent: impl IntoIterator<Item = Sent>) -> Self {
        let mut sent: Vec<Sent> = sent.into_iter().collect();
        sent.sort_unstable_by_key(|it| (it.at, it.number));
        let mut usage = Self::new(limits);
        sent.iter().for_each(|it| usage.note(it));
        usage
    }

    /// What holds now.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Other limits hold from now on. What was used stays used.
    pub fn set_limits(&mut self, limits: Limits) {
        self.hours = HourMemory::default();
        self.limits = limits;
        let interval = self.pair_interval();
        self.people.values_mut().for_each(|it| it.count_pair(interval));
    }

    /// The moment that counts as now: `now`, or the greatest that was seen.
    pub fn clock(&self, now: Timestamp) -> Timestamp {
        timestamp(self.clock.max(micros(now)))
    }

    /// Notes a message. A number that was noted before changes nothing; a message older than 24 hours neither.
    ///
    /// After each [`Verdict::At`] the caller notes the message with that slot, before it asks for the next one.
    pub fn note(&mut self, sent: &Sent) {
        let at = micros(sent.at);
        // The slots of another number lie ahead, and ours need not follow them.
        match sent.is_of_other_number {
            true => self.others_to = self.others_to.max(at),
            false => self.advance(at),
        }
        if at <= self.clock - self.window(DAY) || self.numbers.contains_key(&sent.number) {
            return;
        }
        self.numbers.insert(sent.number, at);
        let log = if sent.is_of_other_number { &mut self.others } else { &mut self.log };
        log.insert(at, sent.number, sent.recipient);
        let &Sent { number, is_spaced, opens, is_of_other_number, .. } = sent;
        let entry = PersonEntry { at, number, is_spaced, opens, counts_for_pair: !is_of_other_number };
        let interval = self.pair_interval();
        self.change_person(sent.recipient, |it| it.insert(entry, interval));
    }

    /// Gives the person of a message that failed back to `people-per-day`. For the person's own limits the message still counts.
    /// Says whether the number was known; again it changes nothing.
    pub fn credit(&mut self, number: u64) -> bool {
        self.change_message(number, |entry| entry.opens = false)
    }

    /// Gives back a message that is proven not to have left: it does not count for the person or for `people-per-day`. Its
    /// place in the rates stays used. Says whether the number was known; again it changes nothing.
    pub fn give_back_attempt(&mut self, number: u64) -> bool {
        self.change_message(number, |entry| (entry.opens, entry.is_spaced) = (false, false))
    }

    fn change_message(&mut self, number: u64, change: impl Fn(&mut PersonEntry)) -> bool {
        let found = |at: &Micros| self.log.recipient(*at, number).or_else(|| self.others.recipient(*at, number));
        let Some(recipient) = self.numbers.get(&number).and_then(found) else { return false };
        self.change_person(recipient, |it| it.change(|entry| entry.number == number, change))
    }

    /// Lets nothing go within a scope until a moment, or until [`Usage::lift`]. Of two holds of one scope the longer counts.
    /// The caller keeps holds and gives them again when it starts.
    pub fn hold(&mut self, scope: HoldScope, until: Option<Timestamp>, why: &str) {
        self.holds.hold(scope, until, why, timestamp(self.clock));
    }

    /// Ends the hold of a scope. Says whether there was one.
    pub fn lift(&mut self, scope: &HoldScope) -> bool {
        self.holds.lift(scope)
    }

    /// The holds that have not ended.
    pub fn holds(&self, now: Timestamp) -> impl Iterator<Item = &Hold> {
        self.holds.active(self.clock(now))
    }

    /// How many different people count for `people-per-day` now.
    pub fn people_used(&mut self, now: Timestamp) -> usize {
        self.advance(micros(now));
        self.opened.len()
    }

    /// Changes a person, and their place among those who count for the day.
    fn change_person<T>(&mut self, recipient: Recipient, change: impl FnOnce(&mut Person) -> T) -> T {
        let person = self.people.entry(recipient).or_default();
        let before = person.last_opening();
        let result = change(person);
        self.opened.moved(recipient, before, person.last_opening());
        if person.is_empty() {
            self.people.remove(&recipient);
        }
        result
    }

    /// Moves the clock on, and forgets what no window holds any more.
    fn advance(&mut self, now: Micros) {
        if now <= self.clock {
            return;
        }
        self.clock = now;
        let past = now - self.window(DAY);
        while let Some((number, recipient)) = self.log.take_until(past).or_else(|| self.others.take_until(past)) {
            self.numbers.remove(&number);
            self.change_person(recipient, |it| it.forget_until(past));
        }
    }

    /// How long a window is for us: the platform's, and the time by which messages may arrive unevenly.
    fn window(&self, length: Micros) -> Micros {
        length.saturating_add(micros_of(self.limits.jitter).max(0))
    }

    fn pair_interval(&self) -> Micros {
        self.window(micros_of(self.limits.pair_interval))
    }

    /// The earliest slot that the number's rate leaves: even distances, and never more than the rate in a second, although
    /// the rate may have been higher a moment ago. `None` if the rate is 0.
    fn slot(&self) -> Option<Micros> {
        let rate = self.limits.number_rate;
        let even = self.window(SECOND).checked_add(i64::from(rate) - 1)?.checked_div(i64::from(rate))?;
        let burst = i64::from(self.limits.number_burst.max(1));
        let after_last = self.log.latest(burst as usize).map(|it| it + burst * even);
        let after_second = self.log.latest(rate as usize).map(|it| it + self.window(SECOND));
        Some(self.clock.max(after_last.unwrap_or(Micros::MIN)).max(after_second.unwrap_or(Micros::MIN)))
    }

    /// When the messages of an hour leave room for one more; never with a limit of 0.
    fn hour_free_at(&self, slot: Micros) -> Option<Micros> {
        match self.limits.messages_per_hour {
            None => Some(slot),
            Some(0) => None,
            Some(limit) => Some(self.log.latest(limit as usize).map_or(slot, |it| it + self.window(HOUR))),
        }
    }

    /// When the people of a day leave room for a person, who may be one of them; never with a limit of 0.
    fn people_free_at(&mut self, slot: Micros, is_counted: bool) -> Option<Micros> {
        match self.limits.people_per_day {
            None => Some(slot),
            Some(0) => None,
            Some(limit) => {
                let n_others = limit as usize - usize::from(!is_counted);
                Some(self.opened.at_most(n_others).map_or(slot, |it| slot.max(it + self.window(DAY))))
            }
        }
    }
}

#[cfg(test)]
mod tests;
