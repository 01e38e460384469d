use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use crate::fold::{folded, says_nothing};
use crate::numbering;
use serde::{Deserialize, Serialize};

/// A country by its two-letter ISO 3166-1 code, such as `FR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region([u8; 2]);

/// What a cell says about the country of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadRegion {
    /// The cell is empty or says that there is nothing, so the default region holds.
    Nothing,
    Region(Region),
    /// The cell names something that is not understood as one country. The default region must not stand in for it: the
    /// row is about another country, and a national number would become that of a stranger.
    Unknown,
}

/// The countries by their folded names and alpha-3 codes. `scripts/data/countries.py` writes the file.
static NAMES: LazyLock<HashMap<&'static str, Region>> = LazyLock::new(|| {
    let names = lines().flat_map(|(region, names)| names.split('\t').map(move |name| (name, region)));
    names.collect()
});

/// The countries of the file, each with its names.
fn lines() -> impl Iterator<Item = (Region, &'static str)> {
    include_str!("regions.tsv").lines().filter_map(|line| {
        let (code, names) = line.split_once('\t')?;
        let &[first, second] = code.as_bytes() else { return None };
        Some((Region([first, second]), names))
    })
}

/// How many codes of two letters there can be.
pub(crate) const N_CODES: usize = 26 * 26;

/// Which codes are known: a row's region is nearly always a code.
static IS_KNOWN: LazyLock<[bool; N_CODES]> = LazyLock::new(|| {
    let mut is_known = [false; N_CODES];
    for place in lines().filter_map(|it| place(it.0.0)) {
        is_known[place] = true;
    }
    is_known
});

/// The place of two capital letters among all such pairs.
fn place(letters: [u8; 2]) -> Option<usize> {
    let [first, second] = letters.map(|it| it.is_ascii_uppercase().then(|| usize::from(it - b'A')));
    Some(first? * 26 + second?)
}

impl Region {
    /// Reads a known two-letter code in any case.
    pub fn from_code(code: &str) -> Option<Self> {
        let &[first, second] = code.as_bytes() else { return None };
        let region = Self([first.to_ascii_uppercase(), second.to_ascii_uppercase()]);
        IS_KNOWN[place(region.0)?].then_some(region)
    }

    /// Reads a code of two or three letters, or a country name in most languages, whatever its case, accents and hyphens.
    pub fn from_name(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::from_code(text).or_else(|| Self::from_folded(text))
    }

    fn from_folded(text: &str) -> Option<Self> {
        let name = folded(text);
        let region = Self::from_code(&name).or_else(|| Self::from_listed(text, &name))?;
        // `U.S.` is a code. `I/O` is none, nor is `Mỹ`, which is the United States in Vietnamese.
        let is_code = name.len() <= 3 && name.is_ascii();
        let may_be_code = || text.bytes().all(|it| it.is_ascii_alphabetic() || matches!(it, b'.' | b' '));
        (!is_code || may_be_code()).then_some(region)
    }

    /// The country of a name in the file, which has no English article: `Philippines (the)`.
    fn from_listed(text: &str, name: &str) -> Option<Self> {
        NAMES.get(name).copied().or_else(|| {
            let words = text.split(|it: char| it.is_ascii_punctuation() || it.is_whitespace());
            let bare: String = words.filter(|it| !it.eq_ignore_ascii_case("the")).collect();
            (bare.len() < text.len()).then(|| NAMES.get(folded(&bare).as_str()).copied())?
        })
    }

    /// Reads a cell of a column that names countries: as [`Region::from_name`], or the code that is dialled to call the
    /// country (`+33`, `0033`, `33`).
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

    /// Reads one country that is named twice: `France (FR)`, `+33 - France`.
    fn from_parts(text: &str) -> Option<Self> {
        let parts = text.split(['(', ')', '-', '–', '/', ',', ':', '|']).map(str::trim).filter(|it| !it.is_empty());
        let mut regions = parts.map(|part| Self::from_code(part).or_else(|| Self::from_word(part)));
        let first = regions.next()??;
        regions.all(|it| it == Some(first)).then_some(first)
    }

    /// Reads the emoji of a flag, which is made of the letters of the code.
    fn from_flag(text: &str) -> Option<Self> {
        let letters = text.chars().map(|it| u32::from(it).checked_sub(u32::from('🇦')).filter(|it| *it < 26));
        let code: String = letters.map(|it| Some(char::from(b'A' + u8::try_from(it?).ok()?))).collect::<Option<_>>()?;
        Self::from_code(&code)
    }

    /// Reads `+33`, `0033` or `33`.
    ///
    /// A calling code of several countries means its main one only where the others are small parts of it: +44 is Great
    /// Britain, not Jersey. +1, +7, +262, +590 and +599 say of no country.
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

