use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::Offset;
use model::Region;

/// Reads an instant; text without an offset is in UTC.
///
/// Understood are RFC 3339 (also with a space, without an offset, or with one without a colon),
/// `YYYY-MM-DD`, RFC 2822, JavaScript's own, Unix time in seconds (10 digits, with or without a
/// fraction) or milliseconds (13),
/// `DD/MM/YYYY HH:MM`, `DD.MM.YYYY HH:MM` and, in the United States, `MM/DD/YYYY hh:mm AM|PM`.
pub fn date(cell: &str, region: Option<Region>) -> Option<Timestamp> {
    let text = cell.trim();
    let bytes = text.as_bytes();
    if text.bytes().all(|it| it.is_ascii_digit()) {
        return unix_time(text);
    }
    // AWS writes seconds with a fraction, or as a float.
    if let Some((seconds, fraction)) = text.split_once('.')
        && seconds.len() == 10
        && text.bytes().all(|it| it.is_ascii_digit() || it == b'.')
    {
        let nanoseconds: String = fraction.chars().chain("000000000".chars()).take(9).collect();
        return Timestamp::new(seconds.parse().ok()?, nanoseconds.parse().ok()?).ok();
    }
    match (bytes.get(2), bytes.get(4)) {
        (_, Some(b'-')) => year_first(text),
        (Some(b'/'), _) if region.is_some_and(|it| it.code() == "US") => {
            month_first(text).or_else(|| day_first(text, '/'))
        }
        (Some(b'/'), _) => day_first(text, '/'),
        (Some(b'.'), _) => day_first(text, '.'),
        // A date of JavaScript: `Tue Mar 03 2026 09:14:07 GMT+0000 (Coordinated Universal Time)`.
        _ if text.contains(" GMT") && bytes.get(3) == Some(&b' ') => {
            let text = text.split(" (").next().unwrap_or_default();
            let parsed = jiff::fmt::strtime::parse("%a %b %d %Y %H:%M:%S GMT%z", text).ok()?;
            parsed.to_timestamp().ok()
        }
        // A day of the week that does not fit the date says nothing about the instant.
        _ => DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok(),
    }
}

/// Whether a date that [`date`] reads says nothing about its time zone, so that UTC is assumed.
pub fn is_zoneless(cell: &str) -> bool {
    let text = cell.trim();
    let bytes = text.as_bytes();
    match (bytes.get(2), bytes.get(4)) {
        (Some(b'/' | b'.'), _) => true,
        (_, Some(b'-')) => {
            let time = text.get(10..).unwrap_or_default();
            !time.ends_with(['Z', 'z']) && !time.contains('+') && !time.contains('-')
        }
        _ => false,
    }
}

fn unix_time(text: &str) -> Option<Timestamp> {
    match text.len() {
        10 => Timestamp::from_second(text.parse().ok()?).ok(),
        13 => Timestamp::from_millisecond(text.parse().ok()?).ok(),
        _ => None,
    }
}

/// `2026-03-03[T09:14[:07[.5]]][Z|+01:00|+0100]`
fn year_first(text: &str) -> Option<Timestamp> {
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    let month = after(&mut rest, "-", 2)?;
    let day = after(&mut rest, "-", 2)?;
    if rest.is_empty() {
        return instant([year, month, day, 0, 0, 0], 0, Offset::UTC);
    }
    rest = rest.strip_prefix(['T', 't', ' '])?;
    let hour = number(&mut rest, 2)?;
    let minute = after(&mut rest, ":", 2)?;
    let (second, nanosecond) = seconds(&mut rest)?;
    instant([year, month, day, hour, minute, second], nanosecond, offset(rest)?)
}

/// `03/03/2026 09:14`, day before month.
fn day_first(text: &str, separator: char) -> Option<Timestamp> {
    let ([day, month, year, hour, minute], rest) = day_and_time(text, separator)?;
    rest.is_empty().then(|| instant([year, month, day, hour, minute, 0], 0, Offset::UTC))?
}

/// `03/03/2026 09:14 AM`, month before day.
fn month_first(text: &str) -> Option<Timestamp> {
    let ([month, day, year, hour, minute], rest) = day_and_time(text, '/')?;
    let noon = match rest.trim_start() {
        it if it.eq_ignore_ascii_case("AM") => 0,
        it if it.eq_ignore_ascii_case("PM") => 12,
        _ => return None,
    };
    (1..=12).contains(&hour).then(|| instant([year, month, day, hour % 12 + noon, minute, 0], 0, Offset::UTC))?
}

fn day_and_time(text: &str, separator: char) -> Option<([i16; 5], &str)> {
    let mut rest = text;
    let separator = if separator == '/' { "/" } else { "." };
    let first = number(&mut rest, 2)?;
    let second = after(&mut rest, separator, 2)?;
    let year = after(&mut rest, separator, 4)?;
    let hour = after(&mut rest, " ", 2)?;
    let minute = after(&mut rest, ":", 2)?;
    Some(([first, second, year, hour, minute], rest))
}

