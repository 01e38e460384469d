//! Decides by what customers type: bots know their intents by example phrases.

use scenario::{Branch, Test};

use crate::scenario_builder::ScenarioBuilder;

/// A piece of an example: its words, and the name of the value that they are, if they are one.
pub(crate) type Piece = (String, Option<String>);

/// The phrase of an example. Words that are the value of a slot of the scenario stand as the slot, `a table for {{people}}`,
/// unless the phrase has no other words.
pub(crate) fn pattern(builder: &ScenarioBuilder, pieces: &[Piece]) -> String {
    let slot = |it: &Piece| it.1.as_deref().and_then(|it| builder.known_slot(it)).map(str::to_owned);
    let has_words = pieces.iter().any(|it| slot(it).is_none() && it.0.chars().any(char::is_alphabetic));
    let shown = |it: &Piece| match slot(it).filter(|_| has_words) {
        Some(slot) => format!("{{{{{slot}}}}}"),
        None => it.0.clone(),
    };
    pieces.iter().map(shown).collect::<String>().trim().to_owned()
}

/// The branches that lead to `next` if the answer in `slot` is one of the phrases.
///
/// A list of values is separated by commas, so a phrase that has one gets a branch of its own.
pub(crate) fn branches(slot: &str, phrases: &[String], next: &str) -> Vec<Branch> {
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
