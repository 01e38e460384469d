//! Decides by what customers type: bots know their intents by example phrases.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use scenario::{Act, Branch, Find, Goal, Test};

use crate::scenario_builder::ScenarioBuilder;

/// A piece of an example: its words, and the name of the value that they are, if they are one.
pub type Piece = (String, Option<String>);

/// The phrase of an example. Words that are the value of a slot of the scenario stand as the slot, `a table for {{people}}`,
/// unless the phrase has no other words.
pub fn pattern(builder: &ScenarioBuilder, pieces: &[Piece]) -> String {
    let slot = |it: &Piece| it.1.as_deref().and_then(|it| builder.known_slot(it)).map(str::to_owned);
    let has_words = pieces.iter().any(|it| slot(it).is_none() && it.0.chars().any(char::is_alphabetic));
    let shown = |it: &Piece| match slot(it).filter(|_| has_words) {
        Some(slot) => format!("{{{{{slot}}}}}"),
        None => it.0.clone(),
    };
    pieces.iter().map(shown).collect::<String>().trim().to_owned()
}

/// Limits the expression of phrases with values, in bytes.
const MAX_EXPRESSION: usize = 30_000;

/// Phrases in which words are values, such as “a table for 4”. Each piece that is a value has the name of its slot in the
/// source.
pub struct Captured {
    pub phrases: Vec<Vec<Piece>>,
}

impl Captured {
    /// The slots that the phrases fill, each once.
    pub fn slots(&self) -> Vec<&str> {
        let mut slots: Vec<&str> = Vec::new();
        for slot in self.phrases.iter().flatten().filter_map(|it| it.1.as_deref()) {
            if !slots.contains(&slot) {
                slots.push(slot);
            }
        }
        slots
    }

    /// The branches that lead to `next` if the answer in the slot `within` is one of the phrases with other values, each
    /// with how many words its phrases have of their own. `value` gives the expression of a value.
    pub fn branches(&self, within: &str, value: &dyn Fn(&str) -> String, next: &str) -> Vec<(usize, Branch)> {
        let mut by_words: BTreeMap<usize, Vec<&Vec<Piece>>> = BTreeMap::new();
        self.phrases.iter().for_each(|it| by_words.entry(n_own_words(it)).or_default().push(it));
        let branch = |(n_words, phrases): (usize, Vec<&Vec<Piece>>)| {
            let value = expression(phrases.into_iter(), None, value);
            (n_words, Branch { slot: within.to_owned(), test: Test::Pattern, value, next: Some(next.to_owned()) })
        };
        by_words.into_iter().rev().map(branch).collect()
    }

    /// Adds the steps that save the values of a phrase in their slots, and then lead to `next`. Returns the first.
    pub fn finds(
        &self,
        builder: &mut ScenarioBuilder,
        within: &str,
        value: &dyn Fn(&str) -> String,
        next: Goal,
    ) -> Goal {
        let mut goal = next;
        for name in self.slots().into_iter().rev() {
            let id = builder.free_id(&format!("find {name}"));
            let find = Find {
                within: within.to_owned(),
                test: Test::Pattern,
                value: expression(self.phrases.iter(), Some(name), value),
                in_group: true,
                slot: builder.slot(name),
                next: goal,
            };
            builder.push(&id, Act::Find(find));
            goal = Some(id);
        }
        goal
    }
}

/// The expression of phrases, those with most words of their own first. The values of `slot` are in groups.
fn expression<'p>(
    phrases: impl Iterator<Item = &'p Vec<Piece>>,
    slot: Option<&str>,
    value: &dyn Fn(&str) -> String,
) -> String {
    let (mut all, mut known): (Vec<String>, HashSet<String>) = (Vec::new(), HashSet::new());
    let mut n_bytes = 0;
    let has_slot = |it: &&Vec<Piece>| slot.is_none_or(|slot| it.iter().any(|it| it.1.as_deref() == Some(slot)));
    let mut phrases: Vec<&Vec<Piece>> = phrases.filter(has_slot).collect();
    phrases.sort_by_key(|it| Reverse(n_own_words(it)));
    for phrase in phrases {
        let pieces = phrase.iter().map(|(words, name)| match name.as_deref() {
            Some(name) if slot == Some(name) => format!("({})", with_example(value(name), words)),
            Some(name) => format!("(?:{})", with_example(value(name), words)),
            None => regex::escape(words),
        });
        let expression =
            pieces.collect::<String>().trim().trim_end_matches(['.', '!', '?', '\\']).trim_end().to_owned();
        if n_bytes + expression.len() <= MAX_EXPRESSION && known.insert(expression.clone()) {
            n_bytes += expression.len();
            all.push(expression);
        }
    }
    format!(r"^\s*(?:{})\s*[.!?]*\s*$", all.join("|"))
}

/// The expression of a value, which also takes the words of the example, such as “four” for a number.
fn with_example(value: String, words: &str) -> String {
    let words = words.trim();
    let is_known = words.is_empty() || regex::Regex::new(&format!("^(?:{value})$")).is_ok_and(|it| it.is_match(words));
    if is_known { value } else { format!("{value}|{}", regex::escape(words)) }
}

/// The number of words of a phrase that are no values.
fn n_own_words(pieces: &[Piece]) -> usize {
    pieces.iter().filter(|it| it.1.is_none()).map(|it| it.0.split_whitespace().count()).sum()
}

/// A phrase whose pieces with a name are values, if it has other words too: else it would be any text.
pub fn has_words(pieces: &[Piece]) -> bool {
    let is_word = |it: &Piece| it.1.is_none() && it.0.chars().any(char::is_alphabetic);
    pieces.iter().any(is_word) && pieces.iter().any(|it| it.1.is_some())
}

/// The branches that lead to `next` if the answer in `slot` is one of the phrases.
///
/// A list of values is separated by commas, so a phrase that has one gets a branch of its own.
pub fn branches(slot: &str, phrases: &[String], next: &str) -> Vec<Branch> {
    let branch = |test: Test, value: String| Branch { slot: slot.to_owned(), test, value, next: Some(next.to_owned()) };
    let (with_comma, plain): (Vec<&String>, Vec<&String>) = phrases.iter().partition(|it| it.contains(','));
    let one_of = plain.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
    let first = match plain.len() {
        0 => None,
        1 => Some(branch(Test::Equals, one_of)),
        _ => Some(branch(Test::OneOf, one_of)),
    };
    first.into_iter().chain(with_comma.into_iter().map(|it| branch(Test::Equals, it.clone()))).collect()
}
