use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How much a provider answers, by its own clock.
#[derive(Default)]
pub struct Limits {
    /// Calls in any second.
    pub calls_a_second: Option<usize>,
    /// Numbers in any 24 hours.
    pub numbers_a_day: Option<u64>,
    /// How long a number takes to be looked up when nobody waits for it.
    pub lookup_seconds: i64,
    pub taken: Mutex<Taken>,
}

/// What was answered of late.
#[derive(Default)]
pub struct Taken {
    calls: Vec<Timestamp>,
    numbers: Vec<(Timestamp, u64)>,
}

/// Why a call is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Rate,
    Day,
}

impl Limits {
    /// Takes a call about so many numbers, or says which limit it would exceed.
    pub(crate) fn take(&self, now: Timestamp, n_numbers: u64) -> Result<(), Exceeded> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now - SignedDuration::from_secs(1);
        let day = now - SignedDuration::from_hours(24);
        taken.calls.retain(|it| *it > second);
        taken.numbers.retain(|it| it.0 > day);
        if self.calls_a_second.is_some_and(|most| taken.calls.len() >= most) {
            return Err(Exceeded::Rate);
        }
        let n_today: u64 = taken.numbers.iter().map(|it| it.1).sum();
        if self.numbers_a_day.is_some_and(|most| n_today + n_numbers > most) {
            return Err(Exceeded::Day);
        }
        // Without limits nothing is remembered.
        if self.calls_a_second.is_some() {
            taken.calls.push(now);
        }
        if self.numbers_a_day.is_some() {
            taken.numbers.push((now, n_numbers));
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
