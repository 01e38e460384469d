//! Phone numbers. Only this file and `numbering` know the phone library.

use std::fmt;

use arrayvec::ArrayString;
use rlibphonenumber::{ParseError, PhoneNumberFormat, PhoneNumberType};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Region;
use crate::numbering::{self, LIBRARY};

/// A valid phone number in E.164 form, such as `+33199000001`.
///
/// [`PhoneNumber::parse`] is the only way in from text that somebody typed, so holding one proves
/// that Google's rules call the number valid. `Debug` masks the last digits: a number reaches a
/// log or a test failure only half.
///
/// E.164 allows at most 15 digits and no leading zero, so the digits fit a `u64`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(u64);

/// The first digits of an international number: the country and the network, of nobody.
pub const PREFIX_DIGITS: usize = 5;

/// A number as text, which needs no memory of its own. Any `u64` has room in it.
pub type E164 = ArrayString<21>;

/// A number together with what the numbering plan says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsedPhone {
    pub number: PhoneNumber,
    pub line_type: LineType,
    /// Country of the number; none for numbers of no country, such as `+800`.
    pub region: Option<Region>,
    /// Whether the text also held an extension, which a mobile messenger cannot reach.
    pub had_extension: bool,
    /// Whether it was written as a national number without the zero that its country dials first,
    /// which a spreadsheet takes from a number.
    pub lacks_trunk_zero: bool,
}

/// How the numbers of a column are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhoneForm {
    /// Either way; digits that could be both are rejected.
    #[default]
    Unknown,
    /// Every number has its country code before it, with or without a plus sign.
    International,
    /// As they are dialled within the country of the row; other countries have a plus sign.
    National,
}

impl PhoneForm {
    const NAMES: [(Self, &'static str); 3] =
        [(Self::Unknown, "unknown"), (Self::International, "international"), (Self::National, "national")];

    /// The name as plans and files have it.
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
    #[error("the number is national and no region says of which country")]
    NoRegion,
    #[error("the text is not a phone number")]
    NotANumber,
    #[error("no numbering plan has such a number")]
    Invalid,
}

/// What a numbering plan uses a number for. Names follow Google's libphonenumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineType {
    Mobile,
    FixedLine,
    FixedLineOrMobile,
    TollFree,
    PremiumRate,
    SharedCost,
    Voip,
    PersonalNumber,
    Pager,
    Uan,
    Voicemail,
}

impl PhoneNumber {
    /// Reads `text` as somebody in `region` would have dialled it.
    ///
    /// Valid means what `isValidNumber` of Google's libphonenumber says. Its `getNumberType` does
    /// the same look-up and answers "unknown" exactly for invalid numbers, so one call serves both.
    pub fn parse(text: &str, region: Option<Region>) -> Result<ParsedPhone, PhoneError> {
        numbering::read(text, region).map_or_else(|| Self::parse_by_library(text, region), Ok)
    }

    pub(crate) fn parse_by_library(text: &str, region: Option<Region>) -> Result<ParsedPhone, PhoneError> {
        let default = region.and_then(|it| rlibphonenumber::Region::from_code(it.code()).ok());
        let parsed = LIBRARY.parse(text, default).map_err(|error| match error {
            ParseError::InvalidCountryCode if default.is_none() && !text.contains('+') => PhoneError::NoRegion,
            ParseError::InvalidCountryCode => PhoneError::Invalid,
            ParseError::NotANumber(_) => PhoneError::NotANumber,
            _ => PhoneError::Invalid,
        })?;
        let line_type = LineType::of(LIBRARY.get_number_type(&parsed)).ok_or(PhoneError::Invalid)?;
        let number = Self::from_e164(&LIBRARY.format(&parsed, PhoneNumberFormat::E164)).ok_or(PhoneError::Invalid)?;
        let region = LIBRARY.get_region_for_number(&parsed).and_then(|it| Region::from_code(&it.as_region_str()));
        let lacks_trunk_zero = number.ends_with_digits_of(text)
            && LIBRARY.format(&parsed, PhoneNumberFormat::National).trim_start_matches('(').starts_with('0');
        Ok(ParsedPhone { number, line_type, region, had_extension: !parsed.extension().is_empty(), lacks_trunk_zero })
    }

