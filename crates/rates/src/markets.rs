//! Which market a country belongs to.

use std::collections::HashMap;
use std::sync::LazyLock;

use phone::Region;

/// The day of the list of Meta's regions, which is in `markets.tsv` with its source.
pub const REGIONS_AS_OF: &str = "2026-03-02";

/// The market of all countries that Meta does not list.
pub(crate) const OTHER: &str = "other";

/// What Meta's list says of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// It belongs to this region, by its folded name.
    Region(&'static str),
    /// It is a market of its own.
    Itself,
    /// It is not listed, but shares its calling code with a listed country.
    Shared,
    /// It is not listed.
    Other,
}

static LISTED: LazyLock<HashMap<Region, Listed>> = LazyLock::new(|| {
    let lines = include_str!("markets.tsv").lines().filter_map(|it| it.split_once('\t'));
    let countries = lines.flat_map(|(name, codes)| {
        let listed = match name {
            "Listed" => Listed::Itself,
            "Shared" => Listed::Shared,
            name => Listed::Region(name),
        };
        codes.split(' ').filter_map(Region::from_code).map(move |it| (it, listed))
    });
    countries.collect()
});

pub(crate) fn listed(country: Region) -> Listed {
    LISTED.get(&country).copied().unwrap_or(Listed::Other)
}

/// The letters of a name in lower case, with `&` as a word: `Rest of Central & Eastern Europe` and
/// `Rest of Central and Eastern Europe` are one name.
pub(crate) fn folded(name: &str) -> String {
    name.replace('&', "and").chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a name is that of a region of Meta's list, or `Other`.
pub(crate) fn is_region(folded_name: &str) -> bool {
    folded_name == OTHER || LISTED.values().any(|it| matches!(it, Listed::Region(name) if folded(name) == folded_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_list_is_a_country_and_in_one_place() {
        let text = include_str!("markets.tsv");
        let codes: Vec<&str> =
            text.lines().filter_map(|it| it.split_once('\t')).flat_map(|it| it.1.split(' ')).collect();
        for code in &codes {
            assert!(Region::from_code(code).is_some(), "{code}");
        }
        assert_eq!(codes.len(), LISTED.len());
        assert!(text.contains(REGIONS_AS_OF));
    }

    #[test]
    fn no_region_is_taken_for_a_country() {
        for line in include_str!("markets.tsv").lines().filter_map(|it| it.split_once('\t')).chain([("Other", "")]) {
            assert_eq!(Region::from_name(line.0), None, "{}", line.0);
        }
    }
}
