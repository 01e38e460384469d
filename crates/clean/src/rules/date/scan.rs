use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::fmt::rfc2822::DateTimeParser;

use super::bare::{bare_number, compact_date, compact_time};
use super::cell::{Cell, Day, Written, Zone};
use super::fold::fold;
use super::iso::{nanoseconds, without_leap, year_first};
use super::names::{Half, half, month, weekday, word};
use super::zone::zone;

/// The longest cell that is read, in bytes. The longest date seen has 130.
const LONGEST: usize = 200;

/// What people and programs write for no date.
const NOTHING: &str = "- -- n/a na n.a. #n/a null (null) none nil nan nat \\n unknown undefined never";

/// How Excel shows the number 0 in a column of dates.
const EXCEL_ZERO: &str = "1900-01-00 00/01/1900 0/1/1900 01/00/1900 1/0/1900";

/// Words before a date.
const BEFORE_DAY: &str = "le the el il den am on de dia";

/// Endings of ordinal numbers, and words between day, month and year.
const WITHIN_DAY: &str = "st nd rd th er re ere e o a os го de del di of den do the";

/// Words between year and time.
const BEFORE_TIME: &str = "г год года р рік року r roku god godine године de a at las um alle ore as om o godz \
    pukul pkl jam saat в о у u στισ σε الساعة في को kl";

/// Words after a time.
const AFTER_TIME: &str = "uhr h hs hrs ч uur год बजे";

/// Reads a cell, without spaces at its ends, in every form except a pattern of the plan.
pub(super) fn scan(text: &str) -> Cell {
    if text.is_empty() {
        return Cell::Nothing;
    }
    if text.len() > LONGEST {
        return Cell::Unreadable;
    }
    // `Tue, 03 Mar 2026 09:14:07 +0000`, as Twilio writes every date.
    if text.as_bytes().get(3) == Some(&b',')
        && let Some(at) = rfc_2822(text)
    {
        return Cell::Instant(at);
    }
    let folded = fold(text);
    let folded = folded.trim();
    if let Some((date, time, offset)) = year_first(folded) {
        return Written { day: Day::Known(date), time, zone: offset.map(Zone::Offset) }.into();
    }
    if let Some(cell) = bare_number(folded) {
        return cell;
    }
    if let Some(written) = written(folded) {
        return written.into();
    }
    if is_nothing(folded) {
        return Cell::Nothing;
    }
    Cell::Unreadable
}

/// Reads RFC 2822 with known zones only: by RFC 2822, unknown zones are UTC.
fn rfc_2822(text: &str) -> Option<Timestamp> {
    if !text.ends_with(|it: char| it.is_ascii_digit()) && !["GMT", "CST", "CDT"].iter().any(|it| text.ends_with(it)) {
        return None;
    }
    // A wrong day of the week does not change the instant.
    DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()
}

/// Whether a cell says that there is no date: `n/a`, `0000-00-00 00:00:00`, the zero of Excel.
fn is_nothing(text: &str) -> bool {
    let is_zero = text.contains('0') && text.bytes().all(|it| b"0-/.: tz".contains(&it));
    let (day, time) = text.split_once(' ').unwrap_or((text, "00:00"));
    let is_excel_zero = is_one_of(EXCEL_ZERO, day) && ["00:00", "0:00", "00:00:00", "12:00:00 am"].contains(&time);
    is_zero || is_excel_zero || is_one_of(NOTHING, text)
}

fn written(text: &str) -> Option<Written> {
    if text.starts_with(|it: char| it.is_ascii_digit()) {
        return day_then_time(text).or_else(|| time_then_day(text));
    }
    if let Some(rest) = weekday(text) {
        // `mar` is March, and Tuesday in French: `Mar 18` must be read as a month.
        let rest = skip_words(rest, BEFORE_DAY);
        if let Some(written) = unix_date(rest).or_else(|| day_then_time(rest)) {
            return Some(written);
        }
    }
    word(text)?;
    unix_date(text).or_else(|| day_then_time(skip_words(text, BEFORE_DAY)))
}

/// Reads `Mar 18 10:20:30 [UTC] 2025`, as `date`, C, Java and Ruby write it.
fn unix_date(text: &str) -> Option<Written> {
    let (month, rest) = month(text)?;
    let (day, n_digits, rest) = digits(rest.trim_start_matches(' '))?;
    let (time, rest) = clock(rest.strip_prefix(' ')?.trim_start_matches(' '))?;
    let (between, year) = rest.rsplit_once(' ')?;
    let (year, 4, "") = digits(year)? else { return None };
    let zone = match between.trim() {
        "" => None,
        text => Some(zone(text)?),
    };
    (n_digits <= 2).then(|| Some(Written { day: known(year, month, day)?, time: Some(time), zone }))?
}

