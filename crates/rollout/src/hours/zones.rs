//! The time zones of countries: the table `zones.tsv`, which `scripts/data/zones.py` writes.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use jiff::tz::{TimeZone, TimeZoneDatabase};
use phone::Region;

/// The database that is compiled in, so that the answer depends on no machine.
static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The countries of the table. The zones of each are read when they are first asked for: all of them take 50 ms.
static COUNTRIES: LazyLock<HashMap<&'static str, Country>> = LazyLock::new(|| {
    let countries = lines().map(|(country, names)| (country, Country { names, zones: OnceLock::new() }));
    countries.collect()
});

struct Country {
    names: &'static str,
    zones: OnceLock<Vec<TimeZone>>,
}

/// The lines of the table: a country and the names of its zones.
fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("zones.tsv").lines().filter(|it| !it.starts_with('#')).filter_map(|it| it.split_once('\t'))
}

/// The zone of a name such as `Europe/Paris`.
pub(super) fn named(name: &str) -> Option<TimeZone> {
    DATABASE.get(name).ok()
}

/// All zones of a country; none if the table does not have it.
pub(super) fn of_country(country: Region) -> Vec<TimeZone> {
    let Some(Country { names, zones }) = COUNTRIES.get(country.code()) else { return Vec::new() };
    zones.get_or_init(|| names.split('\t').filter_map(named).collect()).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_of_the_table_is_in_the_database() {
        for (country, names) in lines() {
            for name in names.split('\t') {
                assert!(named(name).is_some(), "{country} {name}");
            }
        }
    }

    #[test]
    fn every_country_with_a_numbering_plan_has_a_zone() {
        let letters = || (b'A'..=b'Z').map(char::from);
        let codes = letters().flat_map(|first| letters().map(move |second| format!("{first}{second}")));
        let countries: Vec<Region> = codes.filter_map(|it| Region::from_code(&it)).collect();
        assert!(countries.len() > 200);
        let without: Vec<Region> = countries.into_iter().filter(|it| of_country(*it).is_empty()).collect();
        assert_eq!(without, []);
    }
}
