mod read;

pub use read::ReadRegion;

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use crate::fold::folded;
use serde::{Deserialize, Serialize};

/// A country by its two-letter ISO 3166-1 code, such as `FR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region([u8; 2]);

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

/// The number of possible codes of two letters.
pub(crate) const N_CODES: usize = 26 * 26;

/// Which codes are known. It is a table because the region of a row is nearly always a code.
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

    /// Reads a code of two or three letters, or a country name in most languages, whatever its case, accents and
    /// hyphens.
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

    /// Looks a name up in the file, also without an English article: `Philippines (the)`.
    fn from_listed(text: &str, name: &str) -> Option<Self> {
        NAMES.get(name).copied().or_else(|| {
            let words = text.split(|it: char| it.is_ascii_punctuation() || it.is_whitespace());
            let bare: String = words.filter(|it| !it.eq_ignore_ascii_case("the")).collect();
            (bare.len() < text.len()).then(|| NAMES.get(folded(&bare).as_str()).copied())?
        })
    }

    /// The place of the code among [`N_CODES`].
    pub(crate) fn place(self) -> usize {
        // A region holds capital letters only.
        place(self.0).unwrap_or_default()
    }

    /// The two capital letters.
    pub fn code(&self) -> &str {
        // A region holds ASCII letters only.
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

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
