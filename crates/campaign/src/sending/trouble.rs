//! A platform in trouble is asked less and less, until it answers again.

use jiff::{SignedDuration, Timestamp};

/// The longest pause between two attempts.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// After so many pauses in a row, some minutes, nothing is tried any more.
const MOST: u32 = 10;

/// How the platform does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trouble {
    /// The failures in a row, of which those during one pause count as one.
    n: u32,
    until: Option<Timestamp>,
}

impl Trouble {
    /// Notes an answer. A message of which nobody knows whether it left is a failure too: with every one more of them, one more
    /// person may never get the message.
    pub(crate) fn note(&mut self, is_trouble: bool, now: Timestamp) {
        if !is_trouble {
            *self = Self::default();
            return;
        }
        if self.until.is_some_and(|it| now < it) {
            return;
        }
        let pause = SignedDuration::from_secs(1_i64 << self.n.min(6)).min(LONGEST);
        self.n += 1;
        self.until = now.checked_add(pause).ok();
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
}