    /// The place of the code among [`N_CODES`].
    pub(crate) fn place(self) -> usize {
        // Only capital letters go in.
        place(self.0).unwrap_or_default()
    }

    /// The two capital letters.
    pub fn code(&self) -> &str {
        // Only ASCII letters go in.
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

/// Calling codes that are also the ISO 3166-1 numeric code of another country: 250 is dialled to call Rwanda, and stands
/// for France in lists of countries.
const IS_NUMERIC_CODE_OF_ANOTHER: [usize; 41] = [
    212, 218, 222, 226, 230, 231, 232, 233, 234, 238, 239, 242, 246, 248, 249, 250, 254, 258, 260, 262, 266, 268, 352,
    356, 372, 376, 380, 500, 504, 508, 591, 598, 670, 674, 678, 682, 686, 688, 690, 850, 886,
];

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Region {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::from_name(&text)
            .ok_or_else(|| format!("\"{text}\" is not a country: write its two-letter code, such as FR"))
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.code().to_owned()
    }
}

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
    fn a_region_is_a_code_in_any_case_or_a_name_in_most_languages() {
        for (text, code) in [
            ("FR", "FR"),
            ("fr", "FR"),
            (" De ", "DE"),
            ("DEU", "DE"),
            ("usa", "US"),
            ("Germany", "DE"),
            ("Allemagne", "DE"),
            ("ÉTATS-UNIS", "US"),
            ("etats unis", "US"),
            ("Côte d’Ivoire", "CI"),
            ("cote d'ivoire", "CI"),
            ("Ivory Coast", "CI"),
            ("Royaume-Uni", "GB"),
            ("UK", "GB"),
            ("Czech Republic", "CZ"),
            ("Schweiz", "CH"),
            ("Oesterreich", "AT"),
            ("España", "ES"),
            ("ESPANA", "ES"),
            ("България", "BG"),
            ("Brasil", "BR"),
            ("Türkiye", "TR"),
            ("Türkei", "TR"),
            ("Turkey", "TR"),
            ("UAE", "AE"),
            ("U.S.A.", "US"),
            ("U.S.", "US"),
            ("Fr.", "FR"),
            ("England", "GB"),
            ("Scotland", "GB"),
            ("Holland", "NL"),
            ("The Netherlands", "NL"),
            ("Philippines (the)", "PH"),
            ("Tanzania, the United Republic of", "TZ"),
            ("Republic of Austria", "AT"),
            ("Российская Федерация", "RU"),
            ("Kosovo", "XK"),
            ("Guinea", "GN"),
            ("South Korea", "KR"),
            ("Korea, Republic of", "KR"),
            ("Iran (Islamic Republic of)", "IR"),
            ("Deutschland", "DE"),
            ("Italia", "IT"),
            ("Polska", "PL"),
            ("Россия", "RU"),
            ("Україна", "UA"),
            ("Србија", "RS"),
            ("Srbija", "RS"),
            ("Ελλάδα", "GR"),
            ("ΕΛΛΑΔΑ", "GR"),
            ("المغرب", "MA"),
            ("भारत", "IN"),
            ("中国", "CN"),
            ("日本", "JP"),
            ("대한민국", "KR"),
            ("România", "RO"),
            ("Magyarország", "HU"),
            ("Česko", "CZ"),
            ("Sverige", "SE"),
            ("Danmark", "DK"),
            ("Suomi", "FI"),
            ("Norge", "NO"),
            ("ישראל", "IL"),
            ("ประเทศไทย", "TH"),
            ("Việt Nam", "VN"),
            ("Indonesia", "ID"),
            ("Malawi", "MW"),
            ("Hong Kong", "HK"),
            ("Macau", "MO"),
        ] {
            assert_eq!(Region::from_name(text).map(|it| it.to_string()), Some(code.into()), "{text}");
        }
        for text in ["", "XX", "Atlantis", "F", "33", "Korea", "Corée", "Congo", "I/O", "EU", "Europe", "Mỹ", "Bỉ"]
        {
            assert_eq!(Region::from_name(text), None, "{text}");
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
            // 250 stands for France in lists of countries, and is dialled to call Rwanda.
            ("250", "unknown"),
            ("+250", "RW"),
        ] {
            assert_eq!(read(cell), expected, "{cell}");
        }
    }

    #[test]
    fn every_name_in_the_file_is_folded_and_means_one_country() {
        let mut seen = HashMap::new();
        for (region, names) in lines() {
            for name in names.split('\t') {
                assert_eq!(folded(name), name);
                assert_eq!(seen.insert(name, region), None, "{name}");
            }
        }
        assert!(seen.len() > 15_000);
    }
}
