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

/// What cleaning needs to know besides the rows.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The run, and when it started.
    pub run: RunMark,
    /// Dates from here, and until here, decide: see [`Rules::date_range`].
    pub dates_from: i64,
    pub dates_until: i64,
    pub words: ::consent::Words,
    /// Which statement about consent counts.
    pub consent: ::consent::Rule,
    /// Which of several values of a field a contact keeps.
    pub survivorship: Survivorship,
    pub key: ContactKey,
    /// In the order of the plan; a [`model::RowId`] names a source by its place here.
    pub sources: Vec<Source>,
    /// Numbers of the business itself, which are nobody's contact.
    pub own_numbers: HashSet<PhoneNumber>,
    /// People who were erased, or never want to be contacted: their rows are counted, and that is all.
    pub suppressed: HashSet<ContactId>,
    pub decisions: Decisions,
}

/// No system of today has sent messages for longer: earlier dates are slips or empty values.
const FIRST_DATE: i64 = 1_104_537_600_000_000; // 2005-01-01T00:00:00Z
/// Clocks and time zones differ by less.
const MOST_AHEAD: i64 = 24 * 3600 * 1_000_000;

impl Rules {
    /// The instants between which a date decides anything, of a run that started then.
    pub fn date_range(started_at: Timestamp) -> (i64, i64) {
        (FIRST_DATE, started_at.as_microsecond().saturating_add(MOST_AHEAD))
    }

    /// Whether a date lies where dates decide.
    pub(crate) fn can_decide(&self, when: (i64, i64)) -> bool {
        (self.dates_from..=self.dates_until).contains(&when.0)
    }
}
