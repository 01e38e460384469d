//! The profile of each column of files: how full it is, what it holds, and what a plan reads of it.

mod form;
mod judge;
mod shown;
mod tally;
mod values;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use clean::JudgedOrder;
use consent::Words;
use extract::{Cells, Profile, guess_columns_by_names};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use phone::Region;
use rayon::prelude::*;
use serde::Serialize;

use crate::inspect::profile::form::{date_form, write_form};
use crate::inspect::profile::judge::{Column, fields_by_column, judge};
pub use crate::inspect::profile::judge::{DayOrMonth, LooksLike};
pub(in crate::inspect) use crate::inspect::profile::shown::masked;
use crate::inspect::profile::shown::{are_impersonal, may_show};
use crate::inspect::profile::tally::{Range, Tally, date_of_number};
use crate::inspect::profile::values::{Estimate, Limit, Values, hash_of};

/// Limits the values of a column that are shown.
const MOST_SHOWN: usize = 5;
/// Of a column with many values, one row in so many is looked at to find out what it holds.
const ONE_ROW_IN: usize = 64;
/// Limits the rows, and their bytes, that are counted at once.
const ROWS_AT_ONCE: usize = 512;
const BYTES_AT_ONCE: usize = 1 << 20;

/// Limits the digits of the numbers of a range. Longer ones may be about one person.
const MOST_DIGITS: usize = 4;
/// The fewest numbers or dates that have a range. The range of a few is about each of them.
const FEWEST_IN_RANGE: u64 = 10;

/// The profile of the columns of files.
#[derive(Debug, Serialize)]
pub struct FileProfile {
    /// Number of rows that the profile is of.
    pub rows: u64,
    /// The columns; none if there are no rows.
    pub columns: Vec<ColumnProfile>,
}

/// What is in a column.
#[derive(Debug, PartialEq, Serialize)]
pub struct ColumnProfile {
    pub name: String,
    /// Number of cells with more than white space.
    pub filled: u64,
    /// Number of different values, without white space around them.
    pub distinct: u64,
    /// Whether `distinct` is an estimate. The standard error is 1.6 %.
    pub is_estimate: bool,
    pub looks_like: LooksLike,
    /// How most of the dates are written, such as `YYYY-MM-DD`.
    pub date_form: Option<String>,
    pub day_or_month: Option<DayOrMonth>,
    /// Number of characters of the shortest and of the longest value.
    pub shortest: u64,
    pub longest: u64,
    /// The smallest and the greatest number, if both have at most four digits, or the first and the last month. None if
    /// there are fewer than ten.
    pub least: Option<String>,
    pub most: Option<String>,
    /// The commonest values, or their forms.
    pub commonest: Vec<Common>,
    /// The fields of a plan that read the column.
    pub read_as: Vec<String>,
}

/// A common value of a column, or a form that many of its values have.
#[derive(Debug, PartialEq, Serialize)]
pub struct Common {
    pub value: String,
    /// Whether `value` is a form, in which digits are `9` and words are `x`.
    pub is_form: bool,
    /// The share of the filled cells, from 0 to 1.
    pub share: f64,
}

/// Collects the profile of files, row by row. Other threads count, while the next rows are read.
pub(crate) struct Profiler {
    region: Option<Region>,
    most_rows: u64,
    n_rows: u64,
    rows: Rows,
    counting: SyncSender<Rows>,
    counted: JoinHandle<Vec<ColumnCounts>>,
}

/// Some rows, cell after cell, without white space around them.
#[derive(Default)]
struct Rows {
    text: String,
    /// Where each cell ends.
    ends: Vec<usize>,
    n_rows: usize,
}

#[derive(Default)]
struct ColumnCounts {
    filled: u64,
    lengths: Range<u64>,
    values: Values,
    /// Once there are too many values to keep.
    estimate: Option<Estimate>,
    /// Of what kind most of many values are.
    ranged: Option<Ranged>,
    tally: Tally,
}

/// The kinds of values that have a range.
#[derive(Clone, Copy)]
enum Ranged {
    Numbers,
    Dates,
}

impl Profiler {
    /// A profile of at most `most_rows` rows.
    pub(crate) fn new(n_columns: usize, region: Option<Region>, most_rows: u64) -> Self {
        let (counting, rows) = sync_channel(2);
        let counted = std::thread::spawn(move || counted(n_columns, &rows, region));
        Self { region, most_rows, n_rows: 0, rows: Rows::default(), counting, counted }
    }

