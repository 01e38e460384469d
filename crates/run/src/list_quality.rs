use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The quality of the list of a source, counted from its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuality {
    /// Rows with a phone number, valid or not.
    pub phones: u64,
    pub invalid: u64,
    /// Valid numbers in sequences.
    pub in_sequence: u64,
    /// Valid and invalid numbers by country; `--` if the country is unknown.
    pub countries: BTreeMap<String, [u64; 2]>,
    pub findings: Vec<ListFinding>,
}

/// Something suspicious about the list of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ListFinding {
    InvalidNumbers {
        n_invalid: u64,
        n_numbers: u64,
    },
    /// A country or a prefix with a large share of invalid numbers.
    InvalidGroup {
        group: String,
        n_invalid: u64,
        n_numbers: u64,
    },
    /// Numbers that were counted up rather than collected.
    NumbersInSequence {
        n_in_sequence: u64,
        n_numbers: u64,
    },
    /// No row has a name, a date or a consent.
    NumbersAlone,
}
