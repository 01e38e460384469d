//! The calendar of a campaign: what goes on which day, which limit decides, and when all is sent.
//!
//! There is no arithmetic of its own: each message of the plan gets its verdict from [`Usage`], as in sending. A process is
//! assumed that never stops, and whose answers come at once.

mod days;
mod groups;
mod growth;
mod saving;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::limit_table::LimitName;
use crate::limits::Limits;
use crate::usage::{Sent, Usage};
pub use days::Day;
use days::Days;
pub use groups::{Due, Group, JUDGED_AFTER};
use groups::{Queue, Turn};
use growth::Growth;
pub use saving::{Saving, savings};

/// What a calendar is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct CalendarPlan {
    /// People by country and step. Where several may be written to, the first goes first.
    pub groups: Vec<Group>,
    /// Steps with the number of people of their test waves: the others follow when those messages are 30 minutes old.
    pub test_waves: Vec<(u32, u32)>,
    pub start: Timestamp,
    /// Where days begin and end in the calendar.
    pub zone: TimeZone,
    pub limits: Limits,
    /// The share of messages that are delivered, from 0 to 1. Others give their people back to `people-per-day`.
    pub delivered_share: f64,
    /// The messages of the last day, which limits count.
    pub sent: Vec<Sent>,
    /// Whether the portfolio's tier grows: half of it used within 7 days, and the next one holds 6 hours later.
    pub tier_grows: bool,
    /// The most people a day that the operator wants, however far the tier grows.
    pub people_at_most: Option<u32>,
    /// The simulation ends here if the plan does not.
    pub end: Timestamp,
}

/// What goes when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// From the first day to the last with a message, also days without one.
    pub days: Vec<Day>,
    /// When the last message goes; `None` if not all are sent before the plan's end.
    pub finish: Option<Timestamp>,
    pub n_sent: u64,
    /// People who cannot be written to as things are, by group and with the limit.
    pub never: Vec<(usize, LimitName)>,
}

/// Simulates a plan.
pub fn calendar(plan: &CalendarPlan) -> Calendar {
    let mut run = Run::new(plan);
    while let Some(turn) = run.queue.turn(run.now, &mut run.usage) {
        match turn {
            Turn::Wait { until, limit } => {
                if !run.wait(until, limit) {
                    break;
                }
            }
            Turn::Send { group, slot } => {
                if slot >= plan.end {
                    break;
                }
                run.send(group, slot);
            }
        }
    }
    run.finished()
}

/// A simulation that goes on.
struct Run<'a> {
    plan: &'a CalendarPlan,
    usage: Usage,
    /// The number of the first message of the plan: those before it are of what was sent.
    first_number: u64,
    queue: Queue<'a>,
    growth: Growth,
    days: Days,
    now: Timestamp,
    last: Option<Timestamp>,
    n_sent: u64,
    /// What the undelivered share has added up to; at 1 a message fails.
    undelivered: f64,
}

impl<'a> Run<'a> {
    fn new(plan: &'a CalendarPlan) -> Self {
        Self {
            plan,
            usage: Usage::of(plan.limits.clone(), plan.sent.iter().copied()),
            first_number: plan.sent.iter().map(|it| it.number + 1).max().unwrap_or(0),
            queue: Queue::new(&plan.groups, &plan.test_waves),
            growth: Growth::new(plan.tier_grows, plan.limits.people_per_day),
            days: Days::new(plan.zone.clone(), plan.start),
            now: plan.start,
            last: None,
            n_sent: 0,
            undelivered: 0.0,
        }
    }

    /// Goes to the end of a wait, or to the next tier before it. Says whether that is before the plan's end.
    fn wait(&mut self, until: Timestamp, limit: Option<LimitName>) -> bool {
        let grows_at = self.growth.grows_at().filter(|it| *it > self.now);
        let until = grows_at.map_or(until, |it| it.min(until));
        if until >= self.plan.end {
            return false;
        }
        if let Some(limit) = limit {
            // A wait may have two parts, such as full people of the day and then the night.
            let full = self.usage.binding(self.now).and_then(|it| Some((it.limit, it.free_at?.min(until))));
            let from = full.map_or(self.now, |(limit, free_at)| {
                self.days.waited(self.now, free_at, limit);
                free_at
            });
            self.days.waited(from, until, limit);
        }
        self.now = until;
        self.grow();
        true
    }

    fn send(&mut self, group: usize, slot: Timestamp) {
        let (recipient, of) = self.queue.take(group, slot);
        let (is_spaced, opens) = (of.is_spaced, of.opens);
        let number = self.first_number + self.n_sent;
        let sent = Sent { number, at: slot, recipient, is_spaced, opens, is_of_other_number: false };
        self.usage.note(&sent);
        self.n_sent += 1;
        self.days.waited(self.now, slot, LimitName::NumberRate);
        self.undelivered += 1.0 - self.plan.delivered_share.clamp(0.0, 1.0);
        let has_failed = self.undelivered >= 1.0;
        if has_failed {
            self.undelivered -= 1.0;
            self.usage.credit(sent.number);
            self.queue.forget_waits(LimitName::PeoplePerDay);
        } else if of.opens {
            self.growth.delivered(recipient, slot);
        }
        self.days.sent(slot, of.step, has_failed);
        (self.now, self.last) = (slot, Some(slot));
        self.grow();
    }

    /// Raises the tier if its time has come.
    fn grow(&mut self) {
        if let Some(people_per_day) = self.growth.raise(self.now) {
            let people_per_day = [people_per_day, self.plan.people_at_most].into_iter().flatten().min();
            let limits = Limits { people_per_day, ..self.usage.limits().clone() };
            self.usage.set_limits(limits);
            self.queue.forget_waits(LimitName::PeoplePerDay);
        }
    }

    fn finished(self) -> Calendar {
        let is_done = self.queue.is_empty();
        Calendar {
            days: self.days.finished(self.last),
            finish: self.last.filter(|_| is_done),
            n_sent: self.n_sent,
            never: self.queue.never(),
        }
    }
}

#[cfg(test)]
mod tests;