    /// Adds a row of `n_columns` cells; no cells if it could not be read.
    pub(crate) fn add(&mut self, n_columns: usize, cells: Option<Cells>) {
        if self.n_rows == self.most_rows {
            return;
        }
        self.n_rows += 1;
        let Some(cells) = cells else { return };
        for column in 0..n_columns {
            self.rows.text.push_str(trimmed(cells.get(column)));
            self.rows.ends.push(self.rows.text.len());
        }
        self.rows.n_rows += 1;
        if self.rows.n_rows == ROWS_AT_ONCE || self.rows.text.len() > BYTES_AT_ONCE {
            self.count();
        }
    }

    fn count(&mut self) {
        // If the other thread has ended, it has panicked, which `finish` passes on.
        _ = self.counting.send(std::mem::take(&mut self.rows));
    }

    /// The profile. `names` are the columns, and `layout` says how `profile` reads them.
    pub(crate) fn finish(
        mut self,
        names: &[String],
        layout: &extract::Layout,
        profile: &Profile,
        profiles: &[Profile],
    ) -> FileProfile {
        self.count();
        drop(self.counting);
        let counted = self.counted.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let mut fields = fields_by_column(layout, profile, names.len());
        let words = Words::default();
        let contacts = profiles.iter().find(|it| it.name == "contacts");
        let columns = counted.into_iter().zip(names).enumerate().map(|(index, (counts, name))| {
            let read_as = fields.remove(&index).unwrap_or_default();
            let usual = contacts.map(|it| guess_columns_by_names(it, std::slice::from_ref(name)));
            let usual = usual.and_then(|it| it.into_keys().next()).unwrap_or_default();
            let field = read_as.first().unwrap_or(&usual).clone();
            counts.finish(name, read_as, &field, self.region, &words)
        });
        let columns = if self.n_rows == 0 { Vec::new() } else { columns.collect() };
        FileProfile { rows: self.n_rows, columns }
    }
}

/// Counts all rows, column by column, on all cores.
fn counted(n_columns: usize, rows: &Receiver<Rows>, region: Option<Region>) -> Vec<ColumnCounts> {
    let limit = Limit::of_each(n_columns);
    let mut columns: Vec<ColumnCounts> = (0..n_columns).map(|_| ColumnCounts::default()).collect();
    for rows in rows {
        columns.par_iter_mut().enumerate().for_each(|(index, column)| {
            for (row, end) in rows.ends.iter().skip(index).step_by(n_columns).enumerate() {
                let start = (row * n_columns + index).checked_sub(1).map_or(0, |it| rows.ends[it]);
                let value = &rows.text[start..*end];
                if !value.is_empty() {
                    column.add(value, row.is_multiple_of(ONE_ROW_IN), limit, region);
                }
            }
        });
    }
    columns
}

/// The value without white space around it. Most values have none, which their ends show.
fn trimmed(value: &str) -> &str {
    match value.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => value,
        _ => value.trim(),
    }
}

impl ColumnCounts {
    fn add(&mut self, value: &str, is_looked_at: bool, limit: Limit, region: Option<Region>) {
        self.filled += 1;
        self.lengths.add(if value.is_ascii() { value.len() } else { value.chars().count() } as u64);
        let hash = hash_of(value);
        match &mut self.estimate {
            None => {
                self.values.add(hash, value);
                if self.values.is_over(limit) {
                    self.begin_estimate(region);
                }
            }
            Some(estimate) => {
                estimate.add(hash);
                match self.ranged {
                    // This row counts for those that are not looked at.
                    _ if is_looked_at => self.tally.add(value, ONE_ROW_IN as u64, region),
                    Some(Ranged::Numbers) => self.tally.add_number(value),
                    Some(Ranged::Dates) => _ = self.tally.add_date(value, 1),
                    None => {}
                }
            }
        }
    }

    /// Forgets the values of a column that has too many of them.
    fn begin_estimate(&mut self, region: Option<Region>) {
        let mut estimate = Estimate::default();
        self.values.iter().for_each(|it| estimate.add(it.0));
        self.estimate = Some(estimate);
        self.tally_values(region);
        self.values = Values::default();
        let are_most = |n: u64| n * 2 > self.tally.n_cells;
        self.ranged = match () {
            () if are_most(self.tally.dates.dates - self.tally.n_bare_dates) => Some(Ranged::Dates),
            () if are_most(self.tally.n_numbers) => Some(Ranged::Numbers),
            () => None,
        };
    }

