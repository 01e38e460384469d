//! Assigns the columns of a contact list to fields: samples of cells, and search by name among the free columns.

use std::collections::HashMap;
use std::path::Path;

use crate::detect::opt_outs::has_refusal;
use crate::header::{Header, NamePattern, folded};
use crate::profile::{ColumnNames, Mapping, Profile};

/// Counts of what the first cells of a column look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ColumnSample {
    /// Cells that are not blank. If there are none, the name alone decides.
    pub n_filled: u64,
    /// Valid phone numbers, with a plus sign or as written in the region.
    pub n_phones: u64,
    /// Other cells that may be phone numbers without a country code, by their digits and signs.
    pub n_national: u64,
    /// Those of them that are written as phone numbers are: with a leading zero, or in groups of digits.
    pub n_written_national: u64,
    pub n_emails: u64,
    pub n_dates: u64,
    /// Different values that are known words of consent or refusal.
    pub n_consent_known: u64,
    /// All different values.
    pub n_consent_distinct: u64,
}

impl ColumnSample {
    /// Whether the cells may tell who has refused: they are words of consent, or dates.
    pub(super) fn is_flag(&self) -> bool {
        let is_known = self.n_consent_known > 0 && self.n_consent_known * 2 >= self.n_consent_distinct;
        self.n_filled == 0 || is_known || self.is_mostly_dates()
    }

    pub(super) fn is_mostly_phones(&self) -> bool {
        self.n_phones * 2 > self.n_filled
    }

    /// Whether a column that is named like a phone number may hold some without a country code.
    pub(super) fn is_mostly_national(&self) -> bool {
        self.n_national * 2 > self.n_filled
    }

    /// Whether the cells alone look like phone numbers without a country code.
    pub(super) fn is_written_national(&self) -> bool {
        self.n_written_national * 2 > self.n_filled && !self.is_mostly_dates()
    }

    pub(super) fn is_mostly_dates(&self) -> bool {
        self.n_dates * 2 > self.n_filled
    }
}

/// The columns of a contact list and their fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnGuess {
    pub columns: Mapping,
    /// `email` or `whatsapp`, if the names of the consent columns say so.
    pub consent_channel: Option<&'static str>,
    /// Columns whose names match a field but that were not used, and why.
    pub left_out: Vec<(String, String)>,
    /// Columns that look like phone numbers without a country code, which cannot be read for want of a region.
    pub national_phones: Vec<String>,
}

/// Assigns columns to fields, each column to one field at most.
pub(super) struct ColumnGuesser<'a> {
    pub(super) contacts: &'a Profile,
    pub(super) columns: &'a [String],
    samples: &'a [ColumnSample],
    pub(super) header: Header<'a>,
    /// Columns that have a field already, or that cannot have one.
    pub(super) is_taken: Vec<bool>,
    pub(super) guess: ColumnGuess,
}

impl<'a> ColumnGuesser<'a> {
    pub(super) fn new(contacts: &'a Profile, columns: &'a [String], samples: &'a [ColumnSample]) -> Self {
        let mut n_same: HashMap<&str, usize> = HashMap::new();
        for column in columns {
            *n_same.entry(column.as_str()).or_default() += 1;
        }
        // A plan names columns, so it cannot use one whose exact name is not unique.
        let is_taken = columns.iter().map(|it| n_same[it.as_str()] > 1).collect();
        Self { contacts, columns, samples, header: Header::new(columns), is_taken, guess: ColumnGuess::default() }
    }

    pub(super) fn sample(&self, index: usize) -> ColumnSample {
        self.samples.get(index).copied().unwrap_or_default()
    }

    /// Assigns columns to a field.
    pub(super) fn take(&mut self, field: &str, indexes: Vec<usize>) {
        for index in &indexes {
            self.is_taken[*index] = true;
        }
        let names: Vec<String> = indexes.into_iter().map(|it| self.columns[it].clone()).collect();
        let names = match <[String; 1]>::try_from(names) {
            Ok([name]) => ColumnNames::One(name),
            Err(names) if names.is_empty() => return,
            Err(names) => ColumnNames::Several(names),
        };
        self.guess.columns.insert(field.to_owned(), names);
    }

    pub(super) fn leave_out(&mut self, index: usize, why: &str) {
        self.is_taken[index] = true;
        self.guess.left_out.push((self.columns[index].clone(), why.to_owned()));
    }

    /// The free columns with one of these names, in the order of the names.
    pub(super) fn named(&mut self, names: Option<&ColumnNames>) -> Vec<usize> {
        let mut indexes = Vec::new();
        for name in names.into_iter().flat_map(ColumnNames::iter) {
            match self.header.find(Path::new(""), name) {
                Ok(found) => indexes.extend(found.into_iter().filter(|it| !self.is_taken[*it])),
                Err(_) => self.leave_out_ambiguous(name),
            }
        }
        if indexes.is_empty() {
            indexes = self.with_remarks(names);
        }
        let mut seen = vec![false; self.columns.len()];
        indexes.retain(|it| !std::mem::replace(&mut seen[*it], true));
        indexes
    }

    fn leave_out_ambiguous(&mut self, name: &str) {
        let pattern = NamePattern::new(name);
        let same = (0..self.columns.len()).filter(|it| pattern.matches(self.header.folded(*it)));
        for index in same.collect::<Vec<_>>() {
            if !self.guess.left_out.iter().any(|it| it.0 == self.columns[index]) {
                self.leave_out(index, "another column has the same name");
            }
        }
    }

    /// The free columns whose name is one of these with a remark in brackets: "Country (ISO)".
    fn with_remarks(&self, names: Option<&ColumnNames>) -> Vec<usize> {
        let bare = |index: usize| {
            let (name, remark) = self.columns[index].split_once(['(', '['])?;
            (!self.is_taken[index] && !is_about_consent(remark)).then(|| (index, folded(name)))
        };
        matching(names, &(0..self.columns.len()).filter_map(bare).collect::<Vec<_>>())
    }

    /// The columns of a field of which a person may have several, followed by those with a number at the end.
    pub(super) fn numbered(&mut self, field: &str) -> Vec<usize> {
        let mut indexes = self.named(self.contacts.columns.get(field));
        let bare = |index: usize| {
            let name = self.header.folded(index);
            let bare = name.trim_end_matches(|it: char| it.is_ascii_digit());
            let is_it = bare.len() < name.len() && !self.is_taken[index] && !indexes.contains(&index);
            is_it.then(|| (index, bare.to_owned()))
        };
        let numbered: Vec<_> = (0..self.columns.len()).filter_map(bare).collect();
        indexes.extend(matching(self.contacts.columns.get(field), &numbered));
        indexes
    }
}

/// The indexes of columns with one of these names, in the order of the names. Each column has its index and folded name.
fn matching(names: Option<&ColumnNames>, columns: &[(usize, String)]) -> Vec<usize> {
    if columns.is_empty() {
        return Vec::new();
    }
    let patterns = names.into_iter().flat_map(ColumnNames::iter).map(NamePattern::new);
    patterns.flat_map(|it| columns.iter().filter(move |column| it.matches(&column.1)).map(|it| it.0)).collect()
}

/// Whether a name, or a remark in a name, is about consent or refusal.
pub(super) fn is_about_consent(name: &str) -> bool {
    let folded = folded(name);
    has_refusal(name) || ["consent", "optin", "optedin", "newsletter"].iter().any(|it| folded.contains(it))
}
