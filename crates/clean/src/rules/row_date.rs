use model::{RowFinding, RowFindings};

use crate::quality::unreadable::{ReadField, UnreadValues};
use crate::rules::Rules;
use crate::rules::date::{DateForm, ReadDate, read_date};

/// The start and the end of a day, or an instant twice, in microseconds since 1970.
pub(crate) type When = (i64, i64);

/// Reads the dates of a row, and records what is wrong with them.
pub(crate) struct RowDates<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) findings: &'a mut RowFindings,
    pub(crate) unread: &'a mut UnreadValues,
}

impl RowDates<'_> {
    /// Reads a date; none if the cell holds no date that decides.
    pub(crate) fn read(&mut self, cell: &str, form: &DateForm, from: i64) -> Option<When> {
        self.read_filled(cell, form, from).flatten()
    }

    /// Reads a date; none if the cell says nothing, and `Some(None)` if its date decides nothing: it cannot be read, is
    /// before `from`, or is more than a day after the start of the run.
    pub(crate) fn read_filled(&mut self, cell: &str, form: &DateForm, from: i64) -> Option<Option<When>> {
        match read_date(cell, form) {
            ReadDate::Nothing => None,
            ReadDate::Unreadable => {
                self.unread.unread(ReadField::Date, cell);
                self.findings.add(RowFinding::Date);
                Some(None)
            }
            ReadDate::At(moment) => {
                self.unread.read(ReadField::Date);
                let when = (moment.at.as_microsecond(), moment.until.as_microsecond());
                let is_in_range = (from..=self.rules.dates_until).contains(&when.0);
                if !is_in_range {
                    self.findings.add(RowFinding::DateRange);
                }
                Some(is_in_range.then_some(when))
            }
        }
    }
}
