use crate::number::{ParsedPhone, PhoneError, PhoneNumber};
use crate::numbering;
use crate::region::Region;

impl PhoneNumber {
    /// Reads `text` as a person in `region` would have dialled it. A number is valid if `isValidNumber` of Google's
    /// libphonenumber says so.
    pub fn parse(text: &str, region: Option<Region>) -> Result<ParsedPhone, PhoneError> {
        numbering::read(text, region).map_or_else(|| numbering::library::parse(text, region), Ok)
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
}
