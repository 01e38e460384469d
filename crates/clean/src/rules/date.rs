//! Reads dates in the forms of spreadsheets, providers and databases, in some forty languages.
//!
//! The reader is our own because no parser reads these forms together: `jiff` is used for strftime patterns, RFC 2822,
//! zones and calendar arithmetic, and RFC 3339 is read by `iso.rs`, which also takes the loose forms that databases
//! write (a space for the `T`, no seconds, an offset without colon or minutes) in one pass and without allocation.

mod bare;
mod cell;
mod evidence;
mod fold;
mod iso;
mod names;
mod order;
mod scan;
mod zone;

pub use evidence::{DateEvidence, JudgedOrder};
pub use order::DateOrder;

use jiff::civil::{Date, Time};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use cell::{Cell, Zone, instant};
use fold::clean_ends;

/// How the dates of one column are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DateForm {
    /// If none, a date with slashes or dashes is read only if day and month cannot be confused.
    pub order: Option<DateOrder>,
    /// A strftime pattern, tried before all other forms.
    pub format: Option<String>,
    /// The zone of dates without one; UTC if none.
    pub zone: Option<TimeZone>,
}

/// The result of reading one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadDate {
    /// The cell is empty, or says that there is no date: `-`, `n/a`, `null`, `0000-00-00`.
    Nothing,
    At(Moment),
    Unreadable,
}

/// A date that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The instant; the start of the day if the cell has no time.
    pub at: Timestamp,
    /// Whether the cell has no time.
    pub is_day: bool,
    /// The last nanosecond of the day if the cell has no time, else the same as `at`.
    pub until: Timestamp,
    /// Whether the cell has no zone, so that the zone of its column was used.
    pub is_zoneless: bool,
}

/// Reads a date as spreadsheets, providers and databases write it.
///
/// Dates with slashes or dashes that start with day or month follow `form.order` and are never swapped: with the day
/// first, `03/18/2025` is unreadable. Dates with dots are always day first. Years of two digits are 1969 to 2068, as in
/// POSIX. The first day of year 1 is the zero of .NET and Go, and means no date.
pub fn read_date(cell: &str, form: &DateForm) -> ReadDate {
    let text = clean_ends(cell);
    if let Some(format) = &form.format
        && let Some(moment) = by_format(text, format, form)
    {
        return ReadDate::At(moment);
    }
    // Nearly all exports write ISO dates, so they are tried first.
    if text.as_bytes().get(4) == Some(&b'-')
        && let Some((date, time, offset)) = iso::year_first(text)
    {
        return dated(date, time, offset.map(Zone::Offset).as_ref(), form);
    }
    match scan::scan(text) {
        Cell::Nothing => ReadDate::Nothing,
        Cell::Unreadable => ReadDate::Unreadable,
        Cell::Instant(at) => ReadDate::At(Moment::exact(at)),
        Cell::Written(written) => match written.day.date(form.order) {
            Some(date) => dated(date, written.time, written.zone.as_ref(), form),
            None => ReadDate::Unreadable,
        },
    }
}

/// Whether `pattern` is a strftime pattern of a whole date, for [`DateForm::format`].
pub fn is_date_format(pattern: &str) -> bool {
    let sample = jiff::civil::date(2025, 3, 18).at(10, 20, 30, 0).to_zoned(TimeZone::UTC);
    let cell = sample.and_then(|it| strtime::format(pattern, &it));
    cell.is_ok_and(|it| by_format(&it, pattern, &DateForm::default()).is_some())
}

/// The time zone of this IANA name, from the database that is built into the program.
pub fn zone(name: &str) -> Option<TimeZone> {
    zone::named(name)
}

fn dated(date: Date, time: Option<Time>, zone: Option<&Zone>, form: &DateForm) -> ReadDate {
    if (date.year(), date.month(), date.day()) == (1, 1, 1) {
        return ReadDate::Nothing;
    }
    moment(date, time, zone, form).map_or(ReadDate::Unreadable, ReadDate::At)
}

fn moment(date: Date, time: Option<Time>, zone: Option<&Zone>, form: &DateForm) -> Option<Moment> {
    let column = form.zone.as_ref();
    let at = instant(date.to_datetime(time.unwrap_or_default()), zone, column)?;
    let until = match time {
        Some(_) => at,
        None => {
            let next = instant(date.tomorrow().ok()?.to_datetime(Time::midnight()), zone, column)?;
            next.checked_sub(SignedDuration::from_nanos(1)).ok()?
        }
    };
    Some(Moment { at, is_day: time.is_none(), until, is_zoneless: zone.is_none() })
}

fn by_format(text: &str, format: &str, form: &DateForm) -> Option<Moment> {
    let parsed = match strtime::parse(format, text) {
        Ok(parsed) => parsed,
        Err(_) if text.is_ascii() => return None,
        // The text may have other spaces and digits than ASCII.
        Err(_) => strtime::parse(format, fold::fold(text).as_bytes()).ok()?,
    };
    if let Some(at) = parsed.timestamp() {
        return Some(Moment::exact(at));
    }
    let time = if parsed.hour().is_some() { Some(parsed.to_time().ok()?) } else { None };
    let named = || parsed.iana_time_zone().and_then(zone::zone);
    let zone = parsed.offset().map(Zone::Offset).or_else(named);
    moment(parsed.to_date().ok()?, time, zone.as_ref(), form)
}

impl Moment {
    fn exact(at: Timestamp) -> Self {
        Self { at, is_day: false, until: at, is_zoneless: false }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
