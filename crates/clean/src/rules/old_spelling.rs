//! Reads numbers as they were written before their country changed its numbering plan.
//!
//! A number that is valid as written is never changed. Brazil put a 9 before its mobile numbers by 2016. In 2019,
//! Mexico dropped the 1 after its country code, and the prefixes 044, 045 and 01 within the country. Exports and
//! gateways still hold both spellings.

use phone::{ParsedPhone, PhoneNumber, Region};

/// Reads digits that begin with a country code: `5215512345678`, `551181234567`.
pub(crate) fn international(digits: &str) -> Option<ParsedPhone> {
    match digits.strip_prefix("521") {
        Some(national) => mexican(national),
        None => brazilian(digits.strip_prefix("55")?),
    }
}

/// Reads digits as they were dialled within a country: `0445512345678` in Mexico, `1181234567` in Brazil.
pub(crate) fn national(digits: &str, region: Region) -> Option<ParsedPhone> {
    match region.code() {
        "MX" => mexican(["044", "045", "01"].iter().find_map(|prefix| digits.strip_prefix(prefix))?),
        "BR" => brazilian(digits.strip_prefix('0').unwrap_or(digits)),
        _ => None,
    }
}

fn mexican(national: &str) -> Option<ParsedPhone> {
    const DIGITS: usize = 10;
    (national.len() == DIGITS).then(|| PhoneNumber::parse(&format!("+52{national}"), None).ok())?
}

/// Adds the 9 after the area code. The eight digits of mobile numbers began with 6, 8 or 9, those of fixed lines with 2
/// to 5; 7 was used for both.
fn brazilian(national: &str) -> Option<ParsedPhone> {
    const DIGITS: usize = 10;
    let (area, number) = national.split_at_checked(2)?;
    let is_mobile = national.len() == DIGITS && number.starts_with(['6', '8', '9']);
    is_mobile.then(|| PhoneNumber::parse(&format!("+55{area}9{number}"), None).ok())?
}
