//! Tests that need more than a comparison.

use crate::{Branch, Test};

/// The regular expression of a test; none if Rust's syntax does not have it, as with look-around.
pub(crate) fn pattern(text: &str) -> Option<regex::Regex> {
    regex::RegexBuilder::new(text).case_insensitive(true).size_limit(1 << 20).build().ok()
}

impl Branch {
    /// Whether the test can be decided outside of the source.
    pub fn is_decidable(&self) -> bool {
        match self.test {
            Test::Other => false,
            Test::Regex => pattern(&self.value).is_some(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(!holds(Test::IsBlank, "", Some("x")));
        assert!(holds(Test::Regex, "^[0-9]{5}$", Some(" 75011 ")) && !holds(Test::Regex, "^[0-9]{5}$", Some("7501")));
        assert!(!holds(Test::Regex, "(?=x)", Some("x")));
    }
}
