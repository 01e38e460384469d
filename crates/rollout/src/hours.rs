//! The hours of the day at which people may be written to.
//!
//! A moment is allowed only if it is allowed in every time zone of the person's country, unless the zone of the person is
//! known. Hours come from the plan, and stricter ones by country from the table `hours/rules.tsv`.

mod holidays;
mod rules;
mod window;
mod zones;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use phone::Region;

pub use rules::{HourRule, hour_rules};
pub use window::Window;

/// The hours of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The hours of each day; `00:00-24:00` leaves only the rules of countries.
    pub window: Window,
    /// The zone for people whose country is not known, such as `Europe/Paris`. Without it they are not written to: no hour
    /// is known to be allowed where they live.
    pub unknown_zone: Option<String>,
}

/// Where a person lives, as far as it is known, and what for the person is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub country: Option<Region>,
    /// The person's own time zone, such as `America/Denver`. A name that no database has counts as not known.
    pub zone: Option<&'a str>,
    /// Whether the message is marketing; some rules are for marketing only.
    pub is_marketing: bool,
}

/// No rule leaves a gap longer than this, so a search that gets there finds nothing.
const HORIZON_DAYS: i64 = 30;

impl Hours {
    /// The first allowed moment at or after `now`. `None` if no moment is allowed: the zones of the country have no hour in
    /// common, or the country is not known and neither is [`Hours::unknown_zone`].
    ///
    /// Where clocks go back, the hour that comes twice may be left out.
    pub fn next_allowed(&self, now: Timestamp, place: Place<'_>) -> Option<Timestamp> {
        let zones = self.zones(place);
        let end = now.checked_add(jiff::SignedDuration::from_hours(24 * HORIZON_DAYS)).ok()?;
        let mut at = now;
        while !zones.is_empty() && at <= end {
            let later = zones
                .iter()
                .map(|zone| self.next_in_zone(at, zone, place))
                .try_fold(at, |latest, next| Some(latest.max(next?)))?;
            if later == at {
                return Some(at);
            }
            at = later;
        }
        None
    }

    fn zones(&self, place: Place<'_>) -> Vec<TimeZone> {
        if let Some(zone) = place.zone.and_then(zones::named) {
            return vec![zone];
        }
        match place.country {
            Some(country) => zones::of_country(country),
            None => self.unknown_zone.as_deref().and_then(zones::named).into_iter().collect(),
        }
    }

    /// The first moment at or after `at` that the clock of one zone allows.
    fn next_in_zone(&self, at: Timestamp, zone: &TimeZone, place: Place<'_>) -> Option<Timestamp> {
        let local = at.to_zoned(zone.clone());
        for days in 0..=HORIZON_DAYS {
            let date = local.date().checked_add(jiff::Span::new().days(days)).ok()?;
            let Some(window) = self.window_of(date, place) else { continue };
            if days == 0 && window.holds(local.time()) {
                return Some(at);
            }
            // On the first day the hours may be over already.
            match start_of(date, window, zone) {
                Some(start) if start > at => return Some(start),
                _ => continue,
            }
        }
        None
    }

    /// The hours that the plan and all rules of the country allow on a day.
    fn window_of(&self, date: Date, place: Place<'_>) -> Option<Window> {
        let rules = place.country.into_iter().flat_map(rules::of_country);
        let mut applying = rules.filter(|it| place.is_marketing || !it.is_marketing_only);
        applying.try_fold(self.window, |window, rule| window.common(rule.window_of(date)?))
    }
}

/// When the hours of a day begin. Where clocks skip that time, they begin later by what was skipped.
fn start_of(date: Date, window: Window, zone: &TimeZone) -> Option<Timestamp> {
    let start: Zoned = date.to_datetime(window.start()?).to_zoned(zone.clone()).ok()?;
    Some(start.timestamp())
}

#[cfg(test)]
mod tests;
