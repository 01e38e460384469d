//! Public holidays: the table `holidays.tsv`, and its reader.

use std::sync::LazyLock;

use jiff::civil::Date;
use phone::Region;

/// When a holiday is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    /// A month and a day of it.
    Fixed(i8, i8),
    /// Days after Easter Sunday.
    Easter(i64),
}

static HOLIDAYS: LazyLock<Vec<(Region, Day)>> = LazyLock::new(|| lines().filter_map(read_line).collect());

/// Whether a day is a public holiday of a country.
pub(super) fn is_holiday(country: Region, date: Date) -> bool {
    HOLIDAYS.iter().filter(|it| it.0 == country).any(|it| match it.1 {
        Day::Fixed(month, day) => (date.month(), date.day()) == (month, day),
        Day::Easter(days) => {
            easter(date.year()).and_then(|it| it.checked_add(jiff::Span::new().days(days)).ok()) == Some(date)
        }
    })
}

/// Easter Sunday of a year, by the Gregorian computus of Meeus, Jones and Butcher.
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (golden, century, of_century) = (y % 19, y / 100, y % 100);
    let correction = (8 * century + 13) / 25;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let shift = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * shift + 114;
    Date::new(year, i8::try_from(days / 31).ok()?, i8::try_from(days % 31 + 1).ok()?).ok()
}

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("holidays.tsv").lines().filter(|it| !it.starts_with('#'))
}

fn read_line(line: &str) -> Option<(Region, Day)> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [country, day, _] = columns[..] else { return None };
    let day = match day.strip_prefix("easter+") {
        Some(days) => Day::Easter(days.parse().ok()?),
        None => {
            let (month, day) = day.split_once('-')?;
            Day::Fixed(month.parse().ok()?, day.parse().ok()?)
        }
    };
    Some((Region::from_code(country)?, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let unread: Vec<&str> = lines().filter(|it| read_line(it).is_none()).collect();
        assert_eq!(unread, Vec::<&str>::new());
    }

    #[test]
    fn easter_is_where_calendars_have_it() {
        let days = [2000, 2008, 2024, 2025, 2026, 2027, 2038, 2049].map(|it| easter(it).unwrap().to_string());
        let known = [
            "2000-04-23",
            "2008-03-23",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2038-04-25",
            "2049-04-18",
        ];
        assert_eq!(days, known);
    }

    #[test]
    fn france_has_eleven_public_holidays() {
        let france = Region::from_code("FR").unwrap();
        let year = jiff::civil::date(2027, 1, 1).series(jiff::Span::new().days(1)).take(365);
        let days: Vec<String> =
            year.filter(|it| is_holiday(france, *it)).map(|it| it.strftime("%m-%d").to_string()).collect();
        assert_eq!(days.join(" "), "01-01 03-29 05-01 05-06 05-08 05-17 07-14 08-15 11-01 11-11 12-25");
    }
}
