use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// Reads `2026-03-03[T09:14[:07[.5]]][Z|+01:00|+0100|+01]`, the usual form, without allocation.
pub(super) fn year_first(text: &str) -> Option<(Date, Option<Time>, Option<Offset>)> {
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    let month = after(&mut rest, "-", 2)?;
    let day = after(&mut rest, "-", 2)?;
    let date = Date::new(year, small(month)?, small(day)?).ok()?;
    if rest.is_empty() {
        return Some((date, None, None));
    }
    rest = rest.strip_prefix(['T', 't', ' '])?;
    let hour = number(&mut rest, 2)?;
    let minute = after(&mut rest, ":", 2)?;
    let (second, nanosecond) = seconds(&mut rest)?;
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, nanosecond).ok()?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    if rest.is_empty() {
        return Some((date, Some(time), None));
    }
    Some((date, Some(time), Some(offset(rest)?)))
}

/// Reads `Z`, `+01:00`, `+0100` or `+01`.
pub(super) fn offset(text: &str) -> Option<Offset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(Offset::UTC);
    }
    let (sign, mut rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let hours = i32::from(number(&mut rest, 2)?);
    rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = if rest.is_empty() { 0 } else { i32::from(number(&mut rest, 2)?) };
    let is_offset = rest.is_empty() && hours < 24 && minutes < 60;
    is_offset.then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())?
}

/// The nanoseconds of the digits after a decimal point. Digits after the ninth are dropped.
pub(super) fn nanoseconds(digits: &str) -> i32 {
    let mut unit = 100_000_000;
    let mut sum = 0;
    for digit in digits.bytes().take(9) {
        sum += i32::from(digit.wrapping_sub(b'0')) * unit;
        unit /= 10;
    }
    sum
}

/// Optional seconds with an optional fraction.
fn seconds(rest: &mut &str) -> Option<(i16, i32)> {
    if !rest.starts_with(':') {
        return Some((0, 0));
    }
    let second = without_leap(after(rest, ":", 2)?);
    let Some(fraction) = rest.strip_prefix(['.', ',']) else { return Some((second, 0)) };
    let n_digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, after) = fraction.split_at(n_digits);
    *rest = after;
    (n_digits > 0).then(|| (second, nanoseconds(digits)))
}

/// The second, with 59 for a leap second: RFC 3339 allows 60, and Unix time has none.
pub(super) fn without_leap(second: i16) -> i16 {
    if second == 60 { 59 } else { second }
}

fn small(number: i16) -> Option<i8> {
    i8::try_from(number).ok()
}

fn after(rest: &mut &str, separator: &str, n_digits: usize) -> Option<i16> {
    *rest = rest.strip_prefix(separator)?;
    number(rest, n_digits)
}

fn number(rest: &mut &str, n_digits: usize) -> Option<i16> {
    let (digits, after) = rest.split_at_checked(n_digits)?;
    let mut number = 0;
    for digit in digits.bytes() {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + i16::from(digit);
    }
    *rest = after;
    Some(number)
}