    fn tally_values(&mut self, region: Option<Region>) {
        self.values.iter().for_each(|(_, value, n)| self.tally.add(value, n, region));
    }

    fn finish(
        mut self,
        name: &str,
        read_as: Vec<String>,
        field: &str,
        region: Option<Region>,
        words: &Words,
    ) -> ColumnProfile {
        if self.estimate.is_none() {
            self.tally_values(region);
        }
        let distinct = self.estimate.as_ref().map_or(self.values.len() as u64, Estimate::n_distinct);
        let distinct = distinct.min(self.filled);
        let values = if self.estimate.is_none() { Some(&self.values) } else { None };
        let looks_like = judge(&Column { filled: self.filled, distinct, tally: &self.tally, values, field }, words);
        let order = self.tally.dates.judge(region);
        let is_date = looks_like == LooksLike::Date;
        let (least, most) = self.range(looks_like, order).unzip();
        let (shortest, longest) = self.lengths.0.unwrap_or_default();
        ColumnProfile {
            name: name.to_owned(),
            filled: self.filled,
            distinct,
            is_estimate: self.estimate.is_some(),
            looks_like,
            date_form: self.tally.commonest_forms().first().filter(|_| is_date).map(|it| date_form(it.0, order)),
            day_or_month: DayOrMonth::of(order).filter(|_| is_date),
            shortest,
            longest,
            least,
            most,
            commonest: match is_date {
                true => self.common_forms(|it| date_form(it, order)),
                false => self.commonest(looks_like, values, &read_as, words),
            },
            read_as,
        }
    }

    fn range(&self, looks_like: LooksLike, order: JudgedOrder) -> Option<(String, String)> {
        match (looks_like, self.ranged) {
            (LooksLike::Date, _) if self.tally.dates.dates < FEWEST_IN_RANGE => None,
            (LooksLike::Number, _) if self.tally.n_numbers < FEWEST_IN_RANGE => None,
            // Such as Unix time: the smallest number is the first day.
            (LooksLike::Date, Some(Ranged::Numbers)) => {
                let (least, most) = self.tally.numbers.0?;
                Some((month(date_of_number(least)?), month(date_of_number(most)?)))
            }
            (LooksLike::Date, _) => self.tally.days(order).map(|it| (month(it.0), month(it.1))),
            (LooksLike::Number, _) => {
                let (least, most) = self.tally.numbers.0?;
                Some((least.to_string(), most.to_string())).filter(|it| is_short(&it.0) && is_short(&it.1))
            }
            _ => None,
        }
    }

    /// The commonest values of a column of words. A value that may be about one person counts by its form.
    fn commonest(
        &self,
        looks_like: LooksLike,
        values: Option<&Values>,
        read_as: &[String],
        words: &Words,
    ) -> Vec<Common> {
        let may_have_words = looks_like.is_words() && are_impersonal(read_as);
        let Some(values) = values.filter(|_| may_have_words) else { return self.common_forms(str::to_owned) };
        let mut counts: BTreeMap<(bool, String), u64> = BTreeMap::new();
        for (_, value, n) in values.iter() {
            let is_plain = may_show(read_as, value, n, words);
            let mut text = String::new();
            match is_plain {
                true => text += &value.split_whitespace().collect::<Vec<_>>().join(" "),
                false => write_form(value, &mut text),
            }
            *counts.entry((!is_plain, text)).or_default() += n;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|it| std::cmp::Reverse(it.1));
        let shown = counts.into_iter().take(MOST_SHOWN);
        shown.map(|((is_form, value), n)| Common { value, is_form, share: self.share(n) }).collect()
    }

    /// The commonest forms of the values, as `shown` writes them.
    fn common_forms(&self, shown: impl Fn(&str) -> String) -> Vec<Common> {
        let forms = self.tally.commonest_forms().into_iter().take(MOST_SHOWN);
        forms.map(|(form, n)| Common { value: shown(form), is_form: true, share: self.share(n) }).collect()
    }

    fn share(&self, n: u64) -> f64 {
        (model::share(n, self.tally.n_all) * 10_000.0).round() / 10_000.0
    }
}

fn month(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string()
}

fn is_short(number: &str) -> bool {
    number.bytes().filter(u8::is_ascii_digit).count() <= MOST_DIGITS
}
