use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// The limits of the provider, by the clock of the sandbox.
#[derive(Default)]
pub struct Limits {
    /// Calls in any second.
    pub calls_a_second: Option<usize>,
    /// Numbers in any 24 hours.
    pub numbers_a_day: Option<u64>,
    /// How long a look-up takes when the call does not block.
    pub lookup_seconds: i64,
    pub recent: Mutex<Recent>,
}

/// The calls and numbers that still count against a limit.
#[derive(Default)]
pub struct Recent {
    calls: Vec<Timestamp>,
    numbers: Vec<(Timestamp, u64)>,
}

/// The limit that a call exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Rate,
    Day,
}

impl Limits {
    /// Counts a call about so many numbers, or returns the limit that it would exceed.
    pub(crate) fn take(&self, now: Timestamp, n_numbers: u64) -> Result<(), Exceeded> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now - SignedDuration::from_secs(1);
        let day = now - SignedDuration::from_hours(24);
        recent.calls.retain(|it| *it > second);
        recent.numbers.retain(|it| it.0 > day);
        if self.calls_a_second.is_some_and(|most| recent.calls.len() >= most) {
            return Err(Exceeded::Rate);
        }
        let n_today: u64 = recent.numbers.iter().map(|it| it.1).sum();
        if self.numbers_a_day.is_some_and(|most| n_today + n_numbers > most) {
            return Err(Exceeded::Day);
        }
        // Without a limit nothing is kept.
        if self.calls_a_second.is_some() {
            recent.calls.push(now);
        }
        if self.numbers_a_day.is_some() {
            recent.numbers.push((now, n_numbers));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_any_second_and_any_day() {
        let limits = Limits { calls_a_second: Some(2), numbers_a_day: Some(10), ..Limits::default() };
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap();
        assert_eq!([0, 500, 900].map(|it| limits.take(at(it), 1)), [Ok(()), Ok(()), Err(Exceeded::Rate)]);
        assert_eq!(limits.take(at(2000), 9), Err(Exceeded::Day));
        assert_eq!(limits.take(at(2000), 8), Ok(()));
        assert_eq!(limits.take(at(86_400_000), 1), Ok(()));
    }
}
