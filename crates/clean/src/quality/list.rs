//! Counts that tell the quality of a list: invalid numbers by country and prefix, and numbers in sequence.

use std::collections::HashMap;

use model::{RawContact, Reason};
use phone::{PREFIX_DIGITS, Region};

use crate::row::CleanRow;

/// From this many consecutive numbers on, a list was generated and not collected.
const SEQUENCE: usize = 8;

/// Counts over the rows of one list. The counts of parts add up to those of the whole, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQualityCounts {
    /// Rows with a phone number, valid or not.
    pub phones: u64,
    pub invalid: u64,
    /// Valid numbers in sequences of eight and more, within one chunk of rows.
    pub in_sequence: u64,
    pub named: u64,
    pub dated: u64,
    pub consented: u64,
    /// Valid and invalid numbers by country. Invalid numbers count for the country of their row, else of the plan.
    pub countries: HashMap<[u8; 2], [u64; 2]>,
    /// Valid and invalid numbers by their first five digits, if those are known.
    pub prefixes: HashMap<u32, [u64; 2]>,
    /// Valid numbers, until their sequences are counted.
    numbers: Vec<u64>,
}

impl ListQualityCounts {
    pub(crate) fn add_valid(&mut self, row: &CleanRow) {
        self.named += u64::from(row.name.is_some());
        self.dated += u64::from(row.at.is_some());
        self.consented += u64::from(!row.statements.is_empty());
        let Some(phone) = row.phone else { return };
        self.phones += 1;
        self.countries.entry(phone.region.unwrap_or(*b"--")).or_default()[0] += 1;
        self.numbers.push(phone.number.digits());
    }

    pub(crate) fn add_invalid(&mut self, raw: &RawContact, reason: Reason, default: Option<Region>) {
        if !reason.is_fault() || reason == Reason::Empty {
            return;
        }
        self.phones += 1;
        self.invalid += 1;
        let region = Region::from_name(raw.region.trim()).or(default);
        let code = region.map_or(*b"--", |it| [it.code().as_bytes()[0], it.code().as_bytes()[1]]);
        self.countries.entry(code).or_default()[1] += 1;
        let text = raw.phone.trim();
        let is_international = raw.is_international || text.starts_with('+') || text.starts_with("00");
        let digits = text.chars().filter(char::is_ascii_digit).skip_while(|it| *it == '0');
        let digits: String = digits.take(PREFIX_DIGITS).collect();
        if let (true, PREFIX_DIGITS, Ok(prefix)) = (is_international, digits.len(), digits.parse()) {
            self.prefixes.entry(prefix).or_default()[1] += 1;
        }
    }

    /// Counts the prefixes and the sequences of the valid numbers added so far, and forgets those.
    pub(crate) fn count_sequences(&mut self) {
        self.numbers.sort_unstable();
        for same in self.numbers.chunk_by(|a, b| prefix(*a) == prefix(*b)) {
            self.prefixes.entry(prefix(same[0])).or_default()[0] += same.len() as u64;
        }
        self.numbers.dedup();
        let runs = self.numbers.chunk_by(|a, b| a + 1 == *b).map(<[u64]>::len);
        self.in_sequence += runs.filter(|it| *it >= SEQUENCE).sum::<usize>() as u64;
        self.numbers = Vec::new();
    }
}

impl std::ops::AddAssign for ListQualityCounts {
    fn add_assign(&mut self, other: Self) {
        self.phones += other.phones;
        self.invalid += other.invalid;
        self.in_sequence += other.in_sequence;
        self.named += other.named;
        self.dated += other.dated;
        self.consented += other.consented;
        for (country, [valid, invalid]) in other.countries {
            let sum = self.countries.entry(country).or_default();
            *sum = [sum[0] + valid, sum[1] + invalid];
        }
        for (prefix, [valid, invalid]) in other.prefixes {
            let sum = self.prefixes.entry(prefix).or_default();
            *sum = [sum[0] + valid, sum[1] + invalid];
        }
    }
}

fn prefix(mut digits: u64) -> u32 {
    while digits >= 10_u64.pow(PREFIX_DIGITS as u32) {
        digits /= 10;
    }
    digits as u32
}
