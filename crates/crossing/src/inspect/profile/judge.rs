//! Judges what a column holds.

use std::collections::BTreeMap;

use clean::JudgedOrder;
use consent::{Meaning, Words};
use phone::Region;
use serde::Serialize;

use crate::inspect::profile::tally::Tally;
use crate::inspect::profile::values::Values;

/// The share of cells that decide what a column looks like, and the share that is enough if a field of a plan reads it.
const MOST: f64 = 0.8;
const HALF: f64 = 0.5;
/// Limits the distinct values of a column of words, such as countries or answers.
const MOST_WORDS: usize = 1_000;
/// Limits the distinct values of a category.
const MOST_CATEGORIES: u64 = 50;
/// Limits the distinct values of a yes or no.
const MOST_ANSWERS: u64 = 10;
/// The fewest cells of which no two are alike that make whole numbers ids.
const FEWEST_IDS: u64 = 20;

/// What the cells of a column look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LooksLike {
    Empty,
    Phone,
    Email,
    Date,
    Country,
    Language,
    Consent,
    YesNo,
    Number,
    Id,
    Name,
    /// A few words that come again and again, such as a status.
    Category,
    Text,
}

impl LooksLike {
    /// Whether the values are words that many people have.
    pub(super) fn is_words(self) -> bool {
        matches!(self, Self::Country | Self::Language | Self::Consent | Self::YesNo | Self::Category)
    }
}

/// What is known of a column.
pub(super) struct Column<'a> {
    pub(super) filled: u64,
    pub(super) distinct: u64,
    pub(super) tally: &'a Tally,
    /// All values, if they are few.
    pub(super) values: Option<&'a Values>,
    /// The field that reads the column, or that a column of this name usually has.
    pub(super) field: &'a str,
}

/// Counts of the cells whose words have a meaning.
#[derive(Default)]
struct KnownWords {
    n_cells: u64,
    n_countries: u64,
    n_languages: u64,
    n_small: u64,
    n_consents: u64,
    n_bare_answers: u64,
    has_letters: bool,
}

/// Judges a column, by its cells and by the field that reads it.
pub(super) fn judge(column: &Column, words: &Words) -> LooksLike {
    let words = KnownWords::of(column.values, words);
    match by_field(column, &words).or_else(|| by_words(column, &words)).or_else(|| by_form(column)) {
        Some(looks_like) => looks_like,
        None => by_repetition(column),
    }
}

impl Column<'_> {
    fn share(&self, n: u64) -> f64 {
        model::share(n, self.tally.n_cells)
    }

    /// The share of dates, without bare numbers.
    fn written_dates(&self) -> f64 {
        self.share(self.tally.dates.dates - self.tally.n_bare_dates)
    }
}

impl KnownWords {
    fn of(values: Option<&Values>, words: &Words) -> Self {
        let mut known = Self::default();
        let Some(values) = values.filter(|it| it.len() <= MOST_WORDS) else { return known };
        for (_, value, n) in values.iter().filter(|it| !phone::says_nothing(it.1) || it.1 == "0") {
            let meaning = words.cell(value);
            let is_known = !matches!(meaning, Meaning::Nothing | Meaning::Unclear);
            // In a column of refusals, a bare yes is no yes.
            let is_bare = is_known && words.refusal_cell(value) != meaning;
            known.n_cells += n;
            known.n_countries += n * u64::from(Region::from_name(value).is_some());
            known.n_languages += n * u64::from(clean::language(value).is_some());
            known.n_small += n * u64::from(!value.contains(char::is_uppercase));
            known.n_consents += n * u64::from(is_known);
            known.n_bare_answers += n * u64::from(is_bare);
            known.has_letters |= value.contains(char::is_alphabetic);
        }
        known
    }

    fn share(&self, n: u64) -> f64 {
        model::share(n, self.n_cells)
    }

    /// Whether all answers that are understood are a bare yes or no.
    fn are_bare(&self) -> bool {
        self.n_bare_answers == self.n_consents
    }
}

