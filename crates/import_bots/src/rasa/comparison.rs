//! Conditions of flows, such as `slots.size == "large"`.

use regex::Regex;
use scenario::Test;

/// The slot, whether the test must hold or fail, the test and its value.
pub(super) fn comparison(raw: &str) -> (&str, bool, Test, String) {
    let raw = raw.trim();
    let other = || ("condition", true, Test::Other, raw.to_owned());
    let slot = |it: &'_ str| -> bool { it.chars().all(|it| it.is_alphanumeric() || it == '_') && !it.is_empty() };
    let (rest, is_not) = match raw.strip_prefix("not ") {
        Some(rest) => (rest.trim(), true),
        None => (raw, false),
    };
    let within = rest.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
    let Some(rest) = within.unwrap_or(rest).trim().strip_prefix("slots.") else { return other() };
    let Some((name, rest)) = rest.split_once(char::is_whitespace) else {
        return if slot(rest) { (rest, !is_not, Test::IsSet, String::new()) } else { other() };
    };
    let value = |it: &str| it.trim().trim_matches(['"', '\'']).to_owned();
    let is_joined = [" and ", " or ", "slots.", "context."].iter().any(|it| rest.contains(it));
    if !slot(name) || is_joined {
        return other();
    }
    let rest = rest.trim();
    if rest.starts_with(">=") || rest.starts_with("<=") {
        return other();
    }
    let signs =
        [("==", Test::Equals, true), ("!=", Test::Equals, false), (">", Test::Greater, true), ("<", Test::Less, true)];
    if let Some(pattern) = rest.strip_prefix("matches ") {
        let pattern = value(pattern);
        return if Regex::new(&pattern).is_ok() { (name, !is_not, Test::Pattern, pattern) } else { other() };
    }
    match (rest, signs.into_iter().find(|it| rest.starts_with(it.0))) {
        ("is null", _) => (name, is_not, Test::IsSet, String::new()),
        ("is not null", _) => (name, !is_not, Test::IsSet, String::new()),
        (_, Some((sign, test, holds))) => {
            let value = value(&rest[sign.len()..]);
            match value.as_str() {
                "null" => (name, holds == is_not, Test::IsSet, String::new()),
                "True" | "False" => (name, holds != is_not, test, value.to_lowercase()),
                _ => (name, holds != is_not, test, value),
            }
        }
        _ => match rest.strip_prefix("is ").or_else(|| rest.strip_prefix("contains ")) {
            Some(of) if rest.starts_with("is ") => (name, !is_not, Test::Equals, value(of).to_lowercase()),
            Some(of) => (name, !is_not, Test::Contains, value(of)),
            None => other(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_of_flows_are_comparisons_of_slots() {
        let read = |raw: &str| {
            let (slot, holds, test, value) = comparison(raw);
            format!("{}{slot} {test:?} {value}", if holds { "" } else { "not " })
        };
        for (raw, expected) in [
            ("slots.size", "size IsSet "),
            ("not slots.size", "not size IsSet "),
            ("slots.size == \"large\"", "size Equals large"),
            ("slots.size != 'large'", "not size Equals large"),
            ("slots.n > 3", "n Greater 3"),
            ("slots.n >= 3", "condition Other slots.n >= 3"),
            ("slots.size is null", "not size IsSet "),
            ("slots.size is not null", "size IsSet "),
            ("slots.ok == True", "ok Equals true"),
            ("slots.ok is true", "ok Equals true"),
            ("slots.size contains \"la\"", "size Contains la"),
            ("not (slots.n matches '^[0-9]{6}$')", "not n Pattern ^[0-9]{6}$"),
            ("not (slots.n == 1)", "not n Equals 1"),
            ("not (slots.n == 1) or (slots.m == 2)", "condition Other not (slots.n == 1) or (slots.m == 2)"),
            ("slots.n matches '('", "condition Other slots.n matches '('"),
            ("slots.a and slots.b", "condition Other slots.a and slots.b"),
            ("context.x == 1", "condition Other context.x == 1"),
        ] {
            assert_eq!(read(raw), expected, "{raw}");
        }
    }
}
