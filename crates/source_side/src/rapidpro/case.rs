//! The tests of a router.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use super::value::Val;

static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"[-+]?[\p{Nd},]*\p{Nd}(?:\.\p{Nd}+)?"));
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:(\d{4})[-./ ](\d{1,2})[-./ ](\d{1,2})|(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4}|\d{2}))\b")
});
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:([01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?\s*(?:[ap]m)?|(1[0-2]|0?[1-9])\s*[ap]m)\b")
});
static EMAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\p{N}_.+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\+?[0-9(][0-9()\-. ]{6,}[0-9]"));

#[allow(clippy::expect_used, reason = "the patterns above are constants, and a test compiles them all")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

/// The words of a text: letters, marks, digits, `_` and apostrophes; any other sign that is no punctuation or blank is a
/// word of its own, such as an emoji.
pub(super) fn tokens(text: &str) -> Vec<String> {
    static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{M}\p{L}\p{N}_']+|\p{So}"));
    WORD.find_iter(text).map(|it| it.as_str().to_owned()).collect()
}

/// What a test matches in a text; none if it fails. A test that is not known fails.
pub(super) fn test(kind: &str, operand: &Val, arguments: &[Val]) -> Option<Val> {
    let text = operand.text();
    let argument = |n: usize| arguments.get(n).map(Val::text).unwrap_or_default();
    let number = |n: usize| arguments.get(n).and_then(Val::number);
    match kind {
        "has_error" | "is_error" => operand.is_error().then_some(Val::Text(text)),
        _ if operand.is_error() => None,
        "has_value" => (!text.is_empty()).then(|| operand.clone()),
        "has_text" => (!text.trim().is_empty()).then(|| Val::Text(text.trim().to_owned())),
        "has_only_text" | "is_text_eq" => (text == argument(0)).then_some(Val::Text(text)),
        "has_any_word" | "has_all_words" | "has_phrase" | "has_only_phrase" => {
            words(kind, &text, &argument(0)).map(Val::Text)
        }
        "has_beginning" => beginning(&text, &argument(0)).map(Val::Text),
        "has_pattern" => matched(&text, &argument(0)),
        "has_number" => numbers(&text).first().map(|it| Val::Number(*it)),
        "has_number_between" => first_number(&text, |it| Some(number(0)? <= it && it <= number(1)?)),
        "has_number_lt" => first_number(&text, |it| Some(it < number(0)?)),
        "has_number_lte" => first_number(&text, |it| Some(it <= number(0)?)),
        "has_number_eq" => first_number(&text, |it| Some(it == number(0)?)),
        "has_number_gte" => first_number(&text, |it| Some(it >= number(0)?)),
        "has_number_gt" => first_number(&text, |it| Some(it > number(0)?)),
        "has_date" => date(&text).map(|it| Val::Text(it.1)),
        "has_date_lt" => {
            date(&text).filter(|it| date(&argument(0)).is_some_and(|of| it.0 < of.0)).map(|it| Val::Text(it.1))
        }
        "has_date_eq" => {
            date(&text).filter(|it| date(&argument(0)).is_some_and(|of| it.0 == of.0)).map(|it| Val::Text(it.1))
        }
        "has_date_gt" => {
            date(&text).filter(|it| date(&argument(0)).is_some_and(|of| it.0 > of.0)).map(|it| Val::Text(it.1))
        }
        "has_time" => TIME.find(&text).map(|it| Val::Text(it.as_str().to_owned())),
        "has_email" => EMAIL.find(&text).map(|it| Val::Text(it.as_str().to_owned())),
        "has_phone" => PHONE.find(&text).map(|it| Val::Text(it.as_str().to_owned())),
        "has_category" => arguments.iter().any(|it| it.text() == text).then_some(Val::Text(text)),
        "has_group" => text.split(", ").any(|it| it == argument(0) || it == argument(1)).then_some(Val::Text(text)),
        _ => None,
    }
}

/// Tests on whole words, without regard to case.
fn words(kind: &str, text: &str, wanted: &str) -> Option<String> {
    let (said, plain) = (tokens(text), tokens(&text.to_lowercase()));
    let wanted = tokens(&wanted.to_lowercase());
    let found = |from: usize, to: usize| said.get(from..to).map(|it| it.join(" "));
    let matching = || {
        let both = said.iter().zip(&plain).filter(|it| wanted.contains(it.1));
        both.map(|it| it.0.as_str()).collect::<Vec<_>>().join(" ")
    };
    match kind {
        "has_any_word" => Some(matching()).filter(|it| !it.is_empty()),
        "has_all_words" => wanted.iter().all(|it| plain.contains(it)).then(matching),
        "has_only_phrase" => (plain == wanted).then(|| said.join(" ")),
        _ if wanted.is_empty() => Some(String::new()),
        _ => plain.windows(wanted.len()).position(|it| it == wanted).and_then(|at| found(at, at + wanted.len())),
    }
}

fn beginning(text: &str, wanted: &str) -> Option<String> {
    let (text, wanted) = (text.trim(), wanted.trim());
    let head: String = text.chars().take(wanted.chars().count()).collect();
    (!wanted.is_empty() && head.to_lowercase() == wanted.to_lowercase()).then_some(head)
}

/// A match with its groups, by number.
fn matched(text: &str, wanted: &str) -> Option<Val> {
    let pattern = RegexBuilder::new(wanted.trim()).case_insensitive(true).multi_line(true).size_limit(1 << 20).build();
    let found = pattern.ok()?.captures(text.trim()).map(|it| {
        let groups = it
            .iter()
            .enumerate()
            .map(|(n, group)| (n.to_string(), Val::Text(group.map(|it| it.as_str().to_owned()).unwrap_or_default())));
        (it.get(0).map(|it| it.as_str().to_owned()).unwrap_or_default(), groups.collect())
    })?;
    Some(Val::Object(found.0, found.1))
}

fn first_number(text: &str, holds: impl Fn(f64) -> Option<bool>) -> Option<Val> {
    numbers(text).into_iter().find(|it| holds(*it) == Some(true)).map(Val::Number)
}

/// The numbers in a text, with digits of any script; a comma groups digits.
pub(super) fn numbers(text: &str) -> Vec<f64> {
    let plain = |it: &str| it.chars().filter(|it| *it != ',').map(latin_digit).collect::<String>();
    NUMBER.find_iter(text).filter_map(|it| plain(it.as_str()).parse().ok()).collect()
}

/// The digit of the same value in ASCII. The digits of a script follow each other, and begin at these.
fn latin_digit(digit: char) -> char {
    const ZEROS: [u32; 16] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0xff10,
    ];
    let code = digit as u32;
    let value = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)).map(|zero| code - zero);
    value.and_then(|it| char::from_digit(it, 10)).unwrap_or(digit)
}

