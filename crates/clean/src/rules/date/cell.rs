use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use super::order::DateOrder;

/// The content of a cell before the order and zone of its column are applied.
pub(super) enum Cell {
    Nothing,
    Instant(Timestamp),
    Written(Written),
    Unreadable,
}

/// A day with or without a time of day and a zone.
pub(super) struct Written {
    pub(super) day: Day,
    pub(super) time: Option<Time>,
    pub(super) zone: Option<Zone>,
}

pub(super) enum Day {
    Known(Date),
    /// `first/second/year`: the column decides which is the month.
    Pair {
        first: i8,
        second: i8,
        year: i16,
    },
}

pub(super) enum Zone {
    Offset(Offset),
    Named(TimeZone),
}

impl From<Written> for Cell {
    fn from(written: Written) -> Self {
        Self::Written(written)
    }
}

impl Day {
    /// The day in a column of this order. Without an order, none if two days are possible.
    pub(super) fn date(&self, order: Option<DateOrder>) -> Option<Date> {
        let &Self::Pair { first, second, year } = self else {
            let Self::Known(date) = self else { return None };
            return Some(*date);
        };
        let day_first = || Date::new(year, second, first).ok();
        let month_first = || Date::new(year, first, second).ok();
        match order {
            Some(DateOrder::DayFirst) => day_first(),
            Some(DateOrder::MonthFirst) => month_first(),
            None => match (day_first(), month_first()) {
                (Some(one), Some(other)) => (one == other).then_some(one),
                (one, other) => one.or(other),
            },
        }
    }
}

/// The instant of a local time: in its own zone, else in that of its column, else in UTC.
///
/// When clocks change, a skipped time is moved forward by the skipped span, and a repeated time means its first
/// occurrence.
pub(super) fn instant(at: DateTime, own: Option<&Zone>, column: Option<&TimeZone>) -> Option<Timestamp> {
    match (own, column) {
        (Some(Zone::Offset(offset)), _) => offset.to_timestamp(at).ok(),
        (Some(Zone::Named(zone)), _) | (None, Some(zone)) => zone.to_ambiguous_timestamp(at).compatible().ok(),
        (None, None) => Offset::UTC.to_timestamp(at).ok(),
    }
}
