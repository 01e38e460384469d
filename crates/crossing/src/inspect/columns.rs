//! Samples of the first rows of files of an unknown kind.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use anyhow::Result;
use clean::{DateEvidence, DateForm, DateOrder, JudgedOrder, ReadDate, ReadEmail};
use consent::Meaning;
use extract::{ColumnSample, Layout, Probe, read_first};
use phone::{PhoneForm, Region};

use crate::inspect::{SAMPLE_ROWS, Warning};
use crate::reading::BareDigits;

/// Limits the rows that are read to find out what columns hold.
const COLUMN_ROWS: u64 = 2_000;
/// Limits the distinct values of a column that are compared with consent words.
const MOST_DISTINCT: usize = 1_000;

/// Samples the cells of each column in the first rows.
pub(crate) fn column_samples(probe: &Probe, region: Option<Region>) -> Result<Vec<ColumnSample>> {
    let mut samples = vec![ColumnSample::default(); probe.columns.len()];
    let mut distinct = vec![BTreeSet::new(); probe.columns.len()];
    read_first(probe, COLUMN_ROWS, |row| {
        let Ok(cells) = row.cells else { return };
        for (column, (sample, distinct)) in samples.iter_mut().zip(&mut distinct).enumerate() {
            let cell = cells.get(column).trim();
            if !cell.is_empty() {
                sample_cell(sample, cell, region);
                if distinct.len() < MOST_DISTINCT {
                    distinct.insert(cell.to_owned());
                }
            }
        }
    })?;
    let words = consent::Words::default();
    for (sample, distinct) in samples.iter_mut().zip(distinct) {
        let meanings = distinct.iter().map(|it| words.cell(it)).filter(|it| *it != Meaning::Nothing);
        sample.n_consent_distinct = meanings.clone().count() as u64;
        sample.n_consent_known = meanings.filter(|it| *it != Meaning::Unclear).count() as u64;
    }
    Ok(samples)
}

/// How many digits a phone number without its country code has.
const NATIONAL_DIGITS: RangeInclusive<usize> = 8..=12;

/// Whether a cell may be a phone number without a country code, by its digits and signs.
fn may_be_national(cell: &str) -> bool {
    let n_digits = cell.chars().filter(char::is_ascii_digit).count();
    NATIONAL_DIGITS.contains(&n_digits) && cell.chars().all(|it| it.is_ascii_digit() || is_separator(it))
}

/// Whether such a cell is written as phone numbers are: with a leading zero, or in groups of digits.
fn is_written_national(cell: &str) -> bool {
    let n_separators = cell.chars().filter(|it| is_separator(*it)).count();
    n_separators >= 2 || cell.starts_with('0') && !cell.starts_with("0.")
}

fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || "-./()".contains(letter)
}

fn sample_cell(sample: &mut ColumnSample, cell: &str, region: Option<Region>) {
    let is_phone =
        || clean::phone(cell, region).is_ok() || clean::phone_in(cell, None, PhoneForm::International).is_ok();
    let is_date = || {
        let form = |order| DateForm { order: Some(order), ..DateForm::default() };
        let orders = [DateOrder::DayFirst, DateOrder::MonthFirst];
        orders.into_iter().any(|it| matches!(clean::read_date(cell, &form(it)), ReadDate::At(_)))
    };
    let is_phone = is_phone();
    let is_national = !is_phone && may_be_national(cell);
    sample.n_filled += 1;
    sample.n_phones += u64::from(is_phone);
    sample.n_national += u64::from(is_national);
    sample.n_written_national += u64::from(is_national && is_written_national(cell));
    sample.n_emails += u64::from(matches!(clean::read_email(cell), ReadEmail::Email(_)));
    sample.n_dates += u64::from(is_date());
}

/// Evidence from the first rows about phones and dates.
pub(crate) struct FirstRows {
    pub(crate) bare: BareDigits,
    dates: DateEvidence,
}

impl FirstRows {
    pub(crate) fn of(probe: &Probe, layout: &Layout, region: Option<Region>) -> Result<Self> {
        let mut first = Self { bare: BareDigits::default(), dates: DateEvidence::default() };
        read_first(probe, SAMPLE_ROWS, |row| {
            let Ok(cells) = row.cells else { return };
            for column in layout.phone_columns() {
                first.bare.add(cells.get(column).trim(), region);
            }
            for column in layout.columns_of("last_at") {
                first.dates.add(cells.get(*column));
            }
        })?;
        Ok(first)
    }

    pub(crate) fn date_form(&self, region: Option<Region>) -> DateForm {
        let order = match self.dates.judge(region) {
            JudgedOrder::Order(order) => order,
            JudgedOrder::Mixed | JudgedOrder::Ask => None,
        };
        DateForm { order, ..DateForm::default() }
    }

    pub(crate) fn warnings(&self, region: Option<Region>) -> Option<Warning> {
        match self.dates.judge(region) {
            JudgedOrder::Order(_) => None,
            JudgedOrder::Mixed => Some(Warning::MixedDateOrder),
            JudgedOrder::Ask => Some(Warning::UnknownDateOrder),
        }
    }
}
