use std::fmt;

use arrayvec::ArrayString;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::line_type::LineType;
use crate::region::Region;

/// A valid phone number in E.164 form, such as `+33199000001`.
///
/// Text that a person typed becomes a number only by [`PhoneNumber::parse`], so a number is valid by Google's rules.
/// `Debug` masks the last four digits, so that logs and failed tests never show a whole number.
///
/// E.164 allows at most 15 digits and no leading zero, so the digits fit a `u64`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(u64);

/// The number of leading digits that name a country and a network, and no person.
pub const PREFIX_DIGITS: usize = 5;

/// A number as text, without a heap allocation. Any `u64` fits.
pub type E164 = ArrayString<21>;

/// A number together with what the numbering plan says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsedPhone {
    pub number: PhoneNumber,
    pub line_type: LineType,
    /// The country of the number; none for numbers of no country, such as `+800`.
    pub region: Option<Region>,
    /// Whether the text also held an extension, which a messenger cannot reach.
    pub had_extension: bool,
    /// Whether the text was a national number without the zero that its country dials first. Spreadsheets drop it.
    pub lacks_trunk_zero: bool,
}

/// How the numbers of a column are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhoneForm {
    /// Nothing is known. Digits that could be both a national and an international number are rejected.
    #[default]
    Unknown,
    /// Every number begins with its country code, with or without a plus sign.
    International,
    /// Numbers are written as dialled within the country of the row. Numbers of other countries have a plus sign.
    National,
}

impl PhoneForm {
    const NAMES: [(Self, &'static str); 3] =
        [(Self::Unknown, "unknown"), (Self::International, "international"), (Self::National, "national")];

    /// The name in plans and files.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// Reads back what [`PhoneForm::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|it| it.1 == name).map(|it| it.0)
    }
}

/// Why a text is not a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhoneError {
    #[error("the number is national and its country is not known")]
    NoRegion,
    #[error("the text is not a phone number")]
    NotANumber,
    #[error("no numbering plan has such a number")]
    Invalid,
}

impl PhoneNumber {
    /// The number as it is written: `+33199000001`.
    pub fn e164(self) -> E164 {
        let mut text = E164::new();
        text.push('+');
        text.push_str(itoa::Buffer::new().format(self.0));
        text
    }

    /// Reads back what [`fmt::Display`] wrote: a plus sign and 1 to 15 digits.
    ///
    /// It checks the form and not the numbering plan: the writer had a valid number.
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        if !(1..=15).contains(&digits.len()) || digits.starts_with('0') {
            return None;
        }
        // Branch-free: whether all are digits is checked once at the end. A million numbers are read in a run.
        let (number, are_digits) = digits
            .bytes()
            .map(|it| it.wrapping_sub(b'0'))
            .fold((0, true), |(number, are_digits), it| (10 * number + u64::from(it), are_digits & (it < 10)));
        are_digits.then_some(Self(number))
    }

    /// The digits as one number: `33199000001`.
    pub fn digits(self) -> u64 {
        self.0
    }

    /// Reads back what [`PhoneNumber::digits`] gave.
    pub fn from_digits(digits: u64) -> Self {
        Self(digits)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.e164())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}****", self.0 / 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_masks_the_last_digits() {
        assert_eq!(format!("{:?}", PhoneNumber::from_digits(12025550123)), "+1202555****");
    }
}