/// Optional seconds with an optional fraction; digits past the nanoseconds are dropped.
fn seconds(rest: &mut &str) -> Option<(i16, i32)> {
    if !rest.starts_with(':') {
        return Some((0, 0));
    }
    // RFC 3339 allows a leap second, which Unix time has no room for.
    let second = after(rest, ":", 2).map(|it| if it == 60 { 59 } else { it })?;
    let Some(fraction) = rest.strip_prefix(['.', ',']) else { return Some((second, 0)) };
    let n_digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let digits: String = fraction[..n_digits].chars().chain("000000000".chars()).take(9).collect();
    *rest = &fraction[n_digits..];
    (n_digits > 0).then(|| Some((second, digits.parse().ok()?)))?
}

fn offset(text: &str) -> Option<Offset> {
    let text = text.strip_prefix(' ').unwrap_or(text);
    if text.is_empty() || text.eq_ignore_ascii_case("z") {
        return Some(Offset::UTC);
    }
    let sign = match text.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let mut rest = &text[1..];
    let hours = i32::from(number(&mut rest, 2)?);
    rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = i32::from(number(&mut rest, 2)?);
    let is_offset = rest.is_empty() && hours < 24 && minutes < 60;
    is_offset.then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())?
}

fn instant([year, month, day, hour, minute, second]: [i16; 6], nanosecond: i32, offset: Offset) -> Option<Timestamp> {
    let small = |it: i16| i8::try_from(it).ok();
    let [month, day, hour, minute, second] = [small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?];
    let at = DateTime::new(year, month, day, hour, minute, second, nanosecond).ok()?;
    offset.to_timestamp(at).ok()
}

fn after(rest: &mut &str, separator: &str, n_digits: usize) -> Option<i16> {
    *rest = rest.strip_prefix(separator)?;
    number(rest, n_digits)
}

fn number(rest: &mut &str, n_digits: usize) -> Option<i16> {
    let digits = rest.get(..n_digits)?;
    let is_number = digits.bytes().all(|it| it.is_ascii_digit());
    *rest = &rest[n_digits..];
    is_number.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: &str, region: &str) -> Option<String> {
        date(cell, Region::from_code(region)).map(|it| it.to_string())
    }

    #[test]
    fn one_instant_is_read_in_every_form() {
        for cell in [
            "2026-03-03T09:14:07Z",
            "2026-03-03t09:14:07z",
            "2026-03-03T10:14:07+01:00",
            "2026-03-03T09:14:07+0000",
            "2026-03-03 09:14:07",
            "2026-03-03 10:14:07+01:00",
            "2026-03-03T04:14:07-0500",
            "Tue, 03 Mar 2026 09:14:07 +0000",
            "Tue, 3 Mar 2026 10:14:07 +0100",
            "03 Mar 2026 09:14:07 GMT",
            "Mon, 03 Mar 2026 09:14:07 +0000",
            "1772529247",
            "1772529247000",
            " 2026-03-03T09:14:07Z ",
        ] {
            assert_eq!(read(cell, "FR").as_deref(), Some("2026-03-03T09:14:07Z"), "{cell}");
        }
    }

    #[test]
    fn a_date_alone_is_midnight_and_a_fraction_is_kept() {
        assert_eq!(read("2026-03-03", "").as_deref(), Some("2026-03-03T00:00:00Z"));
        assert_eq!(read("2026-03-03 10:14:07.51947+01:00", "").as_deref(), Some("2026-03-03T09:14:07.51947Z"));
        assert_eq!(read("1772529247519", "").as_deref(), Some("2026-03-03T09:14:07.519Z"));
    }

    #[test]
    fn the_day_comes_first_but_for_an_american_time_of_day() {
        assert_eq!(read("03/04/2026 09:14", "FR").as_deref(), Some("2026-04-03T09:14:00Z"));
        assert_eq!(read("03.04.2026 09:14", "DE").as_deref(), Some("2026-04-03T09:14:00Z"));
        assert_eq!(read("03/04/2026 09:14 PM", "US").as_deref(), Some("2026-03-04T21:14:00Z"));
        assert_eq!(read("03/04/2026 12:05 am", "US").as_deref(), Some("2026-03-04T00:05:00Z"));
        assert_eq!(read("03/04/2026 12:05 PM", "US").as_deref(), Some("2026-03-04T12:05:00Z"));
        assert_eq!(read("03/04/2026 09:14", "US").as_deref(), Some("2026-04-03T09:14:00Z"));
        assert_eq!(read("03/04/2026 09:14 PM", "FR"), None);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for cell in [
            "",
            "soon",
            "2026-13-01",
            "2026-02-30",
            "31/02/2026 10:00",
            "2026-03-03T25:00:00Z",
            "2026-03-03T09:14:61Z",
            "123",
            "99/99/9999 99:99",
            "2026-03-03T09:14:07+25:00",
            "2026-03-03 ",
            "é026-03-03",
            "03/04/2026 13:00 PM",
        ] {
            assert_eq!(read(cell, "US"), read(cell.trim(), "US"));
            if cell.trim() != "2026-03-03" {
                assert_eq!(read(cell, "US"), None, "{cell}");
            }
        }
    }

    #[test]
    fn a_leap_second_is_read_as_the_one_before() {
        assert_eq!(read("2016-12-31T23:59:60Z", "").as_deref(), Some("2016-12-31T23:59:59Z"));
    }
}
