//! A platform in trouble is asked less and less, until it answers again.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// The longest pause between two attempts.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// After this many pauses in a row, some minutes, nothing is tried any more.
const MOST: u32 = 10;

/// The failures in a row that mean that the platform is in trouble.
const IN_A_ROW: u32 = 5;
/// As do ten failures among the last twenty answers.
const OF_THE_LAST: usize = 20;
const MOST_OF_THE_LAST: usize = 10;

/// How the platform does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble {
    /// Whether each of the last answers was a failure.
    last: VecDeque<bool>,
    /// The pauses in a row. The failures during one are those of messages that were under way.
    n: u32,
    until: Option<Timestamp>,
}

impl Trouble {
    /// Notes an answer. A message of which nobody knows whether it left is a failure too: with every one more of them, one more
    /// person may never get the message. Single failures are no reason to slow down.
    pub(crate) fn note(&mut self, is_trouble: bool, now: Timestamp) {
        if self.until.is_some_and(|it| now < it) {
            return;
        }
        if self.n > 0 && !is_trouble {
            *self = Self::default();
            return;
        }
        self.last.push_back(is_trouble);
        if self.last.len() > OF_THE_LAST {
            self.last.pop_front();
        }
        if !is_trouble || (self.n == 0 && !self.is_in_trouble()) {
            return;
        }
        let pause = SignedDuration::from_secs(1_i64 << self.n.min(6)).min(LONGEST);
        self.n += 1;
        self.until = now.checked_add(pause).ok();
    }

    fn is_in_trouble(&self) -> bool {
        let in_a_row = self.last.iter().rev().take_while(|it| **it).count() as u32;
        in_a_row >= IN_A_ROW || self.last.iter().filter(|it| **it).count() >= MOST_OF_THE_LAST
    }

    /// Until when nothing is tried.
    pub(crate) fn pauses_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|it| *it > now)
    }

    /// Whether the next message is alone, to see whether the platform answers again.
    pub(crate) fn is_probing(&self) -> bool {
        self.n > 0
    }

    /// Whether it is no use to try on.
    pub(crate) fn is_lasting(&self) -> bool {
        self.n >= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_one_second_to_one_minute_and_end_with_the_first_answer() {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut trouble = Trouble::default();
        let mut pauses = Vec::new();
        for _ in 1..IN_A_ROW {
            trouble.note(true, now);
            assert!(!trouble.is_probing());
        }
        for _ in 0..8 {
            trouble.note(true, now);
            // All others of the same moment count as one.
            trouble.note(true, now);
            let until = trouble.pauses_until(now).unwrap();
            pauses.push(until.duration_since(now).as_secs());
            now = until;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(trouble.is_probing() && !trouble.is_lasting());
        trouble.note(false, now);
        assert!(!trouble.is_probing() && trouble.pauses_until(now).is_none());
    }

    #[test]
    fn single_failures_slow_nothing_down_and_every_second_one_does() {
        let now = Timestamp::UNIX_EPOCH;
        let probes = |every: u32| {
            let mut trouble = Trouble::default();
            (0..100).for_each(|it| trouble.note(it % every == 0, now));
            trouble.is_probing()
        };
        assert_eq!([10, 3, 2].map(probes), [false, false, true]);
    }
}
