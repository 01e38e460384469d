use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A country by its two-letter ISO 3166-1 code, such as `FR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region([u8; 2]);

static REGIONS: LazyLock<HashMap<String, Region>> = LazyLock::new(|| {
    let mut regions = HashMap::new();
    for line in include_str!("regions.tsv").lines().filter(|it| !it.starts_with('#')) {
        let mut names = line.split('\t');
        let Some(&[first, second]) = names.next().map(str::as_bytes) else { continue };
        let region = Region([first, second]);
        for name in names.chain([region.code()]) {
            regions.entry(folded(name)).or_insert(region);
        }
    }
    regions
});

/// How many codes of two letters there can be.
pub(crate) const N_CODES: usize = 26 * 26;

/// Which codes are known: a row's region is nearly always a code.
static IS_KNOWN: LazyLock<[bool; N_CODES]> = LazyLock::new(|| {
    let mut is_known = [false; N_CODES];
    for place in REGIONS.values().filter_map(|it| place(it.0)) {
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

    /// Reads a code, or an English or French country name, whatever its case, accents and hyphens.
    pub fn from_name(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::from_code(text).or_else(|| REGIONS.get(&folded(text)).copied())
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

/// `Côte d’Ivoire` and `cote d'ivoire` fold to the same letters.
fn folded(name: &str) -> String {
    name.nfd().filter(|it| !is_combining_mark(*it) && it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
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
    fn a_region_is_a_code_in_any_case_or_an_english_or_french_name() {
        for (text, code) in [
            ("FR", "FR"),
            ("fr", "FR"),
            (" De ", "DE"),
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
        ] {
            assert_eq!(Region::from_name(text).map(|it| it.to_string()), Some(code.into()), "{text}");
        }
        for text in ["", "XX", "Atlantis", "F", "33"] {
            assert_eq!(Region::from_name(text), None, "{text}");
        }
    }
}