fn day_then_time(text: &str) -> Option<Written> {
    let (day, rest) = numeric_day(text).or_else(|| named_day(text))?;
    let rest = before_time(rest);
    if rest.is_empty() {
        return Some(Written { day, time: None, zone: None });
    }
    let is_compact = text.bytes().take_while(u8::is_ascii_digit).count() == 8;
    let compact = if is_compact { compact_clock(rest) } else { None };
    let Some((time, rest)) = compact.or_else(|| clock(rest)) else {
        return Some(Written { day, time: None, zone: Some(zone(rest)?) });
    };
    let rest = rest.trim();
    let zone = if rest.is_empty() { None } else { Some(zone(rest)?) };
    Some(Written { day, time: Some(time), zone })
}

fn time_then_day(text: &str) -> Option<Written> {
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if n_digits > 2 || !text[n_digits..].starts_with([':', 'h']) {
        return None;
    }
    let (time, rest) = clock(text)?;
    let rest = rest.trim_start_matches([' ', ',']);
    let rest = skip_words(weekday(rest).unwrap_or(rest), BEFORE_DAY);
    let (day, rest) = numeric_day(rest).or_else(|| named_day(rest))?;
    before_time(rest).is_empty().then_some(Written { day, time: Some(time), zone: None })
}

/// `18/03/2025`, `18-3-25`, `18.03.2025`, `2025/03/18`, `20250318`.
fn numeric_day(text: &str) -> Option<(Day, &str)> {
    let (first, n_first, rest) = digits(text)?;
    if n_first == 8 {
        return Some((Day::Known(compact_date(&text[..8])?), rest));
    }
    let separator = ['/', '-', '.'].into_iter().find(|it| rest.trim_start_matches(' ').starts_with(*it))?;
    let (second, n_second, rest) = digits(after(rest, separator)?)?;
    let (third, n_third, rest) = digits(after(rest, separator)?)?;
    match (n_first, n_second, n_third) {
        (4, 1 | 2, 1 | 2) => Some((known(first, i8::try_from(second).ok()?, third)?, rest)),
        (1 | 2, 1 | 2, 2 | 4) => {
            let year = full_year(third, n_third)?;
            let [first, second] = [i8::try_from(first).ok()?, i8::try_from(second).ok()?];
            // No locale of CLDR writes the month first with dots.
            if separator == '.' {
                return Some((Day::Known(Date::new(year, second, first).ok()?), rest));
            }
            let is_day = [first, second].iter().all(|it| (1..=31).contains(it));
            is_day.then_some((Day::Pair { first, second, year }, rest))
        }
        _ => None,
    }
}

/// `18 March 2025`, `18-mar-25`, `1er mars 2026`, `March 3rd, 2026`, `2025 March 18`.
fn named_day(text: &str) -> Option<(Day, &str)> {
    let Some((first, n_first, rest)) = digits(text) else {
        let (month, rest) = month(text)?;
        let (day, n_day, rest) = digits(skip_words(rest, WITHIN_DAY))?;
        let (year, n_year, rest) = digits(skip_words(rest, WITHIN_DAY))?;
        return (n_day <= 2).then(|| Some((known(full_year(year, n_year)?.into(), month, day)?, rest)))?;
    };
    let (month, rest) = month(skip_words(rest, WITHIN_DAY))?;
    let (last, n_last, rest) = digits(skip_words(rest, WITHIN_DAY))?;
    match (n_first, n_last) {
        (4, 1 | 2) => Some((known(first, month, last)?, rest)),
        (1 | 2, 2 | 4) => Some((known(full_year(last, n_last)?.into(), month, first)?, rest)),
        _ => None,
    }
}

/// `102030[.5]` or `1020`, after a date of eight digits.
fn compact_clock(text: &str) -> Option<(Time, &str)> {
    let (_, n_digits @ (4 | 6), rest) = digits(text)? else { return None };
    let (fraction, rest) = fraction(rest);
    Some((compact_time(&text[..n_digits])?.with().subsec_nanosecond(fraction).build().ok()?, rest))
}

/// `10:20[:30[.5]] [pm]`, `10h20`, `10.20`, `10 am`.
fn clock(text: &str) -> Option<(Time, &str)> {
    let (early, text) = half(text).map_or((None, text), |(half, rest)| (Some(half), rest.trim_start_matches(' ')));
    let (hour, n_hour, rest) = digits(text)?;
    if n_hour > 2 {
        return None;
    }
    let (minute, second, nanosecond, rest, is_clock) = minutes(rest)?;
    let (late, rest) = half(rest.trim_start_matches(' ')).map_or((None, rest), |(half, rest)| (Some(half), rest));
    let hour = match early.or(late) {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + if half == Half::Pm { 12 } else { 0 },
        None if is_clock => hour,
        _ => return None,
    };
    let small = |it: i64| i8::try_from(it).ok();
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, nanosecond).ok()?;
    let after = rest.trim_start_matches(' ');
    let end = word(after).filter(|it| is_one_of(AFTER_TIME, it.0)).map_or(rest, |it| it.1);
    Some((time, end))
}

