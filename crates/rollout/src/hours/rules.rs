//! Hours by country: the table `rules.tsv`, and its reader.

use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};
use phone::Region;

use super::holidays;
use super::window::Window;

/// One line of the table: the hours of a country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourRule {
    pub country: Region,
    /// Whether notices are free of the rule.
    pub is_marketing_only: bool,
    pub first_day: Weekday,
    pub last_day: Weekday,
    pub window: Window,
    pub on_holidays: bool,
    /// Why the rule is not confirmed; empty if it is.
    pub doubt: &'static str,
    /// What it means.
    pub text: &'static str,
    /// The day of the source, as `2026-09-11`.
    pub date: &'static str,
    /// The key of the source.
    pub source: &'static str,
}

impl HourRule {
    /// The hours of a day; none if nothing may go on it.
    pub(super) fn window_of(&self, date: Date) -> Option<Window> {
        let day = date.weekday().to_monday_zero_offset();
        let is_day = (self.first_day.to_monday_zero_offset()..=self.last_day.to_monday_zero_offset()).contains(&day);
        let is_allowed = is_day && (self.on_holidays || !holidays::is_holiday(self.country, date));
        is_allowed.then_some(self.window)
    }
}

static RULES: LazyLock<Vec<HourRule>> = LazyLock::new(|| lines().filter_map(read_line).collect());

/// The hours of all countries that have rules, in the order of the table.
pub fn hour_rules() -> &'static [HourRule] {
    &RULES
}

pub(super) fn of_country(country: Region) -> impl Iterator<Item = &'static HourRule> {
    RULES.iter().filter(move |it| it.country == country)
}

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("rules.tsv").lines().filter(|it| !it.starts_with('#'))
}

fn read_line(line: &'static str) -> Option<HourRule> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [country, purpose, days, window, on_holidays, doubt, text, date, source] = columns[..] else { return None };
    let (first_day, last_day) = days.split_once('-')?;
    Some(HourRule {
        country: Region::from_code(country)?,
        is_marketing_only: read_word(purpose, &[("marketing", true), ("all", false)])?,
        first_day: read_word(first_day, &DAYS)?,
        last_day: read_word(last_day, &DAYS)?,
        window: Window::parse(window)?,
        on_holidays: read_word(on_holidays, &[("yes", true), ("no", false)])?,
        doubt: if doubt == "yes" { "" } else { doubt },
        text,
        date,
        source,
    })
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn read_word<T: Copy>(word: &str, words: &[(&str, T)]) -> Option<T> {
    words.iter().find(|it| it.0 == word).map(|it| it.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let unread: Vec<&str> = lines().filter(|it| read_line(it).is_none()).collect();
        assert_eq!(unread, Vec::<&str>::new());
        let is_in_order = |it: &HourRule| it.first_day.since(Weekday::Monday) <= it.last_day.since(Weekday::Monday);
        assert!(hour_rules().iter().all(is_in_order), "days are written from Monday to Sunday");
    }
}
