//! Counts what the cells of a column look like.

use std::collections::HashMap;

use clean::{DateEvidence, DateForm, DateOrder, JudgedOrder, Moment, ReadDate, ReadEmail};
use jiff::Timestamp;
use phone::{PhoneForm, Region, says_nothing};

use crate::inspect::profile::form::write_form;

/// Limits the forms of a column that are kept; the rarest are dropped.
const MOST_FORMS: usize = 256;

/// Counts of the cells of a column. A cell can count for several of them.
#[derive(Default)]
pub(super) struct Tally {
    /// All cells.
    pub(super) n_all: u64,
    /// Cells that say something, other than `n/a` and the like.
    pub(super) n_cells: u64,
    pub(super) n_phones: u64,
    pub(super) n_emails: u64,
    pub(super) n_numbers: u64,
    /// Digits that are a date if the column says so: a day of a spreadsheet, `YYYYMMDD`, Unix time.
    pub(super) n_bare_dates: u64,
    /// One token with digits and other characters.
    pub(super) n_ids: u64,
    /// One to four words that look like a name.
    pub(super) n_names: u64,
    /// The same with at least two words.
    pub(super) n_full_names: u64,
    pub(super) dates: DateEvidence,
    days: [Range<Timestamp>; 2],
    pub(super) numbers: Range<f64>,
    pub(super) forms: HashMap<Box<str>, u64>,
    form: String,
}

/// The smallest and the greatest of some values.
#[derive(Clone, Copy, Default)]
pub(super) struct Range<T>(pub(super) Option<(T, T)>);

impl<T: Copy + PartialOrd> Range<T> {
    pub(super) fn add(&mut self, value: T) {
        self.0 = Some(match self.0 {
            None => (value, value),
            Some((least, most)) => (if value < least { value } else { least }, if value > most { value } else { most }),
        });
    }
}

impl Tally {
    /// Counts a value that `n` cells have.
    pub(super) fn add(&mut self, value: &str, n: u64, region: Option<Region>) {
        self.n_all += n;
        write_form(value, &mut self.form);
        match self.forms.get_mut(self.form.as_str()) {
            Some(count) => *count += n,
            None => _ = self.forms.insert(self.form.as_str().into(), n),
        }
        if self.forms.len() > 2 * MOST_FORMS {
            self.drop_rare_forms();
        }
        let number = number(value);
        if number.is_none() && says_nothing(value) {
            return;
        }
        self.n_cells += n;
        self.n_phones += n * u64::from(is_phone(value, region));
        self.n_emails += n * u64::from(value.contains('@') && matches!(clean::read_email(value), ReadEmail::Email(_)));
        self.n_numbers += n * u64::from(number.is_some());
        self.n_ids += n * u64::from(is_id(value));
        let n_words = n_words_of_a_name(value);
        self.n_names += n * u64::from(n_words > 0);
        self.n_full_names += n * u64::from(n_words > 1);
        let is_bare = number.is_some() || value.bytes().all(|it| it.is_ascii_digit());
        self.n_bare_dates += n * u64::from(self.add_date(value, n) && is_bare);
        number.iter().for_each(|it| self.numbers.add(*it));
    }

    /// Takes a number into the range of numbers.
    pub(super) fn add_number(&mut self, value: &str) {
        number(value).iter().for_each(|it| self.numbers.add(*it));
    }

    /// Counts a date that `n` cells have, and takes it into the range of days. Returns whether it is one.
    pub(super) fn add_date(&mut self, value: &str, n: u64) -> bool {
        let n_depending = |it: &DateEvidence| it.day_first + it.month_first + it.ambiguous;
        let before = self.dates;
        self.dates.add(value);
        if self.dates.dates == before.dates {
            return false;
        }
        // Further cells of the same value are dates, but no further evidence of the order.
        self.dates.dates += n - 1;
        let day_first = date(value, DateOrder::DayFirst);
        let month_first = match n_depending(&self.dates) == n_depending(&before) {
            true => day_first,
            false => date(value, DateOrder::MonthFirst),
        };
        for (range, at) in self.days.iter_mut().zip([day_first, month_first]) {
            at.or(day_first).or(month_first).iter().for_each(|it| range.add(*it));
        }
        true
    }

    /// The days between which all dates are; none if day and month cannot be told apart.
    pub(super) fn days(&self, order: JudgedOrder) -> Option<(Timestamp, Timestamp)> {
        match order {
            JudgedOrder::Order(Some(DateOrder::MonthFirst)) => self.days[1].0,
            JudgedOrder::Order(_) => self.days[0].0,
            JudgedOrder::Mixed | JudgedOrder::Ask => None,
        }
    }

    /// The forms with their counts, the commonest first.
    pub(super) fn commonest_forms(&self) -> Vec<(&str, u64)> {
        let mut forms: Vec<(&str, u64)> = self.forms.iter().map(|(form, n)| (&**form, *n)).collect();
        forms.sort_by(|one, other| (other.1, one.0).cmp(&(one.1, other.0)));
        forms
    }

