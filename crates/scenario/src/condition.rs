//! Conditions: what is tested, and which way follows.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Goal;
use crate::words::{number, numbers, words};

/// Chooses a route: the first branch whose test passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    pub branches: Vec<Branch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Goal,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Branch {
    pub slot: String,
    pub test: Test,
    #[serde(default)]
    pub value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Goal,
}

/// Saves what a test finds in a value, such as the number in “I have 12 hens”.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Find {
    /// The slot that is searched.
    pub within: String,
    pub test: Test,
    #[serde(default)]
    pub value: String,
    /// Whether the regular expression of a pattern marks the part that is saved with a group. Of several groups it is the
    /// first that matched.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_group: bool,
    /// The slot that it is saved in; it stays as it is if the test finds nothing.
    pub slot: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Goal,
}

/// How a value is compared. Upper and lower case are the same.
///
/// Words are whole words: `no` is not in `know`. An apostrophe belongs to its word. Numbers are those that stand anywhere
/// in the text, in the digits of any script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    Equals,
    /// One of several values, separated by commas.
    OneOf,
    Contains,
    StartsWith,
    Less,
    Greater,
    /// Any value.
    IsSet,
    /// The same text, also in upper and lower case.
    Exactly,
    /// At least one of these words.
    AnyWord,
    /// Each of these words, in any order.
    AllWords,
    /// These words one after the other.
    Phrase,
    /// These words and no others.
    OnlyPhrase,
    /// A regular expression that matches a part of the text.
    Pattern,
    HasNumber,
    NumberEquals,
    NumberBelow,
    NumberAtMost,
    NumberAtLeast,
    NumberAbove,
    /// A number from the first to the second of two, which a comma separates.
    NumberBetween,
    HasEmail,
    HasPhone,
    HasDate,
    HasTime,
    /// A test that only the source knows.
    Other,
    /// Any other value than this, or none.
    NotEquals,
    /// None of several values, separated by commas.
    NotOneOf,
    /// The value holds this text, commas and all.
    Holds,
    /// The value does not hold this text.
    HoldsNot,
    /// The value does not start with this text.
    StartsNotWith,
    /// No value, or an empty one.
    IsBlank,
}

/// Limits the expressions that are kept, because the memory of each may be a few megabytes.
const MAX_PATTERNS: usize = 200;

thread_local! {
    /// The expressions of patterns, by their text.
    static PATTERNS: RefCell<HashMap<String, Option<Regex>>> = RefCell::new(HashMap::new());
}

static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[\p{L}\p{N}][-_.+\p{L}\p{N}]*@[\p{L}\p{N}][-_\p{L}\p{N}]*(?:\.[\p{L}\p{N}][-_\p{L}\p{N}]*)+").ok()
});

static PHONE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\+?\(?\p{Nd}(?:[ .()/-]{0,2}\p{Nd}){6,14}").ok());

/// Day, month and year in either order of the first two, or year, month and day.
static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:0?[1-9]|[12]\d|3[01])[-./](?:0?[1-9]|[12]\d|3[01])[-./](?:\d{4}|\d{2})\b|\b\d{4}-(?:0?[1-9]|1[0-2])-(?:3[01]|[12]\d|0?[1-9])\b").ok()
});

static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\s*[ap]m)?\b|\b(?:0?[1-9]|1[0-2])\s*[ap]m\b").ok()
});

impl Find {
    /// The part of a value that is saved; none if the test finds nothing.
    pub fn found(&self, value: &str) -> Option<String> {
        if !self.in_group {
            return self.test.find(&self.value, value);
        }
        let groups = pattern(&self.value)?.captures(value.trim())?;
        groups.iter().skip(1).flatten().next().map(|it| it.as_str().trim().to_owned())
    }
}

