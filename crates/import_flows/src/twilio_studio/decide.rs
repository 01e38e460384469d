//! Decides the conditions of templates, as far as the file says what their values are.

use std::sync::LazyLock;

use regex::Regex;
use scenario::Test;

use super::filters::constant;
use super::liquid::Condition;
use super::render::{Bit, Renderer, without_blanks};

/// A word of a condition: a literal, a sign or a name.
static WORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#""[^"]*"|'[^']*'|[=!<>]=|<>|[<>]|[^\s=!<>"']+"#).ok());

/// A test of the value of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) path: String,
    pub(super) test: Test,
    pub(super) value: String,
}

/// Whether a condition holds.
#[derive(Debug)]
pub(super) enum Verdict {
    Known(bool),
    Tests(Vec<Comparison>),
    Unknown,
}

impl Renderer<'_> {
    pub(super) fn verdict(&self, condition: Condition<'_>) -> Verdict {
        match condition {
            Condition::Else => Verdict::Known(true),
            Condition::If(text) => self.decide(text),
            Condition::Unless(text) => match self.decide(text) {
                Verdict::Known(holds) => Verdict::Known(!holds),
                Verdict::Tests(tests) => match <[Comparison; 1]>::try_from(tests) {
                    Ok([one]) => opposite(one.test)
                        .map_or(Verdict::Unknown, |test| Verdict::Tests(vec![Comparison { test, ..one }])),
                    Err(_) => Verdict::Unknown,
                },
                Verdict::Unknown => Verdict::Unknown,
            },
            Condition::When(subject, values) => {
                let values = words(values);
                let values = values.iter().map(|it| it.trim_end_matches(',')).filter(|it| !matches!(*it, "" | "or"));
                let is_one_of = values.map(|it| format!("{subject} == {it}")).collect::<Vec<_>>();
                self.decide(&is_one_of.join(" or "))
            }
        }
    }

    fn decide(&self, condition: &str) -> Verdict {
        let condition = without_blanks(condition);
        let words = words(&condition);
        let joined = |it: &&str| words.contains(it);
        let (is_all, is_any) = (joined(&"and"), joined(&"or"));
        if is_all && is_any {
            return Verdict::Unknown;
        }
        let mut tests = Vec::new();
        for part in words.split(|it| matches!(*it, "and" | "or")) {
            match self.comparison(part) {
                // One that holds decides an `or`, one that does not an `and`.
                Verdict::Known(holds) if holds != is_all => return Verdict::Known(holds),
                Verdict::Known(_) => {}
                Verdict::Tests(some) => tests.extend(some),
                Verdict::Unknown => return Verdict::Unknown,
            }
        }
        match tests.len() {
            0 => Verdict::Known(is_all),
            1 => Verdict::Tests(tests),
            _ if is_all => Verdict::Unknown,
            _ => Verdict::Tests(tests),
        }
    }

    fn comparison(&self, words: &[&str]) -> Verdict {
        let (left, sign, right) = match words {
            [left] => (*left, "", None),
            [left, sign, right] => (*left, *sign, Some(*right)),
            _ => return Verdict::Unknown,
        };
        let is_nothing = right.is_some_and(|it| ["nil", "null", "empty", "blank", "''", "\"\""].contains(&it));
        let Some(value) = constant(&right.map(|it| self.value(it, "")).unwrap_or_default()) else {
            return Verdict::Unknown;
        };
        let test = match (sign, is_nothing) {
            ("", _) | ("!=" | "<>", true) => Test::IsSet,
            ("==", true) => Test::IsBlank,
            ("==", false) => Test::Exactly,
            ("!=" | "<>", false) => Test::NotEquals,
            ("<", _) => Test::Less,
            (">", _) => Test::Greater,
            ("<=", _) => Test::NumberAtMost,
            (">=", _) => Test::NumberAtLeast,
            // Liquid looks for a text in the same case, which no test does.
            _ => return Verdict::Unknown,
        };
        let left = self.value(left, "");
        match (left.as_slice(), constant(&left)) {
            (_, Some(left)) => {
                let branch = scenario::Branch { slot: String::new(), test, value, next: None };
                Verdict::Known(match sign {
                    "" => left != "false",
                    _ => branch.holds(Some(left.as_str()).filter(|it| !it.is_empty())),
                })
            }
            ([Bit::Value(path)], None) => Verdict::Tests(vec![Comparison { path: path.clone(), test, value }]),
            _ => Verdict::Unknown,
        }
    }
}

fn opposite(test: Test) -> Option<Test> {
    Some(match test {
        Test::Exactly => Test::NotEquals,
        Test::NotEquals => Test::Exactly,
        Test::IsSet => Test::IsBlank,
        Test::IsBlank => Test::IsSet,
        Test::Less => Test::NumberAtLeast,
        Test::Greater => Test::NumberAtMost,
        Test::NumberAtLeast => Test::Less,
        Test::NumberAtMost => Test::Greater,
        _ => return None,
    })
}

fn words(text: &str) -> Vec<&str> {
    WORD.iter().flat_map(|it| it.find_iter(text)).map(|it| it.as_str()).collect()
}