fn by_field(column: &Column, words: &KnownWords) -> Option<LooksLike> {
    let tally = column.tally;
    let (looks_like, share) = match column.field {
        _ if column.filled == 0 => return Some(LooksLike::Empty),
        "phone" | "shared_phone" | "from" | "to" => (LooksLike::Phone, column.share(tally.n_phones)),
        "name" | "first_name" | "last_name" => (LooksLike::Name, 1.0 - column.share(tally.n_phones + tally.n_numbers)),
        "email" => (LooksLike::Email, column.share(tally.n_emails)),
        "last_at" | "first_at" | "consent_at" => (LooksLike::Date, column.share(tally.dates.dates)),
        "external_id" | "viber_id" | "message_id" => (LooksLike::Id, 1.0),
        "body" => (LooksLike::Text, 1.0),
        "region" => (LooksLike::Country, words.share(words.n_countries)),
        "language" => (LooksLike::Language, words.share(words.n_languages)),
        "consent" | "opt_out" if words.are_bare() => (LooksLike::YesNo, words.share(words.n_consents)),
        "consent" | "opt_out" => (LooksLike::Consent, words.share(words.n_consents)),
        _ => return None,
    };
    (share >= HALF).then_some(looks_like)
}

fn by_words(column: &Column, words: &KnownWords) -> Option<LooksLike> {
    let is = |n: u64| words.n_cells > 0 && words.share(n) >= MOST;
    let is_answer = is(words.n_consents) && words.are_bare() && column.distinct <= MOST_ANSWERS;
    // A single word can be anything: `Or` is gold, and a language.
    let is_language = is(words.n_languages) && column.distinct > 1;
    match () {
        // 0 and 1 are answers only together: a column of ones is a number.
        () if is_answer && (words.has_letters || column.distinct == 2) => Some(LooksLike::YesNo),
        () if !words.has_letters => None,
        () if is_language && (!is(words.n_countries) || is(words.n_small)) => Some(LooksLike::Language),
        () if is(words.n_countries) => Some(LooksLike::Country),
        () if is(words.n_consents) => Some(LooksLike::Consent),
        () => None,
    }
}

fn by_form(column: &Column) -> Option<LooksLike> {
    let tally = column.tally;
    let is = |n: u64| column.share(n) >= MOST;
    let are_ids = column.distinct == column.filled && column.filled >= FEWEST_IDS && column.field != "tags";
    match () {
        () if tally.n_cells == 0 => None,
        () if is(tally.n_emails) => Some(LooksLike::Email),
        () if column.written_dates() >= MOST => Some(LooksLike::Date),
        () if is(tally.n_phones) => Some(LooksLike::Phone),
        () if is(tally.n_numbers) && are_ids && tally.forms.len() == 1 => Some(LooksLike::Id),
        () if is(tally.n_numbers) => Some(LooksLike::Number),
        () if is(tally.n_ids) => Some(LooksLike::Id),
        () if is(tally.n_full_names) => Some(LooksLike::Name),
        () => None,
    }
}

/// Judges words: those of a category come again and again, and names do not.
fn by_repetition(column: &Column) -> LooksLike {
    let is_category = column.distinct <= MOST_CATEGORIES && column.distinct * 2 <= column.filled;
    match () {
        () if is_category => LooksLike::Category,
        () if column.share(column.tally.n_names) >= MOST => LooksLike::Name,
        () => LooksLike::Text,
    }
}

/// What a person should know about the order of day and month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DayOrMonth {
    DayFirst,
    MonthFirst,
    /// Some dates can only have the day first, others only the month.
    Mixed,
    /// Nothing shows which comes first.
    Unclear,
}

impl DayOrMonth {
    /// None if the dates do not depend on it.
    pub(super) fn of(order: JudgedOrder) -> Option<Self> {
        match order {
            JudgedOrder::Order(None) => None,
            JudgedOrder::Order(Some(clean::DateOrder::DayFirst)) => Some(Self::DayFirst),
            JudgedOrder::Order(Some(clean::DateOrder::MonthFirst)) => Some(Self::MonthFirst),
            JudgedOrder::Mixed => Some(Self::Mixed),
            JudgedOrder::Ask => Some(Self::Unclear),
        }
    }
}

/// The fields that read each column, by its index.
pub(super) fn fields_by_column(
    layout: &extract::Layout,
    profile: &extract::Profile,
    n_columns: usize,
) -> BTreeMap<usize, Vec<String>> {
    let mut fields: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for field in extract::FIELDS {
        for column in layout.columns_of(field).iter().filter(|it| **it < n_columns) {
            fields.entry(*column).or_default().push(field.to_owned());
        }
    }
    for (name, columns) in layout.attribute_columns(profile) {
        for column in columns {
            let known = fields.entry(*column).or_default();
            if !model::NAME_PARTS.contains(&name) {
                known.push(name.to_owned());
            }
        }
    }
    fields
}
