//! Cuts a range of time into windows.

use jiff::Timestamp;
use pages::Window;

use crate::Windows;

/// Returns the windows of a range, the earliest first. They end at multiples of the length since 1970, so a range that
/// begins or ends elsewhere has the same windows between. A list without windows is one that is read as a whole.
pub(crate) fn slices(windows: Windows, range: Option<Window>) -> Vec<Option<Window>> {
    let (Some(spec), Some(range)) = (windows.spec(), range) else { return vec![None] };
    let length = i64::try_from(spec.length.as_secs()).unwrap_or(i64::MAX).max(1);
    let mut slices = Vec::new();
    let mut since = range.since;
    while since < range.until {
        let end = (since.as_second().div_euclid(length) + 1).saturating_mul(length);
        let until = Timestamp::from_second(end).unwrap_or(range.until).min(range.until);
        slices.push(Some(Window { since, until }));
        since = until;
    }
    slices
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn windows_are_days_of_utc_also_where_the_range_begins_or_ends_within_one() {
        let days = Windows::Of {
            length: Duration::from_secs(86_400),
            kept: None,
            lag: Duration::ZERO,
            overlap: Duration::ZERO,
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let range = Window { since: at("2026-03-01T22:00:00Z"), until: at("2026-03-03T01:00:00Z") };
        let text: Vec<String> =
            slices(days, Some(range)).into_iter().flatten().map(|it| format!("{} {}", it.since, it.until)).collect();
        assert_eq!(
            text,
            [
                "2026-03-01T22:00:00Z 2026-03-02T00:00:00Z",
                "2026-03-02T00:00:00Z 2026-03-03T00:00:00Z",
                "2026-03-03T00:00:00Z 2026-03-03T01:00:00Z"
            ]
        );
        assert_eq!(slices(Windows::None, None), [None]);
    }
}