impl Branch {
    pub fn words(&self) -> String {
        let value = &self.value;
        match self.test {
            Test::Equals => format!("is {value}"),
            Test::OneOf => format!("is one of {value}"),
            Test::Contains => format!("contains {value}"),
            Test::StartsWith => format!("starts with {value}"),
            Test::Less => format!("is less than {value}"),
            Test::Greater => format!("is more than {value}"),
            Test::IsSet => "is known".to_owned(),
            Test::Exactly => format!("is exactly {value}"),
            Test::AnyWord => format!("has a word of {value}"),
            Test::AllWords => format!("has all words of {value}"),
            Test::Phrase => format!("has the phrase {value}"),
            Test::OnlyPhrase => format!("is the phrase {value}"),
            Test::Pattern => format!("matches {value}"),
            Test::HasNumber => "has a number".to_owned(),
            Test::NumberEquals => format!("has the number {value}"),
            Test::NumberBelow => format!("has a number below {value}"),
            Test::NumberAtMost => format!("has a number of at most {value}"),
            Test::NumberAtLeast => format!("has a number of at least {value}"),
            Test::NumberAbove => format!("has a number above {value}"),
            Test::NumberBetween => format!("has a number from {}", value.replace(',', " to ")),
            Test::HasEmail => "has an e-mail address".to_owned(),
            Test::HasPhone => "has a phone number".to_owned(),
            Test::HasDate => "has a date".to_owned(),
            Test::HasTime => "has a time".to_owned(),
            Test::Other => format!("passes {value}"),
            Test::NotEquals => format!("is not {value}"),
            Test::NotOneOf => format!("is none of {value}"),
            Test::Holds => format!("contains {value}"),
            Test::HoldsNot => format!("does not contain {value}"),
            Test::StartsNotWith => format!("does not start with {value}"),
            Test::IsBlank => "is blank".to_owned(),
        }
    }

    /// Whether a value passes the test. A test that only the source knows never passes.
    pub fn holds(&self, value: Option<&str>) -> bool {
        // The negative tests hold where nothing is known.
        let is_negative = matches!(
            self.test,
            Test::NotEquals | Test::NotOneOf | Test::HoldsNot | Test::StartsNotWith | Test::IsBlank
        );
        let value = value.or(is_negative.then_some(""));
        value.is_some_and(|it| self.test.find(&self.value, it).is_some())
    }

    /// Whether the test can be decided outside of the source. Rust's regular expressions have no look-around.
    pub fn is_decidable(&self) -> bool {
        match self.test {
            Test::Other => false,
            Test::Pattern => pattern(&self.value).is_some(),
            _ => true,
        }
    }
}

impl Test {
    /// The part of a value that the test finds; none if the value does not pass. The test compares it with `operand`.
    pub fn find(self, operand: &str, value: &str) -> Option<String> {
        let text = value.trim();
        let (lower, wanted) = (text.to_lowercase(), operand.trim().to_lowercase());
        let whole = |holds: bool| holds.then(|| text.to_owned());
        let first = |pattern: &LazyLock<Option<Regex>>| Some(pattern.as_ref()?.find(text)?.as_str().to_owned());
        let compared = || Some((lower.parse::<f64>().ok()?, wanted.parse::<f64>().ok()?));
        match self {
            Self::Equals => whole(lower == wanted),
            Self::OneOf => whole(wanted.split(',').any(|it| it.trim() == lower)),
            Self::Contains => whole(wanted.split(',').any(|it| lower.contains(it.trim()))),
            Self::StartsWith => whole(lower.starts_with(&wanted)),
            Self::Less => whole(compared().is_some_and(|(value, wanted)| value < wanted)),
            Self::Greater => whole(compared().is_some_and(|(value, wanted)| value > wanted)),
            Self::IsSet => whole(!text.is_empty()),
            Self::Exactly => (value == operand).then(|| value.to_owned()),
            Self::AnyWord | Self::AllWords | Self::Phrase | Self::OnlyPhrase => self.find_words(operand, text),
            Self::Pattern => Some(pattern(operand)?.find(text)?.as_str().to_owned()),
            Self::HasNumber
            | Self::NumberEquals
            | Self::NumberBelow
            | Self::NumberAtMost
            | Self::NumberAtLeast
            | Self::NumberAbove
            | Self::NumberBetween => self.find_number(operand, text),
            Self::HasEmail => first(&EMAIL),
            Self::HasPhone => first(&PHONE),
            Self::HasDate => first(&DATE),
            Self::HasTime => first(&TIME),
            Self::Other => None,
            Self::NotEquals => whole(lower != wanted),
            Self::NotOneOf => whole(wanted.split(',').all(|it| it.trim() != lower)),
            Self::Holds => whole(lower.contains(&wanted)),
            Self::HoldsNot => whole(!lower.contains(&wanted)),
            Self::StartsNotWith => whole(!lower.starts_with(&wanted)),
            Self::IsBlank => whole(text.is_empty()),
        }
    }

