//! A platform in trouble is asked less and less, until it answers again.

use std::collections::{BTreeMap, VecDeque};

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

/// A sign that the platform or the way to it is in trouble: what came in place of a usual answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TroubleSign {
    /// At least one byte left, and no whole answer came.
    Lost,
    /// An answer that leaves open whether the message was taken.
    Answer { status: u16, code: Option<i64> },
    /// A refusal that asks to send more slowly.
    SlowDown,
    /// No connection.
    Unreachable,
}

/// The begin or the end of a trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TroubleNews {
    /// One message at a time is tried from now on, the first at `next_at`. `signs` counts what came for the last `n` messages.
    Began { n: u64, signs: BTreeMap<TroubleSign, u64>, next_at: Timestamp },
    /// The platform answers again.
    Over { lasted: SignedDuration },
}

/// How the platform does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble {
    /// What each of the last messages met with, if that was a failure.
    last: VecDeque<Option<TroubleSign>>,
    began_at: Option<Timestamp>,
    /// The pauses in a row. The failures during one are those of messages that were under way.
    n: u32,
    until: Option<Timestamp>,
}

impl Trouble {
    /// Notes an answer. A message of which nobody knows whether it left is a failure too: with every one more of them, one more
    /// person may never get the message. Single failures are no reason to slow down.
    /// Gives what is to be told: that the trouble begins, or that it is over.
    pub(crate) fn note(&mut self, sign: Option<TroubleSign>, now: Timestamp) -> Option<TroubleNews> {
        if self.until.is_some_and(|it| now < it) {
            return None;
        }
        if self.n > 0 && sign.is_none() {
            let began_at = std::mem::take(self).began_at?;
            return Some(TroubleNews::Over { lasted: now.duration_since(began_at) });
        }
        self.last.push_back(sign);
        if self.last.len() > OF_THE_LAST {
            self.last.pop_front();
        }
        if sign.is_none() || (self.n == 0 && !self.is_in_trouble()) {
            return None;
        }
        let pause = SignedDuration::from_secs(1_i64 << self.n.min(6)).min(LONGEST);
        self.n += 1;
        self.until = now.checked_add(pause).ok();
        if self.n > 1 {
            return None;
        }
        self.began_at = Some(now);
        let mut signs = BTreeMap::new();
        self.last.iter().flatten().for_each(|it| *signs.entry(*it).or_default() += 1);
        Some(TroubleNews::Began { n: self.last.len() as u64, signs, next_at: self.until? })
    }

    fn is_in_trouble(&self) -> bool {
        let in_a_row = self.last.iter().rev().take_while(|it| it.is_some()).count() as u32;
        in_a_row >= IN_A_ROW || self.last.iter().flatten().count() >= MOST_OF_THE_LAST
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

    const LOST: Option<TroubleSign> = Some(TroubleSign::Lost);

    #[test]
    fn pauses_grow_from_one_second_to_one_minute_and_end_with_the_first_answer() {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut trouble = Trouble::default();
        let mut pauses = Vec::new();
        for _ in 1..IN_A_ROW {
            trouble.note(LOST, now);
            assert!(!trouble.is_probing());
        }
        for _ in 0..8 {
            trouble.note(LOST, now);
            // All others of the same moment count as one.
            trouble.note(LOST, now);
            let until = trouble.pauses_until(now).unwrap();
            pauses.push(until.duration_since(now).as_secs());
            now = until;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(trouble.is_probing() && !trouble.is_lasting());
        trouble.note(None, now);
        assert!(!trouble.is_probing() && trouble.pauses_until(now).is_none());
    }

    #[test]
    fn single_failures_slow_nothing_down_and_every_second_one_does() {
        let now = Timestamp::UNIX_EPOCH;
        let probes = |every: u32| {
            let mut trouble = Trouble::default();
            (0..100).for_each(|it| {
                trouble.note(LOST.filter(|_| it % every == 0), now);
            });
            trouble.is_probing()
        };
        assert_eq!([10, 3, 2].map(probes), [false, false, true]);
    }

    #[test]
    fn the_begin_and_the_end_of_a_trouble_are_told_once_and_pauses_between_are_not() {
        let failed = Some(TroubleSign::Answer { status: 500, code: None });
        let of_second =
            [(0, None), (1, LOST), (2, LOST), (3, failed), (4, failed), (5, LOST), (6, LOST), (8, LOST), (9, LOST)];
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut trouble = Trouble::default();
        let told: Vec<_> = of_second.into_iter().filter_map(|(second, it)| trouble.note(it, at(second))).collect();
        let signs = BTreeMap::from([(TroubleSign::Lost, 3), (TroubleSign::Answer { status: 500, code: None }, 2)]);
        assert_eq!(told, [TroubleNews::Began { n: 6, signs, next_at: at(6) }]);
        let told: Vec<_> = (10..20).filter_map(|second| trouble.note(None, at(second))).collect();
        assert_eq!(told, [TroubleNews::Over { lasted: SignedDuration::from_secs(7) }]);
    }
}
