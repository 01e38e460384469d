use jiff::civil::{Date, DateTime, Time, date};
use jiff::{SignedDuration, Timestamp};

use super::cell::{Cell, Day, Written};
use super::iso::nanoseconds;

/// Reads a date that is one number. The count of digits decides its unit.
///
/// 5 digits are days of a spreadsheet, 8 are `YYYYMMDD`, 14 are `YYYYMMDDhhmmss`; 10, 13, 16 and 19 are Unix time in
/// seconds, milliseconds, microseconds and nanoseconds. None if `text` is no such number.
pub(super) fn bare_number(text: &str) -> Option<Cell> {
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = text.split_at(n_digits);
    let has_fraction = !rest.is_empty();
    let fraction = if has_fraction { rest.strip_prefix(['.', ','])? } else { "0" };
    if !fraction.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    match (whole.len(), has_fraction) {
        (5, _) => serial(whole, fraction),
        (8, false) => Some(Written { day: Day::Known(compact_date(whole)?), time: None, zone: None }.into()),
        (14, false) => {
            let (day, time) = whole.split_at(8);
            let written = Written { day: Day::Known(compact_date(day)?), time: Some(compact_time(time)?), zone: None };
            Some(written.into())
        }
        // A number with a leading zero is a national phone number, and not an instant.
        _ if whole.starts_with('0') => None,
        (10, _) => Timestamp::new(whole.parse().ok()?, nanoseconds(fraction)).ok().map(Cell::Instant),
        (13, _) => Timestamp::from_millisecond(whole.parse().ok()?).ok().map(Cell::Instant),
        (16, false) => Timestamp::from_microsecond(whole.parse().ok()?).ok().map(Cell::Instant),
        (19, false) => Timestamp::from_nanosecond(whole.parse().ok()?).ok().map(Cell::Instant),
        _ => None,
    }
}

/// Reads `20250318`.
pub(super) fn compact_date(digits: &str) -> Option<Date> {
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<i16>().ok();
    let [month, day] = [i8::try_from(part(4, 6)?).ok()?, i8::try_from(part(6, 8)?).ok()?];
    Date::new(part(0, 4)?, month, day).ok()
}

/// Reads `1020` or `102030`.
pub(super) fn compact_time(digits: &str) -> Option<Time> {
    let part = |from: usize| digits.get(from..from + 2)?.parse::<i8>().ok();
    let second = if digits.len() == 4 { 0 } else { part(4)? };
    Time::new(part(0)?, part(2)?, second, 0).ok()
}

/// Reads days since 1899-12-30, as Excel, LibreOffice and Google Sheets count them, from 1954 to 2099. Other numbers of
/// five digits are more often postcodes and amounts.
fn serial(whole: &str, fraction: &str) -> Option<Cell> {
    let days: i64 = whole.parse().ok()?;
    if !(20_000..=73_050).contains(&days) {
        return None;
    }
    // Excel keeps milliseconds, so more digits are rounding errors.
    let millis = (format!("0.{fraction}").parse::<f64>().ok()? * 86_400_000.0).round() as i64;
    let since = SignedDuration::from_hours(days * 24) + SignedDuration::from_millis(millis);
    let at: DateTime = date(1899, 12, 30).to_datetime(Time::midnight()).checked_add(since).ok()?;
    let time = (millis != 0).then(|| at.time());
    Some(Written { day: Day::Known(at.date()), time, zone: None }.into())
}
