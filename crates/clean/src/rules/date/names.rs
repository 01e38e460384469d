use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::fold::fold;

/// The half of the day on a twelve-hour clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Am,
    Pm,
}

struct Names {
    months: HashMap<String, i8>,
    weekdays: HashSet<String>,
    halves: Vec<(String, Half)>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names { months: HashMap::new(), weekdays: HashSet::new(), halves: Vec::new() };
    for (kind, number, name) in lines() {
        match (kind, number) {
            ("month", _) => _ = names.months.insert(key(name), number),
            ("weekday", _) => _ = names.weekdays.insert(key(name.trim_end_matches("-feira"))),
            (_, 1) => names.halves.push((key(name), Half::Am)),
            _ => names.halves.push((key(name), Half::Pm)),
        }
    }
    names
});

/// Kind, number and name of each entry of the file.
pub(super) fn lines() -> impl Iterator<Item = (&'static str, i8, &'static str)> {
    include_str!("months.tsv").lines().filter(|it| !it.starts_with('#')).flat_map(|line| {
        let mut fields = line.split('\t');
        let kind = fields.next().unwrap_or_default();
        let number = fields.next().and_then(|it| it.parse().ok()).unwrap_or_default();
        fields.map(move |name| (kind, number, name))
    })
}

/// Takes the name of a month, in any language of `months.tsv`, off the start of folded text.
pub(super) fn month(text: &str) -> Option<(i8, &str)> {
    let (word, rest) = word(text)?;
    if let Some(month) = NAMES.months.get(word) {
        return Some((*month, rest));
    }
    // Some Arabic names of months are two words.
    let (second, rest) = self::word(rest.trim_start_matches(' '))?;
    Some((*NAMES.months.get(&format!("{word}{second}"))?, rest))
}

/// Takes the name of a day of the week off the start of folded text.
pub(super) fn weekday(text: &str) -> Option<&str> {
    let (word, rest) = word(text)?;
    NAMES.weekdays.contains(word).then(|| rest.strip_prefix("-feira").unwrap_or(rest))
}

/// Takes `am`, `p. m.` and the like off the start of folded text.
pub(super) fn half(text: &str) -> Option<(Half, &str)> {
    let (first, rest) = word(text)?;
    match first {
        "am" => return Some((Half::Am, rest)),
        "pm" => return Some((Half::Pm, rest)),
        _ => {}
    }
    let found = NAMES.halves.iter().filter_map(|(name, half)| Some((*half, strip_loosely(text, name)?)));
    found.min_by_key(|(_, rest)| rest.len())
}

/// Takes a word off the start of folded text.
pub(super) fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|it: char| it.is_ascii() && !it.is_ascii_alphabetic()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Takes `name` off the start of `text`, with any dots and spaces between its letters.
fn strip_loosely<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    for letter in name.chars() {
        rest = rest.trim_start_matches(['.', ' ']).strip_prefix(letter)?;
    }
    word(rest).is_none().then(|| rest.strip_prefix('.').unwrap_or(rest))
}

fn key(name: &str) -> String {
    fold(name).replace(['.', ' ', '-'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_that_of_two_months_or_of_both_halves() {
        for (kind, number, name) in lines() {
            match (kind, number) {
                ("month", _) => assert_eq!(NAMES.months[&key(name)], number, "{name}"),
                ("half", _) => {
                    let numbers = lines().filter(|it| it.0 == "half" && key(it.2) == key(name)).map(|it| it.1);
                    assert!(numbers.eq([number]), "{name}");
                }
                _ => assert!((1..=7).contains(&number), "{name}"),
            }
        }
    }

    #[test]
    fn every_name_is_read_as_it_is_written() {
        for (kind, number, name) in lines() {
            let text = fold(name);
            match kind {
                "month" => assert_eq!(month(&text).map(|it| it.0), Some(number), "{name}"),
                "weekday" => assert!(weekday(&text).is_some(), "{name}"),
                _ => assert!(half(&text).is_some(), "{name}"),
            }
        }
    }
}
