use super::Region;
use crate::fold::says_nothing;
use crate::numbering;

/// The result of reading a cell with a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadRegion {
    /// The cell says nothing, so the default region applies.
    Nothing,
    Region(Region),
    /// The cell is not understood as one country. The default region must not be used: the row is about another
    /// country, and a national number would become a stranger's.
    Unknown,
}

impl Region {
    /// Reads a cell of a column of countries: a code or a name, as [`Region::from_name`] does, or a calling code
    /// (`+33`, `0033`, `33`).
    pub fn read(cell: &str) -> ReadRegion {
        let text = cell.trim();
        match text.eq_ignore_ascii_case("NA") {
            true => ReadRegion::Nothing,
            false => Self::read_code(text),
        }
    }

    /// Reads a cell of a column of ISO codes, where `NA` is Namibia.
    pub fn read_code(cell: &str) -> ReadRegion {
        let text = cell.trim();
        match Self::from_code(text) {
            Some(region) => ReadRegion::Region(region),
            None if says_nothing(text) => ReadRegion::Nothing,
            None => match Self::from_word(text).or_else(|| Self::from_parts(text)) {
                Some(region) => ReadRegion::Region(region),
                None => ReadRegion::Unknown,
            },
        }
    }

    fn from_word(text: &str) -> Option<Self> {
        Self::from_folded(text).or_else(|| Self::from_calling_code(text)).or_else(|| Self::from_flag(text))
    }

    /// Reads a country that is named twice: `France (FR)`, `+33 - France`.
    fn from_parts(text: &str) -> Option<Self> {
        let parts = text.split(['(', ')', '-', '–', '/', ',', ':', '|']).map(str::trim).filter(|it| !it.is_empty());
        let mut regions = parts.map(|part| Self::from_code(part).or_else(|| Self::from_word(part)));
        let first = regions.next()??;
        regions.all(|it| it == Some(first)).then_some(first)
    }

    /// Reads the emoji of a flag, which consists of the letters of the code.
    fn from_flag(text: &str) -> Option<Self> {
        let letters = text.chars().map(|it| u32::from(it).checked_sub(u32::from('🇦')).filter(|it| *it < 26));
        let code: String = letters.map(|it| Some(char::from(b'A' + u8::try_from(it?).ok()?))).collect::<Option<_>>()?;
        Self::from_code(&code)
    }

    /// Reads `+33`, `0033` or `33`.
    ///
    /// A calling code of several countries means the main one only if the others are small: +44 is Great Britain, not
    /// Jersey. +1, +7, +262, +590 and +599 name no single country.
    fn from_calling_code(text: &str) -> Option<Self> {
        const WITH_SMALL_PARTS: [usize; 7] = [39, 44, 47, 61, 212, 290, 358];
        let text = text.strip_prefix('(').and_then(|it| it.strip_suffix(')')).unwrap_or(text);
        let prefixed = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
        let digits = prefixed.unwrap_or(text).trim();
        let is_code = (1..=3).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
        let code = digits.parse().ok().filter(|_| is_code && !digits.starts_with('0'))?;
        if prefixed.is_none() && IS_NUMERIC_CODE_OF_ANOTHER.contains(&code) {
            return None;
        }
        let (main, n_regions) = numbering::regions_of(code)?;
        (n_regions == 1 || WITH_SMALL_PARTS.contains(&code)).then_some(main)
    }
}

/// Calling codes that are also the ISO 3166-1 numeric code of another country: 250 is the calling code of Rwanda and
/// the numeric code of France.
const IS_NUMERIC_CODE_OF_ANOTHER: [usize; 41] = [
    212, 218, 222, 226, 230, 231, 232, 233, 234, 238, 239, 242, 246, 248, 249, 250, 254, 258, 260, 262, 266, 268, 352,
    356, 372, 376, 380, 500, 504, 508, 591, 598, 670, 674, 678, 682, 686, 688, 690, 850, 886,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: &str) -> String {
        shown(Region::read(cell))
    }

    fn shown(read: ReadRegion) -> String {
        match read {
            ReadRegion::Nothing => "nothing".to_owned(),
            ReadRegion::Region(region) => region.to_string(),
            ReadRegion::Unknown => "unknown".to_owned(),
        }
    }

    #[test]
    fn a_cell_names_one_country_or_nothing_or_is_not_understood() {
        for (cell, expected) in [
            ("Schweiz", "CH"),
            ("fra", "FR"),
            ("France (FR)", "FR"),
            ("FR - France", "FR"),
            ("+33 (France)", "FR"),
            ("Deutschland/Germany", "DE"),
            ("🇫🇷", "FR"),
            ("🇫🇷 France", "FR"),
            ("Guinea-Bissau", "GW"),
            ("Niger / NG", "unknown"),
            ("DE, AT, CH", "unknown"),
            ("🇪🇺", "unknown"),
            ("", "nothing"),
            ("-", "nothing"),
            ("--", "nothing"),
            ("n/a", "nothing"),
            ("N.A.", "nothing"),
            ("#N/A", "nothing"),
            ("null", "nothing"),
            ("none", "nothing"),
            ("unknown", "nothing"),
            ("\\N", "nothing"),
            ("nan", "nothing"),
            ("not set", "nothing"),
            ("?", "nothing"),
            ("NA", "nothing"),
            ("na", "nothing"),
            ("Belgium / France", "unknown"),
            ("Schweiz und DE", "unknown"),
            ("FR, DE", "unknown"),
            ("EU", "unknown"),
            ("Korea", "unknown"),
            ("Congo", "unknown"),
            ("Other", "unknown"),
            ("***", "unknown"),
            ("12345", "unknown"),
        ] {
            assert_eq!(read(cell), expected, "{cell}");
        }
        assert_eq!(shown(Region::read_code("NA")), "NA");
        assert_eq!(shown(Region::read_code("n/a")), "nothing");
        assert_eq!(shown(Region::read_code("--")), "nothing");
        assert_eq!(shown(Region::read_code("Korea")), "unknown");
    }

    #[test]
    fn a_calling_code_names_a_country_if_it_is_dialled_for_no_other_of_its_size() {
        for (cell, expected) in [
            ("+33", "FR"),
            ("0033", "FR"),
            ("33", "FR"),
            ("(+33)", "FR"),
            ("+ 49", "DE"),
            ("44", "GB"),
            ("+39", "IT"),
            ("47", "NO"),
            ("61", "AU"),
            ("+212", "MA"),
            ("+380", "UA"),
            ("351", "PT"),
            ("+1", "unknown"),
            ("1", "unknown"),
            ("+7", "unknown"),
            ("+262", "unknown"),
            ("+800", "unknown"),
            ("+999", "unknown"),
            ("033", "unknown"),
            ("+0", "unknown"),
            ("+33199000001", "unknown"),
            // 250 is the numeric code of France and the calling code of Rwanda.
            ("250", "unknown"),
            ("+250", "RW"),
        ] {
            assert_eq!(read(cell), expected, "{cell}");
        }
    }
}
