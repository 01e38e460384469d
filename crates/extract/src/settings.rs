//! Settings of a plan for reading a source.

use crate::packing::Limits;
use crate::profile::Profile;
use crate::text::encoding::Encoding;

/// Settings of a plan for reading a source. What the plan leaves out is detected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub delimiter: Option<u8>,
    pub encoding: Option<Encoding>,
    /// Whether the first line of text with delimiters, or the first row of a sheet, names the columns.
    pub has_header: Option<bool>,
    /// The line or sheet row of the header, from 1. Lines above it are skipped.
    pub header_row: Option<u64>,
    /// The sheet of a spreadsheet. By default the first that is not empty.
    pub sheet: Option<String>,
    /// The key under which pages of JSON hold their records.
    pub records: Option<String>,
    /// Keys to try if `records` is not given.
    pub known_records: Vec<String>,
    /// Lists of which each element makes a row.
    pub each: Vec<String>,
    /// Lists of keys and values.
    pub pairs: Vec<String>,
    /// Whether a row that came before, cell by cell, is left out: pages of a provider overlap.
    pub drops_repeats: bool,
    pub limits: Limits,
}

impl Settings {
    /// Settings for a file whose profile is not known yet: with the keys and lists of all these profiles.
    pub fn of_profiles(profiles: &[Profile]) -> Self {
        let all = |list: fn(&Profile) -> &Vec<String>| {
            let mut all: Vec<String> = profiles.iter().flat_map(list).cloned().collect();
            all.sort();
            all.dedup();
            all
        };
        Self {
            known_records: all(|it| &it.records),
            each: all(|it| &it.each),
            pairs: all(|it| &it.pairs),
            ..Self::default()
        }
    }
}
