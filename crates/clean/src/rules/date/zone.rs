use std::sync::LazyLock;

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use super::cell::Zone;
use super::iso::offset;

/// The built-in zones, so that every machine reads a date the same.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Minutes east of Greenwich, for the abbreviations that the IANA database has used for a single offset since 2000.
///
/// PST, PDT, MST, MDT, EST and EDT are American, as in RFC 2822; PST for the Philippines exists in that database alone.
/// CST, IST and the like have several meanings and are not read.
const ABBREVIATIONS: [(&str, i32); 39] = [
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("cet", 60),
    ("mez", 60),
    ("cest", 120),
    ("mesz", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("sast", 120),
    ("wat", 60),
    ("cat", 120),
    ("eat", 180),
    ("pkt", 300),
    ("wib", 420),
    ("wita", 480),
    ("wit", 540),
    ("hkt", 480),
    ("awst", 480),
    ("jst", 540),
    ("kst", 540),
    ("acst", 570),
    ("acdt", 630),
    ("aest", 600),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("est", -300),
    ("edt", -240),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
    ("hst", -600),
];

/// The zone of an IANA name, such as `Europe/Paris`.
pub(super) fn named(name: &str) -> Option<TimeZone> {
    ZONES.get(name.trim()).ok()
}

/// Reads the zone at the end of folded text, such as `+01:00`, `gmt+1`, `cet` or `[europe/paris]`. An offset overrides
/// a name beside it.
pub(super) fn zone(text: &str) -> Option<Zone> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('(').or_else(|| text.strip_prefix('[')) {
        return plain_zone(inner.strip_suffix([')', ']'])?);
    }
    let end = text.find(['(', '[']).unwrap_or(text.len());
    plain_zone(text[..end].trim_end())
}

fn plain_zone(text: &str) -> Option<Zone> {
    if let Some(found) = ABBREVIATIONS.iter().find(|it| it.0 == text) {
        return Some(Zone::Offset(Offset::from_seconds(found.1 * 60).ok()?));
    }
    let numeric = ["gmt", "utc"].iter().find_map(|it| text.strip_prefix(it)).unwrap_or(text);
    if numeric.starts_with(['+', '-']) {
        // Go and Ruby write the name after the offset: `+0100 CET`.
        let (numeric, name) = numeric.split_once(' ').unwrap_or((numeric, ""));
        let is_zone = name.chars().all(char::is_alphabetic);
        return is_zone.then(|| offset(numeric).or_else(|| hours(numeric)).map(Zone::Offset))?;
    }
    // A name without a slash is an abbreviation, and those of the database change in summer.
    if !text.contains('/') {
        return None;
    }
    ZONES.get(text).ok().filter(|it: &TimeZone| !it.is_unknown()).map(Zone::Named)
}

/// Reads `+1` and `-5:30`, which JavaScript writes after `GMT`.
fn hours(text: &str) -> Option<Offset> {
    let (sign, digits) = text.split_at_checked(1)?;
    offset(&format!("{sign}0{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn an_abbreviation_is_the_offset_of_a_zone_that_uses_it() {
        let zones = [
            ("Europe/Lisbon", "WET", "WEST"),
            ("Europe/London", "GMT", "BST"),
            ("Europe/Paris", "CET", "CEST"),
            ("Europe/Athens", "EET", "EEST"),
            ("Europe/Moscow", "MSK", "MSK"),
            ("Africa/Johannesburg", "SAST", "SAST"),
            ("Africa/Lagos", "WAT", "WAT"),
            ("Africa/Maputo", "CAT", "CAT"),
            ("Africa/Nairobi", "EAT", "EAT"),
            ("Asia/Karachi", "PKT", "PKT"),
            ("Asia/Jakarta", "WIB", "WIB"),
            ("Asia/Makassar", "WITA", "WITA"),
            ("Asia/Jayapura", "WIT", "WIT"),
            ("Asia/Hong_Kong", "HKT", "HKT"),
            ("Asia/Tokyo", "JST", "JST"),
            ("Asia/Seoul", "KST", "KST"),
            ("Australia/Perth", "AWST", "AWST"),
            ("Australia/Adelaide", "ACST", "ACDT"),
            ("Australia/Sydney", "AEST", "AEDT"),
            ("Pacific/Auckland", "NZST", "NZDT"),
            ("America/New_York", "EST", "EDT"),
            ("America/Denver", "MST", "MDT"),
            ("America/Los_Angeles", "PST", "PDT"),
            ("Pacific/Honolulu", "HST", "HST"),
        ];
        let solstices = ["2025-01-10T12:00:00Z", "2025-07-10T12:00:00Z"].map(|it| it.parse::<Timestamp>().unwrap());
        for (name, standard, summer) in zones {
            let zone = ZONES.get(name).unwrap();
            let is_southern = solstices.map(|it| zone.to_offset(it).seconds());
            let [winter, july] = if is_southern[0] > is_southern[1] { [solstices[1], solstices[0]] } else { solstices };
            for (at, abbreviation) in [(winter, standard), (july, summer)] {
                let known = ABBREVIATIONS.iter().find(|it| it.0 == abbreviation.to_ascii_lowercase()).unwrap().1;
                assert_eq!(zone.to_offset(at).seconds(), known * 60, "{name} {abbreviation}");
            }
        }
    }
}
