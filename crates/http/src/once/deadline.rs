use std::time::{Duration, Instant, SystemTime};

use super::NotSent;

/// How far the wall clock may move against the monotonic one: a clock that is being adjusted moves by less than a millisecond in
/// a second. Whoever reckons by the wall clock when a request must have left takes it for that much older or younger.
const MOST_DRIFT: Duration = Duration::from_millis(20);
/// A machine that slept, or was stopped and copied, moves by its sleep.
const SLEPT: Duration = Duration::from_secs(2);

/// A moment by both clocks. The monotonic one stands still while a machine sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    /// The time since, by the clock that says more.
    pub(crate) fn age(self, now: Self) -> Duration {
        let by_wall = now.wall.duration_since(self.wall).unwrap_or_default();
        now.monotonic.saturating_duration_since(self.monotonic).max(by_wall)
    }

    /// By how much the clocks have moved against each other since.
    fn drift(self, now: Self) -> Duration {
        let monotonic = now.monotonic.saturating_duration_since(self.monotonic);
        match now.wall.duration_since(self.wall) {
            Ok(wall) => wall.abs_diff(monotonic),
            // The wall clock was put back.
            Err(back) => back.duration() + monotonic,
        }
    }
}

/// The moment after which no request begins to leave.
///
/// It counts on the monotonic clock. A request is also too late if the wall clock was moved by more than 20 milliseconds against
/// that. If it is more than two seconds, the machine slept, and what the request is based on may be long past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAfter {
    at: Instant,
    began: Moment,
}

impl NotAfter {
    /// The end of `horizon`, which began at one moment by both clocks.
    pub fn new(began: Instant, began_by_wall: SystemTime, horizon: Duration) -> Self {
        Self { at: began + horizon, began: Moment { monotonic: began, wall: began_by_wall } }
    }

    /// The end of `horizon`, which begins now.
    pub fn within(horizon: Duration) -> Self {
        Self::new(Instant::now(), SystemTime::now(), horizon)
    }

    /// The moment itself.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Why a request may not begin to leave now; none if it may.
    pub(crate) fn refusal(&self, now: Moment) -> Option<NotSent> {
        match () {
            () if now.monotonic > self.at => Some(NotSent::TooLate),
            () if self.began.drift(now) > SLEPT => Some(NotSent::ClockMoved),
            () if self.began.drift(now) > MOST_DRIFT => Some(NotSent::TooLate),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The refusal `monotonic` and `wall` milliseconds after the beginning of a horizon of 100.
    fn refusal(monotonic: u64, wall: i64) -> Option<NotSent> {
        let (began, by_wall) = (Instant::now(), SystemTime::now());
        let moved = Duration::from_millis(wall.unsigned_abs());
        let wall = if wall < 0 { by_wall - moved } else { by_wall + moved };
        let now = Moment { monotonic: began + Duration::from_millis(monotonic), wall };
        NotAfter::new(began, by_wall, Duration::from_millis(100)).refusal(now)
    }

    #[test]
    fn nothing_leaves_after_the_moment_or_when_the_clocks_have_moved_apart() {
        assert_eq!((refusal(0, 0), refusal(100, 100)), (None, None));
        assert_eq!((refusal(101, 101), refusal(101, 0)), (Some(NotSent::TooLate), Some(NotSent::TooLate)));
        // A clock that is adjusted moves a little, also backwards.
        assert_eq!((refusal(50, 70), refusal(50, 30)), (None, None));
        assert_eq!((refusal(50, 71), refusal(50, 29)), (Some(NotSent::TooLate), Some(NotSent::TooLate)));
        assert_eq!((refusal(50, 2_050), refusal(50, -1_950)), (Some(NotSent::TooLate), Some(NotSent::TooLate)));
        assert_eq!((refusal(50, 2_051), refusal(50, -1_951)), (Some(NotSent::ClockMoved), Some(NotSent::ClockMoved)));
    }

    #[test]
    fn an_age_counts_the_sleep_of_the_machine() {
        let (monotonic, wall) = (Instant::now(), SystemTime::now());
        let [short, long] = [Duration::from_secs(1), Duration::from_secs(60)];
        let then = Moment { monotonic, wall };
        assert_eq!(then.age(Moment { monotonic: monotonic + short, wall: wall + long }), long);
        assert_eq!(then.age(Moment { monotonic: monotonic + short, wall: wall - long }), short);
    }
}
