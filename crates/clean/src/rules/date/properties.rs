use jiff::civil::DateTime;
use proptest::prelude::*;

use super::names::lines;
use super::*;

/// Forms of strftime, and how many digits of the time each keeps: 0 a day, 2 minutes, 3 seconds, 6 milliseconds.
const FORMS: [(&str, DateOrder, usize); 44] = {
    use DateOrder::{DayFirst, MonthFirst};
    [
        ("%Y-%m-%d", DayFirst, 0),
        ("%Y-%m-%d %H:%M", DayFirst, 2),
        ("%Y-%m-%dT%H:%M:%S", DayFirst, 3),
        ("%Y-%m-%dT%H:%M:%S.%3f", DayFirst, 6),
        ("%Y-%m-%d %H:%M:%S,%3f000", DayFirst, 6),
        ("%Y-%m-%d %I:%M:%S %p", DayFirst, 3),
        ("%Y/%m/%d", MonthFirst, 0),
        ("%Y/%m/%d %H:%M:%S", MonthFirst, 3),
        ("%Y.%m.%d %H:%M:%S", MonthFirst, 3),
        ("%Y%m%d", DayFirst, 0),
        ("%Y%m%d%H%M%S", DayFirst, 3),
        ("%Y%m%dT%H%M%S", DayFirst, 3),
        ("%d/%m/%Y", DayFirst, 0),
        ("%d/%m/%y", DayFirst, 0),
        ("%-d/%-m/%Y", DayFirst, 0),
        ("%d/%m/%Y %H:%M", DayFirst, 2),
        ("%-d/%-m/%y %-H:%M:%S", DayFirst, 3),
        ("%d/%m/%Y %H:%M:%S.%3f", DayFirst, 6),
        ("%d/%m/%Y %I:%M:%S %p", DayFirst, 3),
        ("%H:%M:%S %d/%m/%Y", DayFirst, 3),
        ("%d-%m-%Y", DayFirst, 0),
        ("%d-%m-%y %Hh%M", DayFirst, 2),
        ("%d.%m.%Y", MonthFirst, 0),
        ("%-d. %-m. %Y %H:%M", MonthFirst, 2),
        ("%d.%m.%y %H.%M.%S", MonthFirst, 3),
        ("%m/%d/%Y", MonthFirst, 0),
        ("%-m/%-d/%y", MonthFirst, 0),
        ("%m/%d/%Y %I:%M %p", MonthFirst, 2),
        ("%-m/%-d/%Y, %-I:%M:%S\u{202f}%p", MonthFirst, 3),
        ("%m-%d-%Y %H:%M:%S", MonthFirst, 3),
        ("%d-%b-%Y", DayFirst, 0),
        ("%d-%b-%y %I.%M.%S.%3f000 %p", DayFirst, 6),
        ("%d%b%Y:%H:%M:%S", DayFirst, 3),
        ("%d/%b/%Y:%H:%M:%S", DayFirst, 3),
        ("%-d %B %Y", DayFirst, 0),
        ("%-d %B %Y %H:%M", MonthFirst, 2),
        ("%A, %-d %B %Y %H:%M:%S", MonthFirst, 3),
        ("%B %-d, %Y", DayFirst, 0),
        ("%B %-d, %Y at %-I:%M %p", DayFirst, 2),
        ("%b %e %Y %I:%M%p", DayFirst, 2),
        ("%A, %B %-d, %Y", DayFirst, 0),
        ("%Y %b %d", DayFirst, 0),
        ("%a %b %e %H:%M:%S %Y", DayFirst, 3),
        ("%a, %d %b %Y %H:%M:%S", DayFirst, 3),
    ]
};

const ZONES: [(&str, i64); 10] = [
    (" Z", 0),
    (" UTC", 0),
    (" GMT", 0),
    ("+0000", 0),
    ("+01:00", 3600),
    (" +0100", 3600),
    ("-05", -18000),
    (" CET", 3600),
    (" PDT", -25200),
    (" GMT+2", 7200),
];

/// Any time whose year has one reading in two digits.
fn civil() -> impl Strategy<Value = DateTime> {
    (0i64..3_124_223_999_999)
        .prop_map(|millis| Timestamp::from_millisecond(millis).unwrap().to_zoned(TimeZone::UTC).datetime())
}

fn kept(at: DateTime, n_parts: usize) -> DateTime {
    let at = if n_parts < 6 { at.with().subsec_nanosecond(0).build().unwrap() } else { at };
    let at = if n_parts < 3 { at.with().second(0).build().unwrap() } else { at };
    if n_parts == 0 { at.date().to_datetime(Time::midnight()) } else { at }
}