    fn find_words(self, operand: &str, text: &str) -> Option<String> {
        let lower = operand.to_lowercase();
        let wanted: Vec<&str> = words(&lower).into_iter().map(|(start, end)| &lower[start..end]).collect();
        let said: Vec<&str> = words(text).into_iter().map(|(start, end)| &text[start..end]).collect();
        let plain: Vec<String> = said.iter().map(|it| it.to_lowercase()).collect();
        let matching = || {
            let found = said.iter().zip(&plain).filter(|it| wanted.contains(&it.1.as_str()));
            found.map(|it| *it.0).collect::<Vec<_>>().join(" ")
        };
        match self {
            Self::AnyWord => Some(matching()).filter(|it| !it.is_empty()),
            Self::AllWords => wanted.iter().all(|it| plain.iter().any(|word| word == it)).then(matching),
            Self::Phrase if wanted.is_empty() => Some(String::new()),
            Self::Phrase => {
                let at = plain.windows(wanted.len()).position(|it| *it == *wanted)?;
                Some(said[at..at + wanted.len()].join(" "))
            }
            _ => (*plain == *wanted).then(|| said.join(" ")),
        }
    }

    fn find_number(self, operand: &str, text: &str) -> Option<String> {
        let mut limits = operand.split(',').map(number);
        let (first, second) = (limits.next().flatten(), limits.next().flatten());
        let passes = |it: f64| match (self, first) {
            (Self::HasNumber, _) => true,
            (Self::NumberEquals, Some(wanted)) => it == wanted,
            (Self::NumberBelow, Some(wanted)) => it < wanted,
            (Self::NumberAtMost, Some(wanted)) => it <= wanted,
            (Self::NumberAtLeast, Some(wanted)) => it >= wanted,
            (Self::NumberAbove, Some(wanted)) => it > wanted,
            (Self::NumberBetween, Some(least)) => it >= least && second.is_some_and(|most| it <= most),
            _ => false,
        };
        numbers(text).find(|it| passes(it.1)).map(|it| it.1.to_string())
    }
}