/// The first date of a text, as year, month and day, and as it was typed; day before month.
fn date(text: &str) -> Option<((u32, u32, u32), String)> {
    DATE.captures_iter(text).find_map(|it| {
        let part = |n: usize| it.get(n)?.as_str().parse::<u32>().ok();
        let (year, month, day) = match part(1) {
            Some(year) => (year, part(2)?, part(3)?),
            None => (part(6)?, part(5)?, part(4)?),
        };
        let year = if year < 100 { 2000 + year } else { year };
        let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
        is_date.then(|| ((year, month, day), it[0].to_owned()))
    })
}

/// Texts that pass a test.
pub(super) fn samples(kind: &str, arguments: &[String]) -> Vec<String> {
    let first = arguments.first().cloned().unwrap_or_default();
    let number = |n: usize| arguments.get(n).and_then(|it| it.trim().parse::<f64>().ok()).unwrap_or_default();
    let shown = |it: f64| Val::Number(it).text();
    match kind {
        "has_any_word" => tokens(&first),
        "has_number_between" => vec![shown(number(0)), shown(number(1)), shown(number(1) + 1.0)],
        "has_number_lt" | "has_number_lte" => vec![shown(number(0) - 1.0), shown(number(0))],
        "has_number_gt" | "has_number_gte" | "has_number_eq" => vec![shown(number(0)), shown(number(0) + 1.0)],
        "has_number" => vec!["7".to_owned()],
        "has_text" | "has_value" => vec!["something".to_owned()],
        "has_date" | "has_date_gt" | "has_date_lt" | "has_date_eq" => vec!["12-09-2027".to_owned()],
        "has_time" => vec!["10:30".to_owned()],
        "has_email" => vec!["a@example.com".to_owned()],
        "has_phone" => vec!["+12025550123".to_owned()],
        "has_pattern" => {
            let known = ["1", "12", "123", "1234", "123456", "1234567890", "yes", "a", "A1", "a@example.com"];
            known.iter().filter(|it| matched(it, &first).is_some()).take(1).map(|it| (*it).to_owned()).collect()
        }
        "has_category" | "has_group" | "has_error" => Vec::new(),
        _ => vec![first],
    }
}