proptest! {
    #[test]
    fn a_time_written_in_any_form_reads_back_the_same(at in civil()) {
        for (pattern, order, n_parts) in FORMS {
            let cell = at.strftime(pattern).to_string();
            let ReadDate::At(read) = read_date(&cell, &DateForm { order: Some(order), ..DateForm::default() }) else {
                panic!("{cell}")
            };
            let right = kept(at, n_parts).to_zoned(TimeZone::UTC).unwrap().timestamp();
            prop_assert_eq!((read.at, read.is_day, read.is_zoneless), (right, n_parts == 0, true), "{}", cell);
            let until = if n_parts == 0 { right + SignedDuration::from_nanos(86_399_999_999_999) } else { right };
            prop_assert_eq!(read.until, until, "{}", cell);
        }
    }

    #[test]
    fn a_zone_moves_a_time_in_any_form(at in civil(), (zone, seconds) in prop::sample::select(&ZONES[..])) {
        for (pattern, order, n_parts) in FORMS {
            // A zone comes after a time.
            if n_parts == 0 || !pattern.ends_with(['S', 'f', '0', 'p', 'M']) || pattern == "%Y%m%d%H%M%S" {
                continue;
            }
            let cell = format!("{}{zone}", at.strftime(pattern));
            let ReadDate::At(read) = read_date(&cell, &DateForm { order: Some(order), ..DateForm::default() }) else {
                panic!("{cell}")
            };
            let right = kept(at, n_parts).to_zoned(TimeZone::UTC).unwrap().timestamp();
            prop_assert_eq!((read.at, read.is_zoneless), (right - SignedDuration::from_secs(seconds), false), "{}", cell);
        }
    }

    #[test]
    fn a_month_is_read_under_every_name(at in civil()) {
        for (_, month, name) in lines().filter(|it| it.0 == "month") {
            let day = at.day().min(28);
            let right = DateTime::new(at.year(), month, day, at.hour(), at.minute(), 0, 0).unwrap();
            let right = ReadDate::At(Moment {
                is_zoneless: true,
                ..Moment::exact(right.to_zoned(TimeZone::UTC).unwrap().timestamp())
            });
            let clock = at.strftime("%H:%M");
            for cell in [
                format!("{day} {name} {} {clock}", at.year()),
                format!("{day}-{}-{}, {clock}", name.to_uppercase(), at.year()),
                format!("{name} {day}, {} {clock}", at.year()),
            ] {
                prop_assert_eq!(read_date(&cell, &DateForm::default()), right, "{}", cell);
            }
        }
    }

    #[test]
    fn unix_time_and_serial_numbers_are_read(at in 1_000_000_000_000i64..4_102_444_800_000) {
        let right = Timestamp::from_millisecond(at).unwrap();
        let read = |cell: String| match read_date(&cell, &DateForm::default()) {
            ReadDate::At(moment) => moment.at,
            _ => panic!("{cell}"),
        };
        prop_assert_eq!(read(at.to_string()), right);
        prop_assert_eq!(read(format!("{at}000")), right);
        prop_assert_eq!(read(format!("{at}000000")), right);
        prop_assert_eq!(read(format!("{}.{:03}", at / 1000, at % 1000)), right);
        prop_assert_eq!(read((at as f64 / 86_400_000.0 + 25_569.0).to_string()), right);
    }

    #[test]
    fn no_text_makes_reading_panic(cell in any::<String>(), date_like in "[-0-9/.:, TtZzhap+()\\[\\]marMAR\u{a0}\u{200f}é١]{0,40}") {
        for order in [None, Some(DateOrder::DayFirst), Some(DateOrder::MonthFirst)] {
            let form = DateForm { order, format: Some(cell.clone()), ..DateForm::default() };
            for cell in [&cell, &date_like] {
                read_date(cell, &form);
                read_date(cell, &DateForm { format: None, ..form.clone() });
                DateEvidence::default().add(cell);
            }
        }
    }

    #[test]
    fn neither_order_nor_chunks_of_cells_change_the_evidence(
        cells in prop::collection::vec("[0-3]?[0-9]/[01]?[0-9]/20[0-9]{2}|2025-03-1[0-9]|n/a|soon", 0..30),
        at in any::<prop::sample::Index>(),
    ) {
        let all = |cells: &[String]| {
            let mut evidence = DateEvidence::default();
            cells.iter().for_each(|it| evidence.add(it));
            evidence
        };
        let (some, others) = cells.split_at(at.index(cells.len() + 1));
        let mut sum = all(others);
        sum += all(some);
        prop_assert_eq!(sum, all(&cells));
        prop_assert!(sum.day_first + sum.month_first + sum.ambiguous <= sum.dates);
        prop_assert!(sum.dates + sum.unreadable <= cells.len() as u64);
    }
}
