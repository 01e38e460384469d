//! Google's libphonenumber, in the port of the crate `rlibphonenumber`.

use std::sync::LazyLock;

use prost::Message;
use rlibphonenumber::{ParseError, PhoneMetadataCollection, PhoneNumberFormat, PhoneNumberType, PhoneNumberUtil};

use crate::line_type::LineType;
use crate::number::{ParsedPhone, PhoneError, PhoneNumber};
use crate::region::Region;

/// Google's metadata; see the README beside it.
const METADATA: &[u8] = include_bytes!("phonemetadata.binpb");

/// The phone library, with the metadata from which the automata are made.
#[expect(clippy::expect_used, reason = "the metadata is part of the program, and every test of a number reads it")]
pub(super) static LIBRARY: LazyLock<PhoneNumberUtil> =
    LazyLock::new(|| PhoneNumberUtil::new_for_metadata(metadata()).expect("the metadata names known regions"));

#[expect(clippy::expect_used, reason = "the metadata is part of the program, and every test of a number reads it")]
pub(super) fn metadata() -> PhoneMetadataCollection {
    PhoneMetadataCollection::decode(METADATA).expect("the metadata is well-formed")
}

/// Reads `text` as a person in `region` would have dialled it.
///
/// `getNumberType` does the same look-up as `isValidNumber`, and answers "unknown" exactly for invalid numbers, so one
/// call serves both.
pub(crate) fn parse(text: &str, region: Option<Region>) -> Result<ParsedPhone, PhoneError> {
    let default = region.and_then(|it| rlibphonenumber::Region::from_code(it.code()).ok());
    let parsed = LIBRARY.parse(text, default).map_err(|error| match error {
        ParseError::InvalidCountryCode if default.is_none() && !text.contains('+') => PhoneError::NoRegion,
        ParseError::InvalidCountryCode => PhoneError::Invalid,
        ParseError::NotANumber(_) => PhoneError::NotANumber,
        _ => PhoneError::Invalid,
    })?;
    let line_type = line_type(LIBRARY.get_number_type(&parsed)).ok_or(PhoneError::Invalid)?;
    let e164 = LIBRARY.format(&parsed, PhoneNumberFormat::E164);
    let number = PhoneNumber::from_e164(&e164).ok_or(PhoneError::Invalid)?;
    let region = LIBRARY.get_region_for_number(&parsed).and_then(|it| Region::from_code(&it.as_region_str()));
    let lacks_trunk_zero = is_national_without_zero(number, text)
        && LIBRARY.format(&parsed, PhoneNumberFormat::National).trim_start_matches('(').starts_with('0');
    Ok(ParsedPhone { number, line_type, region, had_extension: !parsed.extension().is_empty(), lacks_trunk_zero })
}

/// Whether `text` is the number without its country code and without a leading zero. Numbers of North America never
/// are: no one dials a zero there.
fn is_national_without_zero(number: PhoneNumber, text: &str) -> bool {
    let is_candidate = matches!(text.as_bytes().first(), Some(b'1'..=b'9'));
    let number = number.digits().to_string();
    if !is_candidate || number.starts_with('1') {
        return false;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.len() < number.len() && number.ends_with(&digits)
}

fn line_type(kind: PhoneNumberType) -> Option<LineType> {
    Some(match kind {
        PhoneNumberType::FixedLine => LineType::FixedLine,
        PhoneNumberType::Mobile => LineType::Mobile,
        PhoneNumberType::FixedLineOrMobile => LineType::FixedLineOrMobile,
        PhoneNumberType::TollFree => LineType::TollFree,
        PhoneNumberType::PremiumRate => LineType::PremiumRate,
        PhoneNumberType::SharedCost => LineType::SharedCost,
        PhoneNumberType::VoIP => LineType::Voip,
        PhoneNumberType::PersonalNumber => LineType::PersonalNumber,
        PhoneNumberType::Pager => LineType::Pager,
        PhoneNumberType::UAN => LineType::Uan,
        PhoneNumberType::VoiceMail => LineType::Voicemail,
        PhoneNumberType::Unknown => return None,
    })
}