/// Minute, second and nanosecond after the hour, the rest of the text, and whether any of them was written.
fn minutes(text: &str) -> Option<(i64, i64, i32, &str, bool)> {
    if let Some(rest) = text.trim_start_matches(' ').strip_prefix('h').filter(|it| word(it).is_none()) {
        let Some((minute, 2, rest)) = digits(rest.trim_start_matches(' ')) else { return Some((0, 0, 0, rest, true)) };
        let unit = ["min", "m", ":"].iter().find_map(|it| rest.trim_start_matches(' ').strip_prefix(it));
        let Some((second, 2, rest)) = unit.and_then(|it| digits(it.trim_start_matches(' '))) else {
            return Some((minute, 0, 0, unit.unwrap_or(rest), true));
        };
        let rest = rest.trim_start_matches(' ').strip_prefix('s').filter(|it| word(it).is_none()).unwrap_or(rest);
        return Some((minute, second, 0, rest, true));
    }
    let Some(separator) = [':', '.'].into_iter().find(|it| text.starts_with(*it)) else {
        return Some((0, 0, 0, text, false));
    };
    let (minute, 2, rest) = digits(&text[1..])? else { return None };
    let Some(seconds) = rest.strip_prefix(separator) else { return Some((minute, 0, 0, rest, true)) };
    let (second, 2, rest) = digits(seconds)? else { return None };
    let (nanosecond, rest) = fraction(rest);
    Some((minute, without_leap(i16::try_from(second).ok()?).into(), nanosecond, rest, true))
}

/// A fraction of a second; SQL Server writes it after a colon.
fn fraction(text: &str) -> (i32, &str) {
    let Some(rest) = text.strip_prefix(['.', ',', ':']) else { return (0, text) };
    let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if n_digits == 0 { (0, text) } else { (nanoseconds(&rest[..n_digits]), &rest[n_digits..]) }
}

/// Skips separators and words between a day and its time.
fn before_time(text: &str) -> &str {
    let mut rest = text.strip_prefix(':').unwrap_or(text);
    loop {
        rest = rest.trim_start_matches([' ', ',', ';']);
        let time = || rest.strip_prefix('t').filter(|it| it.starts_with(|it: char| it.is_ascii_digit()));
        let dot = || rest.strip_prefix('.').filter(|it| it.is_empty() || it.starts_with([' ', ',']));
        let said = || word(rest).filter(|it| is_one_of(BEFORE_TIME, it.0) && half(rest).is_none()).map(|it| it.1);
        // In Turkish the day of the week comes last.
        let after = time().or_else(dot).or_else(|| rest.strip_prefix("- ")).or_else(said).or_else(|| weekday(rest));
        match after {
            Some(after) => rest = after,
            None => return rest,
        }
    }
}

/// Skips separators and the given words.
fn skip_words<'a>(text: &'a str, words: &str) -> &'a str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '.', ',', '-', '/', '\'']);
        match word(rest) {
            Some((word, after)) if is_one_of(words, word) => rest = after,
            _ => return rest,
        }
    }
}

fn known(year: i64, month: i8, day: i64) -> Option<Day> {
    Date::new(i16::try_from(year).ok()?, month, i8::try_from(day).ok()?).ok().map(Day::Known)
}

/// The year; two digits mean 1969 to 2068, as in POSIX.
fn full_year(year: i64, n_digits: usize) -> Option<i16> {
    let year = i16::try_from(year).ok()?;
    match (n_digits, year) {
        (4, _) => Some(year),
        (2, ..69) => Some(2000 + year),
        (2, _) => Some(1900 + year),
        _ => None,
    }
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|it| it == word)
}

fn after(text: &str, separator: char) -> Option<&str> {
    text.trim_start_matches(' ').strip_prefix(separator).map(|it| it.trim_start_matches(' '))
}

/// Takes a number of up to nine digits off the start of `text`: the number, the count of its digits, and the rest.
fn digits(text: &str) -> Option<(i64, usize, &str)> {
    let mut number = 0;
    let mut n_digits = 0;
    for digit in text.bytes().take_while(u8::is_ascii_digit) {
        n_digits += 1;
        if n_digits > 9 {
            return None;
        }
        number = number * 10 + i64::from(digit - b'0');
    }
    (n_digits > 0).then(|| (number, n_digits, &text[n_digits..]))
}
