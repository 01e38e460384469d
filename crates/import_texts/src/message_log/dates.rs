//! Reads when a message was sent, in any of the usual notations.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::words::{Kind, fold};

/// The order of day and month in dates such as `03/04/2026`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    #[default]
    DayFirst,
    MonthFirst,
}

static NUMBERS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\d{1,4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,4})").ok());
static DAY_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(\d{1,2})(?:\.|er|st|nd|rd|th)?[\s-]+(?:de\s+)?([\p{L}\p{M}]+)\.?,?[\s-]+(?:de\s+|del\s+)?(\d{4})")
        .ok()
});
static NAME_DAY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([\p{L}\p{M}]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})").ok());
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(\d{1,2})[:h](\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*([ap])?\.?m?\.?\s*(?:GMT|UTC|Z)?\s*([+-])?(\d{2})?:?(\d{2})?").ok()
});

impl Order {
    /// The order that all dates of a log fit: a first number over 12 is a day.
    pub(super) fn of<'d>(dates: impl Iterator<Item = &'d str>) -> Self {
        let (mut day_first, mut month_first, mut n_halves) = (0usize, 0usize, 0usize);
        for date in dates {
            let Some(found) = NUMBERS.as_ref().and_then(|it| it.captures(date)) else { continue };
            let number = |n: usize| found[n].parse::<u32>().unwrap_or_default();
            let is_year_first = found[1].len() > 2;
            day_first += usize::from(!is_year_first && number(1) > 12);
            month_first += usize::from(!is_year_first && number(2) > 12);
            // Half days are American, as a rule.
            let half = date.to_ascii_lowercase();
            n_halves += usize::from(half.ends_with("am") || half.ends_with("pm"));
        }
        match month_first.cmp(&day_first) {
            std::cmp::Ordering::Greater => Self::MonthFirst,
            std::cmp::Ordering::Equal if n_halves > 0 => Self::MonthFirst,
            _ => Self::DayFirst,
        }
    }
}

/// The time in seconds since 1970; a time without a zone counts as UTC.
pub(super) fn seconds(text: &str, order: Order) -> Option<i64> {
    let text = text.trim();
    if text.len() >= 10 && text.bytes().all(|it| it.is_ascii_digit() || it == b'.') {
        let number: f64 = text.parse().ok()?;
        return Some(if number > 1e12 { number / 1000.0 } else { number } as i64);
    }
    let (year, month, day, end) = date(text, order)?;
    let time = TIME.as_ref()?.captures(&text[end..]).map_or(Some(0), |it| time(&it))?;
    let is_real = (1..=12).contains(&month) && (1..=31).contains(&day) && (1970..=9999).contains(&year);
    is_real.then(|| days(year, month, day) * 86_400 + time)
}

/// The year, the month and the day, and where in the text they end.
fn date(text: &str, order: Order) -> Option<(i64, i64, i64, usize)> {
    let number = |found: &Captures<'_>, n: usize| found[n].parse::<i64>().ok();
    let century = |year: i64| if year < 100 { 2000 + year } else { year };
    if let Some(found) = NUMBERS.as_ref()?.captures(text) {
        let (a, b, c) = (number(&found, 1)?, number(&found, 2)?, number(&found, 3)?);
        let end = found.get(0)?.end();
        return Some(match order {
            _ if found[1].len() > 2 => (a, b, c, end),
            Order::DayFirst if b <= 12 => (century(c), b, a, end),
            Order::MonthFirst if a > 12 => (century(c), b, a, end),
            _ => (century(c), a, b, end),
        });
    }
    let named = |found: Captures<'_>, day: usize, name: usize| {
        Some((number(&found, 3)?, month(&found[name])?, number(&found, day)?, found.get(0)?.end()))
    };
    let day_name = DAY_NAME.as_ref()?.captures(text).and_then(|it| named(it, 1, 2));
    day_name.or_else(|| NAME_DAY.as_ref()?.captures(text).and_then(|it| named(it, 2, 1)))
}

fn month(name: &str) -> Option<i64> {
    Kind::month(&fold(name))
}

fn time(found: &Captures<'_>) -> Option<i64> {
    let number = |n: usize| found.get(n).map_or(Some(0), |it| it.as_str().parse::<i64>().ok());
    let mut hour = number(1)?;
    if let Some(half) = found.get(4) {
        hour = hour % 12 + if half.as_str().eq_ignore_ascii_case("p") { 12 } else { 0 };
    }
    let offset = number(6)? * 3600 + number(7)? * 60;
    let offset = match found.get(5).map(|it| it.as_str()) {
        Some("-") => -offset,
        Some(_) => offset,
        None => 0,
    };
    Some(hour * 3600 + number(2)? * 60 + number(3)? - offset)
}

/// Days from 1970-01-01 (Hinnant, days_from_civil).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a time, as `2026-03-03`.
pub(super) fn date_text(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_notation() {
        for (text, date) in [
            ("2026-03-03T09:14:07+0000", "2026-03-03"),
            ("2026-03-03 23:30:00-05:00", "2026-03-04"),
            ("03/04/2026 10:00", "2026-04-03"),
            ("24.02.2026 18:40", "2026-02-24"),
            ("Wed, 04 Mar 2026 06:50:00 +0000", "2026-03-04"),
            ("Tue Mar 03 2026 09:14:07 GMT+0000", "2026-03-03"),
            ("Mar 3, 2026 9:14 PM", "2026-03-03"),
            ("3 mars 2026", "2026-03-03"),
            ("5 de marzo de 2026", "2026-03-05"),
            ("28/02/26", "2026-02-28"),
            ("1772529247", "2026-03-03"),
            ("1772529247000", "2026-03-03"),
        ] {
            assert_eq!(seconds(text, Order::DayFirst).map(date_text).as_deref(), Some(date), "{text}");
        }
        assert_eq!(seconds("tomorrow", Order::DayFirst), None);
        assert_eq!(seconds("99/99/2026", Order::DayFirst), None);
    }

    #[test]
    fn the_order_of_day_and_month_is_that_of_the_log() {
        assert_eq!(Order::of(["03/04/2026", "28/02/2026"].into_iter()), Order::DayFirst);
        assert_eq!(Order::of(["03/04/2026", "02/28/2026"].into_iter()), Order::MonthFirst);
        assert_eq!(Order::of(["3/4/2026 9:14 PM"].into_iter()), Order::MonthFirst);
        assert_eq!(Order::of(["03/04/2026"].into_iter()), Order::DayFirst);
    }
}
