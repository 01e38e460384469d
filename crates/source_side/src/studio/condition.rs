//! The conditions of a split.

use regex::RegexBuilder;
use serde_json::Value;

#[derive(Debug)]
pub(super) struct Condition {
    kind: String,
    /// As it stands in the flow: it may hold variables.
    pub(super) value: String,
}

impl Condition {
    pub(super) fn read(value: &Value) -> Self {
        let wanted = match &value["value"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        Self { kind: value["type"].as_str().unwrap_or_default().to_owned(), value: wanted }
    }

    pub(super) fn holds(&self, value: &str, wanted: &str) -> bool {
        let (value, wanted) = (value.trim().to_lowercase(), wanted.trim().to_lowercase());
        let any = |it: &str| it.split(',').any(|it| it.trim() == value);
        match self.kind.as_str() {
            "equal_to" => value == wanted,
            "not_equal_to" => value != wanted,
            "matches_any_of" => any(&wanted),
            "does_not_match_any_of" => !any(&wanted),
            "is_blank" => value.is_empty(),
            "is_not_blank" => !value.is_empty(),
            "contains" => value.contains(&wanted),
            "does_not_contain" => !value.contains(&wanted),
            "starts_with" => value.starts_with(&wanted),
            "does_not_start_with" => !value.starts_with(&wanted),
            "regex" => matches(&self.value, &value),
            "less_than" => compare(&value, &wanted).is_some_and(std::cmp::Ordering::is_lt),
            "greater_than" => compare(&value, &wanted).is_some_and(std::cmp::Ordering::is_gt),
            // Dates and times are compared as ISO writes them.
            "is_before_date" | "is_before_time" => !value.is_empty() && value < wanted,
            "is_after_date" | "is_after_time" => !value.is_empty() && value > wanted,
            _ => false,
        }
    }

    /// Texts that pass this condition.
    pub(super) fn samples(&self) -> Vec<String> {
        match self.kind.as_str() {
            "matches_any_of" => {
                self.value.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect()
            }
            "equal_to" | "contains" | "starts_with" | "not_equal_to" | "does_not_contain" | "does_not_start_with" => {
                vec![self.value.clone()]
            }
            "less_than" | "greater_than" => {
                let number: f64 = self.value.trim().parse().unwrap_or_default();
                vec![(number - 1.0).to_string(), self.value.clone(), (number + 1.0).to_string()]
            }
            "regex" => {
                let known =
                    ["1", "12", "123", "1234", "12345", "123456", "1234567890", "441234567890", "yes", "a@b.co"];
                known.iter().filter(|it| matches(&self.value, it)).take(1).map(|it| (*it).to_owned()).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn compare(value: &str, wanted: &str) -> Option<std::cmp::Ordering> {
    value.parse::<f64>().ok()?.partial_cmp(&wanted.parse::<f64>().ok()?)
}

/// Whether the whole value matches the pattern, in any case.
fn matches(pattern: &str, value: &str) -> bool {
    let whole = format!("^(?:{})$", pattern.trim());
    RegexBuilder::new(&whole)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
        .is_ok_and(|it| it.is_match(value.trim()))
}
