//! Days and moments of a campaign.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::{Plan, PlanError};

/// A day such as `2026-12-24`.
const DAY_LETTERS: usize = 10;

/// A day or a moment as the plan has it: in quotes, or as a date of TOML.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a day such as 2026-12-24, or a moment such as 2026-12-24T18:00:00+01:00")]
pub(crate) enum MomentText {
    Text(String),
    Date(Datetime),
}

/// Reads days in the time zone of the plan.
pub(super) struct Reading {
    zone: TimeZone,
}

impl Reading {
    pub(super) fn new(plan: &Plan) -> Self {
        let zone = plan.sending.as_ref().and_then(|it| it.zone.as_deref());
        let zone = zone.and_then(|it| TimeZoneDatabase::bundled().get(it).ok());
        Self { zone: zone.unwrap_or(TimeZone::UTC) }
    }

    /// The moment itself, or that at which the day begins.
    pub(super) fn start(&self, plan: &Plan, key: &str, given: &Spanned<MomentText>) -> Result<Timestamp, PlanError> {
        let text = text(given);
        self.read(&text, 0).ok_or_else(|| wrong(plan, key, given, &text))
    }

    /// The moment itself, or that at which the day is over.
    pub(super) fn end(&self, plan: &Plan, key: &str, given: &Spanned<MomentText>) -> Result<Timestamp, PlanError> {
        let text = text(given);
        self.read(&text, 1).ok_or_else(|| wrong(plan, key, given, &text))
    }

    fn read(&self, text: &str, days: i64) -> Option<Timestamp> {
        if text.len() != DAY_LETTERS {
            return text.parse().ok();
        }
        let day: Date = text.parse().ok()?;
        let day = day.checked_add(days.days()).ok()?;
        Some(day.to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}

fn text(given: &Spanned<MomentText>) -> String {
    match given.get_ref() {
        MomentText::Text(text) => text.trim().to_owned(),
        MomentText::Date(date) => date.to_string(),
    }
}

fn wrong(plan: &Plan, key: &str, given: &Spanned<MomentText>, text: &str) -> PlanError {
    let message = format!(
        "{key} \"{text}\": write a day such as 2026-12-24, or a moment with its offset such as 2026-12-24T18:00:00+01:00"
    );
    plan.wrong(given.span().start, message)
}
