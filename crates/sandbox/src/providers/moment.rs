//! Moments as providers write and read them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Reads a moment with an offset, with a colon in it or without: `2026-03-03T09:14:07+0000`, `…Z`, `….000+01:00`.
pub(super) fn with_offset(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// Reads a moment without an offset, which is of UTC: `2026-03-03T09:14:07`, `2026-03-03 09:14`, `2026-03-03`.
pub(super) fn of_utc(text: &str) -> Option<Timestamp> {
    let moment: DateTime = text.parse().ok()?;
    moment.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp())
}

pub(super) fn hours_before(now: Timestamp, hours: i64) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN)
}

pub(super) fn seconds_after(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// `2026-03-03T09:14:07+00:00`
pub(super) fn rfc_3339(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_with_and_without_offsets() {
        let read = |it: Option<Timestamp>| it.map(|it| it.to_string());
        for text in ["2026-03-03T09:14:07+0000", "2026-03-03T10:14:07.000+01:00", "2026-03-03T09:14:07Z"] {
            assert_eq!(read(with_offset(text)).as_deref(), Some("2026-03-03T09:14:07Z"), "{text}");
        }
        // A plus sign that was not escaped comes as a space.
        for text in ["2026-03-03T09:14:07", "2026-03-03", "2026-03-03T09:14:07 0000", "yesterday"] {
            assert_eq!(with_offset(text), None, "{text}");
        }
        assert_eq!(read(of_utc("2026-03-03 09:14")).as_deref(), Some("2026-03-03T09:14:00Z"));
        assert_eq!(read(of_utc("2026-03-03 09:14:07.25")).as_deref(), Some("2026-03-03T09:14:07.25Z"));
        assert_eq!(read(of_utc("2026-03-03")).as_deref(), Some("2026-03-03T00:00:00Z"));
    }
}
