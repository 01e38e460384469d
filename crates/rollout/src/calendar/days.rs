//! The days of a calendar.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::limit_table::LimitName;

/// One day of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    pub n_sent: u64,
    /// Messages by step.
    pub by_step: BTreeMap<u32, u64>,
    pub n_failed: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// The limit that was waited for longest on the day, while messages were left; none if nothing was waited for.
    pub binding: Option<LimitName>,
}

/// The days so far.
pub(super) struct Days {
    zone: TimeZone,
    days: Vec<DayRow>,
}

struct DayRow {
    day: Day,
    end: Timestamp,
    waited: BTreeMap<LimitName, SignedDuration>,
}

impl Days {
    pub(super) fn new(zone: TimeZone, start: Timestamp) -> Self {
        let mut days = Self { zone, days: Vec::new() };
        days.begin(start);
        days
    }

    /// Notes a wait, day by day.
    pub(super) fn waited(&mut self, from: Timestamp, until: Timestamp, limit: LimitName) {
        let mut from = from;
        while from < until {
            let row = self.row(from);
            let end = until.min(row.end);
            *row.waited.entry(limit).or_default() += end.duration_since(from);
            from = end;
        }
    }

    pub(super) fn sent(&mut self, at: Timestamp, step: u32, has_failed: bool) {
        let day = &mut self.row(at).day;
        day.n_sent += 1;
        *day.by_step.entry(step).or_default() += 1;
        day.n_failed += u64::from(has_failed);
        day.first = day.first.or(Some(at));
        day.last = Some(at);
    }

    /// The days up to the last message.
    pub(super) fn finished(self, last: Option<Timestamp>) -> Vec<Day> {
        let last = last.map(|it| it.to_zoned(self.zone).date());
        let days = self.days.into_iter().filter(|it| last.is_none_or(|last| it.day.date <= last));
        let binding = |it: &DayRow| it.waited.iter().max_by_key(|it| *it.1).map(|it| *it.0);
        days.map(|it| Day { binding: binding(&it), ..it.day }).collect()
    }

    /// The day of a moment, which is never before the last day.
    fn row(&mut self, at: Timestamp) -> &mut DayRow {
        while self.days.last().is_none_or(|it| it.end <= at) {
            let next = self.days.last().map_or(at, |it| it.end);
            self.begin(next);
        }
        let last = self.days.len() - 1;
        &mut self.days[last]
    }

    fn begin(&mut self, at: Timestamp) {
        let start = at.to_zoned(self.zone.clone());
        let date = start.date();
        let end = start.tomorrow().and_then(|it| it.start_of_day()).map_or(Timestamp::MAX, |it| it.timestamp());
        let by_step = BTreeMap::new();
        let day = Day { date, n_sent: 0, by_step, n_failed: 0, first: None, last: None, binding: None };
        self.days.push(DayRow { day, end, waited: BTreeMap::new() });
    }
}
