//! The limits by which a request is refused: messages of a number in any second, and messages of a number to one person.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::sending::settings::LimitSettings;

/// A request that went over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exceeded {
    /// What there would have been with it.
    pub(super) count: u64,
    pub(super) limit: u64,
}

/// The messages of a number in the last second, refused ones not counted.
#[derive(Default)]
pub(super) struct Throughput {
    recent: VecDeque<Timestamp>,
}

impl Throughput {
    /// Whether one more message fits into the second that ends now. The start of that second is not part of it.
    pub(super) fn check(&mut self, now: Timestamp, limit: u32) -> Result<(), Exceeded> {
        while self.recent.front().is_some_and(|it| now.duration_since(*it) >= SignedDuration::from_secs(1)) {
            self.recent.pop_front();
        }
        // Requests that are read at once can be counted in another order than they came.
        let count = self.recent.iter().filter(|it| **it <= now).count() as u64 + 1;
        match count > u64::from(limit) {
            true => Err(Exceeded { count, limit: u64::from(limit) }),
            false => Ok(()),
        }
    }

    pub(super) fn add(&mut self, now: Timestamp) {
        self.recent.push_back(now);
    }
}

/// The messages of a number to one person: one in six seconds, or up to 45 at once that take the time of those that could
/// follow. After a burst of 20 nothing goes for two minutes (Meta, "About the platform", pair rates).
#[derive(Clone, Copy, Default)]
pub(super) struct Pair {
    /// When the burst began, and its messages.
    burst: Option<(Timestamp, u32)>,
    /// When the borrowed time is paid back.
    free_at: Timestamp,
}

impl Pair {
    /// Whether one more message to this person fits.
    pub(super) fn check(&self, now: Timestamp, limits: &LimitSettings) -> Result<(), Exceeded> {
        let Some((began, n)) = self.burst.filter(|_| now < self.free_at) else { return Ok(()) };
        let is_in_burst = now.duration_since(began) < step(limits);
        match is_in_burst && n < limits.pair_burst {
            true => Ok(()),
            false => {
                let limit = if is_in_burst { limits.pair_burst } else { n };
                Err(Exceeded { count: u64::from(n) + 1, limit: u64::from(limit) })
            }
        }
    }

    pub(super) fn add(&mut self, now: Timestamp, limits: &LimitSettings) {
        let step = step(limits);
        let (began, n) = self.burst.filter(|_| now < self.free_at).unwrap_or((now, 0));
        self.burst = Some((began, n + 1));
        let from = if n == 0 { now } else { self.free_at };
        self.free_at = from.saturating_add(step).unwrap_or(Timestamp::MAX);
    }
}

fn step(limits: &LimitSettings) -> SignedDuration {
    SignedDuration::from_micros((limits.pair_seconds * 1e6) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
    }

    /// Which of these moments fit.
    fn pair(moments: impl IntoIterator<Item = i64>) -> Vec<bool> {
        let (mut pair, limits) = (Pair::default(), LimitSettings::default());
        let mut fits = |moment| {
            let fits = pair.check(at(moment), &limits).is_ok();
            if fits {
                pair.add(at(moment), &limits);
            }
            fits
        };
        moments.into_iter().map(&mut fits).collect()
    }

    #[test]
    fn a_number_sends_eighty_messages_in_any_second() {
        let mut throughput = Throughput::default();
        let mut send = |moment| {
            let checked = throughput.check(at(moment), 80);
            if checked.is_ok() {
                throughput.add(at(moment));
            }
            checked
        };
        assert!((0..80).all(|n| send(500 + n).is_ok()));
        assert_eq!(send(1_499), Err(Exceeded { count: 81, limit: 80 }));
        assert_eq!(send(1_500), Ok(()), "the first is a second old");
        assert_eq!(send(1_500), Err(Exceeded { count: 81, limit: 80 }));
        assert_eq!(send(1_501), Ok(()));
    }

    #[test]
    fn one_message_in_six_seconds_can_be_sent_for_ever() {
        assert!(pair((0..1_000).map(|it| it * 6_000)).iter().all(|it| *it));
    }

    #[test]
    fn a_burst_of_twenty_takes_the_next_two_minutes() {
        assert!(pair((0..20).map(|it| it * 100)).iter().all(|it| *it));
        let later = |moment| pair((0..20).map(|it| it * 100).chain([moment]))[20];
        assert_eq!([6_000, 119_999, 120_000].map(later), [false, false, true]);
    }

    #[test]
    fn a_burst_has_forty_five_messages_in_six_seconds() {
        assert_eq!(pair((0..46).map(|it| it * 100)).iter().filter(|it| **it).count(), 45);
        assert_eq!(pair([0, 5_999, 6_000, 11_999, 12_000]), [true, true, false, false, true]);
    }
}