    /// Whether `text` is a number without country code and without zero before it. In North America
    /// nobody dials a zero.
    fn ends_with_digits_of(self, text: &str) -> bool {
        let is_candidate = matches!(text.as_bytes().first(), Some(b'1'..=b'9'));
        if !is_candidate || self.0.to_string().starts_with('1') {
            return false;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let number = self.0.to_string();
        digits.len() < number.len() && number.ends_with(&digits)
    }

    /// The number as it is written: `+33199000001`.
    pub fn e164(self) -> E164 {
        let mut text = E164::new();
        text.push('+');
        text.push_str(itoa::Buffer::new().format(self.0));
        text
    }

    /// Reads back what [`fmt::Display`] wrote: a plus sign and 1 to 15 digits.
    ///
    /// This trusts the writer: it checks the form, not the numbering plan.
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        if !(1..=15).contains(&digits.len()) || digits.starts_with('0') {
            return None;
        }
        // All are looked at before any is judged: it is read a million times, and mostly right.
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

impl LineType {
    const NAMES: [(Self, &'static str); 11] = [
        (Self::Mobile, "mobile"),
        (Self::FixedLine, "fixed_line"),
        (Self::FixedLineOrMobile, "fixed_line_or_mobile"),
        (Self::TollFree, "toll_free"),
        (Self::PremiumRate, "premium_rate"),
        (Self::SharedCost, "shared_cost"),
        (Self::Voip, "voip"),
        (Self::PersonalNumber, "personal_number"),
        (Self::Pager, "pager"),
        (Self::Uan, "uan"),
        (Self::Voicemail, "voicemail"),
    ];

    fn of(kind: PhoneNumberType) -> Option<Self> {
        Some(match kind {
            PhoneNumberType::FixedLine => Self::FixedLine,
            PhoneNumberType::Mobile => Self::Mobile,
            PhoneNumberType::FixedLineOrMobile => Self::FixedLineOrMobile,
            PhoneNumberType::TollFree => Self::TollFree,
            PhoneNumberType::PremiumRate => Self::PremiumRate,
            PhoneNumberType::SharedCost => Self::SharedCost,
            PhoneNumberType::VoIP => Self::Voip,
            PhoneNumberType::PersonalNumber => Self::PersonalNumber,
            PhoneNumberType::Pager => Self::Pager,
            PhoneNumberType::UAN => Self::Uan,
            PhoneNumberType::VoiceMail => Self::Voicemail,
            PhoneNumberType::Unknown => return None,
        })
    }

    /// The name as it stands in files and in the database.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// Reads back what [`LineType::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|it| it.1 == name).map(|it| it.0)
    }

    /// Whether a text message can reach such a line. Fixed, service and pager lines are kept as
    /// contacts and never sent to by default.
    pub fn is_sendable(self) -> bool {
        matches!(self, Self::Mobile | Self::FixedLineOrMobile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, region: &str) -> Result<String, PhoneError> {
        PhoneNumber::parse(text, Region::from_code(region)).map(|it| format!("{} {}", it.number, it.line_type.name()))
    }

    #[test]
    fn a_number_is_valid_only_where_its_numbering_plan_has_it() {
        assert_eq!(parse("01 99 00 00 01", "FR"), Ok("+33199000001 fixed_line".into()));
        assert_eq!(parse("(202) 555-0123", "US"), Ok("+12025550123 fixed_line_or_mobile".into()));
        assert_eq!(parse("0491 570 006", "AU"), Ok("+61491570006 mobile".into()));
        assert_eq!(parse("0199000001", ""), Err(PhoneError::NoRegion));
        assert_eq!(parse("07700 900123", "GB"), Err(PhoneError::Invalid));
        assert_eq!(parse("+999123456", "FR"), Err(PhoneError::Invalid));
    }

    #[test]
    fn an_extension_is_seen_and_left_out_of_the_number() {
        let parsed = PhoneNumber::parse("+1 202 555 0123 ext. 7", None).unwrap();
        assert_eq!((parsed.number.to_string().as_str(), parsed.had_extension), ("+12025550123", true));
    }

    #[test]
    fn debug_masks_the_last_digits() {
        assert_eq!(format!("{:?}", PhoneNumber::from_digits(12025550123)), "+1202555****");
    }

    #[test]
    fn every_line_type_reads_back_its_own_name() {
        for (kind, name) in LineType::NAMES {
            assert_eq!((kind.name(), LineType::from_name(name)), (name, Some(kind)));
        }
    }
}