fn pattern(text: &str) -> Option<Regex> {
    // The same expressions are tried again and again, and building one takes far longer than a test.
    PATTERNS.with_borrow_mut(|known| {
        if known.len() >= MAX_PATTERNS {
            known.clear();
        }
        let build = || RegexBuilder::new(text.trim()).case_insensitive(true).multi_line(true).build().ok();
        known.entry(text.to_owned()).or_insert_with(build).clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part that a test finds in each of the texts; `-` where it finds nothing.
    fn check(test: Test, value: &str, examples: &[(&str, &str)]) {
        let branch = Branch { slot: "x".to_owned(), test, value: value.to_owned(), next: None };
        for (text, found) in examples {
            assert_eq!(test.find(value, text).as_deref().unwrap_or("-"), *found, "{text:?} {}", branch.words());
        }
    }

    #[test]
    fn words_are_whole_words() {
        check(Test::AnyWord, "no, nope", &[("I do not know now", "-"), ("No, thanks", "No"), ("NOPE!", "NOPE")]);
        check(Test::AnyWord, "si, sí, claro", &[("Sí, ahí estaré", "Sí"), ("En la noche", "-")]);
        check(Test::AnyWord, "parler, quelqu'un", &[("Je voudrais quelqu'un", "quelqu'un"), ("un bonbon", "-")]);
        check(Test::AnyWord, "👍 ok", &[("👍👍", "👍 👍"), ("okay", "-")]);
        check(Test::AnyWord, "", &[("anything", "-")]);
        check(Test::AllWords, "the fox", &[("The quick brown FOX", "The FOX"), ("the dog", "-")]);
        check(Test::Phrase, "brown fox", &[("the quick Brown fox!", "Brown fox"), ("brown, quick fox", "-")]);
        check(Test::Phrase, "", &[("anything", "")]);
        check(Test::OnlyPhrase, "quick brown", &[("Quick Brown!", "Quick Brown"), ("the quick brown", "-")]);
        check(Test::StartsWith, "the quick", &[("The Quick Brown", "The Quick Brown"), ("the   quick", "-")]);
        check(Test::Exactly, "Success", &[("Success", "Success"), ("success", "-")]);
    }

    #[test]
    fn numbers_are_found_in_sentences() {
        check(Test::HasNumber, "", &[("the number is 42", "42"), ("forty two", "-")]);
        check(Test::NumberBetween, "100000,999999", &[("رقمي ٤٨٢٩١٣", "482913"), ("482 913", "-")]);
        check(Test::NumberBetween, "1,4", &[("nina ekari 12 na 3", "3"), ("nne", "-")]);
        check(Test::NumberAbove, "4", &[("nina ekari 12", "12"), ("4", "-")]);
        check(Test::NumberBelow, "4", &[("3.5", "3.5"), ("4", "-")]);
        check(Test::NumberAtLeast, "4", &[("4", "4")]);
        check(Test::NumberAtMost, "4", &[("4", "4"), ("5", "-")]);
        check(Test::NumberEquals, "1200", &[("1,200 please", "1200")]);
    }

    #[test]
    fn addresses_dates_and_patterns_are_found_in_sentences() {
        check(Test::HasEmail, "", &[("it is <ana@example.com>, thanks", "ana@example.com"), ("no", "-")]);
        check(Test::HasPhone, "", &[("call +1 202 555 0123", "+1 202 555 0123"), ("12", "-")]);
        check(Test::HasDate, "", &[("el 15/09/2027", "15/09/2027"), ("cuando sea", "-"), ("2017-01-15", "2017-01-15")]);
        check(Test::HasTime, "", &[("at 10:30", "10:30"), ("10 PM", "10 PM"), ("25", "-")]);
        check(Test::Pattern, r"buy (\w+)", &[("Buy cheese please", "Buy cheese"), ("sell", "-")]);
        check(Test::Pattern, "(", &[("(", "-")]);
    }

    #[test]
    fn a_group_marks_the_part_of_a_sentence_that_is_saved() {
        let find = |value: &str| Find {
            within: "answer".into(),
            test: Test::Pattern,
            value: value.into(),
            in_group: true,
            slot: "name".into(),
            next: None,
        };
        let names = find("^(?:I am (.+?)|my name is (.+?))$");
        assert_eq!(names.found("i am Ana Maria ").as_deref(), Some("Ana Maria"));
        assert_eq!(names.found("My name is Bia").as_deref(), Some("Bia"));
        assert_eq!(names.found("hello"), None);
        assert_eq!(find("hello").found("hello"), None);
    }

    #[test]
    fn negative_tests_hold_for_what_is_not_there() {
        let holds = |test, wanted: &str, value| {
            Branch { slot: "x".into(), test, value: wanted.into(), next: None }.holds(value)
        };
        assert!(holds(Test::NotEquals, "yes", Some("no")) && !holds(Test::NotEquals, "yes", Some(" YES ")));
        assert!(holds(Test::NotOneOf, "yes, y", None) && !holds(Test::NotOneOf, "yes, y", Some("Y")));
        assert!(holds(Test::Holds, "no, thanks", Some("Oh no, thanks")) && !holds(Test::Holds, "a,b", Some("a")));
        assert!(holds(Test::HoldsNot, "stop", Some("go")) && !holds(Test::HoldsNot, "stop", Some("Please STOP")));
        assert!(holds(Test::StartsNotWith, "a", None) && !holds(Test::StartsNotWith, "a", Some("Ana")));
        assert!(holds(Test::IsBlank, "", None) && holds(Test::IsBlank, "", Some(" ")));
        assert!(!holds(Test::IsBlank, "", Some("x")) && !holds(Test::Holds, "x", None));
    }
}
