//! Moments and durations as whole microseconds, which is what the database keeps.

use jiff::{SignedDuration, Timestamp};

/// Microseconds since 1970.
pub(crate) type Micros = i64;

/// A moment as microseconds. Parts of a microsecond are rounded up, so a wait is never too short.
pub(crate) fn micros(at: Timestamp) -> Micros {
    let whole = at.as_microsecond();
    let has_rest = at.as_nanosecond() > i128::from(whole) * 1000;
    whole + Micros::from(has_rest)
}

/// A duration as microseconds, rounded up.
pub(crate) fn micros_of(duration: SignedDuration) -> Micros {
    Micros::try_from((duration.as_nanos() + 999).div_euclid(1000)).unwrap_or(Micros::MAX)
}

/// The moment, or the last one that can be written.
pub(crate) fn timestamp(at: Micros) -> Timestamp {
    Timestamp::from_microsecond(at).unwrap_or(Timestamp::MAX)
}