    fn drop_rare_forms(&mut self) {
        let mut counts: Vec<u64> = self.forms.values().copied().collect();
        counts.sort_unstable();
        let least = counts[counts.len() - MOST_FORMS];
        self.forms.retain(|_, n| *n > least);
    }
}

fn date(value: &str, order: DateOrder) -> Option<Timestamp> {
    match clean::read_date(value, &DateForm { order: Some(order), ..DateForm::default() }) {
        ReadDate::At(Moment { at, .. }) => Some(at),
        ReadDate::Nothing | ReadDate::Unreadable => None,
    }
}

/// The date that a number means in a column of dates: a day of a spreadsheet, `YYYYMMDD`, Unix time.
pub(super) fn date_of_number(number: f64) -> Option<Timestamp> {
    date(&number.to_string(), DateOrder::DayFirst)
}

fn is_phone(value: &str, region: Option<Region>) -> bool {
    let n_digits = value.chars().filter(|it| it.is_numeric()).count();
    (7..=18).contains(&n_digits)
        && (clean::phone(value, region).is_ok() || clean::phone_in(value, None, PhoneForm::International).is_ok())
}

/// A number as programs and spreadsheets write it. Digits with a leading zero are none: they are codes.
fn number(value: &str) -> Option<f64> {
    const MOST_DIGITS: usize = 15;
    let are_digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    if are_digits(value) {
        let is_code = value.len() > 1 && value.starts_with('0') || value.len() > MOST_DIGITS;
        let number = value.bytes().fold(0, |number, it| number * 10 + u64::from(it - b'0'));
        return (!is_code).then_some(number as f64);
    }
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    let is_code = whole.len() > 1 && whole.starts_with('0') || whole.len() > MOST_DIGITS;
    let is_number = are_digits(whole) && are_digits(fraction) && !is_code;
    is_number.then(|| value.replace(',', ".").parse().ok()).flatten()
}

/// Whether a value is one token of digits and other characters, such as `CLI-00042` or `SM0a1b`, or a very long number.
fn is_id(value: &str) -> bool {
    let is_foreign = |it: char| it.is_whitespace() || matches!(it, '@' | '[' | '{' | '"');
    let is_token = (4..=128).contains(&value.len()) && !value.contains(is_foreign);
    let n_digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_mixed = value.bytes().any(|it| it.is_ascii_alphabetic()) && n_digits > 0;
    is_token && !value.starts_with(['+', '*']) && (is_mixed || n_digits == value.len() && n_digits > 15)
}

/// The number of words, if the value can be the name of somebody or something.
fn n_words_of_a_name(value: &str) -> usize {
    let is_part = |it: char| !it.is_ascii() && !it.is_numeric() || it.is_ascii_alphabetic() || "'-. ".contains(it);
    let is_name = value.len() <= 80
        && value.chars().next().is_some_and(|it| it.is_uppercase() || it.is_alphabetic() && !it.is_lowercase())
        && value.chars().all(is_part)
        && !value.ends_with("..");
    let n_words = value.split(' ').filter(|it| !it.is_empty()).count();
    if is_name && n_words <= 4 { n_words } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_apart_by_how_they_are_written() {
        let kinds = |value: &str| {
            let mut tally = Tally::default();
            tally.add(value, 2, Region::from_code("FR"));
            let counts = [
                (tally.n_phones, "phone"),
                (tally.n_emails, "e-mail"),
                (tally.dates.dates - tally.n_bare_dates, "date"),
                (tally.n_bare_dates, "bare date"),
                (tally.n_numbers, "number"),
                (tally.n_ids, "id"),
                (tally.n_names, "name"),
            ];
            counts.iter().filter(|it| it.0 == 2).map(|it| it.1).collect::<Vec<_>>().join(" ")
        };
        for (value, expected) in [
            ("+33 1 99 00 00 01", "phone"),
            ("01 99 00 00 02", "phone"),
            ("ana@example.com", "e-mail"),
            ("2026-01-02", "date"),
            ("18/03/2025 10:20", "date"),
            ("Tue, 03 Mar 2026 09:14:07 +0000", "date"),
            ("45734", "bare date number"),
            ("12", "number"),
            ("-0.0650", "number"),
            ("12,50", "number"),
            ("007", ""),
            ("CLI-00042", "id"),
            ("4912661846655238145", "bare date id"),
            ("Ana Lopez", "name"),
            ("D’Angelo", "name"),
            ("merci, à demain", ""),
            (r#"["vip","b2b"]"#, ""),
            ("n/a", ""),
            ("-", ""),
        ] {
            assert_eq!(kinds(value), expected, "{value}");
        }
    }

    #[test]
    fn of_many_forms_the_commonest_are_kept() {
        let mut tally = Tally::default();
        for n in 0..3000_usize {
            tally.add("a-1", 1, None);
            tally.add(&"-".repeat(1 + n % 29).replacen('-', &"1a".repeat(n / 29 % 14), n % 3), 1, None);
        }
        assert!(tally.forms.len() <= 2 * MOST_FORMS);
        assert_eq!(tally.commonest_forms()[0], ("x-9", 3000));
    }
}
