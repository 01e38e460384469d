//! Hours of a day, such as `09:00-20:00`.

use std::fmt;

use jiff::civil::Time;

/// Hours of one day: from a minute to before another. They do not go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    from: u16,
    to: u16,
}

const MINUTES_OF_DAY: u16 = 24 * 60;

impl Window {
    pub const ALL_DAY: Self = Self { from: 0, to: MINUTES_OF_DAY };

    /// The shortest hours, for a table that cannot be read.
    pub(crate) const NOON: Self = Self { from: MINUTES_OF_DAY / 2, to: MINUTES_OF_DAY / 2 + 1 };

    /// Reads hours such as `09:00-20:00`; the end of the day is `24:00`. The end must be after the start.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minute_of(from)?, minute_of(to)?);
        (from < to).then_some(Self { from, to })
    }

    /// The hours that are in both.
    pub(crate) fn common(self, other: Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then_some(Self { from, to })
    }

    pub(crate) fn holds(self, time: Time) -> bool {
        // Both are never negative.
        let minute = time.hour().unsigned_abs() as u16 * 60 + time.minute().unsigned_abs() as u16;
        (self.from..self.to).contains(&minute)
    }

    pub(crate) fn start(self) -> Option<Time> {
        let [hour, minute] = [self.from / 60, self.from % 60].map(|it| i8::try_from(it).unwrap_or_default());
        Time::new(hour, minute, 0, 0).ok()
    }
}

fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let is_number = |it: &str| it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= MINUTES_OF_DAY).then_some(minute)
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from, self.to);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}
