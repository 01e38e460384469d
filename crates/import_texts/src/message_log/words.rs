//! Words that tell values in messages apart from text, in many languages.

use import_base::letters::base_letter;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

const WORDS: &str = include_str!("words.tsv");

static SETS: LazyLock<HashMap<Kind, HashSet<String>>> = LazyLock::new(|| {
    let mut sets: HashMap<Kind, HashSet<String>> = HashMap::new();
    for (kind, words) in WORDS.lines().filter(|it| !it.starts_with('#')).filter_map(|it| it.split_once('\t')) {
        if let Some(kind) = Kind::from_name(kind) {
            sets.entry(kind).or_default().extend(words.split('|').map(fold));
        }
    }
    sets
});

/// The number of each month, by its names.
static MONTHS: LazyLock<HashMap<String, i64>> = LazyLock::new(|| {
    let rows = WORDS.lines().filter_map(|it| it.strip_prefix("month ")?.split_once('\t'));
    let rows = rows.filter_map(|(number, words)| Some((number.parse().ok()?, words)));
    rows.flat_map(|(number, words)| words.split('|').map(move |it| (fold(it), number))).collect()
});

/// The kind of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Month,
    Weekday,
    Currency,
    /// Says that a number is a code.
    Code,
    /// A unit of time: the number before it is a duration.
    Unit,
    /// A name follows.
    Greeting,
    /// A name follows, also within a sentence.
    Title,
    /// A role, such as technician: a name follows, with or without a verb between.
    Role,
    /// The verb between what somebody does and the name.
    Copula,
    /// A name comes before.
    Suffix,
    /// Part of a name in small letters.
    Particle,
    /// Stands where a name would, and means everybody.
    General,
    /// Changes what a message says, as confirmed and cancelled do.
    Status,
    /// The direction of what customers send.
    Inbound,
}

impl Kind {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            _ if name.starts_with("month ") => Self::Month,
            "weekday" => Self::Weekday,
            "currency" => Self::Currency,
            "code" => Self::Code,
            "unit" => Self::Unit,
            "greeting" => Self::Greeting,
            "title" => Self::Title,
            "role" => Self::Role,
            "copula" => Self::Copula,
            "suffix" => Self::Suffix,
            "particle" => Self::Particle,
            "general" => Self::General,
            "status" => Self::Status,
            "inbound" => Self::Inbound,
            _ => return None,
        })
    }

    /// Whether a folded word is of this kind.
    pub(super) fn has(self, folded: &str) -> bool {
        SETS.get(&self).is_some_and(|it| it.contains(folded))
    }

    /// The number of the month that a folded word names.
    pub(super) fn month(folded: &str) -> Option<i64> {
        MONTHS.get(folded).copied()
    }

    /// The words of this kind, the longest first.
    pub(super) fn words(self) -> Vec<&'static str> {
        let mut words: Vec<&str> = SETS.get(&self).into_iter().flatten().map(String::as_str).collect();
        words.sort_by_key(|it| (std::cmp::Reverse(it.len()), *it));
        words
    }
}

/// A word in small letters without accents: “Até” and “ate” are one word.
///
/// Only Latin, Greek and Cyrillic accents are dropped: in Arabic and Hindi other marks are vowels.
pub(super) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let plain = word.nfd().filter(|it| !matches!(it, '\u{300}'..='\u{36f}')).flat_map(char::to_lowercase);
    let plain = plain.filter(|it| !matches!(it, '\u{300}'..='\u{36f}')).map(base_letter);
    plain.nfc().collect()
}
