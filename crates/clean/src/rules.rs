//! The rules: one file per field, each from a cell to a value or to the reason why it holds none.

pub(crate) mod consent;
pub(crate) mod date;
pub(crate) mod email;
pub(crate) mod language;
pub(crate) mod name;
mod old_spelling;
pub(crate) mod phone;
pub(crate) mod row_date;
pub(crate) mod tags;

use std::collections::HashSet;

use ::phone::PhoneNumber;
use jiff::Timestamp;
use model::{ContactId, ContactKey, RunMark};

use crate::matching::decisions::Decisions;
use crate::merge::survivorship::Survivorship;
use crate::source::Source;

/// Everything that cleaning needs beside the rows.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The run, and when it started.
    pub run: RunMark,
    /// Dates outside this range decide nothing: see [`Rules::date_range`]. Microseconds since 1970.
    pub dates_from: i64,
    pub dates_until: i64,
    pub words: ::consent::Words,
    /// Decides which of several statements about consent counts.
    pub consent: ::consent::Rule,
    /// The purposes that the wordings of consent name.
    pub wordings: ::consent::Wordings,
    /// Decides which of several values of a field a contact keeps.
    pub survivorship: Survivorship,
    pub key: ContactKey,
    /// In the order of the plan. A [`model::RowId`] refers to a source by its place here.
    pub sources: Vec<Source>,
    /// The names of the attributes of all sources.
    pub attributes: Vec<String>,
    /// Numbers of the business itself, which are never contacts.
    pub own_numbers: HashSet<PhoneNumber>,
    /// People who were erased or must never be contacted. Their rows are counted, and nothing else is kept.
    pub suppressed: HashSet<ContactId>,
    pub decisions: Decisions,
}

/// The earliest date that decides anything. Earlier dates are mistakes or stand for empty values.
const FIRST_DATE: i64 = 1_104_537_600_000_000; // 2005-01-01T00:00:00Z
/// How far after the start of the run a date may be, in microseconds: clocks and time zones differ by less than a day.
const MOST_AHEAD: i64 = 24 * 3600 * 1_000_000;

impl Rules {
    /// The first and the last instant that decide anything in a run that started then, in microseconds since 1970.
    pub fn date_range(started_at: Timestamp) -> (i64, i64) {
        (FIRST_DATE, started_at.as_microsecond().saturating_add(MOST_AHEAD))
    }

    /// Whether a date is in the range of dates that decide.
    pub(crate) fn can_decide(&self, when: (i64, i64)) -> bool {
        (self.dates_from..=self.dates_until).contains(&when.0)
    }
}
